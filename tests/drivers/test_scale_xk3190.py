"""Yaohua XK3190: the worked frames of three streams and the command mode, refusals, splits, noise, round trip."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.codec import Garbage
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.xk3190 import Ask, Xk3190CommandCodec, Xk3190EqualsCodec, Xk3190StxCodec
from drivers.virtual.load_cell import Display
from drivers.virtual.serial_scale import YaohuaCommand, YaohuaEquals, YaohuaStx

STX_1250 = bytes.fromhex("022B303031323530333145 03")
WORKED_STX = [
    ("02 2B 30 30 30 30 30 30 30 31 42 03", "0"),
    ("02 2B 30 30 31 35 36 30 30 31 39 03", "1560"),
    ("02 2B 30 30 31 36 35 30 30 31 39 03", "1650"),
    ("02 2B 30 30 31 32 35 30 33 31 45 03", "1.250"),
    ("02 2D 30 30 30 30 32 30 33 31 43 03", "-0.020"),
    ("02 2B 30 30 32 30 30 30 32 31 42 03", "20.00"),
]
ANSWER_GROSS = bytes.fromhex("02 41 42 2B 30 30 31 32 35 30 33 31 44 03")


def weights(events: list) -> list[str]:
    return [str(event.weight_kg) for event in events if isinstance(event, ScaleReading)]


@pytest.mark.parametrize(("text", "weight"), WORKED_STX)
def test_worked_stx_frames_read_as_the_manual_says(text, weight):
    (reading,) = Xk3190StxCodec().feed(bytes.fromhex(text))
    assert str(reading.weight_kg) == weight
    assert (reading.status, reading.mode, reading.checked) == (ScaleStatus.UNSTABLE, WeightMode.UNKNOWN, True)


def test_the_family_leaves_rest_to_equal_frames():
    assert not Xk3190StxCodec().tells_stability
    assert not Xk3190EqualsCodec(reversed_digits=True).tells_stability
    assert not Xk3190CommandCodec().tells_stability


def test_checksum_nibbles_above_nine_may_be_colon_and_friends():
    (reading,) = Xk3190StxCodec().feed(STX_1250[:-2] + b"\x3e\x03")
    assert str(reading.weight_kg) == "1.250"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (bytes.fromhex("022B30303132353033314403"), "checksum"),
        (bytes.fromhex("022B30303132353035313803"), "digits"),
        (bytes.fromhex("022B30304132353033364503"), "digits"),
        (STX_1250[:6] + STX_1250[7:] + b"\x00", "length"),
    ],
    ids=["wrong XOR", "five decimals", "letter among digits", "a byte lost"],
)
def test_stx_frames_that_must_be_refused(sent, reason):
    events = Xk3190StxCodec().feed(sent + STX_1250)
    assert weights(events) == ["1.250"]
    assert isinstance(events[0], Garbage)
    assert events[0].reason == reason


def test_unit_comes_from_the_profile():
    assert weights(Xk3190StxCodec(unit="g").feed(STX_1250)) == ["0.001250"]


@pytest.mark.parametrize(("ask", "request_frame"), [(Ask.GROSS, "02 41 42 30 33 03"), (Ask.NET, "02 41 44 30 35 03")])
def test_command_mode_asks_with_the_worked_frames(ask, request_frame):
    assert Xk3190CommandCodec(ask=ask).request == bytes.fromhex(request_frame)


def test_command_mode_asks_another_address():
    assert Xk3190CommandCodec(address="B", ask=Ask.NET).request == bytes.fromhex("02 42 44 30 36 03")


def test_command_mode_reads_the_worked_answers():
    assert weights(Xk3190CommandCodec().feed(ANSWER_GROSS)) == ["1.250"]
    assert weights(Xk3190CommandCodec(ask=Ask.NET).feed(bytes.fromhex("02 41 44 2B 30 30 30 37 35 30 33 31 46 03"))) == ["0.750"]


@pytest.mark.parametrize(
    "sent",
    ["02 42 42 2B 30 30 31 32 35 30 33 31 45 03", "02 41 43 2B 30 30 30 35 30 30 33 31 46 03", "02 41 41 30 30 03"],
    ids=["address not asked", "tare not asked", "hand-shake"],
)
def test_command_mode_refuses_what_it_did_not_ask(sent):
    assert weights(Xk3190CommandCodec().feed(bytes.fromhex(sent))) == []


@pytest.mark.parametrize(
    ("sent", "reversed_digits", "weight"),
    [
        (b"=000.3000=", True, "3.000"),
        (b"=00.1000-=", True, "-1.00"),
        (b"=0003.000=", False, "3.000"),
        (b"=-0001.00=", False, "-1.00"),
        (b"=052.1000=", True, "1.250"),
        (b"=052.1000=", False, "52.1000"),
    ],
)
def test_equals_streams_read_by_profile_only(sent, reversed_digits, weight):
    assert weights(Xk3190EqualsCodec(reversed_digits=reversed_digits).feed(sent)) == [weight]


@pytest.mark.parametrize("bad", [b"=00.30.00", b"=000.30A0", b"=000.300", b"=000.30000", b"=00-.3000", b"=000.300 "])
def test_equals_groups_that_must_be_refused(bad):
    assert weights(Xk3190EqualsCodec(reversed_digits=True).feed(bad + b"=052.1000=")) == ["1.250"]


def test_equals_group_counts_only_when_the_next_one_follows():
    codec = Xk3190EqualsCodec(reversed_digits=True)
    assert codec.feed(b"=052.1000") == []
    assert weights(codec.feed(b"=")) == ["1.250"]


@pytest.mark.parametrize("size", range(1, 15))
def test_every_split_reads_the_same(size):
    for codec, sent in [
        (Xk3190StxCodec, b"".join(bytes.fromhex(text) for text, _ in WORKED_STX)),
        (lambda: Xk3190EqualsCodec(reversed_digits=True), b"=000.3000=00.1000-=052.1000="),
        (Xk3190CommandCodec, ANSWER_GROSS * 3),
    ]:
        one = codec()
        split = [event for at in range(0, len(sent), size) for event in one.feed(sent[at : at + size])]
        assert split == codec().feed(sent)
        assert split


@given(st.binary(max_size=40))
def test_noise_never_hides_the_second_frame_behind_it(noise):
    assert "1.250" in weights(Xk3190StxCodec().feed(noise + STX_1250 * 2))
    assert "1.250" in weights(Xk3190CommandCodec().feed(noise + ANSWER_GROSS * 2))
    assert "1.250" in weights(Xk3190EqualsCodec(reversed_digits=True).feed(noise + b"=052.1000=052.1000="))


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_are_survived_with_a_bounded_rest(chunks):
    codecs = [Xk3190StxCodec(), Xk3190CommandCodec(), Xk3190EqualsCodec(reversed_digits=False)]
    for codec in codecs:
        for chunk in chunks:
            codec.feed(chunk)
            assert codec.held < 15


displays = st.builds(
    lambda divisions, decimals: Display(divisions, Decimal(1).scaleb(-decimals), False, False),
    st.integers(-99999, 99999),
    st.integers(0, 4),
)


@given(displays)
def test_virtual_stx_scale_and_codec_agree(display):
    (reading,) = Xk3190StxCodec().feed(YaohuaStx().frame(display))
    assert reading.weight_kg == display.kg


@given(displays, st.booleans())
def test_virtual_equals_scale_and_codec_agree(display, reversed_digits):
    sent = YaohuaEquals(reversed_digits=reversed_digits).frame(display)
    (reading,) = Xk3190EqualsCodec(reversed_digits=reversed_digits).feed(sent + b"=")
    assert reading.weight_kg == display.kg


@given(displays, st.integers(0, 500), st.sampled_from(list(Ask)))
def test_virtual_command_scale_and_codec_agree(display, tare, ask):
    codec = Xk3190CommandCodec(ask=ask)
    answer = YaohuaCommand(tare_divisions=tare).hear(codec.request, display)
    (reading,) = codec.feed(answer)
    assert reading.weight_kg == display.kg - (tare * display.division_kg if ask is Ask.NET else 0)
