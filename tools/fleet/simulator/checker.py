"""Compares what each terminal wrote with what the centre holds: nothing lost, nothing doubled, nothing altered.

The terminals' own history decides: certificates by their number, everything else of the outbox by its place in the ledger. A number whose only copy went
with a disk that was rolled back before anybody had it is counted apart; what was given twice (by a clone) must be there once, and the other bytes among
the conflicts. ``compare`` is the rule without a database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import select

from tools.fleet.simulator.terminals import SimulatedTerminal
from tools.fleet.store.database import Store
from tools.fleet.store.schema import certificate, conflict, event

K = TypeVar("K")
_Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``promised`` and ``held`` are certificates; the faults are those of all events. ``missing`` are the first of what was lost; ``conflicting`` are numbers with other bytes in ``conflict``; ``burnt`` went with a disk."""

    promised: int
    held: int
    lost: int
    doubled: int
    altered: int
    foreign: int
    conflicting: int
    burnt: int
    missing: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """0 lost, 0 doubled, 0 altered, nothing that nobody issued."""
        return self.lost == self.doubled == self.altered == self.foreign == 0

    def __str__(self) -> str:
        return (
            f"{self.promised} promised, {self.held} held: {self.lost} lost, {self.doubled} doubled, {self.altered} altered, "
            f"{self.foreign} that nobody issued; {self.conflicting} conflicts kept, {self.burnt} gone with their disk"
        )


@dataclass(frozen=True, slots=True)
class Comparison(Generic[K]):
    """What is wrong, by key. ``doubled`` counts the rows too many."""

    lost: list[K]
    doubled: int
    altered: list[K]
    foreign: list[K]

    @property
    def is_whole(self) -> bool:
        """Nothing is wrong."""
        return not (self.lost or self.doubled or self.altered or self.foreign)


def compare(
    owed: Iterable[tuple[K, bytes]],
    written: Mapping[K, Sequence[bytes]],
    rows: Iterable[tuple[K, bytes]],
    kept: Collection[tuple[K, bytes]] = (),
) -> Comparison[K]:
    """``owed`` must be held (or ``kept`` as a conflict), ``written`` is all that may be held, ``rows`` is what is."""
    found = list(rows)
    held = dict(found)
    return Comparison(
        lost=[key for key, body in owed if held.get(key) != body and (key, body) not in kept],
        doubled=len(found) - len(held),
        altered=[key for key, body in held.items() if key in written and body not in written[key]],
        foreign=[key for key in held if key not in written],
    )


def check(store: Store, terminals: Iterable[SimulatedTerminal]) -> Verdict:
    """Read everything the centre holds of these terminals and compare."""
    everyone = list(terminals)
    codes = {one.code for one in everyone}
    burnt: set[str] = set().union(*(one.burnt for one in everyone))
    promised: dict[str, list[bytes]] = {}
    outbox: dict[_Place, list[bytes]] = {}
    owed: list[tuple[_Place, bytes]] = []
    for one in everyone:
        _add(promised, one.promised)
        _add(outbox, {(one.code, one.generation, seq): bodies for seq, bodies in one.written.items()})
        owed += [((one.code, one.generation, made.seq), made.body) for made in one.events if made.kind != "certificate"]
    with store.reading() as tx:
        rows = tx.execute(select(certificate.c.number, certificate.c.record, certificate.c.terminal)).all()
        others = tx.execute(
            select(event.c.terminal, event.c.ledger, event.c.seq, event.c.body).where(event.c.kind != "certificate")
        ).all()
        bad = tx.execute(select(conflict.c.terminal, conflict.c.ledger, conflict.c.seq, conflict.c.number, conflict.c.body)).all()
    kept = {(row.number, bytes(row.body)) for row in bad}
    numbers = compare(
        [(number, body) for number, bodies in promised.items() for body in bodies if number not in burnt],
        promised,
        [(row.number, bytes(row.record)) for row in rows if row.terminal in codes],
        kept,
    )
    places = compare(
        owed,
        outbox,
        [((row.terminal, row.ledger, row.seq), bytes(row.body)) for row in others if row.terminal in codes],
        {((row.terminal, row.ledger, row.seq), bytes(row.body)) for row in bad},
    )
    return Verdict(
        promised=sum(len(bodies) for bodies in promised.values()),
        held=len({row.number for row in rows if row.terminal in codes}),
        lost=len(numbers.lost) + len(places.lost),
        doubled=numbers.doubled + places.doubled,
        altered=len(numbers.altered) + len(places.altered),
        foreign=len(numbers.foreign) + len(places.foreign),
        conflicting=len(kept),
        burnt=len(burnt),
        missing=(*numbers.lost[:20], *(f"{code}:{seq}" for code, _, seq in places.lost[:20])),
    )


def _add(to: dict[K, list[bytes]], more: Mapping[K, Sequence[bytes]]) -> None:
    for key, bodies in more.items():
        known = to.setdefault(key, [])
        known += [body for body in bodies if body not in known]
