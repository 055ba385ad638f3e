"""Invented subjects straight into a directory, without a list between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from kiosk.directory.build import SnapshotBuilder
from kiosk.directory.ids import listed_id
from kiosk.domain.identity import id_number_hash
from kiosk.domain.subject import Place, Subject, SubjectId
from tools.directory.invent import invent

Progress = Callable[[int, int], None]
"""Called with how many are done, and of how many."""
_TELL_EVERY = 10_000


def fill(folder: Path, key: bytes, lookup_key: bytes, count: int, seed: int = 1, progress: Progress | None = None) -> Path:
    """Build the next directory of ``folder`` with ``count`` invented subjects; return its file. Raises ``StoreError``."""
    with SnapshotBuilder(folder, key) as builder:
        for done, (subject, persons) in enumerate(invented_subjects(count, lookup_key, seed), start=1):
            builder.add(subject, persons)
            if progress is not None and (done % _TELL_EVERY == 0 or done == count):
                progress(done, count)
        return builder.finish(datetime.now(UTC))


def invented_subjects(count: int, lookup_key: bytes, seed: int = 1) -> Iterator[tuple[Subject, tuple[bytes, ...]]]:
    """Subjects as the import would make them, each with the hashes of its persons."""
    taken: set[SubjectId] = set()
    for row in invent(count, seed):
        persons = tuple(id_number_hash(person.id_number, lookup_key) for person in row.persons)
        chosen = listed_id(row.credit_code, persons[0], row.name, taken.__contains__)
        taken.add(chosen)
        subject = Subject(
            id=chosen,
            kind=row.kind,
            name=row.name,
            phone=row.phone,
            base=Place(row.county, row.place),
            credit_code=row.credit_code,
            person_name=row.persons[0].name,
            person_hash=persons[0],
            status=row.status,
        )
        yield subject, persons
