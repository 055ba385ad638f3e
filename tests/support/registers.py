"""Registers for tests: real SQLCipher files with invented subjects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kiosk.directory.build import build_directory
from kiosk.directory.keys import search_keys
from kiosk.directory.search import MAX_QUERY, MIN_TAIL
from kiosk.directory.words import fold
from kiosk.domain.subject import Subject, SubjectId, SubjectKind
from support.builders import VILLAGE

KEY = b"directory-key-of-the-tests-32-b!"
LOOKUP_KEY = b"lookup-key-of-the-tests-32-bytes"


def subject(number: int, name: str, **changes: object) -> Subject:
    """A farmer whose person has the same name."""
    fields: dict[str, object] = {
        "id": SubjectId(number),
        "kind": SubjectKind.FARMER,
        "name": name,
        "phone": f"1540{number:07d}",
        "base": VILLAGE,
        "person_name": name,
        "person_hash": number.to_bytes(32, "big"),
    }
    return Subject(**{**fields, **changes})  # type: ignore[arg-type]


def build(folder: Path, subjects: Sequence[Subject], key: bytes = KEY) -> Path:
    """The next directory with these subjects."""
    return build_directory(folder, key, ((one, ()) for one in subjects))


def searched_by_hand(subjects: Sequence[Subject], query: str, limit: int) -> list[SubjectId]:
    """What a search has to answer, by looking at every subject."""
    wanted = fold(query)
    digits = wanted.isascii() and wanted.isdigit()
    if not wanted or len(wanted) > MAX_QUERY or (digits and len(wanted) < MIN_TAIL):
        return []
    keys = [(row, search_keys(one)) for row, one in enumerate(subjects)]
    stages: list[list[tuple[str, int]]] = []
    if wanted.isascii() and len(wanted) >= MIN_TAIL:
        stages.append([(text, row) for row, key in keys for text in key.tails if text.startswith(wanted[::-1])])
    if wanted.isascii() and not digits:
        stages.append([(text, row) for row, key in keys for text in key.initials if text.startswith(wanted)])
    stages.append([(text, row) for row, key in keys for text in key.names if text.startswith(wanted)])
    stages.append([("", row) for row, key in keys if any(wanted in text for text in key.insides)])
    rows = dict.fromkeys(row for stage in stages for _, row in sorted(stage, key=lambda hit: (hit[0].encode(), hit[1])))
    return [subjects[row].id for row in rows][:limit]
