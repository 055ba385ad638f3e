"""Nothing lost, nothing doubled, nothing altered: real mosquitto, real PostgreSQL, real processes that are killed while terminals issue."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.credential.keylist import dump_key_list
from kiosk.wire.job import JobKind
from kiosk.wire.sparkplug.edge import EdgeNode, MetricRow
from kiosk.wire.sparkplug.payload import DataType
from kiosk.wire.topics import Up, up
from support.agents import until
from support.centre import NOW, database_url, postgres
from support.centre_processes import HAS_MOSQUITTO, RealBroker, collector_part, faulty_collector, host_speaks, running_broker
from tools.fleet.broker_amqtt import __name__ as amqtt_module
from tools.fleet.collector import jobs
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.checker import Verdict, check
from tools.fleet.simulator.faults import Faults
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.mqtt import MqttClient
from tools.fleet.simulator.run import Load, Outcome, simulate
from tools.fleet.simulator.station import Wire
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import alert, certificate, health_now, job, quarantine, terminal

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
LOAD = Load(rate=40, seconds=5, report_s=2, drain_s=120, retry_s=2)


@dataclass(slots=True)
class Scene:
    """A broker, a database and terminals; processes are begun by the test and end with it."""

    folder: Path
    url: str
    store: Store
    broker: RealBroker
    terminals: list[SimulatedTerminal]
    stack: ExitStack

    def begin(self, *parts: str) -> None:
        """They listen when this returns, however long a busy machine takes to start them."""
        with ExitStack() as waiting:
            if "host" in parts:
                waiting.enter_context(host_speaks(self.broker.port))
            for part in parts:
                self.stack.enter_context(collector_part(self.folder, self.url, self.broker.port, part))
        until(lambda: all(self._is_connected(part) for part in parts), 90, "the connections")

    def _is_connected(self, part: str) -> bool:
        return "connected, MQTT" in (self.folder / f"{part.replace(':', '-')}.log").read_text(encoding="utf-8")

    def has_certificates(self) -> bool:
        with self.store.reading() as tx:
            return tx.execute(select(certificate.c.number)).first() is not None

    def run(self, load: Load = LOAD, meanwhile: Callable[[], None] = lambda: None) -> tuple[Outcome, Verdict]:
        with ThreadPoolExecutor(1) as pool:
            trouble = pool.submit(meanwhile)
            outcome = simulate(self.terminals, Wire(port=self.broker.port), load)
            trouble.result()  # a fault that was not made proves nothing
        return outcome, check(self.store, outcome.everyone)


@pytest.fixture(params=["postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    url = database_url(request.param, tmp_path)
    terminals = make_terminals(20)
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    (tmp_path / "keys.json").write_text(json.dumps(dump_key_list(key_list(terminals))), encoding="utf-8")
    store = open_store(url)
    register(store, terminals, utc_now())
    with ExitStack() as stack:
        stack.callback(store.close)
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        yield Scene(tmp_path, url, store, broker, terminals, stack)


def held_everything(outcome: Outcome, verdict: Verdict) -> None:
    assert outcome.pending == 0
    assert verdict.promised >= outcome.issued
    assert verdict.is_clean, str(verdict)


def test_a_collector_killed_between_commit_and_receipt(scene: Scene) -> None:
    scene.begin("host")
    doomed = scene.stack.enter_context(faulty_collector(scene.folder, scene.url, scene.broker.port, "dieAfterCommit"))

    def meanwhile() -> None:
        assert doomed.wait(60) == -signal.SIGKILL
        with scene.store.reading() as tx:
            assert tx.execute(select(certificate.c.number)).first() is not None  # the COMMIT came before
        scene.begin("ingest:0")

    held_everything(*scene.run(meanwhile=meanwhile))


def test_receipts_that_are_lost(scene: Scene) -> None:
    scene.begin("host")
    scene.stack.enter_context(faulty_collector(scene.folder, scene.url, scene.broker.port, "loseReceipts"))
    held_everything(*scene.run())


def test_a_broker_that_dies_after_its_acknowledgements(scene: Scene) -> None:
    scene.begin("host", "ingest:0")

    def meanwhile() -> None:
        for _ in range(2):
            time.sleep(1.5)
            scene.broker.kill()
            time.sleep(0.5)
            scene.broker.start()

    held_everything(*scene.run(meanwhile=meanwhile))


def test_a_database_that_loses_power(scene: Scene) -> None:
    scene.begin("host", "ingest:0")

    def meanwhile() -> None:
        until(scene.has_certificates, 60, "the first certificate")
        postgres().stop("immediate")
        time.sleep(1)
        postgres().start()

    outcome, _ = scene.run(meanwhile=meanwhile)
    scene.store.engine.dispose()
    held_everything(outcome, check(scene.store, outcome.everyone))


def test_two_collectors_share_and_one_is_killed(scene: Scene) -> None:
    scene.begin("host", "ingest:0")
    second = scene.stack.enter_context(collector_part(scene.folder, scene.url, scene.broker.port, "ingest:1"))

    def meanwhile() -> None:
        time.sleep(3)
        second.kill()

    held_everything(*scene.run(meanwhile=meanwhile))


def test_duplicates_reordering_absence_rollback_and_a_clone(scene: Scene) -> None:
    scene.begin("host", "ingest:0", "ingest:1")
    faults = Faults(offline=0.2, duplicates=0.3, reorder=0.5, rollback=0.05, clone=0.05)
    # a clone whose receipts are the other one's business waits to the end
    outcome, verdict = scene.run(replace(LOAD, faults=faults, rate=80, drain_s=45))
    held_everything(outcome, verdict)
    assert verdict.conflicting > 0


def test_nobody_speaks_for_another_terminal(scene: Scene) -> None:
    scene.begin("ingest:0")
    mine, theirs = scene.terminals[:2]
    theirs.issue(NOW)
    forged = f"sxc/v1/{theirs.code}/down/receipt"

    async def attack() -> list[str]:
        heard: list[str] = []
        client = MqttClient(lambda topic, _: heard.append(topic))
        await client.connect("127.0.0.1", scene.broker.port, "attacker", mine.code)
        await client.subscribe([forged, f"sxc/v1/{theirs.code}/#", "#"])
        client.publish(up(theirs.code, Up.CERT), b'{"v":1}', 1)
        client.publish(forged, b'{"v":1,"ledger":"x","upto":9,"bad":[]}', 1)
        client.publish(up(mine.code, Up.CERT), b"rubbish", 1)
        await asyncio.sleep(1.5)
        client.disconnect()
        return heard

    def quarantined() -> list[str]:
        with scene.store.reading() as tx:
            return [row.topic for row in tx.execute(select(quarantine))]

    assert asyncio.run(attack()) == []
    until(quarantined, 30, "the rubbish")
    assert quarantined() == [up(mine.code, Up.CERT)]


def test_jobs_health_and_alarms_reach_the_store(scene: Scene) -> None:
    scene.begin("host", "ingest:0")
    code = scene.terminals[0].code
    with scene.store.writing() as tx:
        key, now = jobs.load_centre_key(scene.folder / "centre.key"), utc_now()
        job_id = jobs.order(tx, key, code, JobKind.SELF_TEST, {"level": "internal"}, now.replace(year=now.year + 1), "test", now)
        late = jobs.order(tx, key, code, JobKind.REBOOT, {}, now.replace(year=now.year - 1), "test", now)
    outcome, verdict = scene.run(replace(LOAD, faults=Faults(paperOut=1.0), report_s=1))
    held_everything(outcome, verdict)

    def is_written() -> bool:
        """What was heard last; the host writes once a second."""
        with scene.store.reading() as tx:
            answered = tx.execute(select(job.c.status).where(job.c.id == job_id)).scalar() == "SUCCEEDED"
            return answered and "paperOut" in tx.execute(select(alert.c.code).where(alert.c.terminal == code)).scalars().all()

    until(is_written, 60, "the alarm and the job's answer")
    with scene.store.reading() as tx:
        states = {row.id: row.status for row in tx.execute(select(job.c.id, job.c.status))}
        assert states == {job_id: "SUCCEEDED", late: "TIMED_OUT"}
        row = tx.execute(select(terminal).where(terminal.c.code == code)).one()
        assert row.software == "0.1.0"
        assert row.boot == scene.terminals[0].boot
        assert row.born_at is not None
        assert (row.state, row.reason) in (("cannotIssue", "paperOut"), ("offline", "offline"))
        metrics = {(m.device, m.metric): m.value for m in tx.execute(select(health_now).where(health_now.c.terminal == code))}
        assert metrics["printer", "supply/paper"] == "out"
        assert metrics["", "Clock/source"] == "ntp"


def test_what_the_database_refuses_holds_up_nobody(scene: Scene) -> None:
    scene.begin("host", "ingest:0")
    evil = scene.terminals[0]
    edge = EdgeNode(
        evil.county, evil.code, (MetricRow("Issuing/state", DataType.STRING), MetricRow("x\0y" * 50, DataType.DOUBLE)), {}
    )
    edge.report_node({"Issuing/state": "a\0b", "x\0y" * 50: 1.5}, 1)
    hello = {
        "v": 1,
        "boot": "b\0b",
        "ledger": evil.generation,
        "sw": "x",
        "conf": 1,
        "dir": 1,
        "keys": 2**62,
        "outbox": {"first": 0, "last": 0},
        "clock": {"utc": "2026-11-25T06:00:00.000Z", "src": "ntp", "err_ms": None},
    }
    report = {"v": 1, "id": "x", "status": "FAILED", "detail": {"a": "\0"}, "at": "2026-11-25T06:00:00.000Z"}

    async def attack() -> None:
        client = MqttClient(lambda *_: None)
        await client.connect("127.0.0.1", scene.broker.port, "evil", evil.code)
        for _ in range(3):
            client.publish(up(evil.code, Up.HELLO), json.dumps(hello).encode(), 1)
            client.publish(up(evil.code, Up.JOB), json.dumps(report).encode(), 1)
            client.publish(up(evil.code, Up.CERT), b'{"v":1,"ledger":"x","events":[{"seq":1}]}', 1)
            edge.connecting(1)
            for message in edge.connected(2):
                client.publish(message.topic, message.payload, 0)
            await asyncio.sleep(0.5)
        client.disconnect()

    held_everything(*scene.run(meanwhile=lambda: asyncio.run(attack())))

    def quarantined() -> set[str]:
        with scene.store.reading() as tx:
            return {row.topic for row in tx.execute(select(quarantine))}

    def seen() -> list[str]:
        with scene.store.reading() as tx:
            return list(tx.execute(select(health_now.c.metric).where(health_now.c.terminal == evil.code)).scalars())

    until(lambda: quarantined() >= {up(evil.code, Up.HELLO), up(evil.code, Up.CERT)}, 60, "the refused ones")
    until(lambda: "Issuing/state" in seen(), 60, "the health beside them")


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)
def test_a_broker_without_shared_subscriptions_and_an_embedded_database(scene: Scene, tmp_path: Path) -> None:
    config = tmp_path / "amqtt.json"
    scene.broker.kill()
    config.write_text(json.dumps({"port": scene.broker.port}), encoding="utf-8")
    command = [sys.executable, "-m", amqtt_module, str(config)]
    scene.stack.enter_context(running_broker(tmp_path, command, scene.broker.port))
    scene.begin("host", "ingest:0", "ingest:1")
    held_everything(*scene.run(replace(LOAD, rate=20)))
