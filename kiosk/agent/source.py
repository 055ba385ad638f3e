"""Where the agent gets the ledger's events from: a narrow port, because the ledger belongs to the issuer alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk.issuing.issuer import Issuer, StoreUnavailable
from kiosk.wire.uplink import WireEvent

_PAGE = 500


class SourceUnavailable(Exception):
    """The issuer does not answer now; asking again later is right."""


@dataclass(frozen=True, slots=True)
class LedgerSpan:
    """The ledger's generation (new with every new ledger file), first and last ``seq`` of its outbox (0 and 0: empty)."""

    generation: str
    first: int
    last: int


class EventSource(Protocol):
    """Both raise ``SourceUnavailable``."""

    def span(self) -> LedgerSpan:
        """What there is now."""
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        """Events with a higher ``seq``, oldest first."""
        ...


class NoSource:
    """A terminal whose issuer cannot be reached at all: health and jobs still work."""

    def span(self) -> LedgerSpan:
        raise SourceUnavailable

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        raise SourceUnavailable


class InProcessSource:
    """An issuer in the same process: for tests, measurements and demonstrations."""

    def __init__(self, issuer: Issuer, generation: str) -> None:
        self._issuer = issuer
        self._generation = generation
        self._first = 0
        self._last = 0

    def span(self) -> LedgerSpan:
        """Walks on from the last event that it knows; the outbox is append-only."""
        while events := self.events_after(self._last, _PAGE):
            self._first = self._first or events[0].seq
            self._last = events[-1].seq
        return LedgerSpan(self._generation, self._first, self._last)

    def events_after(self, seq: int, limit: int) -> Sequence[WireEvent]:
        try:
            return [WireEvent(e.seq, e.kind, e.body) for e in self._issuer.events_after(seq, limit)]
        except StoreUnavailable as err:
            raise SourceUnavailable from err
