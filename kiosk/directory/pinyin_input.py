"""Chinese by letters: which characters can be meant by what was spelled so far. Pure but for one file, read on first use.

Rules: whole readings before longer ones, within each the order of the file (the most useful first); ``v`` and ``u`` both stand for ü.
Source: kiosk/data/pinyin_characters.csv (PLACES.md says how its order was made).
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "data" / "pinyin_characters.csv"
_LONGEST = 6


def candidates(letters: str) -> tuple[str, ...]:
    """Characters whose reading is ``letters``, then those whose reading begins so. None for letters that begin no reading.

    Capitals do not matter.
    """
    return _candidates(letters.lower()) if 0 < len(letters) <= _LONGEST else ()


def next_letters(letters: str) -> frozenset[str]:
    """The letters that can follow and still spell something."""
    wanted = letters.lower()
    known = _readings()
    return frozenset(r[len(s)] for s in _spellings(wanted) for r in known if r.startswith(s) and len(r) > len(s))


@lru_cache(maxsize=512)
def _candidates(letters: str) -> tuple[str, ...]:
    found: list[tuple[bool, int, str]] = []
    for spelled in _spellings(letters):
        for reading, characters in _readings().items():
            if reading.startswith(spelled):
                found += [(reading != spelled, rank, character) for rank, character in characters]
    return tuple(dict.fromkeys(character for _, _, character in sorted(found)))


def _spellings(letters: str) -> tuple[str, ...]:
    """``lu`` may mean ``lv`` (绿): keyboards differ."""
    return (letters, letters[0] + "v" + letters[2:]) if letters[:2] in ("lu", "nu") else (letters,)


@lru_cache(maxsize=1)
def _readings() -> dict[str, list[tuple[int, str]]]:
    """By reading: rank and character, in the order of the file."""
    table: dict[str, list[tuple[int, str]]] = {}
    with _FILE.open(encoding="utf-8", newline="") as opened:
        for rank, row in enumerate(csv.DictReader(opened)):
            table.setdefault(row["reading"], []).append((rank, row["character"]))
    return table
