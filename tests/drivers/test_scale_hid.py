"""HID scales: every unit, exponent and status, the quirks, and what must be refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.codec import Garbage, Trouble
from drivers.scale.hid import HidScaleCodec
from drivers.scale.record import ScaleReading, ScaleStatus

PLAIN = {"stale_first": False}


def read(text: str, **options):
    (event,) = HidScaleCodec(**{**PLAIN, **options}).feed(bytes.fromhex(text))
    return event


@pytest.mark.parametrize(
    ("text", "weight", "status"),
    [
        ("03 04 02 00 25 00", "0.037", ScaleStatus.STABLE),
        ("03 04 0B FF 34 19", "18.2911123202500", ScaleStatus.STABLE),
        ("03 04 03 FD E2 04", "1.250", ScaleStatus.STABLE),
        ("03 04 0C FE 13 01", "1.2473790175", ScaleStatus.STABLE),
        ("03 03 02 00 10 00", "0.016", ScaleStatus.UNSTABLE),
        ("03 02 02 00 00 00", "0.000", ScaleStatus.ZERO),
        ("03 05 02 00 14 00", "-0.020", ScaleStatus.UNDER_ZERO),
        ("03 06 03 FD 00 00", None, ScaleStatus.OVERWEIGHT),
        ("04 04 03 FD E2 04", "1.250", ScaleStatus.STABLE),
    ],
)
def test_worked_reports_read_as_the_table_says(text, weight, status):
    reading = read(text)
    assert reading.weight_kg == (None if weight is None else Decimal(weight))
    assert reading.status is status
    assert reading.raw == bytes.fromhex(text)


def test_status_two_is_zero_whatever_the_number():
    reading = read("03 02 03 FD 07 00")
    assert (str(reading.weight_kg), reading.status) == ("0.000", ScaleStatus.ZERO)


def test_status_four_with_nothing_on_it_is_zero():
    assert read("03 04 03 FD 00 00").status is ScaleStatus.ZERO


def test_minus_zero_is_zero():
    reading = read("03 05 03 FD 00 00")
    assert (str(reading.weight_kg), reading.status) == ("0.000", ScaleStatus.ZERO)


@pytest.mark.parametrize(("status", "code"), [("01", "hardwareError"), ("07", "needsCalibration"), ("08", "needsZero")])
def test_a_scale_that_cannot_weigh_says_so(status, code):
    event = read(f"03 {status} 03 FD E2 04")
    assert isinstance(event, Trouble)
    assert event.code == code


@pytest.mark.parametrize(
    ("unit", "kilograms"),
    [
        (1, "0.000001"),
        (2, "0.001"),
        (3, "1"),
        (4, "0.0002"),
        (6, "0.00006479891"),
        (7, "0.00155517384"),
        (8, "1000"),
        (10, "0.0311034768"),
        (11, "0.028349523125"),
        (12, "0.45359237"),
    ],
)
def test_every_unit_converts_exactly(unit, kilograms):
    assert read(f"03 04 {unit:02X} 00 07 00").weight_kg == 7 * Decimal(kilograms)


@pytest.mark.parametrize("unit", [5, 9])
def test_a_unit_of_many_meanings_weighs_nothing_until_the_profile_says(unit):
    assert read(f"03 04 {unit:02X} 00 02 00") == Garbage(bytes([3, 4, unit, 0, 2, 0]), "unit")
    meaning = {"tael": Decimal("0.05"), "avoirTon": Decimal("907.18474")}
    assert read(f"03 04 {unit:02X} 00 02 00", kg_per=meaning).weight_kg in (Decimal("0.10"), Decimal("1814.36948"))


@given(st.integers(-6, 6), st.integers(1, 65535))
def test_every_exponent_keeps_the_digits_as_sent(exponent, raw):
    report = bytes([3, 4, 3, exponent % 256]) + raw.to_bytes(2, "little")
    (reading,) = HidScaleCodec(stale_first=False).feed(report)
    assert reading.weight_kg == raw * Decimal(10) ** exponent
    assert reading.weight_kg.as_tuple().exponent == min(exponent, 0)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(-128, 127), st.integers(0, 65535))
def test_any_report_is_a_weight_by_the_table_or_refused(status, unit, exponent, raw):
    (event,) = HidScaleCodec(stale_first=False).feed(bytes([3, status, unit, exponent % 256]) + raw.to_bytes(2, "little"))
    kilograms = {1: "1e-6", 2: "1e-3", 3: "1", 4: "2e-4", 6: "6479891e-11", 7: "155517384e-11", 8: "1000", 10: "311034768e-10"}
    kilograms |= {11: "28349523125e-12", 12: "45359237e-8"}
    if not 1 <= status <= 8 or unit not in kilograms or abs(exponent) > 6:
        assert isinstance(event, Garbage)
    elif status in (1, 7, 8):
        assert isinstance(event, Trouble)
    elif status == 6:
        assert event.weight_kg is None and event.status is ScaleStatus.OVERWEIGHT
    else:
        sign = {2: 0, 5: -1}.get(status, 1)
        assert event.weight_kg == sign * raw * Decimal(10) ** exponent * Decimal(kilograms[unit])
        assert (event.status is ScaleStatus.UNSTABLE) == (status == 3)


def test_exponent_of_a_scale_known_to_lie_is_overridden():
    assert str(read("03 04 0C 05 13 01", exponent=-2, kg_per={"lb": Decimal(1)}).weight_kg) == "2.75"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("09 04 03 FD E2 04", "reportId"),
        ("03 04 03 FD E2", "length"),
        ("03 00 03 FD E2 04", "status"),
        ("03 09 03 FD E2 04", "status"),
        ("03 04 00 FD E2 04", "unit"),
        ("03 04 0D FD E2 04", "unit"),
        ("03 04 03 07 E2 04", "exponent"),
        ("03 04 03 F9 E2 04", "exponent"),
    ],
)
def test_reports_that_must_be_refused(text, reason):
    assert read(text) == Garbage(bytes.fromhex(text), reason)


def test_first_report_after_opening_is_the_previous_weighing():
    codec = HidScaleCodec()
    stale, fresh = bytes.fromhex("03 04 03 FD E2 04"), bytes.fromhex("03 02 03 FD 00 00")
    assert codec.feed(stale) == [Garbage(stale, "staleFirst")]
    assert codec.feed(fresh)[0].status is ScaleStatus.ZERO


def test_packets_are_whole_reports_with_padding():
    codec = HidScaleCodec(stale_first=False)
    one = bytes.fromhex("03 04 03 FD E2 04")
    assert [event.weight_kg for event in codec.feed(one * 3)] == [Decimal("1.250")] * 3
    assert [event.weight_kg for event in codec.feed(one + bytes(58))] == [Decimal("1.250")]
    assert codec.feed(b"") == []


def test_a_torn_report_is_never_completed_with_the_next():
    codec = HidScaleCodec(stale_first=False)
    one = bytes.fromhex("03 04 03 FD E2 04")
    for cut in range(1, 6):
        assert [type(event) for event in codec.feed(one[:cut]) + codec.feed(one)] == [Garbage, ScaleReading]


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_any_bytes_are_survived(chunks):
    codec = HidScaleCodec()
    for chunk in chunks:
        for event in codec.feed(chunk):
            assert isinstance(event, ScaleReading | Garbage | Trouble)
