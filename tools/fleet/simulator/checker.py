"""Compares what each terminal promised with what the centre holds: nothing lost, nothing doubled, nothing altered.

The terminals' own history decides. A number whose only copy went with a disk that was rolled back before anybody had it is counted apart; a number
that was given twice (by a clone) must be there once, and the other bytes among the conflicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from tools.fleet.simulator.terminals import SimulatedTerminal
from tools.fleet.store.database import Store
from tools.fleet.store.schema import certificate, conflict


@dataclass(frozen=True, slots=True)
class Verdict:
    """``missing`` are the first numbers of what was lost; ``conflicting`` are numbers with other bytes in ``conflict``; ``burnt`` went with a disk."""

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


def check(store: Store, terminals: Iterable[SimulatedTerminal]) -> Verdict:
    """Read everything the centre holds of these terminals and compare."""
    promised: dict[str, list[bytes]] = {}
    burnt: set[str] = set()
    codes: set[str] = set()
    for one in terminals:
        codes.add(one.code)
        burnt |= one.burnt
        for number, bodies in one.promised.items():
            known = promised.setdefault(number, [])
            known += [body for body in bodies if body not in known]
    with store.reading() as tx:
        rows = tx.execute(select(certificate.c.number, certificate.c.record, certificate.c.terminal)).all()
        kept = {(row.number, bytes(row.body)) for row in tx.execute(select(conflict.c.number, conflict.c.body))}
    held = {row.number: bytes(row.record) for row in rows if row.terminal in codes}
    times = Counter(row.number for row in rows)
    missing = [
        number
        for number, bodies in promised.items()
        for body in bodies
        if held.get(number) != body and (number, body) not in kept and number not in burnt
    ]
    return Verdict(
        promised=sum(len(bodies) for bodies in promised.values()),
        held=len(held),
        lost=len(missing),
        doubled=sum(count - 1 for count in times.values()),
        altered=sum(1 for number, body in held.items() if number in promised and body not in promised[number]),
        foreign=sum(1 for number in held if number not in promised),
        conflicting=len(kept),
        burnt=len(burnt),
        missing=tuple(missing[:20]),
    )
