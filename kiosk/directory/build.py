"""A directory is built whole beside the old one and switched by one rename.

``build_directory`` is the door for everybody who has subjects in hand; the import and the generator feed ``SnapshotBuilder``
themselves.

Rules
- One builder a folder. It writes ``directory-N.db.part``, syncs it, reads every page of it back, renames it and syncs the folder:
  whatever dies in between leaves the old directory as it was. What a dead builder left is removed by the next one.
- The directory before the new one is kept, so that a reader has something to fall back to; older ones are removed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlcipher3.dbapi2 as dbapi

from kiosk.directory.files import PART, path_of, snapshots
from kiosk.directory.keys import parts_of, search_keys
from kiosk.directory.schema import FORMAT, INDEXES, TABLES, row_of
from kiosk.directory.snapshot import Snapshot
from kiosk.directory.words import grams
from kiosk.domain.subject import Subject
from kiosk.store.engine import KEY_BYTES, unlock
from kiosk.store.errors import StoreError, disk_error, store_error
from kiosk.store.owner import Ownership

_BATCH = 2000
_CACHE_KIB = 256 * 1024
"""Keys arrive in no order; with their B-trees in memory, a million of subjects are written once instead of many times."""
_KEPT = 2
_PRAGMAS = (
    "journal_mode=OFF",  # a part that is not finished is thrown away, never repaired
    "synchronous=OFF",  # synced once, before the rename
    "locking_mode=EXCLUSIVE",
    "temp_store=MEMORY",  # sorted names must not reach a plain temporary file
    f"cache_size=-{_CACHE_KIB}",
)
_INSERTS = {
    "subject": "INSERT INTO subject VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    "person": "INSERT OR IGNORE INTO person VALUES (?,?)",
    "name_key": "INSERT INTO name_key VALUES (?,?)",
    "initials_key": "INSERT INTO initials_key VALUES (?,?)",
    "tail_key": "INSERT INTO tail_key VALUES (?,?)",
    "inside": "INSERT INTO inside (rowid, grams) VALUES (?,?)",
}


def build_directory(folder: Path, key: bytes, subjects_with_persons: Iterable[tuple[Subject, Sequence[bytes]]]) -> Path:
    """Make the next directory of ``folder`` from subjects and the hashes of the persons who may promise for each; return its file.

    ``key`` are the 32 bytes of directory.key. A subject's own ``person_hash`` counts as one of its persons. Raises ``StoreError``;
    then the directory before is still the one in use. ``ValueError`` for two subjects with one id.
    """
    with SnapshotBuilder(folder, key) as builder:
        for subject, persons in subjects_with_persons:
            builder.add(subject, persons)
        return builder.finish(datetime.now(UTC))


class SnapshotBuilder:
    """Takes subjects one by one; ``finish`` makes them the directory, leaving the ``with`` block without it throws them away."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        self._rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in _INSERTS}
        self._grams: Counter[str] = Counter()
        self._places: Counter[tuple[str, str, str]] = Counter()
        self._count = 0

    def __enter__(self) -> SnapshotBuilder:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise disk_error(err) from err
        self._ownership = Ownership.take(self._folder / "directory")
        try:
            for left in self._folder.glob(f"*{PART}"):
                left.unlink()
            self._number = max((file.number for file in snapshots(self._folder)), default=0) + 1
            self._part = self._folder / (path_of(self._folder, self._number).name + PART)
            self._connection = _open_new(self._part, self._key)
        except BaseException:
            self._ownership.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()
        self._part.unlink(missing_ok=True)
        self._ownership.release()

    @property
    def count(self) -> int:
        """How many subjects were added."""
        return self._count

    def add(self, subject: Subject, persons: Sequence[bytes] = ()) -> None:
        """Add one subject and the hashes of its persons.

        Raises ``StoreError``; ``ValueError`` when an id came twice (seen at the latest in ``finish``).
        """
        self._count += 1
        row, rows, keys = self._count, self._rows, search_keys(subject)
        rows["subject"].append(row_of(row, subject))
        rows["person"].extend((one, row) for one in (subject.person_hash, *persons) if one)
        rows["name_key"].extend((text, row) for text in keys.names)
        rows["initials_key"].extend((text, row) for text in keys.initials)
        rows["tail_key"].extend((text, row) for text in keys.tails)
        found = list(dict.fromkeys(gram for text in keys.insides for gram in grams(text)))
        rows["inside"].append((row, " ".join(found)))
        self._grams.update(found)
        place = parts_of(subject.base.text, subject.base.county)
        self._places[subject.base.county, place.town, place.village] += 1
        if row % _BATCH == 0:
            self._write()

    def finish(self, built_at: datetime) -> Path:
        """Complete the file, prove that it can be read, and switch to it. Raises ``StoreError``, ``ValueError``."""
        self._write()
        self._complete(built_at)
        try:
            _sync(self._part, os.O_RDONLY)
            with Snapshot.open(self._part, self._key) as snapshot:
                snapshot.check_whole()
            target = path_of(self._folder, self._number)
            self._part.rename(target)
            _sync(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            for old in snapshots(self._folder)[_KEPT:]:
                old.path.unlink()
        except OSError as err:
            raise disk_error(err) from err
        return target

    def _write(self) -> None:
        try:
            self._connection.execute("BEGIN")
            for table, rows in self._rows.items():
                self._connection.executemany(_INSERTS[table], rows)
                rows.clear()
            self._connection.execute("COMMIT")
        except dbapi.Error as err:
            raise store_error(err, self._part) from err

    def _complete(self, built_at: datetime) -> None:
        meta = {
            "format": FORMAT,
            "number": self._number,
            "subjects": self._count,
            "built_at": built_at.isoformat(timespec="seconds"),
        }
        try:
            self._connection.execute("BEGIN")
            for index in INDEXES:
                self._connection.execute(index)
            self._connection.executemany("INSERT INTO gram VALUES (?,?)", sorted(self._grams.items()))
            places = sorted((county, count, town, village) for (county, town, village), count in self._places.items())
            self._connection.executemany("INSERT INTO place VALUES (?,?,?,?)", places)
            self._connection.executemany("INSERT INTO meta VALUES (?,?)", [(name, str(value)) for name, value in meta.items()])
            self._connection.execute("COMMIT")
            self._connection.execute("INSERT INTO inside (inside) VALUES ('optimize')")
        except dbapi.IntegrityError as err:
            raise ValueError("two subjects have the same id") from err
        except dbapi.Error as err:
            raise store_error(err, self._part) from err
        finally:
            self._connection.close()


def _open_new(part: Path, key: bytes) -> Any:
    if len(key) != KEY_BYTES:
        raise StoreError("storeBroken", "keyMissing")
    try:
        # os.open makes the file before SQLite does: SQLite would make it readable for everybody.
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))
    except OSError as err:
        raise disk_error(err) from err
    connection = None
    try:
        connection = dbapi.connect(str(part), isolation_level=None, check_same_thread=False)
        unlock(connection, key)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        for table in TABLES:
            connection.execute(table)
    except (dbapi.Error, StoreError) as err:
        if connection is not None:
            connection.close()
        part.unlink(missing_ok=True)
        raise store_error(err, part) if isinstance(err, dbapi.Error) else err from err
    return connection


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
