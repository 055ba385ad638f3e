"""Releases and rollouts for looking at the console: one that everybody has, one that stopped at its first terminals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from kiosk.wire.sync import Announcement, FileKind, sign_announcement
from tools.fleet.releases.rollout import Stage
from tools.fleet.store.database import Store
from tools.fleet.store.queries_release import Release, add_file, add_release
from tools.fleet.store.schema import job, terminal
from tools.fleet.store.schema_release import rollout, rollout_job

_KEY = Ed25519PrivateKey.from_private_bytes(b"m" * 32)
_STOPPED = 3
_RELEASES = (
    (FileKind.DIRECTORY, 117, "14", 412_630, 60, 116),
    (FileKind.DIRECTORY, 118, "14", 412_902, 12, 117),
    (FileKind.DIRECTORY, 119, "140703", 5_214, 1, 0),
    (FileKind.KEYS, 1, "14", 19_120, 90, 0),
    (FileKind.KEYS, 2, "14", 20_000, 20, 1),
)
"""Kind, version, area, entries, days ago, base of the difference."""


def fill_releases(store: Store, now: datetime) -> None:
    """Write them; a few terminals of one county have the newest directory, one could not take it."""
    with store.writing() as tx:
        for kind, version, area, entries, days, base in _RELEASES:
            add_release(tx, Release(kind, version, area, entries, now - timedelta(days=days), "province"))
            for file in _files(kind, version, entries, base, now):
                add_file(tx, file)
        for number, (kind, version, area) in enumerate(
            ((FileKind.DIRECTORY, 118, "14"), (FileKind.KEYS, 2, "14"), (FileKind.DIRECTORY, 119, "140703")), 1
        ):
            tx.execute(insert(rollout), _rollout(number, kind, version, area, now))
        _first_few(tx, now)


def _files(kind: FileKind, version: int, entries: int, base: int, now: datetime) -> Iterator[Announcement]:
    for start, size in ((0, 74 * entries), (base, 2 * entries)) if base else ((0, 74 * entries),):
        path = f"{kind.value}-{version}-{start}-{'0' * 32}.gz"
        bare = Announcement(kind=kind, version=version, base=start, size=size, sha256=f"{version:02x}" * 32, path=path, made_at=now)
        yield sign_announcement(bare, _KEY)


def _rollout(number: int, kind: FileKind, version: int, area: str, now: datetime) -> dict[str, Any]:
    begun, is_stopped = now - timedelta(hours=40 / number), number == _STOPPED
    return {
        "id": number, "kind": kind.value, "version": version, "area": area, "pilot": 3, "started_at": begun, "started_by": "province",
        "stage": (Stage.STOPPED if is_stopped else Stage.WIDE).value, "reason": "pilotFailed" if is_stopped else "",
        "widened_at": None if is_stopped else begun + timedelta(minutes=9), "ended_at": now - timedelta(hours=1) if is_stopped else None,
    }  # fmt: skip


def _first_few(tx: Connection, now: datetime) -> None:
    codes = (
        tx.execute(select(terminal.c.code).where(terminal.c.county == "140703").order_by(terminal.c.code).limit(3)).scalars().all()
    )
    for index, code in enumerate(codes):
        is_bad = index == len(codes) - 1
        at = now - timedelta(hours=2, minutes=index)
        one = {
            "id": f"00000000-0000-4000-8000-1{index:011d}", "terminal": code, "kind": "syncDirectory", "not_after": at + timedelta(hours=6),
            "args": {"file": {"version": 119, "base": 0, "size": 385_836}}, "document": "{}", "created_at": at, "created_by": "province",
            "sent_at": at + timedelta(seconds=1), "status": "FAILED" if is_bad else "SUCCEEDED", "updated_at": at + timedelta(minutes=3),
            "detail": {"code": "unreachable"} if is_bad else {"version": 119, "kind": "directory", "count": 5_214},
        }  # fmt: skip
        tx.execute(insert(job), one)
        tx.execute(insert(rollout_job), {"job": one["id"], "rollout": _STOPPED, "terminal": code, "stage": "pilot", "base": 0})
        if not is_bad:
            tx.execute(update(terminal).where(terminal.c.code == code).values(dir=119, desired_dir=119))
