"""How far rollouts are, as the console shows it: counted inside the area of who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, case, func, or_, select
from sqlalchemy.engine import Connection

from kiosk.wire.job import JobStatus
from kiosk.wire.sync import FileKind
from tools.fleet.area import Area
from tools.fleet.store.queries_release import HAS, at_work
from tools.fleet.store.schema import job, terminal
from tools.fleet.store.schema_release import rollout, rollout_job
from tools.fleet.store.scope import of_terminal, terminals_inside

PAGE = 50
_FAILED = (JobStatus.FAILED.value, JobStatus.REJECTED.value)
_OPEN = (JobStatus.QUEUED.value, JobStatus.IN_PROGRESS.value)


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """One rollout; ``stage`` is a word of ``tools.fleet.releases.rollout.Stage``."""

    id: int
    kind: FileKind
    version: int
    area: str
    pilot: int
    stage: str
    reason: str
    started_at: datetime
    started_by: str
    widened_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Terminals at work: ``have`` it or a newer one, are ``doing`` it, ``failed``; the rest could not be reached yet or come later."""

    total: int
    have: int
    doing: int
    failed: int

    @property
    def waiting(self) -> int:
        """Not asked yet."""
        return max(0, self.total - self.have - self.doing - self.failed)

    def percent(self, count: int) -> float:
        """Of all, for a bar."""
        return 100 * count / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A terminal whose job of a rollout failed."""

    terminal: str
    station: str
    job: str
    detail: Any
    at: datetime


_ROLLOUT = tuple(rollout.c[name] for name in RolloutRow.__slots__)


def list_rollouts(tx: Connection, area: Area, limit: int = PAGE) -> list[RolloutRow]:
    """Those that reach into an area, the newest first."""
    query = select(*_ROLLOUT).where(_reaches(area)).order_by(rollout.c.id.desc()).limit(limit)
    return [_row(row) for row in tx.execute(query)]


def find_rollout(tx: Connection, area: Area, number: int) -> RolloutRow | None:
    """One of them, when it reaches into the area."""
    row = tx.execute(select(*_ROLLOUT).where(rollout.c.id == number, _reaches(area))).one_or_none()
    return None if row is None else _row(row)


def progress(tx: Connection, area: Area, one: RolloutRow) -> Progress:
    """Counted where the rollout and the area of who asks overlap."""
    narrow = Area(max(area.prefix, one.area, key=len))
    has = terminal.c[HAS[one.kind]]
    have = func.sum(case((has >= one.version, 1), else_=0))
    total, having = tx.execute(select(func.count(), have).where(terminals_inside(narrow), at_work())).one()
    of = rollout_job.c
    inside = (of.rollout == one.id, of.stage != "retried", has < one.version, at_work(), of_terminal(of.terminal, narrow))

    def counted(which: tuple[str, ...]) -> ScalarSelect[int]:
        """Terminals with a job in one of these states."""
        found = (
            select(func.count(of.terminal.distinct())).join(job, job.c.id == of.job).join(terminal, terminal.c.code == of.terminal)
        )
        return found.where(*inside, job.c.status.in_(which)).scalar_subquery()

    doing, failed = tx.execute(select(counted(_OPEN), counted(_FAILED))).one()
    return Progress(int(total), int(having or 0), int(doing), int(failed))


def failures(tx: Connection, area: Area, number: int, limit: int = PAGE) -> list[Failure]:
    """Terminals whose job failed, the latest first."""
    of = rollout_job.c
    rows = tx.execute(
        select(of.terminal, terminal.c.station, of.job, job.c.detail, job.c.updated_at)
        .join(job, job.c.id == of.job)
        .join(terminal, terminal.c.code == of.terminal)
        .where(of.rollout == number, of.stage != "retried", job.c.status.in_(_FAILED), of_terminal(of.terminal, area))
        .order_by(job.c.updated_at.desc())
        .limit(limit)
    )
    return [Failure(*row) for row in rows]


def _reaches(area: Area) -> ColumnElement[bool]:
    wider = [area.prefix[:length] for length in (2, 4, 6) if length < len(area.prefix)]
    return or_(rollout.c.area.startswith(area.prefix, autoescape=True), rollout.c.area.in_(wider))


def _row(row: Row[Any]) -> RolloutRow:
    values = dict(zip(RolloutRow.__slots__, row, strict=True))
    return RolloutRow(**{**values, "kind": FileKind(values["kind"])})
