"""A list of subjects as a spreadsheet saves it: encoding and delimiter found out, columns by their names, one row at a time.

Rules: what the file says is never repeated in an error; a row that cannot be read is an error with its line, not an exception.
Source: Chinese Excel saves "CSV" as GBK and "CSV UTF-8" with a byte order mark; WPS and LibreOffice save UTF-8 without one.
"""

from __future__ import annotations

import codecs
import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from kiosk.texts import Texts

_WORDS = Path(__file__).resolve().parent.parent / "data" / "import_words.toml"
_ENCODINGS = ("utf-8-sig", "gb18030")
_CHUNK = 1 << 20
_DELIMITERS = (",", "\t", ";")


class Column(StrEnum):
    """Columns that are understood. Values are keys of ``import_words.toml`` and of the texts."""

    NAME = "name"
    KIND = "kind"
    CREDIT_CODE = "credit_code"
    PERSON_NAME = "person_name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    COUNTY = "county"
    PLACE = "place"
    STATUS = "status"
    ID = "id"


REQUIRED = (Column.NAME, Column.KIND, Column.PHONE, Column.PLACE)


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong at one place.

    ``line`` counts as an editor does, 0 for the whole file; ``column`` is None for the whole line.
    """

    line: int
    code: str
    column: Column | None = None
    facts: tuple[tuple[str, str], ...] = ()

    def reason(self, texts: Texts) -> str:
        """The reason as a sentence."""
        return texts.get(f"import.error.{self.code}", self.facts)

    def heading(self, texts: Texts) -> str:
        """The column's name, or ""."""
        return texts.get(f"import.column.{self.column.value}") if self.column is not None else ""

    def sentence(self, texts: Texts) -> str:
        """Line, column and reason in one sentence."""
        if self.line == 0:
            return texts.get("import.wholeFile", [("reason", self.reason(texts))])
        where = self.heading(texts) or "—"
        return texts.get("import.line", [("line", str(self.line)), ("column", where), ("reason", self.reason(texts))])


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One line of the list: its number and its cells, trimmed. No ``repr``: it holds ID numbers."""

    line: int
    cells: Mapping[Column, str]

    def get(self, column: Column) -> str:
        """The cell, "" when it is empty or there is no such column."""
        return self.cells.get(column, "")


class CsvError(Exception):
    """The file as a whole cannot be read."""

    def __init__(self, errors: list[RowError]) -> None:
        self.errors = errors
        super().__init__(", ".join(error.code for error in errors))


class CsvSource:
    """An opened list.

    Raises ``CsvError`` when its encoding or its columns are not understood, ``OSError`` when there is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._file: TextIO = path.open(encoding=_encoding(path), newline="")
        try:
            delimiter = _delimiter(self._file.readline())
            self._file.seek(0)
            self._reader = csv.reader(self._file, delimiter=delimiter, strict=True)
            heading = self._heading()
            self._width = len(heading)
            self._columns, self.unused = _understood(heading)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> CsvSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def done(self) -> int:
        """Bytes read so far, of ``size``."""
        return self._file.buffer.tell()

    def rows(self) -> Iterator[Row | RowError]:
        """Every line that is not empty. After a line that breaks the table, nothing more is read."""
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:
                yield RowError(line, "csv")
                return
            while len(cells) > self._width and not cells[-1].strip():
                cells.pop()  # a spreadsheet pads lines
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != self._width:
                yield RowError(line, "cells", None, (("value", str(len(cells))), ("expected", str(self._width))))
                continue
            yield Row(line, {column: _clean(cells[at]) for column, at in self._columns.items()})

    def _heading(self) -> list[str]:
        try:
            heading = next(self._reader)
        except StopIteration:
            raise CsvError([RowError(0, "empty")]) from None
        except csv.Error as err:
            raise CsvError([RowError(1, "csv")]) from err
        while heading and not heading[-1].strip():
            heading.pop()
        return heading


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, list[str]]]:
    """The words of ``import_words.toml``: columns, kinds, statuses."""
    table: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return table


def meaning(table: str, word: str) -> str | None:
    """The key that a word of a list stands for, or None."""
    plain = _plain(word)
    return next((key for key, known in words()[table].items() if plain in map(_plain, known)), None)


def _understood(heading: list[str]) -> tuple[dict[Column, int], tuple[str, ...]]:
    columns: dict[Column, int] = {}
    unused: list[str] = []
    errors: list[RowError] = []
    for at, word in enumerate(heading):
        key = meaning("columns", word)
        if key is None:
            unused.append(word.strip())
        elif Column(key) in columns:
            errors.append(RowError(1, "columnTwice", Column(key)))
        else:
            columns[Column(key)] = at
    errors.extend(RowError(1, "columnMissing", column) for column in REQUIRED if column not in columns)
    if errors:
        raise CsvError(errors)
    return columns, tuple(word for word in unused if word)


def _encoding(path: Path) -> str:
    for name in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise CsvError([RowError(0, "encoding")])


def _delimiter(heading: str) -> str:
    return max(_DELIMITERS, key=heading.count)


def _clean(cell: str) -> str:
    """Without blanks around, and without the apostrophe or the ``="..."`` by which spreadsheets are told that digits are text."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.lstrip("'’").strip()


def _plain(word: str) -> str:
    return "".join(word.lower().replace("*", "").split())
