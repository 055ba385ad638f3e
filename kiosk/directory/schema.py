"""Tables of ``directory-N.db`` and a subject's way into a row and back.

Rules: written once, never changed; everything in it is personal, so it exists only encrypted. B-trees whose key is the text find
by prefix (names, initials) and by tail (phones and codes turned round); ``inside`` finds what stands within a name: contentless,
``detail=none``, uni- and bigrams as words. ``gram`` counts them, so that a search can begin with the rarest.
"""

from __future__ import annotations

from typing import Any

from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind, SubjectStatus

FORMAT = 1
"""Raised with every change of the tables or of ``words``: a file of another format is not read."""

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE subject (
        row INTEGER PRIMARY KEY, id INTEGER NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, name TEXT NOT NULL,
        phone TEXT NOT NULL, county TEXT NOT NULL, base TEXT NOT NULL, credit_code TEXT NOT NULL, person_name TEXT NOT NULL,
        person_hash BLOB NOT NULL)""",
    "CREATE TABLE person (hash BLOB NOT NULL, subject INTEGER NOT NULL, PRIMARY KEY (hash, subject)) WITHOUT ROWID",
    "CREATE TABLE name_key (text TEXT NOT NULL, subject INTEGER NOT NULL, PRIMARY KEY (text, subject)) WITHOUT ROWID",
    "CREATE TABLE initials_key (text TEXT NOT NULL, subject INTEGER NOT NULL, PRIMARY KEY (text, subject)) WITHOUT ROWID",
    "CREATE TABLE tail_key (text TEXT NOT NULL, subject INTEGER NOT NULL, PRIMARY KEY (text, subject)) WITHOUT ROWID",
    """CREATE TABLE place (
        county TEXT NOT NULL, subjects INTEGER NOT NULL, town TEXT NOT NULL, village TEXT NOT NULL,
        PRIMARY KEY (county, subjects, town, village)) WITHOUT ROWID""",
    "CREATE TABLE gram (text TEXT PRIMARY KEY, subjects INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE inside USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')",
)
INDEXES = ("CREATE UNIQUE INDEX ix_subject_id ON subject (id)",)

SUBJECT_COLUMNS = "id, kind, status, name, phone, county, base, credit_code, person_name, person_hash"


def subject_of(row: Any) -> Subject:
    """The subject of a row with ``SUBJECT_COLUMNS``."""
    number, kind, status, name, phone, county, base, credit_code, person_name, person_hash = row
    return Subject(
        id=SubjectId(number),
        kind=SubjectKind(kind),
        name=name,
        phone=phone,
        base=Place(county, base),
        credit_code=credit_code,
        person_name=person_name,
        person_hash=person_hash,
        status=SubjectStatus(status),
    )


def row_of(row: int, subject: Subject) -> tuple[object, ...]:
    """The values of a subject in the order of its table."""
    return (
        row,
        subject.id,
        subject.kind.value,
        subject.status.value,
        subject.name,
        subject.phone,
        subject.base.county,
        subject.base.text,
        subject.credit_code,
        subject.person_name,
        subject.person_hash,
    )
