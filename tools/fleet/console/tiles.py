"""Where each county's square stands: a cartogram of tiles, grouped by city, north on top. Never a boundary.

Rules: every county has one square; the place of a city is roughly its place in the province, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kiosk.directory.divisions import County, load_divisions
from tools.fleet.area import Area

_BANDS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("140900", 7), ("140600", 3), ("140200", 5)),
    (("141100", 7), ("140100", 5), ("140300", 3)),
    (("141000", 9), ("140700", 6)),
    (("140800", 7), ("140400", 6), ("140500", 3)),
)
"""City and the number of columns of its block, from west to east, band after band from north to south."""


@dataclass(frozen=True, slots=True)
class CityBlock:
    """One city's squares, ``columns`` side by side."""

    code: str
    name: str
    columns: int
    counties: tuple[County, ...]


@lru_cache(maxsize=256)
def cartogram(area: Area) -> tuple[tuple[CityBlock, ...], ...]:
    """The bands with the counties that lie in the area, or that it lies in; nothing empty."""
    bands = (tuple(block for code, columns in band if (block := _block(code, columns, area)).counties) for band in _BANDS)
    return tuple(band for band in bands if band)


def short_name(county: County) -> str:
    """Without 县, 区 or 市 where more than one character is left: ``太谷``, but ``祁县``."""
    return county.name[:-1] if len(county.name) > 2 else county.name


def _block(city: str, columns: int, area: Area) -> CityBlock:
    inside = tuple(
        county for county in load_divisions().counties(city) if county.code.startswith(area.prefix) or county.code == area.county
    )
    name = next(each.name for each in load_divisions().cities() if each.code == city)
    return CityBlock(city, name, columns, inside)
