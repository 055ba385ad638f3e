"""Agents that run, a small centre that commits and receipts, and the checker that compares both.

The centre here is written from the rules of the wire only: a SQLite file, COMMIT, then the receipt. Its faults are asked for by name.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.agent.agent import Agent
from kiosk.agent.assembly import make_agent
from kiosk.agent.backoff import BackoffRule
from kiosk.agent.clock import AgentClock
from kiosk.agent.jobs import Executor
from kiosk.agent.source import LedgerSpan
from kiosk.agent.store import AgentStore
from kiosk.config import StationConfig, load_station
from kiosk.wire.canonical import canonical_json, sha256_hex
from kiosk.wire.job import JobKind, sign_job
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import state_topic
from kiosk.wire.topics import Down, down
from kiosk.wire.uplink import CertBatch, Receipt, Welcome, WireEvent
from tools.fleet.simulator.checker import Comparison, compare

TERMINAL = "1407030031"
OTHER = "1407030032"
CENTRE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FAST = BackoffRule(first_s=0.2, cap_s=1.0)
PATIENCE_S = 30.0


def until(happened: Callable[[], object], patience_s: float = PATIENCE_S, what: str = "it") -> None:
    """Wait for something that other processes do."""
    end = time.monotonic() + patience_s
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen in {patience_s} s")
        time.sleep(0.01)


def ledger_events(count: int, terminal: str = TERMINAL, first: int = 1) -> list[WireEvent]:
    """Bodies like those of a ledger's outbox, in their size."""
    made = []
    for seq in range(first, first + count):
        body = {
            "v": 1,
            "number": f"{terminal}{seq:06d}X",
            "terminal": terminal,
            "counter": seq,
            "contact": "13800000417",
            "subject": {"id": 417, "kind": "farmer", "name": "太谷区建国蔬菜专业合作社"},
            "origin": {"county": terminal[:6], "text": "晋中市太谷区明星镇南庄村"},
            "token": "Q" * 136,
            "audit": sha256_hex(str(seq).encode()),
        }
        made.append(WireEvent(seq, "certificate", canonical_json(body)))
    return made


@dataclass
class ListSource:
    """A ledger in memory: an ``EventSource`` whose events can be added while it is asked."""

    events: list[WireEvent] = field(default_factory=list)
    generation: str = field(default_factory=lambda: str(uuid.uuid4()))

    def span(self) -> LedgerSpan:
        return LedgerSpan(self.generation, 1 if self.events else 0, len(self.events))

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        return self.events[seq : seq + limit]


class SmallCentre:
    """Commits, then receipts. ``lose`` says which receipts never leave (by their count), ``hold`` stops committing."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        lose: Callable[[int], bool] = lambda _n: False,
        protocol: int = MQTTProtocolVersion.MQTTv5,
        state: bool = True,
        tls: tuple[str, str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "centre.db", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS event (terminal TEXT, ledger TEXT, seq INTEGER, kind TEXT, body BLOB, PRIMARY KEY (terminal, ledger, seq))"
        )
        self._lock = threading.Lock()
        self._lose, self._state = lose, state
        self.heard: list[tuple[str, bytes]] = []
        self.batches = self.receipts = self.duplicates = 0
        self.conflicts: list[tuple[str, int]] = []
        self.welcome: dict[str, Any] = {}
        self._ends: dict[tuple[str, str], tuple[int, set[int]]] = {}
        self.hold = threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"centre-{uuid.uuid4().hex[:6]}", protocol=MQTTProtocolVersion(protocol))
        client.username_pw_set("sxc")
        client.reconnect_delay_set(1, 1)
        client.on_connect, client.on_message = self._on_connect, self._on_message
        client.max_queued_messages_set(0)
        self._at = int(time.time() * 1000)
        if state:
            client.will_set(state_topic("sxc"), HostState(False, self._at).encode(), 1, True)
        self.client = client
        if tls is not None:
            client.tls_set(*tls)
        client.connect_async("127.0.0.1", port, 30)
        client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self._db.close()

    def send(self, terminal: str, word: Down, payload: bytes) -> None:
        self.client.publish(down(terminal, word), payload, 1)

    def order(
        self, kind: JobKind, args: dict[str, Any] | None = None, *, minutes: float = 10, job_id: uuid.UUID | None = None
    ) -> dict[str, Any]:
        """Sign a job and send it."""
        last = datetime.fromtimestamp(time.time() + minutes * 60, UTC)
        job = sign_job(CENTRE_KEY, job_id or uuid.uuid4(), TERMINAL, kind, args or {}, last)
        self.send(TERMINAL, Down.JOB, canonical_json(job))
        return job

    def reports(self, job_id: str) -> list[dict[str, Any]]:
        return [b for t, p in list(self.heard) if t.endswith("/up/job") and (b := json.loads(p))["id"] == job_id]

    def count(self, terminal: str = TERMINAL) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM event WHERE terminal = ?", (terminal,)).fetchone()[0])

    def rows(self, terminal: str, ledger: str) -> list[tuple[int, bytes]]:
        with self._lock:
            found = self._db.execute("SELECT seq, body FROM event WHERE terminal = ? AND ledger = ?", (terminal, ledger)).fetchall()
        return [(int(seq), bytes(body)) for seq, body in found]

    def forget_after(self, seq: int) -> None:
        """A restore from a backup."""
        with self._lock:
            self._db.execute("DELETE FROM event WHERE seq > ?", (seq,))
            self._ends = {key: (min(end, seq), set()) for key, (end, _) in self._ends.items()}

    def upto(self, terminal: str, ledger: str) -> int:
        """The end of the row without a gap."""
        last = 0
        for seq in sorted(seq for seq, _ in self.rows(terminal, ledger)):
            if seq != last + 1:
                break
            last = seq
        return last

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([("sxc/v1/+/up/+", 1), ("spBv1.0/#", 1)])
        if self._state:
            client.publish(state_topic("sxc"), HostState(True, self._at).encode(), 1, True)

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        terminal = message.topic.split("/")[2]
        if message.topic.endswith("/up/cert"):
            self._store(terminal, CertBatch.decode(message.payload))
            return
        self.heard.append((message.topic, message.payload))
        if message.topic.endswith("/up/hello"):
            ledger = json.loads(message.payload)["ledger"]
            body = {"v": 1, "utc": datetime.now(UTC), "receipt_upto": self.upto(terminal, ledger), **self.welcome}
            self.send(terminal, Down.WELCOME, Welcome.read(body).encode())

    def _store(self, terminal: str, batch: CertBatch) -> None:
        self.batches += 1
        if self.hold.is_set():
            return
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            for event in batch.events:
                row = self._db.execute(
                    "SELECT body FROM event WHERE terminal=? AND ledger=? AND seq=?", (terminal, batch.ledger, event.seq)
                ).fetchone()
                if row is None:
                    self._db.execute(
                        "INSERT INTO event VALUES (?,?,?,?,?)", (terminal, batch.ledger, event.seq, event.kind, event.body)
                    )
                elif bytes(row[0]) == event.body:
                    self.duplicates += 1
                else:
                    self.conflicts.append((terminal, event.seq))
            self._db.execute("COMMIT")
        upto = self._end(terminal, batch)
        self.receipts += 1
        if not self._lose(self.receipts):
            self.send(terminal, Down.RECEIPT, Receipt(ledger=batch.ledger, upto=upto).encode())

    def _end(self, terminal: str, batch: CertBatch) -> int:
        """Where the row without a gap ends now; remembered, because counting the table for each batch would take longer than the rest."""
        end, beyond = self._ends.setdefault((terminal, batch.ledger), (0, set()))
        beyond |= {event.seq for event in batch.events if event.seq > end}
        while end + 1 in beyond:
            end += 1
            beyond.remove(end)
        self._ends[terminal, batch.ledger] = (end, beyond)
        return end


def check(source: ListSource, centre: SmallCentre, terminal: str = TERMINAL) -> Comparison[int]:
    """Each event of the terminal is at the centre once, with the same bytes, and nothing else is; a conflict counts as altered."""
    issued = [(event.seq, event.body) for event in source.events]
    found = compare(issued, {seq: [body] for seq, body in issued}, centre.rows(terminal, source.generation))
    return replace(found, altered=[*found.altered, *(seq for _, seq in centre.conflicts)])


def station_file(folder: Path, fleet: Mapping[str, Any], terminal: str = TERMINAL) -> Path:
    """A station file whose folders lie under ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "centre.pub"
    key.write_text(CENTRE_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex())
    lines = {"enabled": True, "centre_key": str(key), "keepalive_s": 10, **fleet}
    text = "\n".join(
        f"{name} = {json.dumps(value if isinstance(value, bool | int | list) else str(value))}" for name, value in lines.items()
    )
    path = folder / "station.toml"
    path.write_text(
        f"""[station]
name = "测试服务站"
county = "{terminal[:6]}"
terminal = "{terminal}"
host = "q.sxnc.cn"
clerk_pin = "271828"
[paths]
state = "state"
secrets = "secrets"
keys = "keys.json"
directory = "directory"
agent = "agent"
runtime = "run"
[fleet]
{text}
""",
        encoding="utf-8",
    )
    return path


def station(folder: Path, port: int, terminal: str = TERMINAL, **fleet: Any) -> StationConfig:
    """The same, loaded."""
    return load_station(station_file(folder, {"brokers": [f"127.0.0.1:{port}"], **fleet}, terminal))


class RunningAgent:
    """An agent in a thread of the test, until ``stop``."""

    def __init__(
        self,
        config: StationConfig,
        source: Any,
        *,
        clock: AgentClock | None = None,
        more: Mapping[JobKind, Executor] | None = None,
        run: Any = None,
    ) -> None:
        self._config, self._source, self._clock, self._more, self._run = config, source, clock, more, run
        self._ended = threading.Event()
        self.error: BaseException | None = None
        self.agent: Agent | None = None
        self._polite = True
        self._thread = threading.Thread(target=self._work, name="kiosk-agent-test", daemon=True)
        self._thread.start()
        until(lambda: self.agent is not None or self.error is not None, 10, "the agent's start")

    @property
    def parts(self) -> Any:
        assert self.agent is not None
        return self.agent._p

    def stop(self, *, polite: bool = True) -> None:
        """End it, with or without a goodbye. Raises whatever ended it before."""
        self._polite = polite
        self._ended.set()
        self._thread.join(20)
        if self.error is not None:
            raise self.error

    def __enter__(self) -> RunningAgent:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _work(self) -> None:
        try:
            with AgentStore.open(self._config.paths.agent / "agent.db") as store:
                how = {} if self._run is None else {"run": self._run}
                self.agent = make_agent(
                    self._config,
                    self._source,
                    store,
                    clock=self._clock,
                    reconnect=FAST,
                    retry=BackoffRule(2.0, 4.0),
                    seed=7,
                    more=self._more,
                    **how,
                )
                while not self._ended.is_set():
                    self.agent.step(0.02)
                if self._polite:
                    self.agent.close()
                else:
                    self.agent._p.connection._close()
                    self.agent._p.jobs.close()
        except BaseException as err:  # noqa: BLE001  told by stop()
            self.error = err
