"""Certificates up, receipts down: which batches may be sent now, and when the cursor moves. No I/O but the ports.

Rules
- At most ``WINDOW`` batches travel without a receipt. A PUBACK moves nothing.
- A receipt moves the cursor only for this ledger, only forward, and never beyond what was sent; what a welcome says the centre has, was sent.
- No receipt in time: everything after the cursor is sent again, later and later; duplicates are normal, the centre knows them.
- A centre that has less than our cursor (restored from a backup) gets the rest again: the outbox still has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.agent.backoff import Backoff, BackoffRule
from kiosk.agent.source import EventSource, LedgerSpan, SourceUnavailable
from kiosk.agent.store import AgentStore
from kiosk.wire.uplink import MAX_BATCH_BYTES, MAX_EVENTS, WINDOW, CertBatch, Mark, Receipt, batches

RETRY = BackoffRule(first_s=60.0, cap_s=300.0)
_LEAST_RETRY_S = 15.0
_KEEP_S = 0.25
_AROUND_BATCH = 512
"""Topic, header and frame of a batch."""


class Verdict(StrEnum):
    """What became of a receipt."""

    MOVED = "moved"
    KNOWN = "known"
    OTHER_LEDGER = "otherLedger"
    TOO_HIGH = "tooHigh"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a receipt."""

    span: LedgerSpan
    upto: int

    @property
    def pending(self) -> int:
        """How many events; the outbox has no holes."""
        return max(0, self.span.last - self.upto)


class Pump:
    """One ledger's way up. ``now_s`` are monotonic seconds."""

    def __init__(
        self,
        source: EventSource,
        store: AgentStore,
        *,
        window: int = WINDOW,
        retry: BackoffRule = RETRY,
        backoff: Callable[[BackoffRule], Backoff] = Backoff,
    ) -> None:
        self._source = source
        self._store = store
        self._window = window
        self._most_bytes = MAX_BATCH_BYTES
        self._backoff = backoff(retry)
        self._ledger = ""
        self._upto = 0
        self._sent = 0
        self._flight: deque[CertBatch] = deque()
        self._ready: deque[CertBatch] = deque()
        self._deadline: float | None = None
        self._kept_at = 0.0
        self._floor_s = min(_LEAST_RETRY_S, retry.first_s)

    @property
    def in_flight(self) -> int:
        """Batches without a receipt."""
        return len(self._flight)

    def backlog(self) -> Backlog:
        """What there is and how far it is receipted. Raises ``SourceUnavailable``, ``StoreError``."""
        span = self._source.span()
        self._know(span.generation)
        return Backlog(span, self._upto)

    def marks(self) -> tuple[Mark, ...]:
        """The last event that was receipted and the last there is, as this ledger has them now. Raises ``SourceUnavailable``, ``StoreError``."""
        backlog = self.backlog()
        wanted = sorted(
            {seq for seq in (min(backlog.upto, backlog.span.last), backlog.span.last) if seq >= max(backlog.span.first, 1)}
        )
        found = [event for seq in wanted for event in self._source.events_after(seq - 1, 1)]
        return tuple(Mark(seq=event.seq, sha256=event.sha256) for event in found)

    def fit(self, largest_packet: int | None) -> None:
        """What this broker accepts at most, None when it did not say."""
        self._most_bytes = MAX_BATCH_BYTES if largest_packet is None else min(MAX_BATCH_BYTES, largest_packet - _AROUND_BATCH)

    def begin(self, centre_has: int) -> None:
        """A new session was welcomed: begin after the cursor, or earlier if the centre has less."""
        self._again()
        self._backoff.reset()
        self._upto = min(self._upto, centre_has)

    def centre_has(self, upto: int) -> None:
        """A welcome told what the centre has: events of this ledger up to there were sent in an earlier life. Raises ``SourceUnavailable``, ``StoreError``.

        Never more than the ledger holds: a ledger that was put back in time gets no receipt for what it writes anew, and the centre sees the conflict.
        """
        span = self._source.span()
        self._know(span.generation)
        self._sent = max(self._sent, min(upto, span.last))

    def lost(self) -> None:
        """The session is gone: nothing is in flight any more."""
        self._again()

    def due(self, now_s: float) -> list[CertBatch]:
        """Batches to publish now. Raises ``SourceUnavailable``, ``StoreError``."""
        if self._deadline is not None and now_s >= self._deadline:
            self._again()
        made: list[CertBatch] = []
        while len(self._flight) < self._window:
            if not self._ready:
                self._read()
            if not self._ready:
                break
            batch = self._ready.popleft()
            self._flight.append(batch)
            self._sent = max(self._sent, batch.last)
            made.append(batch)
        if made and self._deadline is None:
            self._deadline = now_s + max(self._floor_s, self._backoff.next_s())
        return made

    def receipted(self, receipt: Receipt, now_s: float, now: datetime) -> Verdict:
        """Hear a receipt. Raises ``StoreError``; then nothing moved."""
        if not self._ledger or receipt.ledger != self._ledger:
            return Verdict.OTHER_LEDGER
        if receipt.upto > self._sent:
            return Verdict.TOO_HIGH
        if receipt.upto <= self._upto:
            return Verdict.KNOWN
        while self._flight and self._flight[0].last <= receipt.upto:
            self._flight.popleft()
        if receipt.bad or not self._flight or now_s - self._kept_at >= _KEEP_S:
            self._keep(receipt, now_s, now)
        self._upto = receipt.upto
        self._backoff.reset()
        self._deadline = now_s + max(self._floor_s, self._backoff.next_s()) if self._flight else None
        return Verdict.MOVED

    def _keep(self, receipt: Receipt, now_s: float, now: datetime) -> None:
        """On disk at the end of a backlog, and now and then within it: a cursor that is a little old costs duplicates only, a COMMIT for each receipt
        would cost half the speed."""
        self._store.set_receipt(self._ledger, receipt.upto, receipt.bad, now)
        self._kept_at = now_s

    def _read(self) -> None:
        try:
            if not self._ledger:
                self._know(self._source.span().generation)
            after = self._flight[-1].last if self._flight else self._upto
            events = self._source.events_after(after, (self._window - len(self._flight)) * MAX_EVENTS)
        except SourceUnavailable:
            self._ledger = ""  # whoever comes back may have another ledger: ask before anything else is read
            raise
        self._ready.extend(batches(self._ledger, events, self._most_bytes))

    def _again(self) -> None:
        self._flight.clear()
        self._ready.clear()
        self._deadline = None

    def _know(self, generation: str) -> None:
        if generation != self._ledger:
            self._again()
            self._ledger = generation
            self._upto = self._sent = self._store.receipt_upto(generation)
