"""Hellos, welcomes, jobs and alarms against both databases, with a clock that is moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from kiosk.wire.canonical import WireError
from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.job import JobKind, JobReport, JobStatus, read_cancel, read_job
from kiosk.wire.sparkplug.edge import EdgeNode
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import CertBatch, ClockReport, ClockSource, Hello, Mark, OutboxSpan, Welcome
from support.centre import DATABASES, NOW, empty_store
from tools.fleet.collector import jobs
from tools.fleet.collector.alerts import close_alert, open_now
from tools.fleet.collector.health import Health
from tools.fleet.collector.hello import answer_hello
from tools.fleet.collector.ingest import Ingest
from tools.fleet.collector.reading import read_arrival
from tools.fleet.collector.sparkplug_host import SparkplugHost
from tools.fleet.collector.standing import StandingRules
from tools.fleet.config import Delays
from tools.fleet.simulator.filling import commission
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store import queries
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, health_history, terminal
from tools.fleet.store.states import State

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LATER = NOW + timedelta(hours=1)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with empty_store(request.param, tmp_path) as made:
        yield made


def hello(
    one: SimulatedTerminal, boot: str = "", ledger: str = "", first: int = -1, last: int = -1, marks: tuple[int, ...] = ()
) -> Hello:
    span = one.outbox_span()
    return Hello(
        boot=boot or one.boot,
        ledger=ledger or one.generation,
        sw="0.1.0",
        conf=3,
        dir=2,
        keys=1,
        outbox=OutboxSpan(first=span[0] if first < 0 else first, last=span[1] if last < 0 else last),
        clock=ClockReport(utc=NOW + timedelta(seconds=7), src=ClockSource.RTC, err_ms=None),
        marks=tuple(Mark(seq=event.seq, sha256=event.sha256) for event in one.events if event.seq in marks),
    )


def say(store: Store, one: SimulatedTerminal, said: Hello) -> Welcome:
    with store.writing() as tx:
        return answer_hello(tx, one.code, said, NOW)


def issued(store: Store, count: int = 3) -> SimulatedTerminal:
    one = make_terminals(1)[0]
    for _ in range(count):
        one.issue(NOW)
    batch = CertBatch(one.generation, tuple(one.events))
    Ingest(store).take([read_arrival(up(one.code, Up.CERT), batch.encode())], key_list([one]), NOW)
    return one


def codes(store: Store) -> set[str]:
    with store.reading() as tx:
        return {key[3] for key in open_now(tx)}


def test_a_welcome_says_what_is_held_and_what_is_wanted(store: Store) -> None:
    one = issued(store)
    welcome = say(store, one, hello(one))
    assert (welcome.receipt_upto, welcome.counter_floor, welcome.utc) == (6, 3, NOW)
    with store.writing() as tx:
        job_id = jobs.order(tx, KEY, one.code, JobKind.PAUSE_ISSUING, {"reason": "设备检修"}, LATER, "chen", NOW)
        tx.execute(update(terminal).values(desired_conf=9))
    welcome = say(store, one, hello(one))
    assert (welcome.pause.on, welcome.pause.reason, welcome.desired.conf) == (True, "设备检修", 9)
    assert read_job(dict(welcome.jobs[0]), KEY.public_key(), one.code).id == job_id
    with store.reading() as tx:
        row = queries.find_terminal(tx, one.code)
        assert row is not None
        assert (row.state, row.software, row.conf, row.clock_offset_s) == (State.NOT_COMMISSIONED, "0.1.0", 3, 7.0)
    assert codes(store) == set()


def test_a_reboot_is_no_clone_and_a_boot_that_returns_is(store: Store) -> None:
    one = issued(store)
    say(store, one, hello(one, boot="a"))
    say(store, one, hello(one, boot="a"))
    say(store, one, hello(one, boot="b"))
    assert codes(store) == set()
    assert say(store, one, hello(one, boot="a")).receipt_upto == 0  # tell it all again
    assert codes(store) == {"clone"}
    assert say(store, one, hello(one, boot="b")).receipt_upto == 6  # known by now


def test_an_outbox_that_went_back_is_a_rollback(store: Store) -> None:
    one = issued(store)
    say(store, one, hello(one))
    assert say(store, one, hello(one, last=4)).receipt_upto == 0
    assert codes(store) == {"rollback"}


def test_a_ledger_that_went_back_and_was_filled_again_offline_is_a_rollback(store: Store) -> None:
    one = issued(store)
    say(store, one, hello(one, marks=(6,)))
    assert codes(store) == set()
    one.roll_back(4)
    for _ in range(3):
        one.issue(NOW + timedelta(hours=3))
    assert one.outbox_span()[1] == 8  # it ends beyond the receipt, as if nothing had been
    assert say(store, one, hello(one, marks=(6, 8))).receipt_upto == 0  # tell it all again
    assert codes(store) == {"rollback"}
    with store.reading() as tx:
        facts = tx.execute(select(alert.c.facts).where(alert.c.code == "rollback")).scalar_one()
    assert facts == {"last": 8, "receipted": 6, "rewritten": 6}


def test_bytes_that_came_once_are_no_new_suspicion_and_unknown_places_are_none(store: Store) -> None:
    one = issued(store)
    one.roll_back(2)
    one.issue(NOW + timedelta(hours=3))
    again = CertBatch(one.generation, tuple(one.events[4:]))
    Ingest(store).take([read_arrival(up(one.code, Up.CERT), again.encode())], key_list([one]), NOW)
    assert say(store, one, hello(one, marks=(5, 6))).receipt_upto == 6  # its other bytes stand among the conflicts already
    one.issue(NOW + timedelta(hours=4))
    say(store, one, hello(one, marks=(7, 8)))
    assert "rollback" not in codes(store)


def test_a_new_ledger_is_noticed_and_its_numbers_begin_above_the_old_ones(store: Store) -> None:
    one = issued(store)
    say(store, one, hello(one))
    welcome = say(store, one, hello(one, boot="new", ledger="f" * 32, first=0, last=0))
    assert (welcome.receipt_upto, welcome.counter_floor) == (0, 3)
    assert codes(store) == {"newLedger"}
    say(store, one, hello(one, boot="newer"))
    assert codes(store) == {"newLedger", "clone"}


def test_events_that_nobody_has_any_more_are_told_and_passed(store: Store) -> None:
    one = issued(store)
    assert say(store, one, hello(one, first=20, last=30)).receipt_upto == 19
    assert codes(store) == {"eventsMissing"}


def test_a_job_is_sent_until_it_is_answered_and_every_job_ends(store: Store) -> None:
    one = issued(store)
    minute = timedelta(minutes=1)
    with store.writing() as tx:
        job_id = jobs.order(tx, KEY, one.code, JobKind.REBOOT, {}, LATER, "chen", NOW)
        assert [due.id for due in jobs.due(tx, NOW, minute)] == [job_id]
        assert jobs.due(tx, NOW, minute) == []
        assert [due.id for due in jobs.due(tx, NOW + 2 * minute, minute)] == [job_id]
        stranger = JobReport(id=job_id, status=JobStatus.FAILED, at=NOW)
        assert not jobs.follow(tx, "1401050099", stranger, NOW)
        assert jobs.follow(tx, one.code, JobReport(id=job_id, status=JobStatus.IN_PROGRESS, at=NOW), NOW)
        assert jobs.due(tx, NOW + 9 * minute, minute) == []
        assert not jobs.cancel(tx, job_id, NOW)
        assert jobs.expire(tx, LATER, timedelta(seconds=300)) == 0
        assert jobs.expire(tx, LATER + 6 * minute, timedelta(seconds=300)) == 1
        assert not jobs.follow(tx, one.code, JobReport(id=job_id, status=JobStatus.SUCCEEDED, at=NOW), NOW)
        second = jobs.order(tx, KEY, one.code, JobKind.SELF_TEST, {"level": "internal"}, LATER, "chen", NOW)
        assert jobs.follow(tx, one.code, JobReport(id=second, status=JobStatus.SUCCEEDED, at=NOW), NOW)
        assert not jobs.follow(tx, one.code, JobReport(id=second, status=JobStatus.IN_PROGRESS, at=NOW), NOW)
        third = jobs.order(tx, KEY, one.code, JobKind.REBOOT, {}, LATER, "chen", NOW)
        assert jobs.cancel(tx, third, NOW)
    with store.reading() as tx:
        found = {row.id: row.status for row in queries.jobs_of(tx, one.code)}
    assert found == {job_id: "TIMED_OUT", second: "SUCCEEDED", third: "CANCELED"}


def test_a_job_that_was_sent_is_taken_back_at_the_terminal_until_it_answers(store: Store) -> None:
    one = issued(store)
    minute = timedelta(minutes=1)
    with store.writing() as tx:
        unsent = jobs.order(tx, KEY, one.code, JobKind.REBOOT, {}, LATER, "chen", NOW)
        assert jobs.cancel(tx, unsent, NOW)
        assert jobs.recalls(tx, KEY, NOW, minute) == []  # nobody has it
        sent = [jobs.order(tx, KEY, one.code, JobKind.TEST_PRINT, {}, LATER, "chen", NOW) for _ in range(3)]
        assert {due.id for due in jobs.due(tx, NOW, minute)} == set(sent)
        assert all(jobs.cancel(tx, job_id, NOW) for job_id in sent)
        told = jobs.recalls(tx, KEY, NOW, minute)
        assert {read_cancel(due.document, KEY.public_key(), due.terminal) for due in told} == set(sent)
        assert jobs.recalls(tx, KEY, NOW, minute) == []
        assert len(jobs.recalls(tx, KEY, NOW, minute, [one.code])) == 3  # it said hello
        assert jobs.recalls(tx, KEY, NOW, minute, ["1401050099"]) == []
        assert len(jobs.recalls(tx, KEY, NOW + 2 * minute, minute)) == 3
        jobs.follow(tx, one.code, JobReport(id=sent[0], status=JobStatus.QUEUED, at=NOW), NOW)  # said before it heard
        jobs.follow(tx, one.code, JobReport(id=sent[1], status=JobStatus.CANCELED, at=NOW), NOW)
        jobs.follow(tx, one.code, JobReport(id=sent[2], status=JobStatus.IN_PROGRESS, at=NOW), NOW)
        assert [due.id for due in jobs.recalls(tx, KEY, NOW + 4 * minute, minute)] == [sent[0]]
        assert jobs.recalls(tx, KEY, LATER + minute, minute) == []  # too late for it to be done anyway
    with store.reading() as tx:
        found = {row.id: (row.status, row.recall_due) for row in queries.jobs_of(tx, one.code)}
    assert found[sent[0]] == ("CANCELED", True)
    assert found[sent[1]] == ("CANCELED", False)
    assert found[sent[2]] == ("IN_PROGRESS", False)


def test_a_job_that_a_terminal_would_refuse_is_not_made(store: Store) -> None:
    with pytest.raises(WireError), store.writing() as tx:
        jobs.order(tx, KEY, "1401050001", JobKind.SELF_TEST, {"level": "interactive"}, LATER, "chen", NOW)
    with store.reading() as tx:
        assert queries.jobs_of(tx, "1401050001") == []


def test_conflicts_and_gaps_stand_as_alarms_until_they_are_gone(store: Store) -> None:
    one = issued(store, 1)
    keys, rules = key_list([one]), StandingRules(Delays())
    one.issue(NOW)
    one.issue(NOW)
    late = CertBatch(one.generation, tuple(one.events[4:]))
    Ingest(store).take([read_arrival(up(one.code, Up.CERT), late.encode())], keys, NOW)
    with store.writing() as tx:
        rules.judge(tx, NOW)
        assert open_now(tx) == {}
        rules.judge(tx, NOW + timedelta(seconds=301))
        assert {key[3] for key in open_now(tx)} == {"gap"}
    gap = CertBatch(one.generation, tuple(one.events[2:4]))
    Ingest(store).take([read_arrival(up(one.code, Up.CERT), gap.encode())], keys, NOW)
    with store.writing() as tx:
        rules.judge(tx, NOW + timedelta(seconds=302))
        assert open_now(tx) == {}


def an_edge(one: SimulatedTerminal) -> EdgeNode:
    edge = EdgeNode(one.county, one.code, NODE, {name.value: rows for name, rows in DEVICES.items()})
    edge.report_node({"Issuing/state": "issuing", "Temperature/cpu": 40.0}, _ms(0))
    edge.report_device("printer", {"state": "online", "supply/paper": "full"}, _ms(0), there=True)
    edge.connecting(1)
    return edge


def _ms(seconds: float) -> int:
    return int((NOW + timedelta(seconds=seconds)).timestamp() * 1000)


def test_health_goes_from_the_wire_into_the_store_and_an_alarm_opens_and_closes(store: Store) -> None:
    one = make_terminals(1)[0]
    commission(store, [one], NOW)
    health, host, edge = Health(Delays()), SparkplugHost(), an_edge(one)
    with store.reading() as tx:
        health.load(tx, 0, NOW)

    def turn(at: float, *messages: object) -> set[str]:
        now = NOW + timedelta(seconds=at)
        for message in messages:
            health.took(host.heard(message.topic, message.payload, at), at, now)  # type: ignore[attr-defined]
        health.tick(at, now)
        with store.writing() as tx:
            health.flush(tx, at, now)
        health.flushed(at)
        return codes(store)

    assert turn(1, *edge.connected(_ms(1))) == set()
    out = edge.report_device("printer", {"supply/paper": "out"}, _ms(2), there=True)
    assert turn(2, *out, *edge.report_node({"Issuing/state": "cannotIssue"}, _ms(2))) == {"paperOut"}
    with store.reading() as tx:
        row = queries.find_terminal(tx, one.code)
        assert row is not None
        assert (row.state, row.reason, row.state_since) == (State.CANNOT_ISSUE, "paperOut", NOW + timedelta(seconds=2))
        values = {(metric.device, metric.metric): metric.value for metric in queries.health_of(tx, one.code)}
        assert values["printer", "supply/paper"] == "out"
        history = queries.history_of(tx, one.code, "printer", "supply/paper", NOW)
        assert [metric.value for metric in history] == ["full", "out"]
    assert turn(603) == {"paperOut", "cannotIssue"}
    full = edge.report_device("printer", {"supply/paper": "full"}, _ms(604), there=True)
    assert turn(604, *full, *edge.report_node({"Issuing/state": "issuing"}, _ms(604))) == set()
    # a person closes an alarm whose cause stays: it opens again when the register is read anew
    again = edge.report_device("printer", {"supply/paper": "low"}, _ms(605), there=True)
    assert turn(605, *again) == {"paperLow"}
    with store.writing() as tx:
        assert close_alert(tx, (one.county, one.code, "printer", "paperLow"), NOW, "chen")
        health.load(tx, 606, NOW)
    assert turn(606) == {"paperLow"}
    with store.reading() as tx:
        assert tx.execute(select(health_history.c.metric)).first() is not None


def test_a_county_goes_dark_as_one_alarm_in_the_store(store: Store) -> None:
    people = make_terminals(12, counties=["140703"])
    commission(store, people, NOW)
    health = Health(Delays())
    with store.reading() as tx:
        health.load(tx, 0, NOW)
    for at in range(0, 900, 10):
        now = NOW + timedelta(seconds=at)
        health.tick(at, now)
        with store.writing() as tx:
            health.flush(tx, at, now)
        health.flushed(at)
        assert codes(store) in (set(), {"countyOutage"})
    with store.reading() as tx:
        (alarm,) = queries.open_alerts(tx)
        assert (alarm.county, alarm.terminal, alarm.cause) == ("140703", "", "unheard")
        assert json.loads(json.dumps(alarm.facts)) == {"gone": 12, "of": 12}
        assert queries.state_counts(tx)[State.SILENT] == 12
