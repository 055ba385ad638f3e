"""Addresses in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.directory.divisions import load_divisions
from kiosk.directory.places import split_place, without_place
from support.builders import VILLAGE

DIVISIONS = load_divisions()


@pytest.mark.parametrize(
    ("text", "code", "town", "village"),
    [
        ("晋中市太谷区明星镇南庄村", "140703", "明星镇", "南庄村"),
        ("山西省晋中市太谷区明星镇南庄村", "140703", "明星镇", "南庄村"),
        ("太谷区明星镇南庄村3组", "140703", "明星镇", "南庄村3组"),
        (" 晋中市 太谷区 明星镇 ", "140703", "明星镇", ""),
        ("晋中市太谷区南庄村", "140703", "", "南庄村"),
        ("晋中市太谷区", "140703", "", ""),
        ("晋中太谷区明星镇", "140703", "明星镇", ""),
        ("晋城市城区北街街道办事处某社区", "140502", "北街街道办事处", "某社区"),
        ("阳泉市城区上站街道", "140302", "上站街道", ""),
        ("乡宁县昌宁镇", "141029", "昌宁镇", ""),
        ("长治市长子县大堡头镇东村", "140428", "大堡头镇", "东村"),
        ("平遥县镇川镇上村", "140728", "镇川镇", "上村"),
        ("太谷区西乡镇东村", "140703", "西乡镇", "东村"),  # a town whose name ends in 乡
        ("太谷区两渡镇乡村", "140703", "两渡镇", "乡村"),
        ("太谷区小白乡镇东庄", "140703", "小白乡镇", "东庄"),  # cannot be told apart: the longer town is taken
    ],
)
def test_an_address_is_county_town_and_village(text: str, code: str, town: str, village: str) -> None:
    parts = split_place(text, DIVISIONS)
    assert parts.county is not None
    assert (parts.county.code, parts.town, parts.village) == (code, town, village)


def test_what_the_words_leave_open_the_code_decides() -> None:
    assert split_place("城区北街街道", DIVISIONS).county is None  # there are two
    for code in ("140302", "140502"):
        decided = split_place("城区北街街道", DIVISIONS, code)
        assert decided.county == DIVISIONS.county(code)
        assert decided.town == "北街街道"
    assert split_place("明星镇南庄村", DIVISIONS).county is None
    assert split_place("明星镇南庄村", DIVISIONS, "140703").text == "晋中市太谷区明星镇南庄村"
    assert split_place("晋中市明星镇南庄村", DIVISIONS, "140703").text == "晋中市太谷区明星镇南庄村"


def test_the_words_are_believed_before_the_code() -> None:
    county = split_place("晋中市祁县东观镇", DIVISIONS, "140703").county
    assert county is not None
    assert county.name == "祁县"


@given(
    st.sampled_from(DIVISIONS.counties()),
    st.text("明星北洸东观上下", min_size=1, max_size=3),
    st.sampled_from(["镇", "乡", "街道"]),
    st.text("南庄东沟村坡", max_size=5),
)
def test_every_county_is_recognised_and_no_character_is_lost(county: object, front: str, suffix: str, village: str) -> None:
    text = f"{county.text}{front}{suffix}{village}"  # type: ignore[attr-defined]
    parts = split_place(text, DIVISIONS)
    assert (parts.county, parts.town, parts.village) == (county, front + suffix, village)
    assert parts.text == text


@given(st.text(max_size=30), st.sampled_from(["", "140703", "149999", "x"]))
def test_any_words_can_be_taken_apart(text: str, code: str) -> None:
    parts = split_place(text, DIVISIONS, code)
    assert (parts.town + parts.village) in "".join(text.split())


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("太谷区建国合作社", "建国合作社"),
        ("太谷县建国合作社", "建国合作社"),  # its name until 2019
        ("太谷建国合作社", "建国合作社"),
        ("山西省晋中市太谷区明星镇建国合作社", "建国合作社"),
        ("山西晋中建国", "建国"),
        ("太谷区社", "太谷区社"),  # one character is no name
        ("建国合作社", "建国合作社"),
    ],
)
def test_a_name_is_also_known_without_the_places_in_front(name: str, short: str) -> None:
    assert without_place(name, VILLAGE, DIVISIONS, "明星镇") == short
