"""Numbers of people and units: every real kind passes, every single slip of the finger is found. All people are invented."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.identity import (
    CardProblem,
    IdCard,
    IdentityError,
    id_number_hash,
    mask_id_number,
    mask_phone,
    parse_credit_code,
    parse_id_number,
    parse_phone,
)

TODAY = date(2026, 11, 24)
WEIGHTS = [2 ** (17 - i) % 11 for i in range(17)]
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def id_number(prefix: str, born: date, order: str) -> str:
    """GB 11643 written out: 17 digits weighted by powers of two modulo 11."""
    body = f"{prefix}{born:%Y%m%d}{order}"
    return body + "10X98765432"[sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 11]


def credit_code(body: str) -> str:
    """GB 32100 written out: 17 characters weighted by powers of three modulo 31."""
    total = sum(3**i % 31 * USCC.index(c) for i, c in enumerate(body))
    return body + USCC[-total % 31]


PEOPLE = st.builds(
    id_number,
    st.sampled_from(["140703", "142421", "142625", "110101", "810000", "820000", "830000", "911140", "999999"]),
    st.dates(date(1900, 1, 1), TODAY),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
)
UNITS = st.builds(credit_code, st.text(USCC, min_size=17, max_size=17))


def refusal(parse: object, *words: object) -> str:
    with pytest.raises(IdentityError) as caught:
        parse(*words)  # type: ignore[operator]
    return caught.value.code


@given(PEOPLE)
def test_former_prefixes_permits_and_foreigners_are_people_too(number: str) -> None:
    assert parse_id_number(number, TODAY) == number
    assert parse_id_number(f" {number.lower()} ", TODAY) == number
    wide = "".join(chr(ord(c) + 0xFEE0) for c in number)
    assert parse_id_number(wide, TODAY) == number


@given(PEOPLE, st.data())
def test_any_one_wrong_character_of_an_id_number_is_refused(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from("0123456789X").filter(lambda c: c != number[place]))
    refusal(parse_id_number, number[:place] + wrong + number[place + 1 :], TODAY)


@given(PEOPLE, st.data())
def test_two_neighbours_of_an_id_number_exchanged_are_refused(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 16).filter(lambda i: number[i] != number[i + 1]))
    refusal(parse_id_number, number[:place] + number[place + 1] + number[place] + number[place + 2 :], TODAY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "length"),
        ("14070319680412301", "length"),
        ("140703680412301", "length"),  # fifteen digits ended in 2013
        ("1407031968041230AX", "character"),
        ("١٤٠٧٠٣١٩٦٨٠٤١٢٣٠١٩", "character"),
        ("140703196813123019", "date"),
        ("140703196802303019", "date"),
        (id_number("140703", date(1899, 12, 31), "301"), "date"),
        (id_number("140703", TODAY + timedelta(days=1), "301"), "date"),
    ],
)
def test_an_impossible_id_number_is_refused_with_the_reason(text: str, code: str) -> None:
    assert refusal(parse_id_number, text, TODAY) == code


def test_a_wrong_check_digit_is_called_so() -> None:
    good = id_number("142421", date(1968, 4, 12), "301")
    assert refusal(parse_id_number, good[:17] + ("0" if good[17] != "0" else "1"), TODAY) == "checkDigit"


def test_a_foreigner_s_card_of_2017_passes_and_only_in_ascii() -> None:
    assert parse_id_number("usa110190010112", TODAY) == "USA110190010112"
    assert refusal(parse_id_number, "USA" + "١" * 12, TODAY) == "length"


@given(UNITS)
def test_every_credit_code_with_its_check_character_passes_n_codes_included(code: str) -> None:
    assert parse_credit_code(code) == code
    assert parse_credit_code(f"{code[:8].lower()} {code[8:]}") == code


def test_a_cooperative_s_n_code_passes() -> None:
    body = "N2140781MF0000001"
    assert parse_credit_code(credit_code(body)) == credit_code(body)


@given(UNITS, st.data())
def test_any_one_wrong_character_of_a_credit_code_is_refused(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from(USCC).filter(lambda c: c != code[place]))
    assert refusal(parse_credit_code, code[:place] + wrong + code[place + 1 :]) == "checkDigit"


@pytest.mark.parametrize(("text", "code"), [("", "length"), ("93140781MA0HNXA36", "length"), ("93140781MA0HNXA3IC", "character")])
def test_an_impossible_credit_code_is_refused_with_the_reason(text: str, code: str) -> None:
    assert refusal(parse_credit_code, text) == code


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("13800000417", "13800000417"),
        (" 138 0000 0417 ", "13800000417"),
        ("１３８００００0417", "13800000417"),
        ("19900000000", "19900000000"),
        ("0354-6200417", "0354-6200417"),
        ("03546200417", "03546200417"),
        ("010-12345678", "010-12345678"),
    ],
)
def test_mobiles_and_landlines_pass(text: str, phone: str) -> None:
    assert parse_phone(text) == phone


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "length"),
        ("1380000041", "length"),
        ("138000004170", "length"),
        ("12800000417", "length"),
        ("6200417", "length"),
        ("1380000041x", "character"),
        ("١٣٨٠٠٠٠٠٤١٧", "character"),
        ("+8613800000417", "character"),
    ],
)
def test_what_is_no_phone_is_refused_with_the_reason(text: str, code: str) -> None:
    assert refusal(parse_phone, text) == code


@given(st.text(max_size=25))
def test_no_text_breaks_a_parser_and_what_passes_passes_again(text: str) -> None:
    for parse in (parse_phone, parse_credit_code, lambda value: parse_id_number(value, TODAY)):
        try:
            once = parse(text)
        except IdentityError:
            continue
        assert once.isascii() and parse(once) == once


def test_masks_show_what_a_person_needs_to_recognise_his_own() -> None:
    number = id_number("142421", date(1968, 4, 12), "301")
    assert mask_id_number(number) == "142" + "*" * 11 + number[-4:]
    assert mask_phone("13800000417") == "138****0417"
    assert mask_phone("6200417") == "6200417"


def test_the_hash_needs_the_key_and_tells_people_apart() -> None:
    a, b = (id_number("140703", date(1968, 4, 12), order) for order in ("301", "302"))
    hashes = {id_number_hash(number, key) for number in (a, b) for key in (b"k" * 32, b"l" * 32)}
    assert len(hashes) == 4
    assert all(len(value) == 32 for value in hashes)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"valid_to": TODAY}, None),
        ({"valid_to": TODAY - timedelta(days=1)}, CardProblem.EXPIRED),
        ({"valid_to": TODAY - timedelta(days=1), "long_term": True}, None),
        ({"valid_from": TODAY + timedelta(days=1)}, CardProblem.NOT_YET_VALID),
        ({"number": "142421196804123010"}, CardProblem.NUMBER_WRONG),
    ],
)
def test_what_speaks_against_a_card_today(changes: dict[str, object], problem: CardProblem | None) -> None:
    fields: dict[str, object] = {"name": "王建国", "number": id_number("142421", date(1968, 4, 12), "301"), **changes}
    assert IdCard(**fields).problem(TODAY) is problem  # type: ignore[arg-type]


def test_a_card_never_shows_itself_in_a_log() -> None:
    card = IdCard("王建国", id_number("142421", date(1968, 4, 12), "301"), "南庄村")
    assert "王" not in f"{card!r}{card}" and "1424" not in f"{card!r}{card}"
