"""All four layouts of cards, laid out here byte by byte from the tables and not by the virtual card."""

from datetime import date

import pytest

from drivers.idcard.record import CardKind
from drivers.idcard.text_block import NATIONS, parse_card

BLOCK = 256


def block(fields: dict[int, str], letter: str) -> bytes:
    """UTF-16LE fields at their offsets, spaces elsewhere."""
    data = bytearray(b" \0" * (BLOCK // 2))
    for offset, text in {**fields, 248: letter}.items():
        raw = text.encode("utf-16-le")
        data[offset : offset + len(raw)] = raw
    assert len(data) == BLOCK
    return bytes(data)


def test_a_resident_card_worked_from_the_table() -> None:
    fields = {0: "张三", 30: "1", 32: "01", 36: "19900307", 52: "北京市东城区测试街1号", 122: "110101199003078013"}
    fields |= {158: "北京市公安局东城分局", 188: "20200101", 204: "20400101"}
    card = parse_card(block(fields, " "))
    assert card.kind is CardKind.RESIDENT
    assert (card.name, card.sex, card.nation, card.born) == ("张三", "男", "汉", date(1990, 3, 7))
    assert (card.address, card.authority) == ("北京市东城区测试街1号", "北京市公安局东城分局")
    assert (card.valid_from, card.valid_to, card.long_term) == (date(2020, 1, 1), date(2040, 1, 1), False)
    assert card.warnings == ()


def test_long_term_is_no_date() -> None:
    assert "长期".encode("utf-16-le").hex() == "7f951f67"
    fields = {0: "张三", 30: "1", 32: "01", 36: "19900307", 122: "110101199003078013", 188: "20200101", 204: "长期"}
    card = parse_card(block(fields, " "))
    assert (card.valid_to, card.long_term) == (None, True)


def test_a_hong_kong_macao_taiwan_permit_has_no_nation_and_keeps_the_rest() -> None:
    fields = {0: "陈大文", 30: "1", 32: "  ", 36: "19900101", 52: "广东省深圳市测试路2号", 122: "810000199001010019"}
    fields |= {158: "深圳市公安局", 188: "20190101", 204: "20240101", 220: "H12345678", 238: "01"}
    card = parse_card(block(fields, "J"))
    assert card.kind is CardKind.HK_MACAO_TAIWAN
    assert (card.name, card.number, card.nation) == ("陈大文", "810000199001010019", "")
    assert (card.address, card.authority, card.valid_to) == ("广东省深圳市测试路2号", "深圳市公安局", date(2024, 1, 1))
    assert card.warnings == ()


@pytest.mark.parametrize("chinese", ["史密斯", ""])
def test_a_permanent_resident_of_2023_by_chinese_name_or_by_english_one(chinese: str) -> None:
    english = "SPECIMEN EXAMPLE WITH A VERY LONG NAME THAT WRAPS"[:46]
    fields = {0: chinese, 30: "2", 32: "01", 36: "19800101", 52: english[:35], 122: "911840198001010013"}
    fields |= {188: "20231201", 204: "20331201", 220: english[35:46], 242: "GBR", 250: "123"}
    card = parse_card(block(fields, "Y"))
    assert card.kind is CardKind.FOREIGNER_2023
    assert card.name == (chinese or english.strip())
    assert (card.number, card.sex, card.born) == ("911840198001010013", "女", date(1980, 1, 1))
    assert (card.address, card.authority, card.nation) == ("", "", "")
    assert (card.valid_from, card.valid_to) == (date(2023, 12, 1), date(2033, 12, 1))
    assert card.warnings == ()


@pytest.mark.parametrize("chinese", ["史密斯", ""])
def test_a_permanent_resident_of_2017_has_fifteen_characters_and_other_places(chinese: str) -> None:
    english = "SPECIMEN, EXAMPLE"
    fields = {0: english, 120: "1", 122: "GBR110080010199", 152: "GBR", 158: chinese, 188: "20180101", 204: "20280101"}
    fields |= {220: "19800101", 236: "01", 240: "1500"}
    card = parse_card(block(fields, "I"))
    assert card.kind is CardKind.FOREIGNER_2017
    assert card.name == (chinese or english)
    assert (card.number, card.sex, card.born, card.authority) == ("GBR110080010199", "男", date(1980, 1, 1), "1500")
    assert (card.valid_from, card.valid_to) == (date(2018, 1, 1), date(2028, 1, 1))
    assert card.warnings == ()


@pytest.mark.parametrize("code", sorted(NATIONS))
def test_every_ethnic_code_has_its_name_on_a_card(code: str) -> None:
    fields = {0: "张三", 30: "1", 32: code, 36: "19900307", 122: "110101199003078013"}
    assert parse_card(block(fields, " ")).nation == NATIONS[code]


def test_an_unknown_ethnic_code_is_no_name() -> None:
    fields = {0: "张三", 30: "1", 32: "88", 36: "19900307", 122: "110101199003078013"}
    assert parse_card(block(fields, " ")).nation == ""
