"""What the centre knows of releases: versions, their files, and which terminals have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, or_, select
from sqlalchemy.engine import Connection

from kiosk.wire.sync import Announcement, FileKind
from tools.fleet.area import Area
from tools.fleet.store.schema import terminal
from tools.fleet.store.schema_release import release, release_file
from tools.fleet.store.scope import terminals_inside

HAS: Mapping[FileKind, str] = {FileKind.DIRECTORY: "dir", FileKind.KEYS: "keys"}
"""The column of ``terminal`` that tells its version; with ``desired_`` before it the one that is wanted."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Release:
    """One version. ``area`` is whom its content is for, ``entries`` how many subjects or keys it has."""

    kind: FileKind
    version: int
    area: str
    entries: int
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release; ``base`` 0 is the whole. ``announcement`` is signed."""

    kind: FileKind
    version: int
    base: int
    path: str
    size: int
    sha256: str
    announcement: Mapping[str, Any]


_RELEASE = tuple(release.c[name] for name in Release.__slots__)
_FILE = tuple(release_file.c[name] for name in ReleaseFile.__slots__)


def at_work() -> ColumnElement[bool]:
    """Terminals that should be at work."""
    return and_(terminal.c.commissioned_at.is_not(None), terminal.c.retired_at.is_(None))


def next_version(tx: Connection, kind: FileKind) -> int:
    """Versions rise over all areas: a number never means two contents, wherever a terminal moves."""
    return int(tx.execute(select(func.max(release.c.version)).where(release.c.kind == kind.value)).scalar() or 0) + 1


def add_release(tx: Connection, made: Release) -> None:
    """Raises ``IntegrityError`` when somebody took the version meanwhile."""
    tx.execute(insert(release), {name: getattr(made, name) for name in Release.__slots__})


def add_file(tx: Connection, announcement: Announcement) -> None:
    """Keep a file's announcement."""
    body = announcement.as_json()
    values = {name: getattr(announcement, name) for name in ("version", "base", "path", "size", "sha256")}
    tx.execute(
        insert(release_file),
        {**values, "kind": announcement.kind.value, "announcement": json.dumps(body, ensure_ascii=False)},
    )


def list_releases(tx: Connection, area: Area, kind: FileKind | None = None, limit: int = PAGE) -> list[Release]:
    """The newest that concern an area: of it, inside it, or of what it lies in."""
    query = select(*_RELEASE).where(_concerns(area)).order_by(release.c.made_at.desc(), release.c.version.desc()).limit(limit)
    if kind is not None:
        query = query.where(release.c.kind == kind.value)
    return [_release(row) for row in tx.execute(query)]


def find_release(tx: Connection, kind: FileKind, version: int) -> Release | None:
    """One of them."""
    row = tx.execute(select(*_RELEASE).where(release.c.kind == kind.value, release.c.version == version)).one_or_none()
    return None if row is None else _release(row)


def newest_of(tx: Connection, kind: FileKind, area: str) -> Release | None:
    """The newest whose content is for exactly this area."""
    query = select(*_RELEASE).where(release.c.kind == kind.value, release.c.area == area)
    row = tx.execute(query.order_by(release.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _release(row)


def newest_for(tx: Connection, kind: FileKind, county: str, town: str) -> Release | None:
    """The newest whose content is for a place: its own area, or what it lies in."""
    areas = [county[:length] for length in (2, 4, 6)] + ([town] if town else [])
    query = select(*_RELEASE).where(release.c.kind == kind.value, release.c.area.in_(areas))
    row = tx.execute(query.order_by(release.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _release(row)


def file_of(tx: Connection, kind: FileKind, version: int, has: int, *, whole: bool = False) -> ReleaseFile | None:
    """The file for a terminal that has a version: the difference to it, else the whole."""
    query = select(*_FILE).where(release_file.c.kind == kind.value, release_file.c.version == version)
    bases = (0,) if whole or not has else (has, 0)
    row = tx.execute(query.where(release_file.c.base.in_(bases)).order_by(release_file.c.base.desc()).limit(1)).one_or_none()
    return None if row is None else _file(row)


def file_at(tx: Connection, path: str) -> ReleaseFile | None:
    """The file of a path."""
    row = tx.execute(select(*_FILE).where(release_file.c.path == path)).one_or_none()
    return None if row is None else _file(row)


def files_of(tx: Connection, kind: FileKind, version: int) -> list[ReleaseFile]:
    """All files of a release, the whole first."""
    query = select(*_FILE).where(release_file.c.kind == kind.value, release_file.c.version == version)
    return [_file(row) for row in tx.execute(query.order_by(release_file.c.base))]


def versions_inside(tx: Connection, area: Area, kind: FileKind) -> list[tuple[int, int]]:
    """Versions in the field and how many terminals at work have each, the newest first."""
    has = terminal.c[HAS[kind]]
    rows = tx.execute(select(has, func.count()).where(terminals_inside(area), at_work()).group_by(has).order_by(has.desc()))
    return [(version, count) for version, count in rows]


def _concerns(area: Area) -> ColumnElement[bool]:
    wider = [area.prefix[:length] for length in (2, 4, 6) if length < len(area.prefix)]
    return or_(release.c.area.startswith(area.prefix, autoescape=True), release.c.area.in_(wider))


def _release(row: Row[Any]) -> Release:
    return Release(FileKind(row.kind), row.version, row.area, row.entries, row.made_at, row.made_by)


def _file(row: Row[Any]) -> ReleaseFile:
    told = json.loads(row.announcement)
    return ReleaseFile(FileKind(row.kind), row.version, row.base, row.path, row.size, row.sha256, told)
