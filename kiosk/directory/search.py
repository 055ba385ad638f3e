"""From a few typed or scanned characters to subjects, within 10 ms over a million of them.

Order of answers: what a scanned code names; tails of phones and codes; initials; names that begin so; names that contain it.
Within a stage by the key's text, then as the register lists them. What is too short to mean anybody (under ``MIN_TAIL`` digits)
finds nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kiosk.directory.schema import SUBJECT_COLUMNS, subject_of
from kiosk.directory.subject_code import read_subject_code
from kiosk.directory.words import fold, query_grams, tail
from kiosk.domain.subject import Subject

MIN_TAIL = 4
MAX_QUERY = 40
"""Longer than any name; a scanned page of text is not a question."""
MAX_LOOKED_AT = 128
"""So many names with the rarest bigrams are read at most: beyond that, a question is too common to be answered by reading on."""
_RAREST = 3
_WORTH = 500
"""A further word spares names that would be read in vain, and costs a walk through its own list: 0.01 us an entry against 5 to 15 us
a name (measured)."""
_LAST = "\U0010ffff"


def find_rows(connection: Any, query: str, limit: int) -> list[int]:
    """Rows of at most ``limit`` subjects, the best first."""
    if limit < 1:
        return []
    scanned = _scanned(connection, query)
    if scanned is not None:
        return scanned[:limit]
    wanted = fold(query)
    if not wanted or len(wanted) > MAX_QUERY or (_is_number(wanted) and len(wanted) < MIN_TAIL):
        return []
    found: dict[int, None] = {}
    for row in _all_stages(connection, wanted, found):
        found.setdefault(row)
        if len(found) == limit:
            break
    return list(found)


def subjects(connection: Any, rows: list[int]) -> list[Subject]:
    """The subjects of these rows, in their order."""
    marks = ",".join("?" * len(rows))
    known = {
        row: subject_of(values)
        for row, *values in connection.execute(f"SELECT row, {SUBJECT_COLUMNS} FROM subject WHERE row IN ({marks})", rows)
    }
    return [known[row] for row in rows]


def _all_stages(connection: Any, wanted: str, found: dict[int, None]) -> Iterator[int]:
    ascii_only = wanted.isascii()
    if ascii_only and len(wanted) >= MIN_TAIL:
        yield from _by_prefix(connection, "tail_key", tail(wanted))
    if ascii_only and not _is_number(wanted):
        yield from _by_prefix(connection, "initials_key", wanted)
    yield from _by_prefix(connection, "name_key", wanted)
    yield from _inside(connection, wanted, found)


def _scanned(connection: Any, query: str) -> list[int] | None:
    named = read_subject_code(query)
    if named is None:
        return None
    if named.id is not None:
        return [row for (row,) in connection.execute("SELECT row FROM subject WHERE id = ?", (named.id,))]
    return [row for (row,) in connection.execute("SELECT subject FROM tail_key WHERE text = ?", (tail(named.credit_code),))]


def _by_prefix(connection: Any, table: str, prefix: str) -> Iterator[int]:
    rows = connection.execute(
        f"SELECT subject FROM {table} WHERE text >= ? AND text < ? ORDER BY text, subject", (prefix, prefix + _LAST)
    )
    return (row for (row,) in rows)


def _inside(connection: Any, wanted: str, found: dict[int, None]) -> Iterator[int]:
    words = query_grams(wanted)
    marks = ",".join("?" * len(words))
    counts = connection.execute(f"SELECT text, subjects FROM gram WHERE text IN ({marks}) ORDER BY subjects", words).fetchall()
    if len(counts) < len(words):
        return
    asked = [text for text, count in counts[:_RAREST] if count <= _WORTH * counts[0][1]]
    hits = connection.execute("SELECT rowid FROM inside WHERE inside MATCH ?", (" AND ".join(f'"{text}"' for text in asked),))
    looked_at = 0
    for (row,) in hits:
        if row in found:
            continue
        if len(words) == 1 or _contains(connection, row, wanted):
            yield row
            continue
        looked_at += 1
        if looked_at > MAX_LOOKED_AT:
            return


def _contains(connection: Any, row: int, wanted: str) -> bool:
    (name, person) = connection.execute("SELECT name, person_name FROM subject WHERE row = ?", (row,)).fetchone()
    return wanted in fold(name) or wanted in fold(person)


def _is_number(wanted: str) -> bool:
    return wanted.isascii() and wanted.isdigit()
