"""Payload bytes: a worked frame by hand, every datatype's limits, strangers' bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.wire.canonical import WireError
from kiosk.wire.sparkplug.payload import DataType, Metric, Payload, typed

# timestamp=1 (08 01); metric (12 ..): name "a" (0a 01 61), alias 2 (10 02), timestamp 1 (18 01), datatype Int32 (20 03), int_value -1 (50 ff ff ff ff 0f); seq 5 (18 05)
WORKED = bytes.fromhex("0801120f0a016110021801200350ffffffff0f1805")


def test_worked_frame() -> None:
    payload = Payload(1, (Metric("a", -1, DataType.INT32, 2, 1),), 5)
    assert payload.encode() == WORKED
    assert Payload.decode(WORKED) == payload


BITS = [(DataType.INT8, 8), (DataType.INT16, 16), (DataType.INT32, 32), (DataType.INT64, 64)]
UBITS = [(DataType.UINT8, 8), (DataType.UINT16, 16), (DataType.UINT32, 32), (DataType.UINT64, 64), (DataType.DATETIME, 64)]


@pytest.mark.parametrize(
    ("datatype", "low", "high"), [(d, -(1 << b - 1), (1 << b - 1) - 1) for d, b in BITS] + [(d, 0, (1 << b) - 1) for d, b in UBITS]
)
def test_limits_of_whole_numbers(datatype: DataType, low: int, high: int) -> None:
    for value in {low, -1 if low else 0, 0, 1, high}:
        raw = Payload(1, (Metric("a", value, datatype),)).encode()
        assert Payload.decode(raw).metrics[0].value == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match="out of range"):
            Payload(1, (Metric("a", value, datatype),)).encode()


@pytest.mark.parametrize(
    ("value", "datatype"),
    [
        (True, DataType.INT32),
        (1, DataType.BOOLEAN),
        (1, DataType.STRING),
        ("1", DataType.UINT32),
        (float("nan"), DataType.DOUBLE),
        (b"x", DataType.TEXT),
    ],
)
def test_a_value_of_another_type_is_refused(value: object, datatype: DataType) -> None:
    with pytest.raises(ValueError, match=r"not a"):
        Payload(1, (Metric("a", value, datatype),)).encode()  # type: ignore[arg-type]


def test_a_value_without_any_datatype_is_refused() -> None:
    with pytest.raises(ValueError, match="datatype"):
        Payload(1, (Metric(value=1, alias=3),)).encode()


@given(st.text(max_size=40), st.one_of(st.none(), st.text()), st.integers(0, 255))
def test_texts_and_nulls_come_back(name: str, value: str | None, seq: int) -> None:
    payload = Payload(7, (Metric(name or "n", value, DataType.STRING, 1, 7, is_historical=seq % 2 == 0),), seq)
    assert Payload.decode(payload.encode()) == payload


@given(st.binary(max_size=300))
def test_strangers_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        Payload.decode(raw)
    except WireError as err:
        assert err.code == "malformed"


def test_alias_value_is_typed_by_the_birth() -> None:
    raw = Payload(1, (Metric(value=-5, alias=3),)).encode({3: DataType.INT64})
    got = Payload.decode(raw).metrics[0].value
    assert got == 2**64 - 5
    assert typed(got, DataType.INT64) == -5
    with pytest.raises(WireError):
        typed("x", DataType.INT64)
