"""How far an account may see: the province, a city, a county or a township, by the leading digits of their codes.

Source: GB/T 2260 and 统计用区划代码, as in kiosk/data/divisions.csv and townships.csv: 14, 1407, 140726, 140726101.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kiosk.directory.divisions import load_divisions
from kiosk.directory.townships import load_townships

_SHAPE = re.compile(r"14(\d{2}|\d{4}|\d{7})?", re.ASCII)


class AreaLevel(StrEnum):
    """From wide to narrow."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"


_LEVELS = {2: AreaLevel.PROVINCE, 4: AreaLevel.CITY, 6: AreaLevel.COUNTY, 9: AreaLevel.TOWN}


@dataclass(frozen=True, slots=True)
class Area:
    """``prefix`` is what the codes of all places inside begin with. Raises ``ValueError`` for a place that is not there."""

    prefix: str

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.prefix) or not _exists(self.prefix):
            raise ValueError("no such area")

    @classmethod
    def parse(cls, code: str) -> Area:
        """From a full code too: 140000 is the province, 140700 a city. Raises ``ValueError``."""
        return cls(re.sub(r"(?<=^14)0000$|(?<=^14\d\d)00$", "", code))

    @property
    def level(self) -> AreaLevel:
        """How wide it is."""
        return _LEVELS[len(self.prefix)]

    @property
    def county(self) -> str:
        """The county it is or lies in; "" when it is wider."""
        return self.prefix[:6] if len(self.prefix) >= 6 else ""

    @property
    def name(self) -> str:
        """As people say it: ``山西省``, ``晋中市``, ``晋中市太谷区``, ``太谷区明星镇``."""
        match self.level:
            case AreaLevel.PROVINCE:
                return "山西省"
            case AreaLevel.CITY:
                return next(city.name for city in load_divisions().cities() if city.code.startswith(self.prefix))
            case AreaLevel.COUNTY:
                return county_text(self.prefix)
            case AreaLevel.TOWN:
                return county_name(self.county) + _towns(self.county)[self.prefix]

    def contains(self, other: Area) -> bool:
        """Whether all of ``other`` lies inside."""
        return other.prefix.startswith(self.prefix)


def county_name(code: str) -> str:
    """The name of a county; its code when it is no longer one."""
    county = load_divisions().county(code)
    return code if county is None else county.name


def county_text(code: str) -> str:
    """City and county: ``晋中市太谷区``; the code when it is no longer a county."""
    county = load_divisions().county(code)
    return code if county is None else county.text


def town_name(code: str) -> str:
    """The name of a township by its nine digits; the code when it is not in the list, "" for none."""
    return _towns(code[:6]).get(code, code)


def _exists(prefix: str) -> bool:
    if len(prefix) == 9:
        return prefix in _towns(prefix[:6])
    return any(county.code.startswith(prefix) for county in load_divisions().counties())


def _towns(county: str) -> dict[str, str]:
    return {town.code: town.name for town in load_townships().towns(county)} if county else {}
