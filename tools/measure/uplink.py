"""How fast a terminal's backlog reaches a centre, beside the bare client library on the same broker in the same run.

1. The agent alone: its loop, pump and connection drain an outbox in memory over a real mosquitto, to a peer that receipts at once and keeps nothing.
   The floor is paho with the same batches, encoded beforehand, QoS 1, as many on their way as our window, to the same peer, whose receipts it ignores.
2. From the agent over broker, collector and COMMIT to the receipt: the same agent to the centre's own processes, until the last receipt, every signature
   verified, into SQLite and (where it is installed) into PostgreSQL. The floor is paho with a message for each certificate, as the library would be
   used without us, at the same window, to that peer. One collector takes it all in; it shares the machine's processors with everything else here.

All run in turn, several times; the medians count.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.agent.agent import Agent
from kiosk.agent.assembly import make_agent
from kiosk.agent.backoff import BackoffRule
from kiosk.agent.source import LedgerSpan
from kiosk.agent.store import AgentStore
from kiosk.config import FleetSection, PathsSection, StationConfig, StationSection
from kiosk.credential.keylist import dump_key_list
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import WINDOW, CertBatch, WireEvent, batches
from tools.fleet.broker import broker_command
from tools.fleet.collector.jobs import make_centre_key
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.cluster import PostgresCluster, has_postgres
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import default_url, open_store
from tools.measure.row import Row, at_least_of_floor

ROUNDS = 7
TIMES = 8
"""How often the certificates are repeated for the agent alone: they pass too fast to be timed once."""
CERTIFICATES = 5_000
CENTRE_ROUNDS = 3
RATIO = 0.4
_FIRST = 50
_PATIENCE_S = 180.0


def rows() -> list[Row]:
    """Certificates a second, drained and receipted, against the bare library. Raises ``TimeoutError``."""
    (terminal,) = make_terminals(1)
    begun = datetime.now(UTC) - timedelta(hours=2)
    for number in range(CERTIFICATES):
        terminal.issue(begun + timedelta(seconds=number), paper=False)
    with tempfile.TemporaryDirectory(prefix="measure-uplink-") as name, ExitStack() as stack:
        folder = Path(name)
        port = stack.enter_context(_broker(folder / "broker"))
        urls = {"SQLite": ""}
        if has_postgres():
            cluster = PostgresCluster()
            stack.callback(cluster.end)
            urls["PostgreSQL"] = cluster.url()
        found = [_alone(terminal, port, folder)]
        single = [CertBatch(terminal.generation, (event,)).encode() for event in terminal.events]
        for kind, url in urls.items():
            took: list[float] = []
            by_one: list[float] = []
            for number in range(CENTRE_ROUNDS):
                place = folder / f"{kind}-{number}"
                by_one.append(_bare(single, terminal.code, port, place / "bare"))
                took.append(_to_the_centre(terminal, port, place, url))
                url = cluster.url() if url else ""
            value, floor = (CERTIFICATES - _FIRST) / statistics.median(took), CERTIFICATES / statistics.median(by_one)
            found.append(
                at_least_of_floor(
                    f"uplink backlog from the agent to the receipt after COMMIT, {kind}", value, "certificates/s", floor, RATIO
                )
            )
        return found


def _alone(terminal: SimulatedTerminal, port: int, folder: Path) -> Row:
    events = [WireEvent(seq, event.kind, event.body) for seq, event in enumerate(terminal.events * TIMES, 1)]
    source = _Outbox(events, terminal.generation)
    payloads = [batch.encode() for batch in batches(source.generation, source.events)]
    ours, bare = [], []
    for number in range(ROUNDS):
        place = folder / f"alone-{number}"
        bare.append(_bare(payloads, terminal.code, port, place / "bare"))
        config = _station(place / "ours", terminal, port)
        with _peer(port, place / "ours"):
            ours.append(_drain(source, config))
    value, floor = (len(events) - _FIRST) / statistics.median(ours), len(events) / statistics.median(bare)
    return at_least_of_floor("uplink backlog, the agent alone", value, "certificates/s", floor, RATIO)


def _to_the_centre(terminal: SimulatedTerminal, port: int, folder: Path, url: str) -> float:
    """Seconds until the last receipt of a centre with one collector. Raises ``RuntimeError`` when it does not hold what was issued."""
    config = _station(folder / "ours", terminal, port)
    url = url or default_url(folder)
    (folder / "keys.json").write_text(json.dumps(dump_key_list(key_list([terminal]))), encoding="utf-8")
    with ExitStack() as stack:
        store = open_store(url)
        stack.callback(store.close)
        register(store, [terminal], datetime.now(UTC))
        options = ["--folder", str(folder), "--database", url, "--broker", f"127.0.0.1:{port}"]
        for part in ("host", "ingest:0"):
            stack.enter_context(_process([sys.executable, "-m", "tools.fleet", "collect", *options, "--part", part]))
        took = _drain(_Outbox(terminal.events, terminal.generation), config)
        verdict = check(store, [terminal])
        if not verdict.is_clean:
            raise RuntimeError(str(verdict))
        return took


@dataclass
class _Outbox:
    """A ledger's outbox in memory; the last of its ``events`` are there only when they are ``shown``."""

    events: list[WireEvent]
    generation: str
    shown: int = _FIRST

    def span(self) -> LedgerSpan:
        return LedgerSpan(self.generation, 1, self.shown)

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        return self.events[seq : min(seq + limit, self.shown)]


def _station(folder: Path, terminal: SimulatedTerminal, port: int) -> StationConfig:
    folder.mkdir(parents=True)
    public = folder.parent / "centre.pub"
    make_centre_key(folder.parent / "centre.key", public)
    return StationConfig(
        station=StationSection(
            name=terminal.station, terminal=terminal.code, county=terminal.county, host="q.measure", clerk_pin="271828"
        ),
        paths=PathsSection(
            state=folder,
            secrets=folder,
            keys=folder / "keys.json",
            directory=folder,
            agent=folder / "agent",
            runtime=folder / "run",
        ),
        fleet=FleetSection(enabled=True, brokers=(f"127.0.0.1:{port}",), centre_key=public),
    )


def _drain(source: _Outbox, config: StationConfig) -> float:
    """Seconds until the cursor has passed the last event. A few go first, untimed: what is sent before a collector has subscribed is sent again."""
    source.shown = _FIRST
    with AgentStore.open(config.paths.agent / "agent.db") as store:
        agent = make_agent(config, source, store, reconnect=BackoffRule(0.2, 1.0), retry=BackoffRule(6.0, 60.0))
        try:
            _run_until(agent, store, source, _FIRST)
            source.shown = len(source.events)
            begun = time.perf_counter()
            _run_until(agent, store, source, len(source.events))
            return time.perf_counter() - begun
        finally:
            agent.close()


def _run_until(agent: Agent, store: AgentStore, source: _Outbox, seq: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while store.receipt_upto(source.generation) < seq:
        if time.monotonic() > until:
            raise TimeoutError("the backlog did not drain")
        agent.step(0.05)


def _bare(payloads: list[bytes], code: str, port: int, folder: Path) -> float:
    """Seconds for these messages by paho alone, until the other process has them all."""
    folder.mkdir(parents=True)
    room = threading.Semaphore(WINDOW)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(code)
    client.max_inflight_messages_set(WINDOW)
    client.on_socket_open = lambda _c, _u, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.on_publish = lambda *_: room.release()
    with _peer(port, folder, len(payloads)):
        client.connect("127.0.0.1", port)
        client.loop_start()
        try:
            while not client.is_connected():
                time.sleep(0.01)
            begun = time.perf_counter()
            for payload in payloads:
                room.acquire()
                client.publish(up(code, Up.CERT), payload, 1)
            until = time.monotonic() + _PATIENCE_S
            while not (folder / "all").exists():
                if time.monotonic() > until:
                    raise TimeoutError("the bare library did not deliver")
                time.sleep(0.001)
            return time.perf_counter() - begun
        finally:
            client.disconnect()
            client.loop_stop()


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with _process(broker_command(folder, port)):
        until = time.monotonic() + 15
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    yield port
                    return
            time.sleep(0.02)
        raise TimeoutError("the broker does not listen")


@contextmanager
def _peer(port: int, folder: Path, count: int = 0) -> Iterator[None]:
    """The other side in its own process; it tells when it has ``count`` messages."""
    ready = folder / "ready"
    with _process([sys.executable, "-m", "tools.measure.uplink_peer", str(port), str(folder), str(count)]):
        until = time.monotonic() + 30
        while not ready.exists():
            if time.monotonic() > until:
                raise TimeoutError("the peer is not ready")
            time.sleep(0.02)
        yield


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
