"""One ingest process: messages of certificates from the broker into the store, receipts back after COMMIT.

Rules
- A batch is read and checked in a process beside this one while the batch before it is stored. Batches are stored one after the other, as they came.
- Order of deeds: COMMIT, receipts, acknowledgements. Whatever falls in between, the terminal sends again and nothing is stored twice.
- While the database is away nothing is acknowledged and nothing is lost: the broker and the terminals hold it.
- A message that cannot be read, or that the database refuses, goes to quarantine and is counted; it never stops those beside it.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from kiosk.credential.keylist import KeyList
from kiosk.wire.message import Message
from kiosk.wire.topics import SHARED_GROUP, Down, Up, down, up_filter
from kiosk.wire.uplink import BadEvent, Receipt
from tools.fleet.collector.checking import Checking
from tools.fleet.collector.ingest import Ingest, Settled, Taken
from tools.fleet.collector.keys import KeyFile
from tools.fleet.collector.link import Got, Link, Spoken
from tools.fleet.collector.quarantine import keep
from tools.fleet.collector.reading import Arrival, Poison, read_arrival
from tools.fleet.collector.work import Looked
from tools.fleet.config import FleetConfig
from tools.fleet.store.database import Store

log = logging.getLogger("fleet.ingest")

BATCH_EVENTS = 300
"""Less than half of what a terminal sends without a receipt: one part is checked while another is stored."""
BATCH_S = 0.2
_MANY = 40
_QUIET_S = 0.02
"""So many events are somebody's backlog: they wait for others only as long as these follow at once."""
_RECHECK_S = 30.0
_RETRY_S = (0.5, 1, 2, 5, 10)


def utc_now() -> datetime:
    """The centre's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages that are being checked, with these keys."""

    gathered: list[Got]
    keys: KeyList


class IngestWorker:
    """Takes messages from a queue until it is told to stop. ``index`` 0 alone works where subscriptions cannot be shared."""

    def __init__(
        self, config: FleetConfig, store: Store, keys: KeyFile, index: int = 0, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._config = config
        self._store = store
        self._keys = keys
        self._index = index
        self._clock = clock
        self._ingest = Ingest(store)
        self._checking = Checking()
        self._waiting: queue.Queue[Got] = queue.Queue()
        self._stop = threading.Event()
        self.link = Link(config.broker, f"sxc-ingest-{index}", self._subscriptions, self._waiting.put, manual_ack=True)
        self._recheck_at = 0.0
        self.certificates = 0
        self.duplicates = 0
        self.poisoned = 0

    def run(self) -> None:
        """Work until ``stop``."""
        self._checking.start()
        self.link.start()
        ahead: _Batch | None = None
        try:
            while not self._stop.is_set():
                self._recheck()
                ahead = self._turn(ahead)
            if ahead is not None:
                self._settle(ahead, self._checking.finish())
        finally:
            self.link.close()
            self._checking.close()

    def stop(self) -> None:
        """End after the batches at hand. May be called from a signal handler."""
        self._stop.set()

    def _recheck(self) -> None:
        """The first of the processes looks after certificates that waited for a key."""
        if self._index or time.monotonic() < self._recheck_at:
            return
        self._recheck_at = time.monotonic() + _RECHECK_S
        try:
            found = self._ingest.recheck(self._keys.current(), self._clock())
        except SQLAlchemyError as err:
            log.warning("recheck: %s", type(err).__name__)
        else:
            if found:
                log.info("%d certificates whose key was unknown are taken in", found)

    def _subscriptions(self, spoken: Spoken) -> Sequence[tuple[str, int]]:
        if spoken.shared and self._config.shared:
            return [(up_filter(Up.CERT, SHARED_GROUP), 1)]
        return [(up_filter(Up.CERT), 1)] if self._index == 0 else []

    def _turn(self, ahead: _Batch | None) -> _Batch | None:
        """Hand over the next batch, and store the one before it meanwhile; answers the next."""
        looked = None if ahead is None else self._checking.finish()
        gathered = self._gather(is_busy=ahead is not None)
        batch: _Batch | None = None
        if gathered:
            batch = _Batch(gathered, self._keys.current())
            self._checking.begin([(got.topic, got.payload) for got in gathered], batch.keys, self._clock())
        if ahead is not None:
            self._settle(ahead, looked)
        return batch

    def _gather(self, *, is_busy: bool) -> list[Got]:
        """What comes within a moment, or a batch at once: a terminal whose window is full sends nothing more before its receipt. Only what is there
        when ``is_busy``: a batch waits to be stored."""
        try:
            gathered = [self._waiting.get(timeout=0 if is_busy else 0.5)]
        except queue.Empty:
            return []
        until, events = time.monotonic() + (0 if is_busy else BATCH_S), _events_in(gathered[0])
        while events < BATCH_EVENTS:
            left = max(0.0, until - time.monotonic())
            try:
                gathered.append(self._waiting.get(timeout=min(left, _QUIET_S) if events >= _MANY else left))
            except queue.Empty:
                break
            events += _events_in(gathered[-1])
        return gathered

    def _settle(self, batch: _Batch, looked: Looked | None) -> None:
        # other keys since then: what was found no longer counts
        if looked is None or self._keys.current() is not batch.keys or not self._store_checked(batch.gathered, looked):
            self._settle_with_care(batch.gathered)
        for got in batch.gathered:
            self.link.ack(got)

    def _store_checked(self, gathered: list[Got], looked: Looked) -> bool:
        """Store a batch that was checked elsewhere; False when the database did not take it: then nothing of it is there, or all."""
        if looked.work:
            try:
                taken = self._ingest.store(looked.work, self._clock())
            except (SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError) as err:
                log.warning("a batch was not stored (%s)", type(err).__name__)
                return False
            self._stored(taken)
        for place, code in looked.poisoned.items():
            self._quarantine(gathered[place], code)
        return True

    def _settle_with_care(self, gathered: list[Got]) -> None:
        """All of it in this process: read, check, store; wait for a database that is away, find what it refuses."""
        readable: list[tuple[Got, Arrival]] = []
        for got in gathered:
            try:
                readable.append((got, read_arrival(got.topic, got.payload)))
            except Poison as err:
                self._quarantine(got, err.code)
        if readable:
            self._store_all(readable)

    def _store_all(self, readable: list[tuple[Got, Arrival]]) -> None:
        """Store them together; those the database refuses are found by halving."""
        for attempt in range(1 << 30):
            try:
                taken = self._ingest.take([arrival for _, arrival in readable], self._keys.current(), self._clock())
            except (OperationalError, InterfaceError) as err:
                if self._stop.is_set():
                    raise
                self._wait(attempt, err)
            except SQLAlchemyError as err:
                if isinstance(err, DBAPIError) and err.connection_invalidated:
                    self._wait(attempt, err)
                    continue
                self._divide(readable, err)
                return
            except (ArithmeticError, LookupError, TypeError, ValueError) as err:
                # a defect of ours must not become a loop of crashes: the message is kept, and told
                self._divide(readable, err)
                return
            else:
                self._stored(taken)
                return

    def _divide(self, readable: list[tuple[Got, Arrival]], err: Exception) -> None:
        if len(readable) == 1:
            self._quarantine(readable[0][0], f"store:{type(err).__name__}")
            return
        half = len(readable) // 2
        self._store_all(readable[:half])
        self._store_all(readable[half:])

    def _stored(self, taken: Taken) -> None:
        self.certificates += taken.certificates
        self.duplicates += taken.duplicates
        self._receipt(taken.settled)

    def _receipt(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            bad = tuple(BadEvent(seq=seq, code=code) for seq, code in one.bad)
            self.post(down(one.terminal, Down.RECEIPT), Receipt(ledger=one.ledger, upto=one.upto, bad=bad))

    def post(self, topic: str, message: Message) -> None:
        """Publish. A receipt that finds no connection is no loss: the terminal sends again, and is answered again."""
        self.link.publish(topic, message.encode())

    def _quarantine(self, got: Got, reason: str) -> None:
        self.poisoned += 1
        log.warning("quarantine: %s, sha256 %s", reason, hashlib.sha256(got.payload).hexdigest()[:16])
        for attempt in range(1 << 30):
            try:
                with self._store.writing() as tx:
                    keep(tx, got.topic, got.payload, reason, self._clock())
            except (OperationalError, InterfaceError) as err:
                if self._stop.is_set():
                    raise
                self._wait(attempt, err)
            else:
                return

    def _wait(self, attempt: int, err: Exception) -> None:
        log.warning("database away (%s), attempt %d", type(err).__name__, attempt + 1)
        self._stop.wait(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])


def _events_in(got: Got) -> int:
    """About how many events a message holds; it is read later."""
    return got.payload.count(b'"sha256":') or 1
