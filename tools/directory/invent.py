"""Invented subjects: plausible names, impossible people.

Rules: every check digit is right, so each row passes the import; nobody can be meant. ID numbers begin with 1499, which no county
of the province has, and were born from 1900 to 1905; credit codes carry organisation codes from YY000000 on, phones begin with
1540: neither series is given out, as far as we know. Towns and villages are made up for each county. The same seed gives the same
rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

from stdnum.cn import ric, uscc

from kiosk.directory.divisions import County, load_divisions
from kiosk.domain.subject import SubjectKind, SubjectStatus

_SURNAMES = (
    "王李张刘陈杨赵郭高马郝武任白韩孙宋贾田吴梁段侯原冯闫曹薛董吕范杜邢史温石周崔苏胡牛卫康姚孟乔常程秦申裴尉单解仇翟祁荆尹雷樊柴靳"
)
_GIVEN = "国建华明文军平志强秀英玉兰春生海红梅永福贵林俊杰丽芳爱民小龙金凤桂花云霞根宝计栓虎拴柱喜旺德财有存银山河川润泽晓东艳萍翠莲香菊长重乐"
_BRANDS = "绿丰田源金禾瑞康兴盛益民新希望裕泰和顺晋汾太行吕梁雁门云丘恒昌惠农众鑫宏达祥泰沃野清泉"
_TRADES = (
    ("蔬菜", "蔬菜种植"),
    ("果业", "水果种植"),
    ("苹果", "苹果种植"),
    ("梨枣", "红枣种植"),
    ("食用菌", "食用菌种植"),
    ("养殖", "生猪养殖"),
    ("禽业", "蛋鸡养殖"),
    ("牧业", "肉羊养殖"),
    ("水产", "水产养殖"),
    ("农业", "种植"),
)
_TOWN_FRONT = "明阳东西南北上下大小新古龙凤金石水安永泰和义双白清河云岭"
_TOWN_BACK = "星城泉河山岭沟川原堡庄关口坪峪平安阳寨塔"
_VILLAGE_FRONT = "东西南北上下前后大小新老王李张刘郭马武高杨石柳枣槐桃梨杏井沙白红青"
_VILLAGE_BACK = "庄家沟坡堡岭峪河坪塬寨头洼湾垣窑社里"
_TOWNS = 12
_VILLAGES = 24
_BASE31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_OLDEST = date(1900, 1, 1)
_BIRTHDAYS = 2190
_KINDS = (
    (SubjectKind.FARMER, 0.70),
    (SubjectKind.FAMILY_FARM, 0.12),
    (SubjectKind.COOPERATIVE, 0.12),
    (SubjectKind.ENTERPRISE, 0.03),
    (SubjectKind.PURCHASER_PERSON, 0.02),
    (SubjectKind.PURCHASER_UNIT, 0.01),
)
_CODE_PREFIX = {
    SubjectKind.FAMILY_FARM: "92",
    SubjectKind.COOPERATIVE: "93",
    SubjectKind.ENTERPRISE: "91",
    SubjectKind.PURCHASER_UNIT: "91",
}


@dataclass(frozen=True, slots=True)
class Person:
    """An impossible person."""

    name: str
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invented:
    """One row of an invented register."""

    kind: SubjectKind
    status: SubjectStatus
    name: str
    credit_code: str
    persons: tuple[Person, ...]
    phone: str
    county: str
    place: str


def invent(count: int, seed: int = 1) -> Iterator[Invented]:
    """``count`` subjects, over all counties in turn, so that any number is spread over the province."""
    chance = random.Random(seed)
    counties = list(load_divisions().counties())
    chance.shuffle(counties)
    places = {county.code: _places(county, seed) for county in counties}
    kinds, weights = [kind for kind, _ in _KINDS], list(accumulate(weight for _, weight in _KINDS))
    surname_weights = list(accumulate(1 / (rank + 2) for rank in range(len(_SURNAMES))))
    last: Person | None = None
    for index in range(count):
        county = counties[index % len(counties)]
        kind = chance.choices(kinds, cum_weights=weights)[0]
        town, village = chance.choice(places[county.code])
        person = _person(chance, surname_weights, 2 * index)
        # One in thirty organisations belongs to the person before: people with several subjects must choose between them.
        if last is not None and kind in _CODE_PREFIX and chance.random() < 1 / 30:
            person = last
        persons = [person]
        if kind is SubjectKind.COOPERATIVE and chance.random() < 0.1:
            persons.append(_person(chance, surname_weights, 2 * index + 1))
        name, code = person.name, ""
        if kind in _CODE_PREFIX:
            name = _organisation(chance, kind, county, town)
            is_village_body = kind is SubjectKind.COOPERATIVE and chance.random() < 0.1
            if is_village_body:
                name = f"{county.name}{town}{village}{_brand(chance)}股份经济合作社"
            code = _credit_code("N2" if is_village_body else _CODE_PREFIX[kind], county, index)
        last = person
        yield Invented(
            kind=kind,
            status=SubjectStatus.SUSPENDED if chance.random() < 0.005 else SubjectStatus.ACTIVE,
            name=name,
            credit_code=code,
            persons=tuple(persons),
            phone=f"1540{(index * 7_654_321 + 417) % 10_000_000:07d}",
            county=county.code,
            place=f"{county.text}{town}{village}",
        )


def _places(county: County, seed: int) -> list[tuple[str, str]]:
    chance = random.Random(f"{seed}:{county.code}")
    towns: dict[str, None] = {}
    while len(towns) < _TOWNS:
        towns.setdefault(
            chance.choice(_TOWN_FRONT) + chance.choice(_TOWN_BACK) + chance.choices(("镇", "乡", "街道"), (6, 4, 1))[0]
        )
    found: dict[tuple[str, str], None] = {}
    for town in towns:
        until = len(found) + _VILLAGES
        while len(found) < until:
            found.setdefault((town, chance.choice(_VILLAGE_FRONT) + chance.choice(_VILLAGE_BACK) + "村"))
    return list(found)


def _person(chance: random.Random, surname_weights: list[float], index: int) -> Person:
    surname = chance.choices(_SURNAMES, cum_weights=surname_weights)[0]
    given = "".join(chance.choices(_GIVEN, k=1 if chance.random() < 0.2 else 2))
    prefix, rest = index % 100, index // 100
    born = _OLDEST + timedelta(days=rest % _BIRTHDAYS)
    front = f"1499{prefix:02d}{born:%Y%m%d}{rest // _BIRTHDAYS % 1000:03d}"
    return Person(surname + given, front + ric.calc_check_digit(front + "0"))


def _organisation(chance: random.Random, kind: SubjectKind, county: County, town: str) -> str:
    short, long = chance.choice(_TRADES)
    place = chance.choice((county.name, county.name, county.name + town, "山西" if kind is SubjectKind.ENTERPRISE else county.name))
    brand = _brand(chance) + (chance.choice(_GIVEN) if chance.random() < 0.5 else "")
    match kind:
        case SubjectKind.COOPERATIVE:
            return f"{place}{brand}{short}专业合作社"
        case SubjectKind.FAMILY_FARM:
            return f"{place}{brand}{chance.choice((short, long))}家庭农场"
        case SubjectKind.ENTERPRISE:
            return f"{place}{brand}{short}有限公司"
        case _:
            return f"{place}{brand}{short}购销部"


def _brand(chance: random.Random) -> str:
    return chance.choice(_BRANDS) + chance.choice(_BRANDS)


def _credit_code(prefix: str, county: County, index: int) -> str:
    digits = ""
    for _ in range(7):
        index, digit = divmod(index, 31)
        digits = _BASE31[digit] + digits
    front = f"{prefix}{county.code}YY{digits}"
    return front + str(uscc.calc_check_digit(front))
