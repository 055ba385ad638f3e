"""Towns and villages of the province by county: to choose from, to spell, and to take an address apart with.

Rules: read on first use, 0.4 MB of text; a name that is not listed is no error, people live in places that no list knows.
Source: kiosk/data/townships.csv and villages.csv (PLACES.md says where they come from).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from kiosk.directory.divisions import County, Divisions, load_divisions
from kiosk.directory.places import PlaceParts, split_place
from kiosk.domain.subject import Place

DATA = Path(__file__).resolve().parent.parent / "data"

_PROVINCE = re.compile(r"^山西省?")
_SUFFIXES = "县市区"
_BEFORE_NUMBER = re.compile(r"^[^0-9０-９]+")
_VILLAGE = re.compile(r"^.+(?:村|社区)")


@dataclass(frozen=True, slots=True)
class Town:
    """A town, township or street office: nine digits (统计用区划代码), name, pinyin initials."""

    code: str
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class Village:
    """A village or community of a town."""

    name: str
    initials: str


class Townships:
    """All towns and villages. May be read from any thread."""

    def __init__(self, folder: Path = DATA, divisions: Divisions | None = None) -> None:
        self._folder = folder
        self.divisions = divisions or load_divisions()

    def towns(self, county: str) -> tuple[Town, ...]:
        """The towns of a county (six digits), in the order of their codes; none for a county that is not ours."""
        return self._towns.get(county, ())

    def villages(self, town: str) -> tuple[Village, ...]:
        """The villages of a town (nine digits), in the order of their codes."""
        names, initials = self._villages.get(town, ("", ""))
        return tuple(Village(name, letters) for name, letters in zip(names.split(), initials.split(), strict=True))

    def search(self, county: str, letters: str) -> tuple[str, ...]:
        """Names of towns and villages of a county whose initials begin with ``letters``: whole matches first, then shorter names."""
        wanted = letters.lower()
        if not wanted:
            return ()
        hits = {name: initials for name, initials in self._names(county) if initials.startswith(wanted)}
        return tuple(sorted(hits, key=lambda name: (hits[name] != wanted, len(name), name)))

    def parse(self, text: str, county: str = "") -> PlaceParts:
        """Take an address apart without losing a character but 山西省 and blanks. ``county`` decides where the words name none, or two.

        A county's former name counts as its own (太谷县 is 太谷区 today). The village is everything after the town.
        """
        words = self._with_present_name(_PROVINCE.sub("", "".join(text.split())))
        rough = split_place(words, self.divisions, county)
        if rough.county is None:
            return rough
        rest = rough.town + rough.village
        town = self._town_before(rest, rough.county.code)
        return PlaceParts(rough.county, town, rest.removeprefix(town)) if town else rough

    def base_of(self, address: str) -> Place | None:
        """Where somebody lives, down to the village, without street and house number. None when the address names no county of ours."""
        parts = self.parse(address)
        if parts.county is None:
            return None
        return Place(parts.county.code, text_of(parts.county, parts.town, self._listed(parts)))

    def _listed(self, parts: PlaceParts) -> str:
        """The village at the beginning of what follows the town."""
        listed = [v.name for town in self._of_name(parts) for v in self.villages(town.code)]
        known = [name for name in listed if parts.village.startswith(name)]
        if known:
            return max(known, key=len)
        before = _BEFORE_NUMBER.match(parts.village)
        stem = before.group() if before is not None else ""
        if f"{stem}村" in listed:
            return f"{stem}村"
        ending = _VILLAGE.match(stem)
        return ending.group() if ending is not None else stem

    def _of_name(self, parts: PlaceParts) -> list[Town]:
        return [town for town in self.towns(parts.county.code if parts.county else "") if town.name == parts.town]

    def _town_before(self, rest: str, county: str) -> str:
        """The listed town that ``rest`` begins with: one whose village follows, else the longest name, "" for none."""
        fitting = sorted((town for town in self.towns(county) if rest.startswith(town.name)), key=lambda town: -len(town.name))
        for town in fitting:
            after = rest.removeprefix(town.name)
            if any(after == village.name for village in self.villages(town.code)):
                return town.name
        return fitting[0].name if fitting else ""

    def _with_present_name(self, words: str) -> str:
        """``words`` with a county's present name where it begins with a former one."""
        for county in self.divisions.counties():
            stem = county.name[:-1]
            if len(stem) < 2:
                continue
            for before in ("", county.city.name, f"{county.city.name[:-1]}地区"):
                start = before + stem
                if words.startswith(start) and words[len(start) : len(start) + 1] in tuple(_SUFFIXES):
                    return county.text + words[len(start) + 1 :]
        return words

    def _names(self, county: str) -> Iterator[tuple[str, str]]:
        for town in self.towns(county):
            yield town.name, town.initials
        for town in self.towns(county):
            yield from ((village.name, village.initials) for village in self.villages(town.code))

    @cached_property
    def _towns(self) -> dict[str, tuple[Town, ...]]:
        found: dict[str, list[Town]] = {}
        for row in _rows(self._folder / "townships.csv"):
            found.setdefault(row["county"], []).append(Town(row["code"], row["name"], row["initials"]))
        return {county: tuple(towns) for county, towns in found.items()}

    @cached_property
    def _villages(self) -> dict[str, tuple[str, str]]:
        return {row["town"]: (row["names"], row["initials"]) for row in _rows(self._folder / "villages.csv")}


def text_of(county: County, town: str = "", village: str = "") -> str:
    """A place as it is printed: ``晋中市太谷区明星镇南庄村``."""
    return county.text + town + village


@lru_cache(maxsize=1)
def load_townships() -> Townships:
    """The one table of this process; its files are read when they are first needed."""
    return Townships()


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)
