"""A whole terminal obeys the agent's files: pause and resume, a test print, a self-test, options, and lists that are switched under it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.agent.health import StatusReader
from kiosk.config import load_station
from kiosk.credential.keylist import dump_key_list, load_key_list
from kiosk.credential.secret_file import read_secret
from kiosk.directory.build import SnapshotBuilder
from kiosk.domain.subject import SubjectId
from kiosk.issuing.issuer import Refused
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.visit import Visit
from kiosk.store.whole_file import write_whole
from kiosk.wire.order import ANSWERS_FOLDER, ORDERS_FOLDER, STANDING_FILE, TAKEN, Answer, Order, OrderKind, Standing
from kiosk.wire.snapshot import Status
from kiosk.wire.uplink import Pause
from support.builders import a_promise, a_subject
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import make_demo_station

REASON = "停电检修，下午两点恢复"
PAUSED = Standing(pause=Pause(on=True, reason=REASON))
_FLEET = '\n[fleet]\nenabled = true\nbrokers = ["127.0.0.1:1"]\ncentre_key = "centre.pub"\n'


class Agent:
    """The agent's side of the folder of orders."""

    def __init__(self, runtime: Path) -> None:
        self.runtime = runtime
        for folder in (ORDERS_FOLDER, ANSWERS_FOLDER):
            (runtime / folder).mkdir(parents=True, exist_ok=True)

    def stands(self, standing: Standing) -> None:
        write_whole(self.runtime / STANDING_FILE, standing.encode())

    def orders(self, kind: OrderKind, within_s: float = 60.0, taken: str = ".json", **args: Any) -> str:
        order = Order(id=str(uuid.uuid4()), kind=kind, args=args, not_after=datetime.now(UTC) + timedelta(seconds=within_s))
        write_whole(self.runtime / ORDERS_FOLDER / f"{order.id}{taken}", order.encode())
        return order.id

    def answered(self, job: str, within_s: float = 20.0) -> Answer:
        path, deadline = self.runtime / ANSWERS_FOLDER / f"{job}.json", time.monotonic() + within_s
        while not path.exists():
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.02)
        answer = Answer.decode(path.read_bytes())
        deadline = time.monotonic() + 2
        while list((self.runtime / ORDERS_FOLDER).iterdir()):
            assert time.monotonic() < deadline, "the order is still there"
            time.sleep(0.02)
        return answer

    def told(self, found: Any, within_s: float = 15.0) -> Status:
        reader, deadline = StatusReader(self.runtime), time.monotonic() + within_s
        while (status := reader.read()) is None or not found(status):
            assert time.monotonic() < deadline, status
            time.sleep(0.05)
        return status


@contextmanager
def a_terminal(folder: Path, *before: Standing) -> Iterator[tuple[Desk, Agent]]:
    """A terminal of a fleet in ``folder``, again and again the same; the agent may have spoken before it wakes."""
    file = folder / "station" / "station.toml"
    if not file.exists():
        made = make_demo_station(folder / "station")
        with made.open("a", encoding="utf-8") as station:
            station.write(_FLEET)
        file = made
    config = load_station(file)
    agent = Agent(config.paths.runtime)
    for standing in before:
        agent.stands(standing)
    with ExitStack() as stack:
        desk = Desk(config, stack.enter_context(Bench(folder)))
        stack.callback(desk.stop)
        yield desk, agent


def printed(desk: Desk) -> int:
    return len(desk.bench.labels())


def test_a_pause_reaches_the_visit_the_issuer_and_the_snapshot_within_a_second_or_so(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.identified().weighed()
        agent.stands(PAUSED)
        desk.wait(lambda state: state.pause == REASON, "the pause", within_s=1.5)
        assert desk.state.page is Page.PROMISE
        desk.press(Key.ISSUE).at(Page.PAUSED)
        with pytest.raises(Refused, match="paused"):
            desk.parts._issuer.issue(a_promise())
        told = agent.told(lambda s: s.paused)
        assert (told.pause_reason, told.can_issue, told.in_visit) == (REASON, False, True)
        agent.stands(Standing())
        desk.at(Page.PROMISE, within_s=1.5).press(Key.ISSUE).at(Page.DONE)
        assert agent.told(lambda s: not s.paused and s.ledger.last_counter == 1).ledger.last_issued_at is not None


def test_a_pause_holds_after_a_restart_without_the_agent(tmp_path: Path) -> None:
    with a_terminal(tmp_path, PAUSED) as (desk, agent):
        desk.wait(lambda state: state.pause == REASON, "the pause")
        (agent.runtime / STANDING_FILE).unlink()
    with a_terminal(tmp_path) as (desk, _):
        desk.healthy().press(Key.START).at(Page.PAUSED)
        assert desk.visit.pause == REASON


def test_the_first_number_of_a_new_disk_lies_above_the_floor(tmp_path: Path) -> None:
    with a_terminal(tmp_path, Standing(counter_floor=417)) as (desk, _):
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        assert desk.visit.certificate is not None
        assert desk.visit.certificate.number.counter == 418


def test_a_new_disk_says_that_it_does_not_know_its_numbers_until_the_centre_has_spoken(tmp_path: Path) -> None:
    file = make_demo_station(tmp_path / "station")
    file.write_text(file.read_text(encoding="utf-8").replace("first_number = 1\n", "") + _FLEET, encoding="utf-8")
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy().wait(lambda state: state.clock_problem == "numbersUnknown", "the hint")
        desk.press(Key.START).wait(lambda state: state.said is not None, "the hint to a hand")
        assert desk.state.page is Page.ATTRACT
        with pytest.raises(Refused, match="numbersUnknown"):
            desk.parts._issuer.issue(a_promise())
        generation, _, _ = desk.parts._issuer.outbox_span()
        agent.stands(Standing(counter_floor=417, floor_ledger=generation))
        desk.wait(lambda state: not state.clock_problem and state.said is None, "the centre's word", within_s=2)
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        assert desk.visit.certificate is not None and desk.visit.certificate.number.counter == 418


def test_a_test_print_comes_out_of_the_printer_and_is_answered_once(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy().at(Page.ATTRACT)
        before = printed(desk)
        answer = agent.answered(agent.orders(OrderKind.TEST_PRINT))
        assert (answer.ok, answer.code, answer.detail) == (True, "", {"outcome": "confirmed"})
        assert printed(desk) == before + 1
        assert desk.state.page is Page.ATTRACT


def test_a_test_print_waits_for_whoever_is_served_and_is_rejected_when_that_takes_too_long(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy().press(Key.START).at(Page.CONSENT)
        before = printed(desk)
        rejected = agent.answered(agent.orders(OrderKind.TEST_PRINT, within_s=26.0))
        assert (rejected.ok, rejected.rejected, rejected.code) == (False, True, "inVisit")
        waiting = agent.orders(OrderKind.TEST_PRINT)
        time.sleep(1.0)  # the printer would have begun by now
        assert printed(desk) == before
        desk.press(Key.CANCEL).at(Page.ATTRACT)
        assert agent.answered(waiting).ok
        assert printed(desk) == before + 1


def test_a_test_print_without_paper_fails_with_the_printers_word(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy()
        desk.bench.printer("paper-out")
        desk.wait(lambda state: state.health.printer_trouble == "paperOut", "an empty printer")
        answer = agent.answered(agent.orders(OrderKind.TEST_PRINT))
        assert (answer.ok, answer.rejected, answer.code) == (False, False, "paperOut")


def test_a_self_test_tells_every_device_and_names_the_sick_one(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy()
        well = agent.answered(agent.orders(OrderKind.SELF_TEST, level="external"))
        results = {(row["part"], row["level"]): row["result"] for row in well.detail["checks"]}
        for level in ("internal", "external"):
            assert {results[(part, level)] for part in ("reader", "scale", "printer")} == {"Successful"}, well.detail
        assert desk.state.page is Page.ATTRACT
        desk.bench.printer("paper-out")
        desk.wait(lambda state: state.health.printer_trouble == "paperOut", "an empty printer")
        sick = agent.answered(agent.orders(OrderKind.SELF_TEST, level="internal"))
        assert (sick.ok, sick.code) == (False, "printer:paperOut")


def test_a_self_test_that_asks_the_devices_waits_for_whoever_is_served(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.identified("王建国").at(Page.PRODUCT)
        rejected = agent.answered(agent.orders(OrderKind.SELF_TEST, level="external", within_s=17.0))
        assert (rejected.rejected, rejected.code) == (True, "inVisit")
        assert agent.answered(agent.orders(OrderKind.SELF_TEST, level="internal")).detail["checks"]
        desk.press(Key.CANCEL).at(Page.ATTRACT)
        text = json.dumps(agent.answered(agent.orders(OrderKind.SELF_TEST, level="external")).detail, ensure_ascii=False)
        assert "王建国" not in text  # his card still lies there


def test_options_hold_at_once_and_after_a_restart_and_are_told(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        values = {"rules.idle_s": 90, "rules.speech": False, "rules.elder_first": True, "rules.slogans": "亮出合格证|农产品更安全"}
        answer = agent.answered(agent.orders(OrderKind.SET_CONFIGURATION, conf=3, values=values))
        assert (answer.ok, answer.detail) == (True, {"version": 3})
        desk.wait(lambda state: state.elder and state.options.idle_s == 90, "the options")
        assert desk.state.options.slogans == ("亮出合格证", "农产品更安全")
        assert desk.parts.voice.name == ""
        assert agent.told(lambda s: s.versions.configuration == 3)
        again = agent.answered(agent.orders(OrderKind.SET_CONFIGURATION, conf=3, values=values))
        assert again.ok
    with a_terminal(tmp_path) as (desk, agent):
        assert desk.state.options.idle_s == 90
        assert agent.told(lambda s: s.versions.configuration == 3)


def test_a_bad_value_changes_nothing_and_is_answered_with_its_name(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        assert agent.answered(agent.orders(OrderKind.SET_CONFIGURATION, conf=2, values={"rules.idle_s": 60})).ok
        desk.wait(lambda state: state.options.idle_s == 60, "the first options")
        answer = agent.answered(agent.orders(OrderKind.SET_CONFIGURATION, conf=3, values={"rules.idle_s": 90, "rules.volume": 900}))
        assert (answer.ok, answer.code) == (False, "badValue")
        assert answer.detail == {"name": "rules.volume", "reason": "less_than_equal", "version": 2}
        assert desk.state.options.idle_s == 60


def test_what_a_crash_left_is_told_and_never_printed_twice(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy()
    taken = agent.orders(OrderKind.TEST_PRINT, taken=TAKEN)
    done = agent.orders(OrderKind.TEST_PRINT, taken=TAKEN)
    answer = Answer(id=done, ok=True)
    write_whole(agent.runtime / ANSWERS_FOLDER / f"{done}.json", answer.encode())
    configured = agent.orders(OrderKind.SET_CONFIGURATION, taken=TAKEN, conf=1, values={"rules.idle_s": 50})
    with a_terminal(tmp_path) as (desk, agent):
        assert (agent.answered(taken).ok, agent.answered(taken).code) == (False, "interrupted")
        assert agent.answered(configured).ok
        assert agent.answered(done) == answer
        desk.healthy()
        assert printed(desk) == 0


def test_an_order_that_is_too_late_or_is_none_leaves_without_an_answer(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy()
        late = agent.orders(OrderKind.TEST_PRINT, within_s=-1.0)
        (agent.runtime / ORDERS_FOLDER / f"{uuid.uuid4()}.json").write_bytes(b"{")
        assert agent.answered(agent.orders(OrderKind.SELF_TEST, level="internal")).code in ("", "camera:noDevice")
        assert not (agent.runtime / ANSWERS_FOLDER / f"{late}.json").exists()
        assert printed(desk) == 0


def test_a_check_after_the_switch_of_the_key_list_uses_the_new_one_without_a_restart(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        assert desk.visit.certificate is not None
        url = desk.visit.certificate.labels[0].url
        desk.press(Key.FINISH).at(Page.ATTRACT)
        assert verdict(desk, url) == "genuine"
        path = desk.config.paths.keys
        document = dump_key_list(load_key_list(path))
        for key in document["keys"]:
            key["revoked_after"], key["renew_by"] = 0, "2027-01-31"
        write_whole(path, json.dumps(document).encode())
        assert verdict(desk, url) == "revoked"
        assert agent.told(lambda s: s.deadlines.signing_key == date(2027, 1, 31))
        path.write_bytes(b"{")
        assert verdict(desk, url) == "revoked"  # a broken list changes nothing


def test_a_directory_switched_under_the_app_is_used_and_told_without_a_restart(tmp_path: Path) -> None:
    with a_terminal(tmp_path) as (desk, agent):
        desk.healthy().at(Page.ATTRACT)
        before = agent.told(lambda s: s.versions.directory > 0).versions.directory
        newcomer = a_subject(id=SubjectId(9417), name="明星镇新来的合作社", phone="13900009417")
        with SnapshotBuilder(desk.config.paths.directory, read_secret(desk.config.paths.secrets / "directory.key")) as builder:
            builder.add(newcomer, [b"n" * 32])
            builder.finish(datetime.now(UTC))
        agent.told(lambda s: s.versions.directory == before + 1)
        desk.press(Key.START_LOOKUP).at(Page.LOOKUP).send(ev.Typed(newcomer.phone))
        desk.wait(lambda _: isinstance(desk.state.errand, Visit) and desk.visit.page is not Page.LOOKUP, "the newcomer")
        assert newcomer.name in {
            desk.visit.preselected.name if desk.visit.preselected else "",
            *(s.name for s in desk.visit.matches),
        }


def verdict(desk: Desk, url: str) -> str:
    desk.press(Key.START_CHECK).at(Page.CHECK).send(ev.CodeSeen(url)).at(Page.VERDICT)
    errand = desk.state.errand
    outcome = errand.verdict.outcome  # type: ignore[union-attr]
    desk.press(Key.FINISH).at(Page.ATTRACT)
    return str(outcome)
