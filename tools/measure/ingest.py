"""How fast the centre takes certificates in, and how long a terminal waits for its receipt.

1. Into PostgreSQL: certificates that were read and checked go in by one collector, in transactions of 500: told apart from what is held, claimed,
   stored with all their columns and indexes, counted, COMMITted. The floor is a bare COPY and INSERT ... ON CONFLICT of the same bodies under the same
   key into one table with one index, in transactions of the same size, measured in turn with it, transaction by transaction: the medians count.
2. Reading and checking: from the broker's bytes to columns, number and record compared and the signature verified. The floor is the bare verification
   of as many Ed25519 signatures. Both steps scale with the number of collectors.
3. Simulated terminals with health and certificates over mosquitto and PostgreSQL on this machine: from the issue of a certificate to the receipt, the
   99th percentile. ``MEASURE_TERMINALS`` sets how many (500; the full form has 5000).
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url

from kiosk.credential.keylist import dump_key_list
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import MAX_EVENTS, CertBatch, WireEvent, batches
from tools.fleet.broker import broker_command, mosquitto_path
from tools.fleet.collector.ingest import Ingest
from tools.fleet.collector.jobs import make_centre_key
from tools.fleet.collector.reading import read_arrival
from tools.fleet.collector.work import checked
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.cluster import PostgresCluster, has_postgres
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.run import Load, simulate
from tools.fleet.simulator.station import Wire
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import open_store
from tools.measure.row import Row, at_least_of_floor, at_most

ROUNDS = 6
BATCH = 500
_ROUND_CERTIFICATES = 4000
_RATIO = 0.4
_CHECK_RATIO = 0.3
_LAG_S = 5.0
_SHORT = 500
_NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
Message = tuple[str, bytes]


def rows() -> list[Row]:
    """Needs PostgreSQL and mosquitto. Raises ``RuntimeError`` without them."""
    if not has_postgres() or mosquitto_path() is None:
        raise RuntimeError("postgresql and mosquitto are not installed")
    cluster = PostgresCluster()
    try:
        return [*_ingest(cluster), _lag(cluster, int(os.environ.get("MEASURE_TERMINALS", _SHORT)))]
    finally:
        cluster.end()


@dataclass(slots=True)
class _Times:
    """Seconds of each batch of ``BATCH`` certificates."""

    stored: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    checked: list[float] = field(default_factory=list)
    verified: list[float] = field(default_factory=list)


def _ingest(cluster: PostgresCluster) -> list[Row]:
    terminals = make_terminals(40)
    keys = key_list(terminals)
    store = open_store(cluster.url())
    times = _Times()
    with _Bare(cluster.url()) as floor:
        ingest = Ingest(store)
        for index in range(ROUNDS + 1):
            found = times if index else _Times()  # the first warms caches
            messages, events = _messages(terminals)
            for at in range(0, len(events), BATCH):
                some = messages[at // MAX_EVENTS : (at + BATCH) // MAX_EVENTS]
                began = time.perf_counter()
                work = checked([read_arrival(topic, payload) for topic, payload in some], keys, _NOW)
                between = time.perf_counter()
                ingest.store(work, _NOW)
                ended = time.perf_counter()
                found.checked.append(between - began)
                found.stored.append(ended - between)
                found.bare.append(floor.take(events[at : at + BATCH]))
                found.verified.append(_verify(BATCH))
    store.close()
    stored, bare, reading, verified = (
        BATCH / statistics.median(each) for each in (times.stored, times.bare, times.checked, times.verified)
    )
    whole = BATCH / statistics.median(one + other for one, other in zip(times.checked, times.stored, strict=True))
    return [
        at_least_of_floor("certificates into PostgreSQL", stored, "1/s", bare, _RATIO),
        at_least_of_floor("certificates read and checked", reading, "1/s", verified, _CHECK_RATIO),
        # one collector does both in turn; what the signatures cost nobody can leave out, so the floor is both floors in turn
        at_least_of_floor("certificates from bytes to COMMIT", whole, "1/s", 1 / (1 / bare + 1 / verified), _RATIO),
    ]


def _verify(count: int) -> float:
    private = Ed25519PrivateKey.generate()
    message = bytes(46)
    signature, public = private.sign(message), private.public_key()
    began = time.perf_counter()
    for _ in range(count):
        public.verify(signature, message)
    return time.perf_counter() - began


def _messages(terminals: Sequence[SimulatedTerminal]) -> tuple[list[Message], list[WireEvent]]:
    """New certificates of all terminals as the broker delivers them."""
    messages: list[Message] = []
    events: list[WireEvent] = []
    for one in terminals:
        new = [one.issue(_NOW + timedelta(seconds=one.counter), paper=False) for _ in range(_ROUND_CERTIFICATES // len(terminals))]
        events += new
        made: list[CertBatch] = batches(one.generation, new)
        messages += [(up(one.code, Up.CERT), batch.encode()) for batch in made]
    return messages, events


class _Bare:
    """The least that the same rows cost: no reading, no checking, one table, one key."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection: Any = psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
        self._count = 0
        with self._connection.transaction():
            self._connection.execute("CREATE TABLE bare (number text PRIMARY KEY, at timestamptz, sha256 bytea, record bytea)")
            self._connection.execute("CREATE TEMPORARY TABLE bare_in (LIKE bare) ON COMMIT DELETE ROWS")

    def take(self, events: Sequence[WireEvent]) -> float:
        """Seconds for all of them in one transaction."""
        prepared = [(f"{self._count + index:017d}", _NOW, bytes(32), event.body) for index, event in enumerate(events)]
        self._count += len(events)
        began = time.perf_counter()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy("COPY bare_in FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
            cursor.execute("INSERT INTO bare SELECT * FROM bare_in ON CONFLICT DO NOTHING RETURNING number")
            cursor.fetchall()
        return time.perf_counter() - began

    def __enter__(self) -> _Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _lag(cluster: PostgresCluster, count: int) -> Row:
    """Everybody connected, reports every half minute, a certificate every hundred seconds, three times a busy hour."""
    terminals = make_terminals(count)
    with tempfile.TemporaryDirectory(prefix="measure-ingest-") as name, ExitStack() as stack:
        folder = Path(name)
        url = cluster.url()
        make_centre_key(folder / "centre.key", folder / "centre.pub")
        (folder / "keys.json").write_text(json.dumps(dump_key_list(key_list(terminals))), encoding="utf-8")
        store = open_store(url)
        stack.callback(store.close)
        register(store, terminals, datetime.now(UTC))
        port = _free_port()
        stack.enter_context(_process(broker_command(folder / "broker", port)))
        collect = [sys.executable, "-m", "tools.fleet", "collect", "--folder", name, "--database", url]
        for part in ("host", "ingest:0"):
            stack.enter_context(_process([*collect, "--broker", f"127.0.0.1:{port}", "--part", part]))
        # a collector needs a moment to subscribe; what is sent before it would be sent again, and measure that
        simulate(terminals[:20], Wire(port=port), Load(rate=5, seconds=3, drain_s=30, retry_s=1))
        load = Load(rate=count / 100, seconds=30, report_s=30, connects_s=200, drain_s=60)
        outcome = simulate(terminals, Wire(port=port), load)
        verdict = check(store, outcome.everyone)
        if not verdict.is_clean or outcome.pending:
            raise RuntimeError(f"{verdict}; {outcome.pending} without a receipt")
        return at_most(f"receipt of a certificate, {count} terminals, p99", outcome.lag(0.99), "s", _LAG_S)


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
