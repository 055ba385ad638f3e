"""Text blocks of all four kinds of card."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.idcard.record import CardKind
from drivers.idcard.text_block import NATIONS, UnreadableText, parse_card
from drivers.virtual.reader import VirtualCard

FARMER = VirtualCard(
    name="王建国", number="142421196804123019", nation="11", address="山西省晋中市太谷区明星镇南庄村", authority="太谷县公安局"
)


def test_a_citizens_card_with_a_former_prefix_is_read_whole() -> None:
    card = parse_card(FARMER.block())
    assert (card.kind, card.name, card.number, card.sex, card.nation) == (
        CardKind.RESIDENT,
        "王建国",
        "142421196804123019",
        "男",
        "满",
    )
    assert card.born == date(1968, 4, 12)
    assert card.address == "山西省晋中市太谷区明星镇南庄村"
    assert card.long_term and card.valid_to is None
    assert card.warnings == ()


def test_the_newest_address_overrides_the_printed_one() -> None:
    address = "山西省晋中市榆次区迎宾街9号"
    raw = address.encode("utf-16-le")
    card = parse_card(FARMER.block(), raw + b" \0" * ((70 - len(raw)) // 2))
    assert card.address == address


@pytest.mark.parametrize(
    ("letter", "kind"), [("J", CardKind.HK_MACAO_TAIWAN), ("Y", CardKind.FOREIGNER_2023), ("I", CardKind.FOREIGNER_2017)]
)
def test_other_cards_are_told_apart_by_their_letter(letter: str, kind: CardKind) -> None:
    numbers = {"J": "810000199001010019", "Y": "911840198001010013", "I": "CHN110080010199"}
    card = parse_card(VirtualCard(name="SPECIMEN", number=numbers[letter], born="19900101", letter=letter).block())
    assert card.kind is kind
    assert card.number == numbers[letter]
    assert card.name == "SPECIMEN"


def test_contradictions_are_warned_of_and_never_corrected() -> None:
    wrong_digit = VirtualCard(name="王建国", number="142421196804123018", sex="2", born="19680413")
    card = parse_card(wrong_digit.block())
    assert card.number == "142421196804123018"
    assert set(card.warnings) == {"checkDigit", "birthMismatch", "sexMismatch"}


def test_all_ethnic_groups_have_their_name() -> None:
    assert len(NATIONS) == 58
    assert (NATIONS["01"], NATIONS["46"], NATIONS["56"], NATIONS["97"]) == ("汉", "德昂", "基诺", "其他")


def test_a_private_use_character_in_a_name_is_kept() -> None:
    card = parse_card(VirtualCard(name="王\ue863", number="142421196804123019").block())
    assert card.name == "王\ue863"


def test_half_a_character_beside_a_rare_one_is_replaced_and_warned_of() -> None:
    block = bytearray(VirtualCard(name="王𠮷某", number="142421196804123019").block())
    block[6:8] = b"\x00\xd8"
    card = parse_card(bytes(block))
    assert card.name == "王𠮷�" and "textReplaced" in card.warnings
    assert card.number == "142421196804123019"
    card.name.encode("utf-8")


@pytest.mark.parametrize("block", [b"\0" * 256, b"\xff" * 256, b"\0" * 255, b""])
def test_an_empty_or_short_block_is_refused(block: bytes) -> None:
    with pytest.raises(UnreadableText):
        parse_card(block)


@given(st.binary(min_size=256, max_size=256))
def test_any_block_is_a_record_or_refused(block: bytes) -> None:
    try:
        card = parse_card(block)
    except UnreadableText:
        return
    assert card.name and card.number


def test_a_record_shows_nothing_personal() -> None:
    shown = repr(parse_card(FARMER.block()))
    for secret in ("王", "142421", "明星镇", "1968", "太谷"):
        assert secret not in shown
