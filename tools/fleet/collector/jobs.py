"""Orders to terminals: signed when they are made, sent until the terminal answers, ended by their last moment at the latest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from kiosk.credential.secret_file import read_secret, write_secret
from kiosk.wire.canonical import Json, canonical_json
from kiosk.wire.job import JobKind, JobReport, JobStatus, may_follow, sign_cancel, sign_job
from kiosk.wire.sync import Announcement
from tools.fleet.store.schema import job, terminal

_VERSIONS = {JobKind.SYNC_DIRECTORY: "dir", JobKind.SYNC_KEYS: "keys"}
"""Kinds whose success tells the version that a terminal has now, by its column."""
OPEN = (JobStatus.QUEUED.value, JobStatus.IN_PROGRESS.value)


@dataclass(frozen=True, slots=True)
class Due:
    """A job that the terminal may not have yet."""

    id: str
    terminal: str
    document: bytes


def make_centre_key(secret: Path, public: Path) -> None:
    """Make the centre's key pair. Raises ``FileExistsError``: terminals trust the one there is."""
    if secret.exists():
        raise FileExistsError(secret.name)
    key = Ed25519PrivateKey.generate()
    write_secret(secret, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    public.write_text(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex() + "\n", encoding="ascii")


def load_centre_key(secret: Path) -> Ed25519PrivateKey:
    """The centre's key. Raises ``KeyFileError``."""
    return Ed25519PrivateKey.from_private_bytes(read_secret(secret))


def order(
    tx: Connection,
    key: Ed25519PrivateKey,
    code: str,
    kind: JobKind,
    args: dict[str, Json],
    not_after: datetime,
    by: str,
    now: datetime,
) -> str:
    """Queue a job for a terminal and answer its id; what is wanted of the terminal changes with it.

    Raises ``WireError`` for arguments that a terminal would refuse.
    """
    job_id = uuid4()
    document = sign_job(key, job_id, code, kind, args, not_after)
    tx.execute(
        insert(job),
        {
            "id": str(job_id),
            "terminal": code,
            "kind": kind.value,
            "args": args,
            "not_after": not_after,
            "document": canonical_json(document).decode("utf-8"),
            "created_at": now,
            "created_by": by,
            "status": JobStatus.QUEUED.value,
            "updated_at": now,
        },
    )
    wanted = _wanted(kind, args)
    if wanted:
        tx.execute(update(terminal).where(terminal.c.code == code).values(**wanted, wanted_at=now, welcome_due=True))
    return str(job_id)


def cancel(tx: Connection, job_id: str, now: datetime) -> bool:
    """Take back a job that the terminal has not begun, and what was wanted with it. A terminal that may have it is told so (``recalls``)."""
    row = tx.execute(select(job.c.terminal, job.c.kind).where(job.c.id == job_id).with_for_update()).one_or_none()
    changed = tx.execute(
        update(job)
        .where(job.c.id == job_id, job.c.status == JobStatus.QUEUED.value)
        .values(status=JobStatus.CANCELED.value, updated_at=now, recall_due=job.c.sent_at.is_not(None))
    )
    if row is None or not changed.rowcount:
        return False
    before = _unwanted(tx, row.terminal, JobKind(row.kind))
    if before:
        tx.execute(update(terminal).where(terminal.c.code == row.terminal).values(**before, welcome_due=True))
    return True


def due(tx: Connection, now: datetime, again_after: timedelta, limit: int = 500) -> list[Due]:
    """Jobs to send now, marked as sent: new ones, and those without an answer for a while."""
    rows = tx.execute(
        select(job.c.id, job.c.terminal, job.c.document)
        .where(
            job.c.status == JobStatus.QUEUED.value,
            job.c.not_after > now,
            job.c.sent_at.is_(None) | (job.c.sent_at < now - again_after),
        )
        .order_by(job.c.created_at)
        .limit(limit)
    ).all()
    if rows:
        tx.execute(update(job).where(job.c.id.in_([row.id for row in rows])).values(sent_at=now))
    return [Due(row.id, row.terminal, row.document.encode("utf-8")) for row in rows]


def recalls(
    tx: Connection,
    key: Ed25519PrivateKey,
    now: datetime,
    again_after: timedelta,
    terminals: Sequence[str] | None = None,
    limit: int = 500,
) -> list[Due]:
    """Jobs to take back at their terminals now, marked as told: new ones, and those without an answer for a while; all of ``terminals`` when they are named."""
    is_due = (
        job.c.recall_sent_at.is_(None) | (job.c.recall_sent_at < now - again_after)
        if terminals is None
        else job.c.terminal.in_(terminals)
    )
    rows = tx.execute(
        select(job.c.id, job.c.terminal)
        .where(job.c.status == JobStatus.CANCELED.value, job.c.not_after > now, job.c.recall_due, is_due)
        .order_by(job.c.created_at)
        .limit(limit)
    ).all()
    if rows:
        tx.execute(update(job).where(job.c.id.in_([row.id for row in rows])).values(recall_sent_at=now))
    return [Due(row.id, row.terminal, canonical_json(sign_cancel(key, UUID(row.id), row.terminal))) for row in rows]


def follow(tx: Connection, code: str, report: JobReport, now: datetime) -> bool:
    """Keep what a terminal says of a job. False for a job that is not its own, or a state that cannot follow (old news)."""
    row = tx.execute(
        select(job.c.status, job.c.kind).where(job.c.id == report.id, job.c.terminal == code).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    if report.status is not JobStatus.QUEUED:
        tx.execute(update(job).where(job.c.id == report.id, job.c.recall_due).values(recall_due=False))
    # a terminal that is quicker than its first report may end what never began here; one that had a job before it was taken back may have done it
    unaware = row.status in (JobStatus.QUEUED.value, JobStatus.CANCELED.value) and report.status is not JobStatus.QUEUED
    begun = JobStatus.IN_PROGRESS if unaware and report.status.is_final else JobStatus.QUEUED if unaware else JobStatus(row.status)
    if not may_follow(begun, report.status):
        return False
    tx.execute(update(job).where(job.c.id == report.id).values(status=report.status.value, detail=report.detail, updated_at=now))
    if report.status is JobStatus.SUCCEEDED:
        _reported(tx, code, JobKind(row.kind), report.detail.get("version"))
    return True


def _reported(tx: Connection, code: str, kind: JobKind, version: object) -> None:
    """What a sync made of a terminal is known before its next hello."""
    column = _VERSIONS.get(kind)
    if column is not None and type(version) is int and 0 < version < 1 << 31:
        tx.execute(update(terminal).where(terminal.c.code == code, terminal.c[column] < version).values({column: version}))


def expire(tx: Connection, now: datetime, grace: timedelta) -> int:
    """End jobs whose last moment passed and that nobody ended: every job ends."""
    ended = tx.execute(
        update(job)
        .where(job.c.status.in_(OPEN), job.c.not_after < now - grace)
        .values(status=JobStatus.TIMED_OUT.value, updated_at=now, detail={"by": "centre"})
    )
    return ended.rowcount


def _wanted(kind: JobKind, args: dict[str, Json]) -> dict[str, Any]:
    match kind:
        case JobKind.SET_CONFIGURATION:
            return {"desired_conf": args["conf"]}
        case JobKind.SYNC_DIRECTORY:
            return {"desired_dir": Announcement.read(args["file"]).version}
        case JobKind.SYNC_KEYS:
            return {"desired_keys": Announcement.read(args["file"]).version}
        case JobKind.PAUSE_ISSUING:
            return {"paused": True, "pause_reason": args["reason"]}
        case JobKind.RESUME_ISSUING:
            return {"paused": False, "pause_reason": ""}
        case _:
            return {}


def _unwanted(tx: Connection, code: str, kind: JobKind) -> dict[str, Any]:
    """What is wanted of a terminal when a job is taken back: what it has, or what held before."""
    match kind:
        case JobKind.SET_CONFIGURATION:
            return {"desired_conf": terminal.c.conf}
        case JobKind.SYNC_DIRECTORY:
            return {"desired_dir": terminal.c.dir}
        case JobKind.SYNC_KEYS:
            return {"desired_keys": terminal.c.keys}
        case JobKind.PAUSE_ISSUING:
            return {"paused": False, "pause_reason": ""}
        case JobKind.RESUME_ISSUING:
            paused = select(job.c.args).where(job.c.terminal == code, job.c.kind == JobKind.PAUSE_ISSUING.value)
            args = tx.execute(paused.order_by(job.c.created_at.desc()).limit(1)).scalar()
            return {"paused": True, "pause_reason": args["reason"]} if args else {}
        case _:
            return {}
