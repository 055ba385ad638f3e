"""Gives a release out in stages: a few terminals first, then the rest; failures stop it.

Rules
- Only terminals that can be reached get a job: one that is away gets it when it is back, also weeks later, also one that is entered later.
- A few first: as many as ``pilot`` must have it before anybody else is asked, and the first failure among them stops everything.
- Then the rest, ``WAVE`` at a time; more failures than ``allowed`` stop it. Stopped means: nothing more is sent until a person goes on or gives up.
- A difference that does not fit (``otherBase``) is no failure: that terminal takes the whole.
- A newer rollout of the same kind that covers all of an older one's area takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import ColumnElement, Row, and_, case, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from kiosk.wire.canonical import Json
from kiosk.wire.job import JobKind, JobStatus
from kiosk.wire.sync import FileKind
from tools.fleet.area import Area
from tools.fleet.collector import jobs
from tools.fleet.store.queries_release import HAS, at_work, file_of
from tools.fleet.store.schema import job, terminal
from tools.fleet.store.schema_release import rollout, rollout_job
from tools.fleet.store.scope import terminals_inside
from tools.fleet.store.states import State

WAVE = 200
PILOT = 3
JOB_LIFE = timedelta(hours=6)
AGAIN_AFTER = timedelta(days=1)
JOB_OF = {FileKind.DIRECTORY: JobKind.SYNC_DIRECTORY, FileKind.KEYS: JobKind.SYNC_KEYS}
_ALLOWED_LEAST, _ALLOWED_SHARE = 3, 0.02
_REACHED = (State.ISSUING.value, State.DEGRADED.value, State.CANNOT_ISSUE.value)
_FAILED = (JobStatus.FAILED.value, JobStatus.REJECTED.value)
_RETRIED = "retried"


class Stage(StrEnum):
    """How far a rollout is. ``wide`` stays: whoever comes later is served too."""

    PILOT = "pilot"
    WIDE = "wide"
    STOPPED = "stopped"
    REPLACED = "replaced"


GOING = (Stage.PILOT.value, Stage.WIDE.value)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the jobs of a stage that count."""

    done: int = 0
    doing: int = 0
    failed: int = 0

    @property
    def allowed(self) -> int:
        """Failures that do not stop it."""
        return max(_ALLOWED_LEAST, int(_ALLOWED_SHARE * (self.done + self.failed)))


def start(tx: Connection, kind: FileKind, version: int, area: Area, pilot: int, by: str, now: datetime) -> int:
    """Begin to give a release out in an area; answers its id. Older ones inside the area end, and what they still had to do is taken back."""
    covered = and_(rollout.c.kind == kind.value, rollout.c.area.startswith(area.prefix, autoescape=True))
    for (older,) in tx.execute(select(rollout.c.id).where(covered, rollout.c.stage != Stage.REPLACED.value)).all():
        end(tx, older, Stage.REPLACED, "", by, now)
    values = {"kind": kind.value, "version": version, "area": area.prefix, "pilot": max(1, pilot), "stage": Stage.PILOT.value}
    made = tx.execute(insert(rollout).values(**values, started_at=now, started_by=by))
    (number,) = made.inserted_primary_key or (0,)
    return int(number)


def end(tx: Connection, number: int, stage: Stage, reason: str, by: str, now: datetime) -> None:
    """Stop or replace it: nothing more is sent, and what no terminal has begun is taken back."""
    tx.execute(update(rollout).where(rollout.c.id == number).values(stage=stage.value, reason=reason, ended_at=now, ended_by=by))
    waiting = (
        select(rollout_job.c.job)
        .join(job, job.c.id == rollout_job.c.job)
        .where(rollout_job.c.rollout == number, job.c.status == JobStatus.QUEUED.value)
    )
    for (job_id,) in tx.execute(waiting).all():
        jobs.cancel(tx, job_id, now)


def go_on(tx: Connection, number: int) -> bool:
    """Go on after a stop, where it was; those that failed are tried again. False when it was not stopped."""
    row = tx.execute(select(rollout).where(rollout.c.id == number)).one_or_none()
    if row is None or row.stage != Stage.STOPPED.value:
        return False
    failed = select(job.c.id).where(job.c.status.in_(_FAILED))
    tx.execute(update(rollout_job).where(rollout_job.c.rollout == number, rollout_job.c.job.in_(failed)).values(stage=_RETRIED))
    stage = Stage.PILOT if row.widened_at is None else Stage.WIDE
    tx.execute(update(rollout).where(rollout.c.id == number).values(stage=stage.value, reason="", ended_at=None, ended_by=None))
    return True


def advance(tx: Connection, key: Ed25519PrivateKey, now: datetime) -> int:
    """Do what is due; answers how many jobs were made. Newer releases first: nobody is given two."""
    going = select(rollout).where(rollout.c.stage.in_(GOING)).order_by(rollout.c.version.desc(), rollout.c.id)
    return sum(_step(tx, key, row, now) for row in tx.execute(going).all())


def tallies(tx: Connection, number: int) -> dict[str, Tally]:
    """By stage; a job that timed out counts for nothing, its terminal is asked again."""
    status = job.c.status
    done, failed = status == JobStatus.SUCCEEDED.value, status.in_(_FAILED)
    rows = tx.execute(
        select(
            rollout_job.c.stage,
            *(func.sum(case((one, 1), else_=0)) for one in (done, status.in_(jobs.OPEN), failed)),
        )
        .join(job, job.c.id == rollout_job.c.job)
        .where(rollout_job.c.rollout == number)
        .group_by(rollout_job.c.stage)
    )
    return {stage: Tally(int(done), int(doing), int(failed)) for stage, done, doing, failed in rows}


def _step(tx: Connection, key: Ed25519PrivateKey, row: Row[Any], now: datetime) -> int:
    _excuse_other_bases(tx, row.id)
    told = tallies(tx, row.id)
    first, rest = told.get(Stage.PILOT.value, Tally()), told.get(Stage.WIDE.value, Tally())
    if row.stage == Stage.PILOT.value:
        if first.failed:
            end(tx, row.id, Stage.STOPPED, "pilotFailed", "", now)
            return 0
        sent = _order(tx, key, row, Stage.PILOT, row.pilot - first.done - first.doing, now)
        if sent or first.doing or (not first.done and _is_missing(tx, row)):
            return sent  # nobody could be asked yet, or they have not answered
        tx.execute(update(rollout).where(rollout.c.id == row.id).values(stage=Stage.WIDE.value, widened_at=now))
    if rest.failed > rest.allowed:
        end(tx, row.id, Stage.STOPPED, "tooManyFailures", "", now)
        return 0
    _want(tx, row, now)
    return _order(tx, key, row, Stage.WIDE, WAVE - rest.doing, now)


def _excuse_other_bases(tx: Connection, number: int) -> None:
    """A terminal whose version was not what we thought gets the whole."""
    rows = tx.execute(
        select(rollout_job.c.job, job.c.detail)
        .join(job, job.c.id == rollout_job.c.job)
        .where(
            rollout_job.c.rollout == number,
            rollout_job.c.base != 0,
            rollout_job.c.stage != _RETRIED,
            job.c.status.in_(_FAILED),
        )
    )
    unfit = [job_id for job_id, detail in rows.all() if isinstance(detail, dict) and detail.get("code") == "otherBase"]
    if unfit:
        tx.execute(update(rollout_job).where(rollout_job.c.job.in_(unfit)).values(stage=_RETRIED))


def _is_missing(tx: Connection, row: Row[Any]) -> bool:
    """Whether anybody inside has an older version."""
    older = terminal.c[HAS[FileKind(row.kind)]] < row.version
    query = select(terminal.c.code).where(terminals_inside(Area(row.area)), at_work(), older).limit(1)
    return tx.execute(query).scalar() is not None


def _want(tx: Connection, row: Row[Any], now: datetime) -> None:
    """Everybody inside is to have it from now on: the console and the alarms compare with that."""
    wanted = terminal.c[f"desired_{HAS[FileKind(row.kind)]}"]
    inside = and_(terminals_inside(Area(row.area)), at_work(), wanted < row.version)
    tx.execute(update(terminal).where(inside).values({wanted.name: row.version, "wanted_at": now}))


def _order(tx: Connection, key: Ed25519PrivateKey, row: Row[Any], stage: Stage, most: int, now: datetime) -> int:
    if most <= 0:
        return 0
    kind = FileKind(row.kind)
    has = terminal.c[HAS[kind]]
    retried = _jobs_of(row.id, rollout_job.c.stage == _RETRIED)
    query = (
        select(terminal.c.code, has, terminal.c.code.in_(retried))
        .where(_needs(row, kind, now))
        # neighbours of one town have one kind of network: the first few come from everywhere
        .order_by(func.substr(terminal.c.code, 7, 4), terminal.c.code)
        .limit(most)
    )
    sent = 0
    for code, version, whole in tx.execute(query).all():
        file = file_of(tx, kind, row.version, version, whole=bool(whole))
        if file is None:
            continue
        args: dict[str, Json] = {"file": dict(file.announcement)}
        job_id = jobs.order(tx, key, code, JOB_OF[kind], args, now + JOB_LIFE, row.started_by, now)
        tx.execute(
            insert(rollout_job),
            {"job": job_id, "rollout": row.id, "terminal": code, "stage": stage.value, "base": file.base},
        )
        sent += 1
    return sent


def _needs(row: Row[Any], kind: FileKind, now: datetime) -> ColumnElement[bool]:
    """At work, reachable, older, wanting nothing newer, not asked yet or to be asked again."""
    # one that says it has it and then tells an older version again is asked again, but not every few seconds
    lately = and_(job.c.status == JobStatus.SUCCEEDED.value, job.c.updated_at > now - AGAIN_AFTER)
    asked = _jobs_of(row.id, rollout_job.c.stage != _RETRIED, or_(job.c.status.in_((*jobs.OPEN, *_FAILED)), lately))
    column = HAS[kind]
    return and_(
        terminals_inside(Area(row.area)),
        at_work(),
        terminal.c.state.in_(_REACHED),
        terminal.c[column] < row.version,
        terminal.c[f"desired_{column}"] <= row.version,
        terminal.c.code.not_in(asked),
    )


def _jobs_of(number: int, *which: ColumnElement[bool]) -> Any:
    """Codes of terminals with such a job of a rollout."""
    joined = select(rollout_job.c.terminal).join(job, job.c.id == rollout_job.c.job)
    return joined.where(rollout_job.c.rollout == number, *which)
