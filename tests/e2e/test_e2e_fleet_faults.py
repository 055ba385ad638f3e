"""The terminal's agent and the centre's processes over a real mosquitto with mutual TLS and a real PostgreSQL, and what may go wrong between them.

Every test ends with the same question: does the centre hold what the terminal's outbox says, each event once, byte for byte? The backlog after days
offline is 2,000 certificates here and 10,000 with ``FLEET_LONG=1``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from sqlalchemy import func, select

from kiosk.config import StationConfig
from kiosk.credential.keylist import dump_key_list
from kiosk.wire.topics import Down, Up, down, up
from kiosk.wire.uplink import CertBatch, Receipt, WireEvent, batches
from support import broker as real
from support.agents import ListSource, RunningAgent, station, station_file, until
from support.centre import database_url
from support.centre_processes import HAS_MOSQUITTO, ROOT, collector_part
from tools.fleet.collector import jobs
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import certificate, quarantine

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
BACKLOG = 10_000 if os.environ.get("FLEET_LONG") else 2_000
PATIENCE_S = 120.0


@dataclass
class Scene:
    """A broker, a database, two collectors, and two terminals of which the first has an agent."""

    folder: Path
    url: str
    store: Store
    pki: real.Pki
    broker: real.Mosquitto
    mine: SimulatedTerminal
    other: SimulatedTerminal
    stack: ExitStack
    clients: list[mqtt.Client] = field(default_factory=list)

    def begin(self, *parts: str) -> list[subprocess.Popen[bytes]]:
        pair = self.pki.pair("sxc")
        tls = (self.pki.ca, pair.certificate, pair.key)
        return [self.stack.enter_context(collector_part(self.folder, self.url, self.broker.port, part, tls)) for part in parts]

    def trust(self, cn: str = "", pki: real.Pki | None = None, **more: Any) -> dict[str, str]:
        """The station file's words about TLS."""
        pair = (pki or self.pki).pair(cn or self.mine.code, **more)
        return {"ca": str(self.pki.ca), "certificate": str(pair.certificate), "key": str(pair.key)}

    def station(self, port: int = 0, **more: Any) -> StationConfig:
        told = {**self.trust(), "centre_key": str(self.folder / "centre.pub"), **more}
        return station(self.folder / "t", port or self.broker.port, self.mine.code, **told)

    def agent(self, port: int = 0, **more: Any) -> RunningAgent:
        return self.stack.enter_context(RunningAgent(self.station(port, **more), self.source))

    @property
    def source(self) -> ListSource:
        return ListSource(self.mine.events, self.mine.generation)

    def issue(self, count: int, one: SimulatedTerminal | None = None) -> None:
        """Certificates of the last days, some with paper, one of them void."""
        who = one or self.mine
        begun = utc_now() - timedelta(days=3)
        for number in range(count):
            who.issue(begun + timedelta(seconds=number), paper=number % 10 == 0)
        who.void(who.numbers[0], utc_now())

    def client(self, cn: str) -> mqtt.Client:
        """Somebody with a terminal's own certificate and his own ideas."""
        made = mqtt.Client(CallbackAPIVersion.VERSION2, f"{cn}-x", protocol=MQTTProtocolVersion.MQTTv5)
        trust = self.trust(cn, file=f"{cn}-x")
        made.tls_set(trust["ca"], trust["certificate"], trust["key"])
        made.connect("127.0.0.1", self.broker.port)
        made.loop_start()
        until(made.is_connected)
        self.clients.append(made)
        return made

    def count(self) -> int:
        with self.store.reading() as tx:
            return int(tx.execute(select(func.count()).select_from(certificate)).scalar_one())

    def receipted(self, agent: RunningAgent, patience_s: float = PATIENCE_S) -> None:
        until(lambda: agent.parts.pump._upto == self.mine.events[-1].seq, patience_s, "the last receipt")

    def whole(self) -> None:
        """0 lost, 0 doubled, 0 altered."""
        verdict = check(self.store, [self.mine, self.other])
        assert verdict.is_clean, str(verdict)
        assert verdict.held == len(self.mine.numbers) + len(self.other.numbers)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    url = database_url("postgresql", tmp_path)
    mine, other = make_terminals(2, counties=["140703"])
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    (tmp_path / "keys.json").write_text(json.dumps(dump_key_list(key_list([mine, other]))), encoding="utf-8")
    store, pki = open_store(url), real.Pki(tmp_path / "pki")
    register(store, [mine, other], utc_now())
    with ExitStack() as stack:
        stack.callback(store.close)
        broker = stack.enter_context(real.running(tmp_path / "broker", tls=pki.server()))
        made = Scene(tmp_path, url, store, pki, broker, mine, other, stack)
        yield made
        for one in made.clients:
            one.disconnect()
            one.loop_stop()


def test_a_backlog_of_days_arrives_whole_though_broker_and_collector_are_killed(scene: Scene) -> None:
    scene.issue(BACKLOG)
    scene.begin("host", "ingest:0")
    (second,) = scene.begin("ingest:1")
    agent = scene.agent()
    until(lambda: scene.count() > BACKLOG // 10, PATIENCE_S, "some progress")
    scene.broker.kill()
    scene.broker.start()
    until(lambda: scene.count() > BACKLOG // 3, PATIENCE_S, "more progress")
    second.kill()
    scene.receipted(agent, 3 * PATIENCE_S)
    scene.whole()


def test_what_only_the_broker_acknowledged_is_not_lost_with_it(scene: Scene) -> None:
    scene.issue(300)
    (host,) = scene.begin("host")  # nobody takes certificates in: the broker alone has them
    agent = scene.agent()
    until(lambda: agent.parts.pump.in_flight and not agent.parts.connection.unacked, 30, "PUBACKs")
    scene.broker.kill()
    scene.issue(20)
    assert host.poll() is None
    scene.broker.start()
    scene.begin("ingest:0")
    scene.receipted(agent)
    scene.whole()


def test_duplicates_and_reordering_on_the_way_change_nothing(scene: Scene) -> None:
    scene.issue(400)
    scene.begin("host", "ingest:0", "ingest:1")
    echo = scene.client(scene.mine.code)
    agent = scene.agent()
    for batch in reversed(batches(scene.mine.generation, scene.mine.events) * 3):
        echo.publish(up(scene.mine.code, Up.CERT), batch.encode(), 1)
    scene.receipted(agent)
    scene.whole()


def test_nobody_forges_a_receipt_or_speaks_for_another(scene: Scene) -> None:
    scene.issue(100)
    scene.issue(1, scene.other)
    liar, refused = scene.client(scene.other.code), []
    liar.on_publish = lambda _c, _u, _mid, reason, _p: refused.append(reason.value)
    forged = CertBatch(scene.mine.generation, (WireEvent(1, "certificate", b'{"v":1,"forged":true}'),)).encode()
    liar.publish(up(scene.mine.code, Up.CERT), forged, 1)
    liar.publish(down(scene.mine.code, Down.RECEIPT), Receipt(ledger=scene.mine.generation, upto=100).encode(), 1)
    liar.publish(f"spBv1.0/140703/NDEATH/{scene.mine.code}", b"", 1)
    until(lambda: len(refused) == 3)
    assert refused == [0x87] * 3
    # with the centre's own name, and under the liar's own topic, it gets further and still nowhere
    scene.begin("host", "ingest:0")
    centre = scene.client("sxc")
    agent = scene.agent()
    for upto in (10**9, scene.mine.events[-1].seq):
        told = Receipt(ledger="00000000-0000-4000-8000-000000000000", upto=upto)
        centre.publish(down(scene.mine.code, Down.RECEIPT), told.encode(), 1)
    centre.publish(down(scene.mine.code, Down.RECEIPT), Receipt(ledger=scene.mine.generation, upto=10**9).encode(), 1)
    foreign = CertBatch(scene.other.generation, tuple(scene.mine.events[:1])).encode()
    own = CertBatch("l", tuple(scene.other.events)).encode().replace(b'"l"', json.dumps(scene.other.generation).encode())
    liar.publish(up(scene.other.code, Up.CERT), foreign, 1)
    scene.receipted(agent)
    liar.publish(up(scene.other.code, Up.CERT), own, 1)
    until(lambda: scene.count() == 101, 30, "the liar's own certificate")
    with scene.store.reading() as tx:
        assert tx.execute(select(quarantine)).first() is None
        makers = dict(tx.execute(select(certificate.c.number, certificate.c.terminal)).all())
    assert {number: code for number, code in makers.items() if number not in scene.other.numbers} == dict.fromkeys(
        scene.mine.numbers, scene.mine.code
    )
    verdict = check(scene.store, [scene.mine])
    assert verdict.is_clean, str(verdict)


@pytest.mark.parametrize("fault", ["expired", "wrongCa"])
def test_a_terminal_whose_certificate_is_no_good_waits_with_everything(scene: Scene, fault: str, tmp_path: Path) -> None:
    scene.issue(60)
    scene.begin("host", "ingest:0")
    bad = (
        scene.trust(valid=real.EXPIRED, file="expired")
        if fault == "expired"
        else scene.trust(pki=real.Pki(tmp_path / "strangers", "strangers"))
    )
    agent = scene.agent(**bad)
    time.sleep(3)  # a few attempts
    assert not agent.parts.connection.is_up
    assert scene.count() == 0
    agent.stop()
    scene.receipted(scene.agent())
    scene.whole()


def test_a_broker_that_is_not_ours_gets_nothing(scene: Scene, tmp_path: Path) -> None:
    scene.issue(60)
    scene.begin("host", "ingest:0")
    strangers = real.Pki(tmp_path / "strangers", "strangers")
    for name, tls in (("ca", strangers.server()), ("name", real.Pki(tmp_path / "n", "n").server(host="localhost"))):
        with real.running(tmp_path / f"false-{name}", tls=tls) as false:
            trust = scene.trust()
            if name == "name":
                trust = {**trust, "ca": str(tls.ca)}  # the right authority, another host's name
            agent = RunningAgent(scene.station(false.port, **trust), scene.source)
            time.sleep(2)
            assert not agent.parts.connection.is_up
            agent.stop()
    scene.receipted(scene.agent())
    scene.whole()


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
@pytest.mark.parametrize("year", ["2001", "2035"])
def test_a_clock_that_is_years_wrong_changes_nothing(scene: Scene, year: str) -> None:
    scene.issue(120)
    scene.begin("host", "ingest:0")
    file = scene.folder / "events.json"
    file.write_text(json.dumps([(e.seq, e.kind, e.body.decode()) for e in scene.mine.events]), encoding="utf-8")
    told = {"brokers": [f"127.0.0.1:{scene.broker.port}"], **scene.trust(), "centre_key": str(scene.folder / "centre.pub")}
    where = station_file(scene.folder / "t", told, scene.mine.code)
    words = [str(where), str(len(scene.mine.events)), scene.mine.generation, "60", str(file)]
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    command = ["faketime", f"{year}-03-01 12:00:00", sys.executable, "-m", "support.agent_worker", *words]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines()[0] == year
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "trusted=False"), done.stderr[-800:]
    scene.whole()


def test_a_half_open_connection_is_noticed_and_what_was_on_its_way_comes_again(scene: Scene) -> None:
    scene.issue(100)
    scene.begin("host", "ingest:0")
    proxy = real.Proxy(scene.broker.port)
    scene.stack.callback(proxy.close)
    agent = scene.agent(proxy.port, keepalive_s=5)
    scene.receipted(agent)
    proxy.freeze()
    scene.issue(150)
    scene.receipted(agent, 5 * 1.5 + PATIENCE_S)
    scene.whole()


def test_a_lossy_line_that_flaps_only_costs_time(scene: Scene) -> None:
    """Connections are frozen every two seconds while certificates are made."""
    scene.issue(200)
    scene.begin("host", "ingest:0")
    proxy, ended = real.Proxy(scene.broker.port), threading.Event()
    scene.stack.callback(proxy.close)

    def flap() -> None:
        while not ended.wait(2.0):
            with suppress(OSError):
                proxy.freeze()

    agent = scene.agent(proxy.port, keepalive_s=5)
    worker = threading.Thread(target=flap)
    worker.start()
    for _ in range(10):
        scene.issue(10)
        time.sleep(0.5)
    ended.set()
    worker.join()
    scene.receipted(agent)
    scene.whole()
