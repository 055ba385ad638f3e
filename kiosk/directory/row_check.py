"""One line of a list becomes a subject without an id, or errors that say column and reason. Pure.

Rules: every fault of a line is reported, not only the first; an ID number leaves here only as its keyed hash.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from kiosk.directory.csv_source import Column, Row, RowError, meaning, words
from kiosk.directory.divisions import County, load_divisions
from kiosk.directory.ids import MAX_LISTED
from kiosk.directory.keys import parts_of
from kiosk.domain.identity import IdentityError, id_number_hash, parse_credit_code, parse_id_number, parse_phone
from kiosk.domain.subject import Place, SubjectId, SubjectKind, SubjectStatus

T = TypeVar("T")
MAX_NAME = 60
MAX_PLACE = 80
_NEED_CODE = (SubjectKind.ENTERPRISE, SubjectKind.COOPERATIVE, SubjectKind.PURCHASER_UNIT)
_NEED_PERSON = (SubjectKind.FARMER, SubjectKind.PURCHASER_PERSON)
_BETWEEN_PEOPLE = re.compile(r"[、,，;；/\n]")
_SPOILT = re.compile(r"[\d.]+E\+?\d+|\d+\.0*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that is right.

    ``persons``: the hashes of all who may promise, the responsible one first; ``given_id`` 0 when the list gives none.
    """

    line: int
    kind: SubjectKind
    status: SubjectStatus
    given_id: int
    credit_code: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    base: Place = field(repr=False)
    person_name: str = field(repr=False)
    persons: tuple[bytes, ...] = field(repr=False)


def check_row(row: Row, lookup_key: bytes, today: date) -> Entry | list[RowError]:
    """The entry of a line, or everything that is wrong with it."""
    check = _Check(row)
    kind = check.read(Column.KIND, lambda text: SubjectKind(_word("kinds", text)))
    status = check.read(Column.STATUS, lambda text: SubjectStatus(_word("statuses", text)), SubjectStatus.ACTIVE)
    name = check.read(Column.NAME, _name)
    phone = check.read(Column.PHONE, lambda text: _identity("phone", parse_phone, text))
    code = check.read(Column.CREDIT_CODE, lambda text: _identity("creditCode", parse_credit_code, text), "")
    given_id = check.read(Column.ID, _id, 0)
    base = check.base()
    people, numbers = check.people(today)
    if kind in _NEED_CODE and not row.get(Column.CREDIT_CODE):
        check.fail(Column.CREDIT_CODE, "codeNeeded")
    if kind in _NEED_PERSON and not (row.get(Column.ID_NUMBER) and row.get(Column.PERSON_NAME)):
        check.fail(Column.ID_NUMBER, "personNeeded")
    if (
        check.errors
        or kind is None
        or status is None
        or name is None
        or phone is None
        or code is None
        or given_id is None
        or base is None
    ):
        return check.errors
    hashes = tuple(dict.fromkeys(id_number_hash(number, lookup_key) for number in numbers))
    return Entry(row.line, kind, status, given_id, code, name, phone, base, people[0] if people else "", hashes)


class _Refused(Exception):
    def __init__(self, code: str, **facts: str) -> None:
        self.code = code
        self.facts = tuple(facts.items())
        super().__init__(code)


class _Check:
    """Reads the cells of one line and collects what is wrong."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.errors: list[RowError] = []

    def fail(self, column: Column, code: str, facts: tuple[tuple[str, str], ...] = ()) -> None:
        self.errors.append(RowError(self._row.line, code, column, facts))

    def read(self, column: Column, parse: Callable[[str], T], default: T | None = None) -> T | None:
        text = self._row.get(column)
        if not text:
            if default is None:
                self.fail(column, "missing")
            return default
        try:
            return parse(_printable(text))
        except _Refused as err:
            self.fail(column, err.code, err.facts)
            return None

    def base(self) -> Place | None:
        """The base as it will be printed, from the city down; the county from its code, or else from the words."""
        code = self._row.get(Column.COUNTY)
        given: County | None = None
        if code:
            given = load_divisions().county(code[:6]) if code.isdigit() and len(code) in (6, 9, 12) else None
            if given is None:
                self.fail(Column.COUNTY, "spreadsheet" if _SPOILT.fullmatch(code) else "countyUnknown")
                return None
        text = self.read(Column.PLACE, lambda words: _limited(words, MAX_PLACE))
        if text is None:
            return None
        parts = parts_of(text, given.code if given is not None else "")
        if parts.county is None:
            self.fail(Column.COUNTY, "countyOpen")
        elif given is not None and parts.county != given:
            self.fail(Column.COUNTY, "countyOther")
        elif not parts.town + parts.village:
            self.fail(Column.PLACE, "notAPlace")
        else:
            return Place(parts.county.code, parts.text)
        return None

    def people(self, today: date) -> tuple[list[str], list[str]]:
        """Names and ID numbers, as many of the one as of the other."""
        names = _several(self._row.get(Column.PERSON_NAME))
        cells = _several(self._row.get(Column.ID_NUMBER))
        numbers: list[str] = []
        for cell in cells:
            try:
                numbers.append(_identity("idNumber", lambda text: parse_id_number(text, today), cell))
            except _Refused as err:
                self.fail(Column.ID_NUMBER, err.code, err.facts)
        if cells and len(names) != len(cells):
            self.fail(Column.PERSON_NAME, "idCount", (("people", str(len(names))), ("numbers", str(len(cells)))))
        for name in names:
            try:
                _name(_printable(name))
            except _Refused as err:
                self.fail(Column.PERSON_NAME, err.code, err.facts)
        return names, numbers


def _word(table: str, text: str) -> str:
    key = meaning(table, text)
    if key is None:
        raise _Refused("unknownWord", allowed="、".join(known[0] for known in words()[table].values()))
    return key


def _name(text: str) -> str:
    if len(text) < 2:
        raise _Refused("notAName")
    return _limited(text, MAX_NAME)


def _limited(text: str, most: int) -> str:
    if len(text) > most:
        raise _Refused("tooLong", most=str(most))
    return text


def _id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= MAX_LISTED):
        raise _Refused("badId", most=str(MAX_LISTED))
    return SubjectId(int(text))


def _identity(kind: str, parse: Callable[[str], str], text: str) -> str:
    if _SPOILT.fullmatch(text):
        raise _Refused("spreadsheet")
    try:
        return parse(text)
    except IdentityError as err:
        raise _Refused(f"{kind}.{err.code}") from err


def _printable(text: str) -> str:
    text = "".join(text.splitlines())  # a cell written on two lines means one text
    if any(unicodedata.category(c) in ("Cc", "Cs", "Cn") or c == "�" for c in text):
        raise _Refused("badCharacter")
    # Zero-width and direction marks come along with copied text; nobody sees or means them.
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def _several(cell: str) -> list[str]:
    return [part.strip() for part in _BETWEEN_PEOPLE.split(cell) if part.strip()]
