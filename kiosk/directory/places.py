"""Addresses in parts: ``晋中市太谷区明星镇南庄村`` is a county, a town and a village. Pure.

Source of the counties: kiosk/data/divisions.csv. Towns are told by the suffix that their names end with;
``townships`` knows better where the town is listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from kiosk.directory.divisions import County, Divisions
from kiosk.domain.subject import Place

_PROVINCE = re.compile(r"^山西省?")
_TOWN = re.compile(r"^.+?(?:街道办事处|街道办|街道|乡(?:镇|(?!镇))|镇|苏木|开发区|示范区|园区|农场|林场)")
_SHORT_AFTER = 2
"""A county's name without its suffix is understood only from this length on: 沁县 is never meant by 沁."""


@dataclass(frozen=True, slots=True)
class PlaceParts:
    """``county`` is None when the words name none; ``town`` and ``village`` may be empty."""

    county: County | None
    town: str
    village: str

    @property
    def text(self) -> str:
        """As it is printed: from the city down."""
        return (self.county.text if self.county is not None else "") + self.town + self.village


@dataclass(frozen=True, slots=True)
class TownVillage:
    """One distinct base in a county, as the register's subjects write it."""

    town: str
    village: str

    @property
    def text(self) -> str:
        """Both together, as they follow the county in an address."""
        return self.town + self.village


def split_place(text: str, divisions: Divisions, county: str = "") -> PlaceParts:
    """Take an address apart.

    ``county`` (six digits) decides where the words leave it open: there are two 城区, and many leave it out.
    """
    words = _PROVINCE.sub("", "".join(text.split()))
    hint = divisions.county(county) if county else None
    found, rest = _county(words, divisions, hint)
    town = _TOWN.match(rest)
    if town is None:
        return PlaceParts(found, "", rest)
    return PlaceParts(found, town.group(), rest[town.end() :])


def without_place(name: str, base: Place, divisions: Divisions, town: str = "") -> str:
    """A name without the places it begins with (``太谷区建国合作社`` becomes ``建国合作社``), or the name where nothing sensible is left."""
    county = divisions.county(base.county)
    if county is None:
        return name
    rest = name
    for word in ("山西", county.city.name, county.name, town):
        rest = _drop(rest, word)
    return rest if len(rest) > 1 else name


def _county(words: str, divisions: Divisions, hint: County | None) -> tuple[County | None, str]:
    table = _beginnings(divisions)
    for length in range(min(len(words), max(map(len, table))), 0, -1):  # the longest name that fits
        named = table.get(words[:length])
        if named is None:
            continue
        agreed = [county for county in named if county == hint] or named
        return (agreed[0], words[length:]) if len(agreed) == 1 else (None, words)
    if hint is not None and words.startswith(hint.city.name):
        return hint, words.removeprefix(hint.city.name)
    return hint, words


@lru_cache(maxsize=1)
def _beginnings(divisions: Divisions) -> dict[str, list[County]]:
    """What an address may begin with, and the counties that it then names."""
    table: dict[str, list[County]] = {}
    for county in divisions.counties():
        for words in (county.city.name + county.name, county.city.name[:-1] + county.name, county.name):
            table.setdefault(words, []).append(county)
    return table


def _drop(name: str, word: str) -> str:
    """``name`` without ``word`` in front, or without its short form and the suffix written behind it (太谷, 太谷区, 太谷县)."""
    if not word:
        return name
    if name.startswith(word):
        rest = name[len(word) :]
        return rest.removeprefix("省") if word == "山西" else rest
    short = word[:-1]
    if len(short) >= _SHORT_AFTER and name.startswith(short):
        return re.sub("^[省市县区镇乡]", "", name[len(short) :])
    return name
