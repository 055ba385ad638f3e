"""Orders of the centre: signed, each once, told in order; over a real broker where the way matters."""

from __future__ import annotations

import base64
import gzip
import json
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.agent import executors
from kiosk.agent.jobs import JobDesk, JobFailed, Outcome
from kiosk.agent.store import AgentStore, StoredJob
from kiosk.store.errors import StoreError
from kiosk.store.whole_file import write_whole
from kiosk.wire.canonical import canonical_json
from kiosk.wire.job import JobKind, JobStatus, sign_job
from kiosk.wire.order import Answer, Order, OrderKind, Standing
from kiosk.wire.uplink import Pause
from support import broker as real
from support.agents import CENTRE_KEY, OTHER, TERMINAL, ListSource, RunningAgent, SmallCentre, ledger_events, station, until

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


@dataclass
class Bench:
    """A desk on a real store with a clock that stands still."""

    store: AgentStore
    now: datetime = NOW
    boot: str = "boot-1"
    done: list[str] = field(default_factory=list)
    desk: JobDesk | None = None

    def open(self, **more: Callable[[StoredJob], Outcome]) -> JobDesk:
        def note(job: StoredJob) -> Outcome:
            self.done.append(job.id)
            return Outcome(True)

        doing = dict.fromkeys(JobKind, note) | {JobKind(name): what for name, what in more.items()}
        self.desk = JobDesk(self.store, CENTRE_KEY.public_key(), TERMINAL, doing, lambda: self.now, self.boot)
        return self.desk

    def settle(self) -> list[tuple[str, str]]:
        """Step until nothing is under way; (status, code) of what the centre would be told at the end."""
        assert self.desk is not None
        desk = self.desk
        until(lambda: (desk.step(), not self.store.jobs(JobStatus.QUEUED, JobStatus.IN_PROGRESS))[1], 5)
        return [(job.status.value, str(job.detail.get("code", ""))) for job in self.store.untold_jobs()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with AgentStore.open(tmp_path / "agent.db") as store:
        made = Bench(store)
        yield made
        if made.desk is not None:
            made.desk.close()


def job(
    kind: JobKind = JobKind.TEST_PRINT,
    args: dict[str, Any] | None = None,
    *,
    terminal: str = TERMINAL,
    minutes: float = 5,
    key: Ed25519PrivateKey = CENTRE_KEY,
    job_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    return sign_job(key, job_id or uuid.uuid4(), terminal, kind, args or {}, NOW + timedelta(minutes=minutes))


def test_a_job_is_done_once_however_often_it_comes(bench: Bench) -> None:
    desk, one = bench.open(), job()
    for _ in range(3):
        desk.hear(one)
    desk.hear(canonical_json(one))
    assert bench.settle() == [("SUCCEEDED", "")]
    desk.hear(one)
    assert bench.settle() == [("SUCCEEDED", "")]
    assert bench.done == [one["id"]]


def test_after_a_restart_it_is_still_known(bench: Bench) -> None:
    desk, one = bench.open(), job()
    desk.hear(one)
    bench.settle()
    desk.close()
    bench.open().hear(one)
    assert bench.settle() == [("SUCCEEDED", "")]
    assert bench.done == [one["id"]]


@pytest.mark.parametrize("fault", ["otherKey", "otherTerminal", "changed", "noSignature", "noise"])
def test_what_the_centre_did_not_sign_for_us_leaves_no_trace(bench: Bench, fault: str) -> None:
    desk = bench.open()
    one = (
        job(key=Ed25519PrivateKey.generate())
        if fault == "otherKey"
        else job(terminal=OTHER if fault == "otherTerminal" else TERMINAL)
    )
    if fault == "changed":
        one = {**one, "kind": "reboot"}
    if fault == "noSignature":
        del one["sig"]
    desk.hear(b"\x00noise" if fault == "noise" else one)
    assert bench.settle() == []
    assert (bench.done, desk.refused) == ([], 1)


def test_a_job_that_comes_too_late_is_not_done(bench: Bench) -> None:
    bench.open().hear(job(minutes=-1))
    assert bench.settle() == [("TIMED_OUT", "tooLate")]
    assert bench.done == []


def test_signed_nonsense_is_rejected_with_an_answer(bench: Bench) -> None:
    from kiosk.wire.signing import signed

    desk = bench.open()
    one = job(JobKind.COLLECT_LOGS, {"hours": 5})
    desk.hear(signed({**one, "args": {"hours": "; rm -rf /"}}, CENTRE_KEY))
    assert bench.settle() == [("REJECTED", "badArguments")]
    assert bench.done == []


def test_failures_and_crashes_of_an_executor_are_told_and_do_not_stop_the_next(bench: Bench) -> None:
    def fails(_job: StoredJob) -> Outcome:
        raise JobFailed("paperOut")

    def crashes(_job: StoredJob) -> Outcome:
        raise ZeroDivisionError

    desk = bench.open(testPrint=fails, selfTest=crashes)
    for kind in (JobKind.TEST_PRINT, JobKind.SELF_TEST, JobKind.RESTART_APP):
        desk.hear(job(kind))
        bench.now += timedelta(seconds=1)
    assert sorted(bench.settle()) == [("FAILED", "crashed:ZeroDivisionError"), ("FAILED", "paperOut"), ("SUCCEEDED", "")]


@pytest.mark.parametrize(
    ("kind", "boot_after", "told"),
    [
        (JobKind.TEST_PRINT, "boot-1", ("FAILED", "interrupted")),
        (JobKind.RESTART_APP, "boot-1", ("SUCCEEDED", "")),
        (JobKind.REBOOT, "boot-2", ("SUCCEEDED", "")),
        (JobKind.REBOOT, "boot-1", ("FAILED", "interrupted")),
    ],
)
def test_a_crash_in_the_middle_never_does_it_again(bench: Bench, kind: JobKind, boot_after: str, told: tuple[str, str]) -> None:
    begun, go = threading.Event(), threading.Event()

    def hangs(_job: StoredJob) -> Outcome:
        begun.set()
        go.wait(10)
        return Outcome(True)

    desk, one = bench.open(**{kind.value: hangs}), job(kind)
    desk.hear(one)
    desk.step()
    assert begun.wait(5)
    bench.boot = boot_after
    after = bench.open()  # the process died: nobody collects what the old worker did
    after.hear(one)
    assert bench.settle() == [told]
    assert bench.done == []
    go.set()
    desk._todo.put(None)
    desk._worker.join(5)


def test_reports_wait_until_the_broker_has_them(bench: Bench) -> None:
    desk = bench.open()
    desk.hear(job())
    bench.settle()
    (report,) = desk.step()
    assert desk.step() == [report]
    desk.told(report)
    assert desk.step() == []


def test_jobs_over_the_broker_in_their_order(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker") as broker:
        config = station(tmp_path / "t", broker.port)
        centre = SmallCentre(tmp_path / "centre", broker.port)
        with RunningAgent(config, ListSource(ledger_events(3))):
            until(lambda: centre.count() == 3)
            one = centre.order(JobKind.PAUSE_ISSUING, {"reason": "停电检修"})
            until(lambda: [r["status"] for r in centre.reports(one["id"])][-1:] == ["SUCCEEDED"])
            standing = config.paths.runtime / "standing.json"
            until(lambda: Standing.decode(standing.read_bytes()).pause == Pause(on=True, reason="停电检修"))
            order = [r["status"] for r in centre.reports(one["id"])]
            assert order == sorted(order, key=["QUEUED", "IN_PROGRESS", "SUCCEEDED"].index)
        standing.unlink()  # a reboot empties the runtime directory
        centre.welcome = {"pause": {"on": True, "reason": "停电检修"}}
        with RunningAgent(config, ListSource(ledger_events(3))) as again:
            assert Standing.decode(standing.read_bytes()).pause.on
            until(lambda: again.agent is not None and again.agent.is_welcomed)  # a job sent to nobody is not kept
            two = centre.order(JobKind.RESUME_ISSUING)
            until(lambda: [r["status"] for r in centre.reports(two["id"])][-1:] == ["SUCCEEDED"])
            until(lambda: not Standing.decode(standing.read_bytes()).pause.on)
        centre.close()


def test_the_floor_counts_for_the_ledger_that_the_centre_has_heard_of(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker") as broker:
        config = station(tmp_path / "t", broker.port)
        file = config.paths.runtime / "standing.json"
        source = ListSource()
        with RunningAgent(config, source):  # no centre yet: nobody knows anything
            until(file.exists)
            assert Standing.decode(file.read_bytes()) == Standing()
            centre = SmallCentre(tmp_path / "centre", broker.port)
            until(lambda: Standing.decode(file.read_bytes()).floor_ledger == source.generation, 60, "the floor")
            centre.welcome = {"counter_floor": 500}
            source.generation = "another"  # the ledger was replaced under a session
            until(lambda: Standing.decode(file.read_bytes()).floor_ledger == "another", 30, "the floor for the new ledger")
            assert Standing.decode(file.read_bytes()).counter_floor == 500
            centre.order(JobKind.PAUSE_ISSUING, {"reason": "停电检修"})
            until(lambda: Standing.decode(file.read_bytes()).pause.on)
            assert Standing.decode(file.read_bytes()).floor_ledger == "another"
        centre.close()


def test_commands_are_fixed_lists_without_a_shell() -> None:
    ran: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...]) -> bytes:
        ran.append(command)
        return b"2026-11-25T06:00:00 kiosk-app: 13800000417 \xe5\xbc\x80\xe8\xaf\x81\n" * 20_000

    stored = StoredJob("x", JobKind.COLLECT_LOGS, {"hours": 3}, NOW, JobStatus.IN_PROGRESS, {}, "b", NOW, told=True)
    executors.restart_app(run)(stored)
    executors.reboot(run)(stored)
    detail = executors.collect_logs(run)(stored).detail
    assert [command[0] for command in ran] == ["systemctl", "systemctl", "journalctl"]
    assert "--since=-3h" in ran[2]
    assert len(detail["gzip"]) <= executors.MAX_LOG_BYTES * 1.02
    text = gzip.decompress(base64.b64decode(detail["gzip"])).decode()
    assert "13800000417" not in text
    assert "开证" in text
    assert detail["of"] == 20_000


def test_a_command_that_fails_or_is_missing_fails_the_job() -> None:
    for command, code in ((("false",), "exit:1"), (("no-such-command-anywhere",), "unsupported")):
        with pytest.raises(JobFailed, match=code):
            executors.run_command(command)


def test_the_app_is_asked_through_its_folder_and_answers_there(tmp_path: Path) -> None:
    stored = StoredJob(
        str(uuid.uuid4()), JobKind.TEST_PRINT, {}, NOW + timedelta(minutes=5), JobStatus.IN_PROGRESS, {}, "b", NOW, told=True
    )
    heard: queue.Queue[Order] = queue.Queue()

    def app(_wait_s: float) -> None:
        """What the app does between two looks of the agent."""
        order = Order.decode((tmp_path / "orders" / f"{stored.id}.json").read_bytes())
        heard.put(order)
        write_whole(tmp_path / "answers" / f"{stored.id}.json", Answer(id=stored.id, ok=False, code="paperOut").encode())

    door = executors.AppDoor(tmp_path, lambda: NOW, app, timedelta(seconds=60))
    assert door.executor(OrderKind.TEST_PRINT)(stored) == Outcome(False, "paperOut", {})
    assert heard.get_nowait().not_after == NOW + timedelta(seconds=60)
    assert not list((tmp_path / "orders").iterdir())
    assert [path.stem for path in (tmp_path / "answers").iterdir()] == [stored.id]


def test_an_app_that_does_not_answer_fails_the_job(tmp_path: Path) -> None:
    stored = StoredJob(
        str(uuid.uuid4()), JobKind.SELF_TEST, {}, NOW + timedelta(minutes=5), JobStatus.IN_PROGRESS, {}, "b", NOW, told=True
    )
    now = [NOW]

    def wait(seconds: float) -> None:
        now[0] += timedelta(seconds=20 * seconds)

    with pytest.raises(JobFailed, match="noAnswer"):
        executors.AppDoor(tmp_path, lambda: now[0], wait, timedelta(seconds=60)).executor(OrderKind.SELF_TEST)(stored)


def asked(kind: JobKind = JobKind.TEST_PRINT) -> StoredJob:
    return StoredJob(str(uuid.uuid4()), kind, {}, NOW + timedelta(hours=1), JobStatus.IN_PROGRESS, {}, "b", NOW, told=True)


def test_the_order_is_dated_by_the_machines_clock_however_wrong_it_is(tmp_path: Path) -> None:
    stored, heard = asked(), []

    def app(_wait_s: float) -> None:
        heard.append(Order.decode((tmp_path / "orders" / f"{stored.id}.json").read_bytes()))
        write_whole(tmp_path / "answers" / f"{stored.id}.json", Answer(id=stored.id, ok=True).encode())

    wrong = datetime(2001, 1, 1, tzinfo=UTC)
    door = executors.AppDoor(tmp_path, lambda: NOW, app, timedelta(seconds=60), lambda: wrong)
    assert door.executor(OrderKind.TEST_PRINT)(stored).ok
    assert heard[0].not_after == wrong + timedelta(seconds=60)


@pytest.mark.parametrize("left", ["orders/{}.json", "orders/{}.taken", "answers/{}.json"])
def test_after_a_restart_the_answer_is_waited_for_and_nothing_is_ordered_again(tmp_path: Path, left: str) -> None:
    stored = asked()
    for folder in ("orders", "answers"):
        (tmp_path / folder).mkdir()
    answer = Answer(id=stored.id, ok=False, rejected=True, code="inVisit").encode()
    (tmp_path / left.format(stored.id)).write_bytes(answer)
    ordered_before = set((tmp_path / "orders").iterdir())

    def app(_wait_s: float) -> None:
        assert set((tmp_path / "orders").iterdir()) == ordered_before
        write_whole(tmp_path / "answers" / f"{stored.id}.json", answer)

    outcome = executors.AppDoor(tmp_path, lambda: NOW, app, timedelta(seconds=60)).resume(stored)
    assert (outcome.status, outcome.code) == (JobStatus.REJECTED, "inVisit")


def test_an_order_that_the_app_never_saw_is_interrupted_by_a_restart(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="interrupted"):
        executors.AppDoor(tmp_path, lambda: NOW, lambda _: None, timedelta(seconds=60)).resume(asked())


def test_one_agent_owns_its_file(tmp_path: Path) -> None:
    with AgentStore.open(tmp_path / "agent.db"), pytest.raises(StoreError, match="owned"):
        AgentStore.open(tmp_path / "agent.db")
    AgentStore.open(tmp_path / "agent.db").close()
    assert (tmp_path / "agent.db").stat().st_mode & 0o077 == 0


def test_reports_of_a_session_that_broke_are_told_in_the_next(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker") as broker:
        config = station(tmp_path / "t", broker.port)
        centre = SmallCentre(tmp_path / "centre", broker.port)
        go = threading.Event()

        def waits(_job: StoredJob) -> Outcome:
            go.wait(20)
            return Outcome(True)

        with RunningAgent(config, ListSource(), more={JobKind.TEST_PRINT: waits}):
            until(lambda: any(t.endswith("/up/hello") for t, _ in list(centre.heard)))
            one = centre.order(JobKind.TEST_PRINT)
            until(lambda: [r["status"] for r in centre.reports(one["id"])][-1:] == ["IN_PROGRESS"])
            broker.kill()
            go.set()
            broker.start()
            until(lambda: [r["status"] for r in centre.reports(one["id"])][-1:] == ["SUCCEEDED"])
        assert json.dumps(one)
        centre.close()
