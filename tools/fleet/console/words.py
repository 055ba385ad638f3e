"""The console's words for the codes of the fleet: states, devices, metrics, alerts, jobs. The words themselves stand in words.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Word:
    """``text`` is the short word, ``says`` what it means for the farmer or what to do next; ``tone`` is good, care, stop, quiet or busy."""

    text: str
    says: str = ""
    icon: str = "dot"
    tone: str = "quiet"


class Words:
    """All tables. A code that has no word is shown as it is: nothing may vanish because it is new."""

    def __init__(self, tables: Mapping[str, Mapping[str, Word]]) -> None:
        self._tables = tables

    def __call__(self, table: str, code: object) -> Word:
        """The word of a code. Raises ``KeyError`` only for a table that is not there."""
        return self._tables[table].get(str(code), Word(str(code)))

    def codes(self, table: str) -> tuple[str, ...]:
        """The codes of a table in the order of the file."""
        return tuple(self._tables[table])


@lru_cache(maxsize=1)
def load_words(file: Path = _FILE) -> Words:
    """Read the file once."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return Words({table: {code: _word(value) for code, value in rows.items()} for table, rows in raw.items()})


def _word(value: str | dict[str, str]) -> Word:
    return Word(value) if isinstance(value, str) else Word(**value)
