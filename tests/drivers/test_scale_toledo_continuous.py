"""Toledo continuous: the worked frames, what must be refused, splits, noise and the round trip with the virtual scale."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.codec import Garbage
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.toledo_continuous import ToledoContinuousCodec
from drivers.virtual.load_cell import Display
from drivers.virtual.serial_scale import ToledoContinuous

STABLE = "02 2D 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1C"
NET_WITH_CHECK_EQUAL_TO_STX = "02 2D 31 20 20 20 20 37 35 30 20 20 20 35 30 30 0D 02"

WORKED = [
    (STABLE, "1.250", ScaleStatus.STABLE, WeightMode.GROSS, "0.000"),
    ("02 2D 38 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 14", "1.250", ScaleStatus.UNSTABLE, WeightMode.GROSS, "0.000"),
    (NET_WITH_CHECK_EQUAL_TO_STX, "0.750", ScaleStatus.STABLE, WeightMode.NET, "0.500"),
    ("02 2D 32 20 20 20 20 20 32 30 20 20 20 20 20 30 0D 40", "-0.020", ScaleStatus.UNDER_ZERO, WeightMode.GROSS, "0.000"),
    ("02 2D 34 20 20 20 20 20 20 20 20 20 20 20 20 30 0D 60", None, ScaleStatus.OVERWEIGHT, WeightMode.GROSS, None),
    ("02 2C 20 20 20 20 20 32 35 30 20 20 20 20 20 30 0D 3E", "1.1339809250", ScaleStatus.STABLE, WeightMode.GROSS, "0E-10"),
    ("02 2A 30 21 20 20 31 32 35 30 20 20 20 20 20 30 0D 1E", "1.250", ScaleStatus.STABLE, WeightMode.GROSS, "0.000"),
]


def frame(text: str) -> bytes:
    return bytes.fromhex(text)


def readings(events: list) -> list[ScaleReading]:
    return [event for event in events if isinstance(event, ScaleReading)]


@pytest.mark.parametrize(("text", "weight", "status", "mode", "tare"), WORKED)
def test_worked_frames_read_as_the_manual_says(text, weight, status, mode, tare):
    (reading,) = ToledoContinuousCodec().feed(frame(text))
    assert reading.weight_kg == (None if weight is None else Decimal(weight))
    assert str(reading.weight_kg) == str(weight)
    assert (reading.status, reading.mode, reading.checked) == (status, mode, True)
    assert reading.tare_kg == (None if tare is None else Decimal(tare))
    assert reading.raw == frame(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("02 2D 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1D", "checksum"),
        ("02 2D 30 20 20 20 31 32 35 30 20 20 20 20 30 0D 3C 00", "length"),
        ("02 2D 30 20 20 20 31 20 35 30 20 20 20 20 20 30 0D 2E", "digits"),
        ("02 2D 30 20 20 20 31 41 35 30 20 20 20 20 20 30 0D 0D", "digits"),
        ("02 2D 10 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 3C", "statusByte"),
        ("02 2D 30 27 20 20 31 32 35 30 20 20 20 20 20 30 0D 15", "digits"),
    ],
    ids=["wrong check", "CR not at 16", "space after a digit", "letter", "bit 5 of SWB", "custom unit"],
)
def test_frames_that_must_be_refused(text, reason):
    events = ToledoContinuousCodec().feed(frame(text) + frame(STABLE))
    assert [event.weight_kg for event in readings(events)] == [Decimal("1.250")]
    assert isinstance(events[0], Garbage)
    assert events[0].reason == reason


def test_stream_without_check_is_refused_where_the_profile_demands_one():
    assert readings(ToledoContinuousCodec().feed(frame(STABLE)[:17] * 8)) == []


def test_stream_without_check_is_read_where_the_profile_says_so():
    found = readings(ToledoContinuousCodec(checksum=False).feed(frame(STABLE)[:17] * 3))
    assert [(reading.weight_kg, reading.checked) for reading in found] == [(Decimal("1.250"), False)] * 3


def test_short_form_has_no_tare():
    body = frame("02 2D 30 20 20 20 31 32 35 30 0D")
    (reading,) = ToledoContinuousCodec(short=True).feed(body + bytes([-sum(body) % 128]))
    assert (reading.weight_kg, reading.tare_kg) == (Decimal("1.250"), None)


def test_expanded_display_is_no_legal_weight():
    body = bytearray(frame(STABLE)[:17])
    body[3] |= 0x10
    (reading,) = ToledoContinuousCodec().feed(bytes(body) + bytes([-sum(body) % 128]))
    assert (reading.weight_kg, reading.status) == (None, ScaleStatus.NOT_READY)


def test_not_zeroed_bit_counts_only_where_the_profile_says_so():
    body = bytearray(frame(STABLE)[:17])
    body[2] |= 0x40
    sent = bytes(body) + bytes([-sum(body) % 128])
    assert ToledoContinuousCodec().feed(sent)[0].status is ScaleStatus.STABLE
    assert ToledoContinuousCodec(refuse_not_zeroed=True).feed(sent)[0].status is ScaleStatus.NOT_READY


def test_line_left_at_eight_bits_gives_garbage_not_a_weight():
    with_parity = bytes(byte | (bin(byte).count("1") % 2) << 7 for byte in frame(STABLE))
    assert readings(ToledoContinuousCodec().feed(with_parity * 3)) == []


@pytest.mark.parametrize("size", range(1, 19))
def test_every_split_reads_the_same(size):
    sent = b"".join(frame(row[0]) for row in WORKED)
    codec = ToledoContinuousCodec()
    events = [event for at in range(0, len(sent), size) for event in codec.feed(sent[at : at + size])]
    assert events == ToledoContinuousCodec().feed(sent)
    assert len(events) == len(WORKED)


def test_joined_in_the_middle_of_a_frame_it_finds_the_next():
    for cut in range(1, 18):
        events = ToledoContinuousCodec().feed(frame(NET_WITH_CHECK_EQUAL_TO_STX)[cut:] + frame(STABLE) * 2)
        assert [reading.weight_kg for reading in readings(events)][-1] == Decimal("1.250")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_noise_never_hides_the_second_frame_behind_it(before, between):
    good = frame(STABLE)
    found = readings(ToledoContinuousCodec().feed(before + good * 2 + between.replace(b"\x02", b"") + good * 2))
    assert good in [reading.raw for reading in found]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_survived_with_a_bounded_rest(chunks):
    codec = ToledoContinuousCodec()
    for chunk in chunks:
        codec.feed(chunk)
        assert codec.held < 18


@given(
    divisions=st.integers(-99999, 999999),
    decimals=st.integers(0, 4),
    moving=st.booleans(),
    over=st.booleans(),
    tare=st.integers(0, 500),
    checksum=st.booleans(),
    unit=st.sampled_from(["kg", "lb", "g"]),
)
def test_virtual_scale_and_codec_agree(divisions, decimals, moving, over, tare, checksum, unit):
    display = Display(divisions, Decimal(1).scaleb(-decimals), moving, over)
    sent = ToledoContinuous(unit=unit, tare_divisions=tare, checksum=checksum).frame(display)
    (reading,) = ToledoContinuousCodec(checksum=checksum).feed(sent)
    shown = (divisions - tare) * display.division_kg
    factor = {"kg": Decimal(1), "lb": Decimal("0.45359237"), "g": Decimal("0.001")}[unit]
    assert reading.mode is (WeightMode.NET if tare else WeightMode.GROSS)
    if over:
        assert reading.weight_kg is None
    elif abs(divisions - tare) <= 999999:
        assert reading.weight_kg == shown * factor
        assert (reading.status is ScaleStatus.UNSTABLE) == moving
