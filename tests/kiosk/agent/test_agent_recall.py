"""A job that a terminal holds is taken back by the centre: before it began it is not done, once begun it ends as it ends."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from kiosk.agent.jobs import JobDesk, Outcome
from kiosk.agent.store import AgentStore, StoredJob
from kiosk.credential.keylist import dump_key_list
from kiosk.wire.canonical import canonical_json
from kiosk.wire.job import JobKind, JobStatus, sign_cancel, sign_job
from support.agents import CENTRE_KEY, OTHER, TERMINAL, ListSource, RunningAgent, station, until
from support.centre_processes import collector_part, running_broker
from tools.fleet.collector import jobs
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import key_list, make_terminals
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import job

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


@dataclass
class Slow:
    """An executor that is held until ``go``."""

    go: threading.Event = field(default_factory=threading.Event)
    done: list[str] = field(default_factory=list)

    def __call__(self, one: StoredJob) -> Outcome:
        assert self.go.wait(60)
        self.done.append(one.id)
        return Outcome(True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[JobDesk, AgentStore, Slow]]:
    slow = Slow()
    with AgentStore.open(tmp_path / "agent.db") as store:
        made = JobDesk(store, CENTRE_KEY.public_key(), TERMINAL, dict.fromkeys(JobKind, slow), lambda: NOW, "boot-1")
        yield made, store, slow
        slow.go.set()
        made.close()


def ordered(desk: JobDesk) -> uuid.UUID:
    made = uuid.uuid4()
    desk.hear(sign_job(CENTRE_KEY, made, TERMINAL, JobKind.TEST_PRINT, {}, NOW + timedelta(minutes=5)))
    return made


def cancel(one: uuid.UUID, *, terminal: str = TERMINAL, key: Ed25519PrivateKey = CENTRE_KEY) -> bytes:
    return canonical_json(sign_cancel(key, one, terminal))


def test_what_waits_is_canceled_and_what_has_begun_ends_as_it_ends(desk: tuple[JobDesk, AgentStore, Slow]) -> None:
    desk_, store, slow = desk
    begun, waits = ordered(desk_), ordered(desk_)
    desk_.step()
    first = next(one for one in store.jobs(JobStatus.IN_PROGRESS))
    assert first.id in (str(begun), str(waits))  # both came at one moment: their ids decide
    other = waits if first.id == str(begun) else begun
    for report in desk_.step():
        desk_.told(report)
    for one in (uuid.UUID(first.id), other):
        desk_.hear_cancel(cancel(one))
    assert {(report.id, report.status.value) for report in desk_.step()} == {(first.id, "IN_PROGRESS"), (str(other), "CANCELED")}
    slow.go.set()
    until(lambda: (desk_.step(), not store.jobs(JobStatus.QUEUED, JobStatus.IN_PROGRESS))[1], 5)
    assert slow.done == [first.id]
    desk_.hear(sign_job(CENTRE_KEY, other, TERMINAL, JobKind.TEST_PRINT, {}, NOW + timedelta(minutes=5)))  # on its way all the time
    desk_.hear_cancel(cancel(uuid.UUID(first.id)))
    assert {(report.id, report.status.value) for report in desk_.step()} == {(first.id, "SUCCEEDED"), (str(other), "CANCELED")}
    assert slow.done == [first.id]


def test_a_job_that_is_not_known_is_answered_until_the_broker_has_the_answer(desk: tuple[JobDesk, AgentStore, Slow]) -> None:
    desk_, _, _ = desk
    stranger = uuid.uuid4()
    desk_.hear_cancel(cancel(stranger))
    (report,) = desk_.step()
    assert (report.id, report.status, report.detail) == (str(stranger), JobStatus.CANCELED, {"code": "unknownJob"})
    desk_.told(report)
    assert desk_.step() == []


def test_a_cancel_that_the_centre_did_not_sign_for_us_changes_nothing(desk: tuple[JobDesk, AgentStore, Slow]) -> None:
    desk_, store, _ = desk
    one = ordered(desk_)
    signed = json.loads(cancel(one))
    order = sign_job(CENTRE_KEY, one, TERMINAL, JobKind.TEST_PRINT, {}, NOW)
    for forged in (
        cancel(one, key=Ed25519PrivateKey.generate()),
        cancel(one, terminal=OTHER),
        canonical_json({**signed, "cancel": str(uuid.uuid4())}),
        canonical_json(order),  # a job's signature takes nothing back
        b"\x00noise",
    ):
        desk_.hear_cancel(forged)
    desk_.hear(signed)  # nor is a cancel a job
    assert desk_.refused == 6
    assert [row.id for row in store.jobs(JobStatus.QUEUED)] == [str(one)]


def test_the_centre_takes_jobs_back_from_a_real_terminal_also_while_it_is_away(tmp_path: Path) -> None:
    (one,) = make_terminals(1)
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    key = jobs.load_centre_key(tmp_path / "centre.key")
    (tmp_path / "keys.json").write_text(json.dumps(dump_key_list(key_list([one]))), encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'centre.db'}"
    slow = Slow()

    def order(store: Store, kind: JobKind) -> str:
        with store.writing() as tx:
            return jobs.order(tx, key, one.code, kind, {}, utc_now() + timedelta(minutes=5), "tester", utc_now())

    def take_back(store: Store, job_id: str) -> bool:
        with store.writing() as tx:
            return jobs.cancel(tx, job_id, utc_now())

    with ExitStack() as stack:
        store = open_store(url)
        stack.callback(store.close)
        register(store, [one], utc_now())
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        stack.enter_context(collector_part(tmp_path, url, broker.port, "host"))
        config = station(tmp_path / "t", broker.port, one.code, centre_key=str(tmp_path / "centre.pub"))
        more = {JobKind.TEST_PRINT: slow, JobKind.RESTART_APP: slow}
        with RunningAgent(config, ListSource([], one.generation), more=more) as agent:
            begun = order(store, JobKind.TEST_PRINT)
            until(lambda: _seen(store, begun) == ("IN_PROGRESS", False), 30, "the first job's begin")
            held = order(store, JobKind.RESTART_APP)
            until(lambda: _has(config.paths.agent, held), 30, "the second job at the terminal")
            assert not take_back(store, begun)  # the centre knows already that it has begun
            assert take_back(store, held)
            assert _seen(store, held) == ("CANCELED", True)
            until(lambda: _seen(store, held) == ("CANCELED", False), 30, "the terminal's word")
            late = order(store, JobKind.RESTART_APP)
            until(lambda: _has(config.paths.agent, late), 30, "the third job at the terminal")
            broker.kill()
            until(lambda: not agent.parts.connection.is_up, 30, "the line is cut")
            assert take_back(store, late)
            slow.go.set()
            broker.start()
            until(lambda: _seen(store, late) == ("CANCELED", False), 60, "the terminal's word after its return")
            until(lambda: _seen(store, begun) == ("SUCCEEDED", False), 30, "what had begun ended")
        assert slow.done == [begun]


def _seen(store: Store, job_id: str) -> tuple[str, bool]:
    with store.reading() as tx:
        row = tx.execute(select(job.c.status, job.c.recall_due).where(job.c.id == job_id)).one()
    return row.status, row.recall_due


def _has(folder: Path, job_id: str) -> bool:
    """Whether the terminal keeps the job; its own connection belongs to its thread."""
    with closing(sqlite3.connect(folder / "agent.db")) as other:
        return other.execute("SELECT 1 FROM job WHERE id = ?", (job_id,)).fetchone() is not None
