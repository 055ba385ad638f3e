"""What is known of events before the database is asked: read, checked, sorted by ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.credential.keylist import KeyList
from kiosk.wire.uplink import BadCode
from tools.fleet.collector.check import Bad, Values, check_certificate, number_of
from tools.fleet.collector.reading import Arrival, Event, Poison, read_arrival

StreamKey = tuple[str, str]
"""Terminal and ledger."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An event with the answer of its check, found before the transaction."""

    event: Event
    values: Values | None = None
    number: str | None = None
    bad: Bad | None = None

    def __reduce__(self) -> tuple[Callable[..., Checked], tuple[object, ...]]:
        """Flat, for the way between processes. A certificate's body stays behind: its columns and its bytes say it all."""
        one = self.event
        body = one.body if self.values is None else {}
        return _arrived, (one.seq, one.kind, body, one.raw, one.sha256, one.bad, self.values, self.number, self.bad)


def _arrived(
    seq: int,
    kind: str,
    body: Values,
    raw: bytes,
    sha256: bytes,
    flaw: BadCode | None,
    values: Values | None,
    number: str | None,
    bad: Bad | None,
) -> Checked:
    return Checked(Event(seq, kind, body, raw, sha256, flaw), values, number, bad)


Work = dict[StreamKey, list[Checked]]
"""Checked events by ledger, in the order of arrival."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Messages that were read and checked. ``poisoned`` are those that nobody can read: place in the batch, and why."""

    work: Work
    poisoned: dict[int, str]


def look_through(messages: Sequence[tuple[str, bytes]], keys: KeyList, now: datetime) -> Looked:
    """Read and check topics and payloads, in their order."""
    arrivals: list[Arrival] = []
    poisoned: dict[int, str] = {}
    for place, (topic, payload) in enumerate(messages):
        try:
            arrivals.append(read_arrival(topic, payload))
        except Poison as err:
            poisoned[place] = err.code
    return Looked(checked(arrivals, keys, now), poisoned)


def checked(arrivals: Iterable[Arrival], keys: KeyList, now: datetime) -> Work:
    """Everything that needs no database, by ledger and in the order of arrival."""
    work: Work = defaultdict(list)
    for arrival in arrivals:
        for one in arrival.events:
            work[arrival.terminal, arrival.ledger].append(_check(one, arrival.terminal, keys, now))
    return work


def _check(one: Event, terminal: str, keys: KeyList, now: datetime) -> Checked:
    if one.kind == "certificate":
        values = check_certificate(one, terminal, keys, now)
        return Checked(one, bad=values) if isinstance(values, Bad) else Checked(one, values, values["number"])
    number = number_of(one, terminal)
    return Checked(one, bad=number) if isinstance(number, Bad) else Checked(one, number=number)
