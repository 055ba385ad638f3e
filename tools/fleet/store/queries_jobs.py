"""What the console asks about jobs: all of an area, and one with the rollout it belongs to. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from kiosk.wire.job import JobStatus
from tools.fleet.area import Area
from tools.fleet.store.queries import JobRow
from tools.fleet.store.schema import job
from tools.fleet.store.schema_release import rollout_job
from tools.fleet.store.scope import of_terminal

PAGE = 50
GROUPS: Mapping[str, tuple[JobStatus, ...]] = {
    "open": (JobStatus.QUEUED, JobStatus.IN_PROGRESS),
    "failed": (JobStatus.FAILED, JobStatus.REJECTED, JobStatus.TIMED_OUT),
    "done": (JobStatus.SUCCEEDED, JobStatus.CANCELED),
}
"""States that are looked at together."""
_JOB = tuple(job.c[name] for name in JobRow.__slots__)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Empty is everything; ``group`` is a word of ``GROUPS``."""

    group: str = ""
    kind: str = ""
    who: str = ""
    terminal: str = ""


def list_jobs(tx: Connection, area: Area, wanted: JobFilter, page: int = 1) -> tuple[int, list[JobRow]]:
    """How many fit, and one page of them, the newest first."""
    fits = _fits(area, wanted)
    total = tx.execute(select(func.count()).select_from(job).where(fits)).scalar_one()
    query = select(*_JOB).where(fits).order_by(job.c.created_at.desc(), job.c.id).limit(PAGE).offset((page - 1) * PAGE)
    return total, [JobRow(*row) for row in tx.execute(query)]


def every_job(tx: Connection, area: Area, wanted: JobFilter) -> Iterator[JobRow]:
    """All that fit, for an export."""
    query = select(*_JOB).where(_fits(area, wanted)).order_by(job.c.created_at, job.c.id)
    for row in tx.execute(query.execution_options(yield_per=500)):
        yield JobRow(*row)


def find_job(tx: Connection, area: Area, job_id: str) -> JobRow | None:
    """One of them, when its terminal is inside."""
    row = tx.execute(select(*_JOB).where(job.c.id == job_id, of_terminal(job.c.terminal, area))).one_or_none()
    return None if row is None else JobRow(*row)


def rollout_of(tx: Connection, job_id: str) -> int | None:
    """The rollout that made it."""
    found: int | None = tx.execute(select(rollout_job.c.rollout).where(rollout_job.c.job == job_id)).scalar()
    return found


def last_args(tx: Connection, code: str, kind: str) -> Any:
    """What the last job of a kind that was not refused told a terminal; None when there was none."""
    bad = (JobStatus.FAILED.value, JobStatus.REJECTED.value, JobStatus.TIMED_OUT.value, JobStatus.CANCELED.value)
    query = select(job.c.args).where(job.c.terminal == code, job.c.kind == kind, job.c.status.not_in(bad))
    return tx.execute(query.order_by(job.c.created_at.desc()).limit(1)).scalar()


def _fits(area: Area, wanted: JobFilter) -> ColumnElement[bool]:
    conditions = [of_terminal(job.c.terminal, area)]
    if wanted.group in GROUPS:
        conditions.append(job.c.status.in_([status.value for status in GROUPS[wanted.group]]))
    if wanted.kind:
        conditions.append(job.c.kind == wanted.kind)
    if wanted.who:
        conditions.append(job.c.created_by == wanted.who)
    if wanted.terminal:
        conditions.append(job.c.terminal == wanted.terminal)
    return and_(*conditions)
