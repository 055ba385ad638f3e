"""The register of subjects as the terminal asks it: the newest directory that can be read, whichever thread asks.

Rules
- A newer directory is taken over by the first question after its rename; questions under way finish on the old file.
- A file that cannot be opened, or breaks under a question, is left for the next older one and said once in the log. With none
  left, the register is empty: people can still be registered on the spot, so no error leaves here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from kiosk import log
from kiosk.directory.files import SnapshotFile, snapshots
from kiosk.directory.places import TownVillage
from kiosk.directory.schema import SUBJECT_COLUMNS, subject_of
from kiosk.directory.search import find_rows, subjects
from kiosk.directory.snapshot import Snapshot
from kiosk.domain.subject import Subject, SubjectId
from kiosk.store.errors import StoreError

T = TypeVar("T")
Identity = tuple[str, int, int]


class Directory:
    """Open from ``open`` to ``close``; may be asked from several threads at once."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key
        self._lock = threading.Lock()
        self._current: tuple[SnapshotFile, Snapshot] | None = None
        self._refused: set[Identity] = set()
        self._missing = False  # said already
        self._closed = False

    @classmethod
    def open(cls, folder: Path, key: bytes, *, may_be_missing: bool = False) -> Directory:
        """The register in ``folder``. Never fails: what is wrong stands in the log, and the register is empty."""
        directory = cls(folder, key)
        directory._missing = may_be_missing
        directory._look()
        return directory

    def close(self) -> None:
        """Close all files; whoever still asks finds nobody."""
        with self._lock:
            self._closed = True
            if self._current is not None:
                self._current[1].retire()
            self._current = None

    def __enter__(self) -> Directory:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def number(self) -> int:
        """N of the directory in use, after a look for a newer one; 0 without one."""
        self._look()
        current = self._current
        return current[0].number if current is not None else 0

    @property
    def count(self) -> int:
        """How many subjects the directory in use has."""
        current = self._current
        return current[1].subjects if current is not None else 0

    def get(self, subject_id: SubjectId) -> Subject | None:
        """The entry with this id, None when there is none."""
        found = self._ask(
            lambda tx: tx.execute(f"SELECT {SUBJECT_COLUMNS} FROM subject WHERE id = ?", (subject_id,)).fetchone(), None
        )
        return subject_of(found) if found is not None else None

    def by_person(self, person_hash: bytes) -> Sequence[Subject]:
        """All entries that this person may promise for, suspended ones too; none for an empty hash."""
        if not person_hash:
            return ()
        sql = "SELECT subject FROM person WHERE hash = ? ORDER BY subject"
        return self._ask(lambda tx: subjects(tx, [row for (row,) in tx.execute(sql, (person_hash,))]), [])

    def by_credit_code(self, credit_code: str) -> Sequence[Subject]:
        """The entries with exactly this code: one, unless the register is wrong."""
        rows = (
            "SELECT row FROM subject WHERE credit_code = ?1 AND row IN (SELECT subject FROM tail_key WHERE text = ?2) ORDER BY row"
        )
        values = (credit_code, credit_code.lower()[::-1])
        return self._ask(lambda tx: subjects(tx, [row for (row,) in tx.execute(rows, values)]), []) if credit_code else ()

    def find(self, query: str, limit: int = 8) -> Sequence[Subject]:
        """Subjects by name, initials, credit code, phone, the last four characters of both, or a scanned code; the best first."""
        return self._ask(lambda tx: subjects(tx, find_rows(tx, query, limit)), [])

    def places_in(self, county: str, limit: int = 200) -> Sequence[TownVillage]:
        """Distinct bases in a county (six digits), those of most subjects first."""
        sql = """
            SELECT town, village FROM place WHERE county = ? AND town || village <> ''
            ORDER BY subjects DESC, town, village LIMIT ?"""
        return self._ask(lambda tx: [TownVillage(*row) for row in tx.execute(sql, (county, limit))], [])

    def everybody(self) -> Iterator[tuple[Subject, tuple[bytes, ...]]]:
        """All entries with the hashes of all their persons, for the making of the next directory.

        Raises ``StoreError``: half of them help nobody.
        """
        current = self._lease()
        if current is None:
            return
        _, snapshot = current
        try:
            with snapshot.asking() as tx:
                others = """
                    SELECT subject, hash FROM person JOIN subject ON row = subject
                    WHERE hash <> person_hash ORDER BY subject, hash"""
                further: dict[int, tuple[bytes, ...]] = {}
                for row, person in tx.execute(others):
                    further[row] = (*further.get(row, ()), person)
                for row, *values in tx.execute(f"SELECT row, {SUBJECT_COLUMNS} FROM subject ORDER BY row"):
                    yield subject_of(values), further.get(row, ())
        finally:
            snapshot.leave()

    def _ask(self, question: Callable[[Any], T], nothing: T) -> T:
        while True:
            current = self._lease()
            if current is None:
                return nothing
            file, snapshot = current
            try:
                with snapshot.asking() as connection:
                    return question(connection)
            except StoreError as err:
                self._refuse(file, err)
            finally:
                snapshot.leave()

    def _lease(self) -> tuple[SnapshotFile, Snapshot] | None:
        self._look()
        with self._lock:
            if self._current is not None:
                self._current[1].enter()
            return self._current

    def _look(self) -> None:
        """Take over the newest readable directory. Costs some 10 us when nothing is new."""
        newest = snapshots(self._folder)
        with self._lock:
            if self._closed:
                return
            for file in newest:
                if self._current is not None and file.number == self._current[0].number:
                    return
                if self._open(file):
                    return
            # The file in use may have been removed from the folder; it stays readable as long as it is open.
            if self._current is None and not self._missing:
                self._missing = True
                log.event("directory-missing", folder=self._folder)

    def _open(self, file: SnapshotFile) -> bool:
        identity = _identity(file.path)
        if identity in self._refused:
            return False
        try:
            opened = Snapshot.open(file.path, self._key)
        except StoreError as err:
            self._refused.add(identity)
            log.event("directory-refused", number=file.number, reason=err.reason or err.code)
            return False
        if self._current is not None:
            self._current[1].retire()
        self._current = (file, opened)
        self._missing = False
        log.event("directory-opened", number=file.number, subjects=opened.subjects)
        return True

    def _refuse(self, file: SnapshotFile, err: StoreError) -> None:
        with self._lock:
            if self._current is None or self._current[0] is not file:
                return
            self._refused.add(_identity(file.path))
            log.event("directory-refused", number=file.number, reason=err.reason or err.code)
            self._current[1].retire()
            self._current = None


def _identity(path: Path) -> Identity:
    try:
        status = path.stat()
    except OSError:
        return (path.name, 0, 0)
    return (path.name, status.st_ino, status.st_mtime_ns)
