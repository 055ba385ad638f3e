"""How fast a terminal's backlog reaches a centre that receipts after its COMMIT, beside the bare client library on the same broker.

The agent's own loop, pump and connection drain an outbox in memory over a real mosquitto; a second process commits each batch to SQLite (WAL, FULL) and
sends the receipt. The floor is paho alone, QoS 1, as many messages on their way as our window, to a bare subscriber in a second process, finished when
that one has the last: once with a message for each certificate, as the library would be used without us; once with our own batches, encoded beforehand,
which no drain that reads, hashes, encodes and waits for a COMMIT can reach. All run in turn, several times; the medians count.
"""

from __future__ import annotations

import json
import select
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.agent.assembly import make_agent
from kiosk.agent.backoff import BackoffRule
from kiosk.agent.source import LedgerSpan
from kiosk.agent.store import AgentStore
from kiosk.config import FleetSection, PathsSection, StationConfig, StationSection
from kiosk.wire.canonical import canonical_json, sha256_hex
from kiosk.wire.topics import Down, Up, down, up, up_filter
from kiosk.wire.uplink import WINDOW, CertBatch, Receipt, Welcome, WireEvent, batches
from tools.fleet.broker import broker_command
from tools.measure.row import Row

EVENTS = 20_000
ROUNDS = 3
RATIO = 0.4
BATCH_RATIO = 0.05
_TERMINAL = "1407039999"
_PATIENCE_S = 120.0


def rows() -> list[Row]:
    """Certificates a second, drained and receipted, against the bare library."""
    source = _Outbox(_events(EVENTS))
    single = [CertBatch(source.generation, (event,)).encode() for event in source.events]
    batched = [batch.encode() for batch in batches(source.generation, source.events)]
    ours, by_one, by_batch = [], [], []
    with tempfile.TemporaryDirectory(prefix="measure-uplink-") as name:
        for number in range(ROUNDS):
            folder = Path(name) / str(number)
            with _broker(folder / "broker") as port:
                by_one.append(_bare(single, port, folder / "one"))
                by_batch.append(_bare(batched, port, folder / "batch"))
                ours.append(_drain(source, port, folder / "ours"))
    value = EVENTS / statistics.median(ours)
    return [
        _row("uplink backlog, against a message each", value, EVENTS / statistics.median(by_one), RATIO),
        _row("uplink backlog, against bare batches", value, EVENTS / statistics.median(by_batch), BATCH_RATIO),
    ]


def _row(name: str, value: float, floor: float, least: float) -> Row:
    ratio = value / floor
    return Row(
        name=name, value=value, unit="certificates/s", floor=floor, ratio=ratio, goal=f"ratio >= {least}", holds=ratio >= least
    )


@dataclass
class _Outbox:
    """A ledger's outbox in memory."""

    events: list[WireEvent]
    generation: str = field(default_factory=lambda: str(uuid.uuid4()))

    def span(self) -> LedgerSpan:
        return LedgerSpan(self.generation, 1, len(self.events))

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        return self.events[seq : seq + limit]


def _events(count: int) -> list[WireEvent]:
    """As long as a certificate's body in the outbox."""
    common = {
        "v": 1,
        "terminal": _TERMINAL,
        "token": "Q" * 136,
        "station": "测量用站点",
        "origin": "晋中市太谷区明星镇南庄村",
        "rest": "x" * 700,
    }
    return [
        WireEvent(seq, "certificate", canonical_json({**common, "counter": seq, "audit": sha256_hex(str(seq).encode())}))
        for seq in range(1, count + 1)
    ]


def _drain(source: _Outbox, port: int, folder: Path) -> float:
    """Seconds from the first batch until the cursor has passed the last event."""
    folder.mkdir()
    key = folder / "centre.pub"
    key.write_text(Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
    config = StationConfig(
        station=StationSection(name="测量用站点", terminal=_TERMINAL, county="140703", host="q.measure", clerk_pin="271828"),
        paths=PathsSection(
            state=folder,
            secrets=folder,
            keys=folder / "keys.json",
            directory=folder,
            agent=folder / "agent",
            runtime=folder / "run",
        ),
        fleet=FleetSection(enabled=True, brokers=(f"127.0.0.1:{port}",), centre_key=key),
    )
    with _receiver(port, folder), AgentStore.open(config.paths.agent / "agent.db") as store:
        agent = make_agent(config, source, store, reconnect=BackoffRule(0.2, 1.0))
        begun, until = 0.0, time.monotonic() + _PATIENCE_S
        try:
            while store.receipt_upto(source.generation) < len(source.events):
                if not agent.is_welcomed:
                    begun = time.perf_counter()  # connecting, hello and welcome are no part of the drain
                if time.monotonic() > until:
                    raise TimeoutError("the backlog did not drain")
                agent.step(0.05)
            return time.perf_counter() - begun
        finally:
            agent.close()


def _bare(payloads: list[bytes], port: int, folder: Path) -> float:
    """Seconds for these messages by paho alone, until the other process has them all."""
    folder.mkdir()
    room = threading.Semaphore(WINDOW)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(_TERMINAL)
    client.max_inflight_messages_set(WINDOW)
    client.on_publish = lambda *_: room.release()
    with _receiver(port, folder, len(payloads)):
        client.connect("127.0.0.1", port)
        client.loop_start()
        try:
            while not client.is_connected():
                time.sleep(0.01)
            begun = time.perf_counter()
            for payload in payloads:
                room.acquire()
                client.publish(up(_TERMINAL, Up.CERT), payload, 1)
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
def _receiver(port: int, folder: Path, count: int = 0) -> Iterator[None]:
    """The other side in its own process; with ``count`` a bare one that only counts."""
    ready = folder / "ready"
    with _process([sys.executable, "-m", "tools.measure.uplink", str(port), str(folder), str(count)]):
        until = time.monotonic() + 30
        while not ready.exists():
            if time.monotonic() > until:
                raise TimeoutError("the receiver is not ready")
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


def _client(folder: Path, port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "receiver", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("sxc")
    client.on_subscribe = lambda *_: (folder / "ready").touch()
    client.on_connect = lambda *_: client.subscribe([(up_filter(Up.HELLO), 1), (up_filter(Up.CERT), 1)])
    client.connect("127.0.0.1", port)
    return client


def _count(port: int, folder: Path, count: int) -> None:
    """The bare other side."""
    left = [count]
    client = _client(folder, port)

    def heard(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            (folder / "all").touch()

    client.on_message = heard
    client.loop_forever()


def _receive(port: int, folder: Path) -> None:
    """The other side: COMMIT what has come, then one cumulative receipt, as a collector does."""
    database = sqlite3.connect(folder / "received.db", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE batch (last INTEGER PRIMARY KEY, body BLOB)"
    )
    came: list[bytes] = []
    client = _client(folder, port)

    def heard(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == up(_TERMINAL, Up.HELLO):
            welcome = Welcome(utc=datetime.now(UTC), receipt_upto=0)
            client.publish(down(_TERMINAL, Down.WELCOME), welcome.encode(), 1)
        else:
            came.append(message.payload)

    client.on_message = heard
    while True:
        client.loop(0.02)
        more = client.socket() is not None and select.select([client.socket()], [], [], 0)[0]
        if came and (not more or len(came) >= WINDOW // 2):
            rows = [(_last(payload), payload) for payload in came]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR IGNORE INTO batch VALUES (?, ?)", rows)
            database.execute("COMMIT")
            client.publish(down(_TERMINAL, Down.RECEIPT), Receipt(ledger=_ledger(came[-1]), upto=rows[-1][0]).encode(), 1)
            came.clear()


def _last(payload: bytes) -> int:
    """The last ``seq``, without reading the whole batch: how fast a centre parses is not measured here."""
    return int(payload[payload.rindex(b'"seq":') + 6 :].partition(b",")[0])


def _ledger(payload: bytes) -> str:
    return str(json.loads(b"{" + payload[payload.rindex(b'"ledger"') :])["ledger"])


if __name__ == "__main__":
    if int(sys.argv[3]):
        _count(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    _receive(int(sys.argv[1]), Path(sys.argv[2]))
