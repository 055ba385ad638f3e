"""Fonts, rare characters and Chinese line breaks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from kiosk.label.text import BOLD_CHAIN, REGULAR_CHAIN, Style, font_book

BOOK = font_book()


def test_characters_beyond_gbk_have_a_font() -> None:
    assert BOOK.missing("王㛃𬭎𠮷龘䶮") == ""


def test_a_character_without_a_font_is_reported_and_still_drawn() -> None:
    strange = "\U000f1234"
    assert BOOK.missing(f"王{strange}") == strange
    assert any(BOOK.render_alpha(strange, Style(32)).data)


@given(st.text(st.sampled_from("未使用禁用农药、兽药；（规定）“好”。13800000417"), min_size=1, max_size=60), st.integers(60, 400))
def test_no_line_begins_with_closing_or_ends_with_opening_punctuation(text: str, width: int) -> None:
    lines = [line for line in BOOK.wrap(text, Style(20), width) if line]
    joined = "".join(line.replace(" ", "") for line in lines)
    assert joined == text.replace(" ", "").replace("\n", "")
    for before, after in pairwise(lines):
        if len(before) > 1 and not (before + after).isascii():
            assert after[0] not in "、；）”。" or all(c in "、；）”。" for c in before)


def test_a_phone_number_is_never_broken() -> None:
    for width in range(160, 400, 7):
        assert any("13800000417" in line for line in BOOK.wrap("电话：13800000417", Style(20), width))


def test_text_that_does_not_fit_says_so_and_ends_in_an_ellipsis() -> None:
    tight = BOOK.render_alpha("太谷区建国蔬菜种植专业合作社", Style(30), max_width=120, max_lines=1)
    assert not tight.fits
    roomy = BOOK.render_alpha("太谷区", Style(30), max_width=120, max_lines=1)
    assert roomy.fits and roomy.width <= 120


@given(st.text(st.sampled_from("0123456789-.AVTo（）·，太谷区建国蔬菜𬭎"), max_size=30), st.integers(12, 64), st.booleans())
def test_a_line_is_as_long_as_its_characters(text: str, size: int, bold: bool) -> None:
    path, index = (BOLD_CHAIN if bold else REGULAR_CHAIN)[0]
    plain = text.replace("𬭎", "")
    font = ImageFont.truetype(str(path), size, index=index, layout_engine=ImageFont.Layout.BASIC)
    assert BOOK.length(plain, Style(size, bold)) == font.getlength(plain)


@given(st.text(st.sampled_from("太谷区建国蔬菜种植专业合作社（）3"), min_size=1, max_size=40), st.integers(80, 400))
def test_even_lines_lose_nothing_are_as_few_and_fit(text: str, width: int) -> None:
    greedy, even = BOOK.wrap(text, Style(24), width), BOOK.wrap_evenly(text, Style(24), width)
    assert "".join(even) == "".join(greedy)
    assert len(even) == len(greedy)
    assert max(BOOK.length(line, Style(24)) for line in even) <= max(BOOK.length(line, Style(24)) for line in greedy)


def test_one_character_is_not_left_alone_in_the_last_line() -> None:
    assert BOOK.wrap("太谷区建国蔬菜种植专业合作社", Style(20), 265)[-1] == "社"
    assert BOOK.wrap_evenly("太谷区建国蔬菜种植专业合作社", Style(20), 265) == ["太谷区建国蔬菜", "种植专业合作社"]
