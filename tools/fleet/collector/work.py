"""What is known of events before the database is asked: read, checked, sorted by ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kiosk.credential.keylist import KeyList
from tools.fleet.collector.check import Bad, Values, check_certificate, number_of
from tools.fleet.collector.reading import Arrival, Event

StreamKey = tuple[str, str]
"""Terminal and ledger."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An event with the answer of its check, found before the transaction."""

    event: Event
    values: Values | None = None
    number: str | None = None
    bad: Bad | None = None


Work = dict[StreamKey, list[Checked]]
"""Checked events by ledger, in the order of arrival."""


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
