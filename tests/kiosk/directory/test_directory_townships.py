"""Towns and villages: complete, quick, and an address taken apart and put together is the same address."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.directory.divisions import load_divisions
from kiosk.directory.townships import Townships, load_townships, text_of
from kiosk.domain.subject import Place

PLACES = load_townships()
COUNTIES = load_divisions().counties()


@st.composite
def listed_places(draw: st.DrawFn) -> tuple[str, str, str]:
    county = draw(st.sampled_from(COUNTIES))
    town = draw(st.sampled_from(PLACES.towns(county.code)))
    village = draw(st.sampled_from(PLACES.villages(town.code)))
    return county.code, town.name, village.name


def test_every_county_has_towns_and_every_town_has_villages() -> None:
    for county in COUNTIES:
        towns = PLACES.towns(county.code)
        assert towns, county.name
        for town in towns:
            villages = PLACES.villages(town.code)
            assert villages, town.name
            assert len({village.name for village in villages}) == len(villages)
            assert all(len(village.name) == len(village.initials) for village in villages), town.name


def test_names_are_places_and_not_committees() -> None:
    names = [v.name for county in COUNTIES for town in PLACES.towns(county.code) for v in PLACES.villages(town.code)]
    assert len(names) > 21_000
    assert not [name for name in names if "委员" in name or "委会" in name or "虚拟" in name or "村村委" in name]


def test_no_town_repeats_the_county_that_stands_before_it() -> None:
    towns = [(county, town.name) for county in COUNTIES for town in PLACES.towns(county.code)]
    assert not [name for county, name in towns if name.startswith((county.city.name, county.name)) and name != county.name]


def test_a_county_that_is_not_ours_has_no_towns() -> None:
    assert PLACES.towns("130102") == ()
    assert PLACES.villages("130102001") == ()


def test_the_files_are_read_within_a_blink() -> None:
    fresh = Townships()
    begun = time.thread_time()  # its own time: what others do on the machine is no fault of it
    fresh.villages(fresh.towns("140703")[0].code)
    assert time.thread_time() - begun < 0.2, "reading both files; about 7 ms on a developer's machine"
    begun = time.thread_time()
    for town in fresh.towns("141124"):
        fresh.villages(town.code)
    fresh.search("141124", "x")
    assert time.thread_time() - begun < 0.1


def test_the_scenic_area_of_wutai_belongs_to_its_county() -> None:
    assert "台怀镇" in [town.name for town in PLACES.towns("140922")]


@given(listed_places())
def test_a_listed_place_put_together_and_taken_apart_is_the_same(place: tuple[str, str, str]) -> None:
    county = load_divisions().county(place[0])
    assert county is not None
    text = text_of(county, place[1], place[2])
    parts = PLACES.parse(text)
    assert (parts.county, parts.town, parts.village) == (county, place[1], place[2])
    assert PLACES.parse(f"山西省{text}").text == text
    assert PLACES.base_of(f"山西省{text}中街12号") == Place(county.code, text)


@given(
    st.text(alphabet="山西省晋中市太谷区县城关镇乡村社区街道南庄白12号 路", max_size=24), st.sampled_from(["", "140703", "140302"])
)
def test_taking_apart_loses_nothing_of_what_follows_the_county(text: str, county: str) -> None:
    parts = PLACES.parse(text, county)
    words = "".join(text.split())
    assert words.endswith(parts.town + parts.village)
    assert parts.text.endswith(parts.town + parts.village)


@pytest.mark.parametrize(
    ("address", "base"),
    [
        ("山西省晋中市太谷区明星镇南庄村12号", Place("140703", "晋中市太谷区明星镇南庄村")),
        ("山西省太谷县水秀乡白村中街3号", Place("140703", "晋中市太谷区水秀乡白村")),
        ("山西省晋中地区太谷县水秀镇白村", Place("140703", "晋中市太谷区水秀镇白村")),
        ("太谷区水秀镇北郭8号", Place("140703", "晋中市太谷区水秀镇北郭村")),
        ("山西省阳泉市城区上站街道", Place("140302", "阳泉市城区上站街道")),
        ("河北省石家庄市长安区建北街道12号", None),
        ("城区北街街道", None),
        ("", None),
    ],
)
def test_where_somebody_lives_is_known_down_to_the_village_and_no_further(address: str, base: Place | None) -> None:
    assert PLACES.base_of(address) == base


def test_initials_find_towns_and_villages_of_one_county() -> None:
    assert PLACES.search("140703", "SXZ") == ("水秀镇",)
    assert PLACES.search("140703", "nyjz") == ("南杨家庄村",)
    assert PLACES.search("140703", "") == ()
    assert PLACES.search("140703", "zzzz") == ()
    assert "水秀镇" not in PLACES.search("140702", "sxz")
