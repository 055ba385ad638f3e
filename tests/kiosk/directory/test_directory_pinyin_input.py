"""Letters to characters: every character that a name here needs can be spelled, the likely ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.directory.catalogue import load_catalogue
from kiosk.directory.divisions import load_divisions
from kiosk.directory.pinyin_input import _readings, candidates, next_letters
from kiosk.directory.townships import load_townships

READINGS = sorted(_readings())


@pytest.mark.parametrize(("letters", "first"), [("cun", "村"), ("zhuang", "庄"), ("nan", "南"), ("ZHEN", "镇"), ("taigu", "")])
def test_the_character_of_places_comes_first(letters: str, first: str) -> None:
    assert candidates(letters)[:1] == ((first,) if first else ())


def test_a_beginning_finds_longer_readings_after_the_whole_one() -> None:
    found = candidates("xi")
    whole = [character for _, character in _readings()["xi"]]
    assert list(found[: len(whole)]) == whole
    assert "新" in found[len(whole) :]


@pytest.mark.parametrize("letters", ["lv", "lu", "LU"])
def test_two_dots_may_be_spelled_both_ways(letters: str) -> None:
    assert "绿" in candidates(letters)


@pytest.mark.parametrize("letters", ["", "xx", "vv", "zhuangg", "1", "村"])
def test_what_spells_nothing_finds_nothing(letters: str) -> None:
    assert candidates(letters) == ()


def test_every_character_of_our_places_and_products_can_be_spelled() -> None:
    places = load_townships()
    names = {product.name for product in load_catalogue().all()}
    for county in load_divisions().counties():
        names.add(county.text)
        for town in places.towns(county.code):
            names.add(town.name)
            names.update(village.name for village in places.villages(town.code))
    spelled = {character for rows in _readings().values() for _, character in rows}
    assert not {character for name in names for character in name if character.isalpha() and not character.isascii()} - spelled


@given(st.sampled_from(READINGS))
def test_a_reading_can_be_reached_by_letters_that_are_offered(reading: str) -> None:
    for length in range(len(reading)):
        assert reading[length] in next_letters(reading[:length])
    assert candidates(reading)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=6))
def test_offered_letters_and_candidates_agree(letters: str) -> None:
    found = candidates(letters)
    assert len(set(found)) == len(found)
    assert bool(found) == bool(next_letters(letters) or letters in _readings())
    for letter in next_letters(letters):
        assert set(candidates(letters + letter)) <= set(found)
