"""The cities and counties of the province by their six-digit codes.

Source: kiosk/data/divisions.csv (GB/T 2260: 11 cities, 117 county-level units).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / "data" / "divisions.csv"


@dataclass(frozen=True, slots=True)
class City:
    """A prefecture-level city."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class County:
    """A county, district or county-level city."""

    code: str
    name: str
    city: City

    @property
    def text(self) -> str:
        """From the city down: ``晋中市太谷区``."""
        return self.city.name + self.name


class Divisions:
    """All divisions. Immutable."""

    def __init__(self, counties: dict[str, County]) -> None:
        self._counties = counties

    def cities(self) -> tuple[City, ...]:
        """The cities in the order of their codes."""
        return tuple(dict.fromkeys(county.city for county in self._counties.values()))

    def counties(self, city: str = "") -> tuple[County, ...]:
        """The counties of a city (its code), or all of them."""
        return tuple(county for county in self._counties.values() if not city or county.city.code == city)

    def county(self, code: str) -> County | None:
        """The county of a six-digit code, or None: not every code on old papers is still one."""
        return self._counties.get(code)


@lru_cache(maxsize=1)
def load_divisions(file: Path = _FILE) -> Divisions:
    """Read the file once."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    cities = {row["code"]: City(row["code"], row["name"]) for row in rows if row["level"] == "city"}
    return Divisions(
        {row["code"]: County(row["code"], row["name"], cities[row["parent"]]) for row in rows if row["level"] == "county"}
    )
