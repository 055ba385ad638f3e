"""A list of subjects (CSV) becomes the next directory, or nothing changes at all.

Rules
- Any error in any line: no directory is built, and every error is told with line, column and reason.
- Who is in the directory already (same id, same credit code, or same person and name) is updated and keeps the id; who is not in
  the list stays, unless the list replaces everything.
- An ID number is hashed as soon as it is checked; it is neither stored nor written into a log, an error or a report.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from kiosk.directory.build import SnapshotBuilder
from kiosk.directory.csv_source import Column, CsvError, CsvSource, Row, RowError
from kiosk.directory.files import snapshots
from kiosk.directory.ids import listed_id
from kiosk.directory.reader import Directory
from kiosk.directory.row_check import Entry, check_row
from kiosk.directory.snapshot import Snapshot
from kiosk.domain.subject import Subject, SubjectId
from kiosk.store.errors import StoreError
from kiosk.texts import Texts

MAX_ERRORS = 10_000
_TELL_EVERY = 1000
K = TypeVar("K")
Progress = Callable[[int, int, int], None]
"""Called with bytes read, bytes in all, and lines read."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it.

    ``file`` is the new directory, None after errors or a mere check; ``unused`` are columns that were not understood.
    """

    rows: int
    errors: tuple[RowError, ...]
    unused: tuple[str, ...] = ()
    file: Path | None = None
    added: int = 0
    updated: int = 0
    kept: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether reading was given up because there were too many errors."""
        return len(self.errors) >= MAX_ERRORS


@dataclass(frozen=True, slots=True)
class Order:
    """What to do. Nobody is born after ``today``; ``check_only`` builds nothing; ``replace`` drops whoever is not in the list."""

    folder: Path
    key: bytes
    lookup_key: bytes
    today: date
    built_at: datetime
    replace: bool = False
    check_only: bool = False


def import_csv(path: Path, order: Order, progress: Progress | None = None) -> Imported:
    """Read the list and, if all of it is right, build the next directory.

    Raises ``StoreError``, ``OSError``; then nothing has changed.
    """
    try:
        source = CsvSource(path)
    except CsvError as err:
        return Imported(0, tuple(err.errors))
    with source:
        _check_newest(order)
        return _import(source, order, progress)


def _import(source: CsvSource, order: Order, progress: Progress | None) -> Imported:
    with Directory.open(order.folder, order.key, may_be_missing=True) as before:
        reading = _Reading(source, order, before, progress)
        if order.check_only:
            for _ in reading.subjects():
                pass
            return reading.result()
        with SnapshotBuilder(order.folder, order.key) as builder:
            for subject, persons in reading.subjects():
                builder.add(subject, persons)
            if reading.errors:
                return reading.result()
            if not order.replace:
                for subject, persons in before.everybody():
                    if subject.id not in reading.replaced:
                        builder.add(subject, persons)
            file = builder.finish(order.built_at)
        return reading.result(file, builder.count)


def write_report(errors: Iterable[RowError], path: Path, texts: Texts) -> None:
    """The errors as a CSV that a spreadsheet opens: line, column, reason; nothing of what stood there."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([texts.get(f"import.heading.{name}") for name in ("line", "column", "reason")])
        writer.writerows((error.line or "", error.heading(texts), error.reason(texts)) for error in errors)


class _Reading:
    """Goes through the list once; subjects come out until the first error."""

    def __init__(self, source: CsvSource, order: Order, before: Directory, progress: Progress | None) -> None:
        self.errors: list[RowError] = []
        self.replaced: set[SubjectId] = set()
        self._source = source
        self._order = order
        self._before = before
        self._progress = progress
        self._rows = 0
        self._updated = 0
        self._codes: dict[str, int] = {}
        self._people: dict[tuple[bytes, str], int] = {}
        self._ids: dict[SubjectId, int] = {}

    def subjects(self) -> Iterator[tuple[Subject, tuple[bytes, ...]]]:
        for row in self._source.rows():
            self._rows += 1
            self._tell(self._rows % _TELL_EVERY == 0)
            entry = self._entry(row)
            if entry is not None and not self.errors:
                yield self._subject(entry), entry.persons
            if len(self.errors) >= MAX_ERRORS:
                break
        if not self._rows:
            self.errors.append(RowError(0, "noRows"))
        self._tell(True)

    def result(self, file: Path | None = None, subjects: int = 0) -> Imported:
        errors = tuple(self.errors[:MAX_ERRORS])
        added, kept = self._rows - self._updated, max(0, subjects - self._rows)
        if errors or file is None:
            return Imported(self._rows, errors, self._source.unused)
        return Imported(self._rows, (), self._source.unused, file, added, self._updated, kept)

    def _entry(self, row: Row | RowError) -> Entry | None:
        if isinstance(row, RowError):
            self.errors.append(row)
            return None
        entry = check_row(row, self._order.lookup_key, self._order.today)
        if isinstance(entry, list):
            self.errors.extend(entry)
            return None
        return entry if self._is_new(entry) else None

    def _is_new(self, entry: Entry) -> bool:
        """Whether no earlier line of this list is the same subject."""
        known = len(self.errors)
        if entry.credit_code:
            self._once(self._codes, entry.credit_code, entry.line, "codeTwice", Column.CREDIT_CODE)
        if entry.given_id:
            self._once(self._ids, SubjectId(entry.given_id), entry.line, "idTwice", Column.ID)
        for person in entry.persons:
            self._once(self._people, (person, entry.name), entry.line, "personTwice", Column.NAME)
        return len(self.errors) == known

    def _once(self, seen: dict[K, int], key: K, line: int, code: str, column: Column) -> None:
        first = seen.setdefault(key, line)
        if first != line:
            self.errors.append(RowError(line, code, column, (("value", str(first)),)))

    def _subject(self, entry: Entry) -> Subject:
        return Subject(
            id=self._id(entry),
            kind=entry.kind,
            name=entry.name,
            phone=entry.phone,
            base=entry.base,
            credit_code=entry.credit_code,
            person_name=entry.person_name,
            person_hash=entry.persons[0] if entry.persons else b"",
            status=entry.status,
        )

    def _id(self, entry: Entry) -> SubjectId:
        """Its own, else the one it had, else one drawn from what it is."""
        had = [number for number in self._twins(entry) if number not in self._ids or number == entry.given_id]
        self.replaced.update(had)
        self._updated += bool(had)
        if entry.given_id:
            return SubjectId(entry.given_id)
        chosen = (
            had[0] if had else listed_id(entry.credit_code, entry.persons[0] if entry.persons else b"", entry.name, self._is_taken)
        )
        self._ids[chosen] = entry.line
        return chosen

    def _twins(self, entry: Entry) -> list[SubjectId]:
        """Who this is in the directory before."""
        if not self._before.count:
            return []
        by_id = self._before.get(SubjectId(entry.given_id)) if entry.given_id else None
        same = [by_id] if by_id is not None else []
        same.extend(self._before.by_credit_code(entry.credit_code))
        same.extend(one for person in entry.persons for one in self._before.by_person(person) if one.name == entry.name)
        return list(dict.fromkeys(subject.id for subject in same))

    def _is_taken(self, number: SubjectId) -> bool:
        return number in self._ids or self._before.get(number) is not None

    def _tell(self, now: bool) -> None:
        if now and self._progress is not None:
            self._progress(self._source.done, self._source.size, self._rows)


def _check_newest(order: Order) -> None:
    """The directory before must open with this key: else its subjects would be lost, or the terminal could not read the new one."""
    newest = snapshots(order.folder)[:1]
    try:
        for file in newest:
            Snapshot.open(file.path, order.key).retire()
    except StoreError as err:
        if not order.replace or err.reason == "keyWrong":
            raise
