"""Quantity, form and the rules of a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.certificate import beijing_date, canonical_record, record_digest
from kiosk.domain.form import IN_FORCE_2026, Basis, CertificateForm, form_for
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import MAX_COPIES, Draft, Promise, PromiseError, check, promise
from kiosk.domain.quantity import (
    MAX_AMOUNT,
    Quantity,
    QuantityError,
    QuantitySource,
    Unit,
    Weight,
    WeightStatus,
    parse_amount,
    plain,
)
from kiosk.domain.subject import Place, SubjectKind
from support.builders import EGGS, MILLET, NOON, SCALE, TODAY, TOMATO, VILLAGE, a_promise, a_subject, weighed

PURCHASERS = {SubjectKind.PURCHASER_PERSON, SubjectKind.PURCHASER_UNIT}


@given(st.decimals("0.001", MAX_AMOUNT, places=3))
def test_a_weight_is_printed_to_the_gram_without_needless_zeros_and_reads_back(kg: Decimal) -> None:
    printed = Quantity(kg, Unit.KG, QuantitySource.WEIGHED, SCALE).printed
    number, unit = printed.split(" ")
    assert (parse_amount(number), unit) == (kg, "千克")
    assert "E" not in number and not number.endswith(".") and (("." not in number) or not number.endswith("0"))


@given(st.one_of(st.decimals(allow_nan=True, allow_infinity=True), st.decimals("-10", "10", places=4)), st.sampled_from(Unit))
def test_a_number_is_a_quantity_or_is_refused_with_a_reason(amount: Decimal, unit: Unit) -> None:
    try:
        made = Quantity(amount, unit, QuantitySource.DECLARED)
    except QuantityError as err:
        assert err.code in ("notANumber", "zero", "tooLarge", "tooPrecise", "notWhole")
        return
    assert 0 < made.amount <= MAX_AMOUNT
    assert unit is Unit.KG or made.amount % 1 == 0


@pytest.mark.parametrize(
    ("amount", "unit", "code"),
    [
        ("NaN", Unit.KG, "notANumber"),
        ("sNaN", Unit.KG, "notANumber"),
        ("Infinity", Unit.KG, "notANumber"),
        ("0", Unit.KG, "zero"),
        ("-0.001", Unit.KG, "zero"),
        ("1000000", Unit.KG, "tooLarge"),
        ("1E+40", Unit.CRATE, "tooLarge"),
        ("0.0001", Unit.KG, "tooPrecise"),
        ("1E-40", Unit.KG, "tooPrecise"),
        ("1.5", Unit.CRATE, "notWhole"),
    ],
)
def test_why_a_number_is_no_quantity(amount: str, unit: Unit, code: str) -> None:
    with pytest.raises(QuantityError) as caught:
        Quantity(Decimal(amount), unit, QuantitySource.DECLARED)
    assert caught.value.code == code


def test_only_a_scale_weighs_and_only_kilograms() -> None:
    for unit, scale in ((Unit.KG, None), (Unit.CRATE, SCALE)):
        with pytest.raises(QuantityError, match="scaleMissing"):
            Quantity(Decimal(1), unit, QuantitySource.WEIGHED, scale)


def test_a_declared_quantity_never_looks_like_a_weighed_one() -> None:
    assert weighed("12.50").printed == "12.5 千克"
    assert Quantity(Decimal("12.50"), Unit.KG, QuantitySource.DECLARED).printed == "12.5 千克（自报）"
    assert Quantity(Decimal(48), Unit.CRATE, QuantitySource.COUNTED).printed == "48 箱"


@pytest.mark.parametrize(("text", "amount"), [("12", "12"), ("12.", "12"), (".5", "0.5"), (" 0012.350 ", "12.35"), ("0", "0")])
def test_a_keypad_s_text_is_read(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", ".", "1.2.3", "-1", "+1", "1e3", "１２", "١٢", "1,5", "NaN", "12 斤"])
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(QuantityError, match="notANumber"):
        parse_amount(text)


@given(st.decimals("0", "999999.999", places=3))
def test_plain_changes_no_value(amount: Decimal) -> None:
    assert Decimal(plain(amount)) == amount


@pytest.mark.parametrize("status", WeightStatus)
@pytest.mark.parametrize("kg", [None, "-0.5", "0", "0.001", "12.35"])
def test_only_a_stable_positive_weight_can_be_taken(status: WeightStatus, kg: str | None) -> None:
    weight = Weight(None if kg is None else Decimal(kg), status)
    assert weight.can_be_taken is (status is WeightStatus.STABLE and kg in ("0.001", "12.35"))


@given(st.dates(date(2021, 11, 4), date(2060, 1, 1)), st.sampled_from(SubjectKind))
def test_the_form_follows_day_and_kind(day: date, kind: SubjectKind) -> None:
    if day < date(2026, 2, 1):
        assert form_for(day, kind) is CertificateForm.T2021
    else:
        expected = CertificateForm.T2026_PURCHASER if kind in PURCHASERS else CertificateForm.T2026_PRODUCER
        assert form_for(day, kind) is expected


def test_the_form_changes_at_midnight_in_beijing() -> None:
    midnight = NOON.replace(year=2026, month=1, day=31, hour=16)
    assert beijing_date(midnight) == IN_FORCE_2026
    assert beijing_date(midnight - timedelta(microseconds=1)) == IN_FORCE_2026 - timedelta(days=1)


FULL = Draft(a_subject(), TOMATO, weighed(), VILLAGE, "13800000417")


def confirmed(draft: Draft, day: date = TODAY) -> Promise:
    return promise(draft, "p" * 32, day, a_promise().confirmation)


def test_a_complete_draft_becomes_the_promise_it_describes() -> None:
    assert confirmed(FULL) == a_promise()


@pytest.mark.parametrize("field", ["subject", "product", "quantity", "origin"])
def test_what_is_missing_is_named(field: str) -> None:
    with pytest.raises(PromiseError) as caught:
        confirmed(replace(FULL, **{field: None}))
    assert caught.value.code == field


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": a_subject(name="  ")}, "subject"),
        ({"subject": a_subject(kind=SubjectKind.PURCHASER_UNIT)}, "form"),
        ({"product": MILLET}, "outOfScope"),
        ({"product": EGGS}, "quantity"),
        ({"origin": Place("140703", " 村 ")}, "origin"),
        ({"origin": Place("140703", "村" * 61)}, "origin"),
        ({"origin": Place("", "南庄村")}, "origin"),
        ({"origin": Place("14070３", "南庄村")}, "origin"),
        ({"phone": ""}, "phone"),
        ({"phone": "1380000"}, "phone"),
        ({"phone": "138 0000 0417"}, "phone"),
        ({"basis": frozenset()}, "basis"),
        ({"basis": frozenset({Basis.CONTROL, Basis.OWN_TEST})}, "basis"),
        ({"copies": 0}, "copies"),
        ({"copies": MAX_COPIES + 1}, "copies"),
    ],
)
def test_a_draft_that_breaks_a_rule_is_no_promise(changes: dict[str, object], code: str) -> None:
    with pytest.raises(PromiseError) as caught:
        confirmed(replace(FULL, **changes))  # type: ignore[arg-type]
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"promise_id": ""}, "confirmation"),
        ({"form": CertificateForm.T2021}, "form"),
        ({"form": CertificateForm.T2026_PURCHASER}, "form"),
        ({"confirmation": replace(a_promise().confirmation, confirmed_at=NOON.replace(tzinfo=None))}, "confirmation"),
    ],
)
def test_a_promise_built_by_hand_is_checked_all_the_same(changes: dict[str, object], code: str) -> None:
    with pytest.raises(PromiseError) as caught:
        check(a_promise(**changes), TODAY)
    assert caught.value.code == code


def test_nothing_is_issued_on_a_form_that_is_past() -> None:
    with pytest.raises(PromiseError, match="form"):
        confirmed(FULL, IN_FORCE_2026 - timedelta(days=1))


CHANGES = [
    {"phone": "13800000418"},
    {"copies": 2},
    {"origin": Place("140781", VILLAGE.text)},
    {"origin": Place(VILLAGE.county, VILLAGE.text + "一组")},
    {"product": replace(TOMATO, name="黄瓜")},
    {"quantity": weighed("126.351")},
    {"quantity": Quantity(Decimal("126.35"), Unit.KG, QuantitySource.DECLARED)},
    {"subject": a_subject(name="另一家")},
    {"basis": frozenset(Basis)},
]


def test_the_digest_changes_with_every_printed_fact() -> None:
    number = CertificateNumber("1407030031", 417)
    records = [canonical_record(number, NOON, a_promise(**changes)) for changes in [{}, *CHANGES]]
    records += [canonical_record(number, NOON + timedelta(seconds=1), a_promise())]
    records += [canonical_record(CertificateNumber("1407030031", 418), NOON, a_promise())]
    assert len({record_digest(record) for record in records}) == len(records)


def test_a_promise_keeps_names_and_phones_out_of_its_repr() -> None:
    shown = repr(a_promise())
    for secret in ("王建国", "13800000417", "太谷区建国", "南庄村", "400, 300"):
        assert secret not in shown
