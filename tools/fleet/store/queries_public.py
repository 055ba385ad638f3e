"""What the public page asks of the centre's database and the little it writes: scans, reports, evaluations.

Rules: a certificate is never changed here; a visitor is a keyed hash of a day, never an address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import conflict, evaluation, label_scan, report, subject_block, subject_choice

BLOCKS = ("production", "trace", "credit", "certification")
"""What other registers may say of a subject."""


@dataclass(frozen=True, slots=True)
class Block:
    """``body`` is a JSON value as its register gave it (see ``tools.fleet.public.blocks``)."""

    block: str
    body: Any = field(repr=False)
    source: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Scans:
    """How often one label has been read, this time included, and when first."""

    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Evaluations:
    """How many, and the mean of their stars (0.0 without any)."""

    count: int
    mean: float


def subject_blocks(tx: Connection, subject_id: int) -> dict[str, Block]:
    """The blocks that are there, by name."""
    of = subject_block.c
    rows = tx.execute(select(of.block, of.body, of.source, of.updated_at).where(of.subject_id == subject_id))
    return {row.block: Block(*row) for row in rows if row.block in BLOCKS}


def put_subject_block(tx: Connection, subject_id: int, block: Block) -> None:
    """Keep what a register says now instead of what it said before. Raises ``ValueError`` for a block that is none of ``BLOCKS``."""
    if block.block not in BLOCKS:
        raise ValueError(f"no block is called {block.block}")
    tx.execute(delete(subject_block).where(subject_block.c.subject_id == subject_id, subject_block.c.block == block.block))
    tx.execute(
        insert(subject_block),
        {
            "subject_id": subject_id,
            "block": block.block,
            "body": block.body,
            "source": block.source,
            "updated_at": block.updated_at,
        },
    )


def shows_phone(tx: Connection, subject_id: int) -> bool:
    """Whether the subject wants its telephone shown whole."""
    chosen = tx.execute(select(subject_choice.c.show_phone).where(subject_choice.c.subject_id == subject_id)).scalar()
    return bool(chosen)


def choose_phone(tx: Connection, subject_id: int, *, show: bool) -> None:
    """Keep the subject's choice."""
    tx.execute(delete(subject_choice).where(subject_choice.c.subject_id == subject_id))
    tx.execute(insert(subject_choice), {"subject_id": subject_id, "show_phone": show})


def is_in_conflict(tx: Connection, number: str) -> bool:
    """Whether somebody sent other words under the same number and nobody has settled it yet."""
    query = select(conflict.c.id).where(conflict.c.number == number, conflict.c.resolved_at.is_(None)).limit(1)
    return tx.execute(query).scalar() is not None


def count_scan(tx: Connection, number: str, copy: int, at: datetime, visitor: str, again: timedelta) -> Scans:
    """Note that a label was read; the same visitor within ``again`` is the same reading."""
    of = label_scan.c
    mine = select(of.id).where(of.number == number, of.copy == copy, of.visitor == visitor, of.at > at - again).limit(1)
    if tx.execute(mine).scalar() is None:
        tx.execute(insert(label_scan), {"number": number, "copy": copy, "at": at, "visitor": visitor})
    count, first_at = tx.execute(select(func.count(), func.min(of.at)).where(of.number == number, of.copy == copy)).one()
    return Scans(count, first_at)


def evaluations_of(tx: Connection, number: str) -> Evaluations:
    """What shoppers gave."""
    query = select(func.count(), func.avg(evaluation.c.stars)).where(evaluation.c.number == number)
    count, mean = tx.execute(query).one()
    return Evaluations(count, float(mean or 0))


def add_evaluation(tx: Connection, number: str, at: datetime, stars: int, words: str, visitor: str) -> None:
    """Keep a shopper's stars; a second opinion of the same visitor replaces the first."""
    tx.execute(delete(evaluation).where(evaluation.c.number == number, evaluation.c.visitor == visitor))
    tx.execute(insert(evaluation), {"number": number, "at": at, "stars": stars, "words": words, "visitor": visitor})


def add_report(tx: Connection, number: str, county: str, at: datetime, kind: str, words: str, visitor: str) -> None:
    """Keep what somebody says is wrong; the county's people read it."""
    tx.execute(insert(report), {"number": number, "county": county, "at": at, "kind": kind, "words": words, "visitor": visitor})
