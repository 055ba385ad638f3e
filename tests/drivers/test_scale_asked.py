"""SICS, CAS, 8217 and the ST/US/OL lines: worked frames, refusals, splits, noise, round trip, and on a wire."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scale.and_standard import AndStandardCodec
from drivers.scale.cas import CasCodec
from drivers.scale.codec import Garbage, Say
from drivers.scale.mt_sics import MtSicsCodec
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.toledo_8217 import Toledo8217Codec
from drivers.virtual.load_cell import Display
from drivers.virtual.serial_scale_asked import AndLine, Cas22Line, CasClone, CasEcr, ExcellLine, MtSics, Toledo8217

CAS_1250 = bytes.fromhex("01 02 53 20 30 31 2E 32 35 30 6B 67 67 03 04")
CAS16_1250 = bytes.fromhex("01 02 53 20 20 20 31 2E 32 35 30 6B 67 57 03 04")


def asked(codec):
    codec.reset()
    return codec


def cas(**options) -> CasCodec:
    codec = asked(CasCodec(**options))
    assert codec.feed(b"\x06") == [Say(b"\x11")]
    return codec


def excell() -> AndStandardCodec:
    return asked(AndStandardCodec(layout="excell"))


def cas22() -> AndStandardCodec:
    return asked(AndStandardCodec(layout="cas22"))


def sics(**options) -> MtSicsCodec:
    return asked(MtSicsCodec(**options))


def a_and_d() -> AndStandardCodec:
    return asked(AndStandardCodec(layout="and"))


STABLE, UNSTABLE, OVER = ScaleStatus.STABLE, ScaleStatus.UNSTABLE, ScaleStatus.OVERWEIGHT


@pytest.mark.parametrize(
    ("codec", "sent", "weight", "status"),
    [
        (sics, "53 20 53 20 20 20 20 31 30 30 2E 30 30 20 67 0D 0A", "0.10000", STABLE),
        (sics, "53 20 44 20 20 20 20 20 39 39 2E 39 38 20 67 0D 0A", "0.09998", UNSTABLE),
        (sics, "53 20 2B 0D 0A", None, OVER),
        (sics, "53 20 2D 0D 0A", None, ScaleStatus.UNDER_ZERO),
        (sics, "53 20 49 0D 0A", None, ScaleStatus.NOT_READY),
        (cas, "01 02 53 20 30 31 2E 32 35 30 6B 67 67 03 04", "1.250", STABLE),
        (cas, "01 02 55 20 30 31 2E 32 34 38 6B 67 68 03 04", "1.248", UNSTABLE),
        (cas, "01 02 53 2D 30 30 2E 30 32 30 6B 67 6E 03 04", "-0.020", ScaleStatus.UNDER_ZERO),
        (cas, "01 02 46 20 31 35 2E 30 30 35 6B 67 75 03 04", None, ScaleStatus.NOT_READY),
        (lambda: cas(weight_chars=7), CAS16_1250.hex(), "1.250", STABLE),
        (lambda: CasCodec(weight_chars=7, stream=True), CAS16_1250.hex(), "1.250", STABLE),
        (Toledo8217Codec, "02 30 31 2E 32 35 30 0D", "1.250", STABLE),
        (Toledo8217Codec, "02 3F 61 0D", None, UNSTABLE),
        (Toledo8217Codec, "02 3F 41 0D", None, UNSTABLE),
        (Toledo8217Codec, "02 3F 62 0D", None, OVER),
        (Toledo8217Codec, "02 3F 64 0D", None, ScaleStatus.UNDER_ZERO),
        (Toledo8217Codec, "02 3F 70 0D", "0", ScaleStatus.ZERO),
        (Toledo8217Codec, "02 3F 68 0D", None, ScaleStatus.NOT_READY),
        (a_and_d, "53 54 2C 2B 30 30 31 32 33 2E 34 35 20 20 67 0D 0A", "0.12345", STABLE),
        (a_and_d, "4F 4C 2C 2B 39 39 39 39 39 39 39 45 2B 31 39 0D 0A", None, OVER),
        (excell, "53 54 2C 47 53 2C 2B 30 30 31 2E 32 35 30 6B 67 0D 0A", "1.250", STABLE),
        (excell, "55 53 2C 47 53 2C 2B 30 30 31 2E 32 34 38 6B 67 0D 0A", "1.248", UNSTABLE),
        (cas22, "53 54 2C 47 53 2C 31 C4 2C 30 30 30 31 2E 32 35 30 20 6B 67 0D 0A", "1.250", STABLE),
    ],
)
def test_worked_frames_read_as_the_manual_says(codec, sent, weight, status):
    (reading,) = codec().feed(bytes.fromhex(sent))
    assert (None if reading.weight_kg is None else str(reading.weight_kg), reading.status) == (weight, status)


def test_net_is_told_where_the_frame_tells_it():
    assert Toledo8217Codec().feed(bytes.fromhex("02 30 31 2E 32 35 30 4E 0D"))[0].mode is WeightMode.NET
    assert excell().feed(b"ST,NT,+001.250kg\r\n")[0].mode is WeightMode.NET


@pytest.mark.parametrize(
    ("codec", "sent"),
    [
        (sics, b"S S 1,250 kg\r\n"),
        (sics, b"S S    1.250\r\n"),
        (sics, b"s s    1.250 kg\r\n"),
        (sics, b"S S\r\n"),
        (sics, b"S S    1.2.0 kg\r\n"),
        (sics, b"S S    1.250 stone\r\n"),
        (sics, b"S S " + b" " * 40 + b"1.250 kg\r\n"),
        (sics, b"ES\r\n"),
        (sics, b"S S    1.250 kg\n"),
        (cas, bytes.fromhex("01 02 53 20 30 31 2E 32 35 30 6B 67 66 03 04")),
        (cas, bytes.fromhex("01 02 58 20 30 31 2E 32 35 30 6B 67 6C 03 04")),
        (cas, bytes.fromhex("01 02 53 20 30 31 2E 32 35 30 70 63 78 03 04")),
        (cas, CAS16_1250),
        (lambda: CasCodec(), CAS_1250),
        (Toledo8217Codec, bytes.fromhex("30 31 2E 32 35 30 0D")),
        (Toledo8217Codec, bytes.fromhex("02 30 30 31 2E 32 35 30 30 0D")),
        (Toledo8217Codec, bytes.fromhex("02 30 31 2E 32 35 30 4B 0D")),
        (Toledo8217Codec, bytes.fromhex("02 0D")),
        (Toledo8217Codec, bytes.fromhex("02 30 2E 32 2E 30 0D")),
        (Toledo8217Codec, bytes.fromhex("82 30 B1 2E B2 35 30 8D")),
        (Toledo8217Codec, bytes.fromhex("82 3F E1 8D")),
        (a_and_d, b"QT,+00001234 PC\r\n"),
        (a_and_d, b"XX,+00123.45  g\r\n"),
        (a_and_d, b"ST,+0123.45  g\r\n"),
        (a_and_d, b"ST,+1.2E+003 kg\r\n"),
        (excell, bytes.fromhex("53 54 2C 47 53 2C 2B 30 30 31 2E 32 35 30 0D 0A")),
        (excell, b"ST,GS,+0 1.250kg\r\n"),
        (excell, b"ST,GS,+0.1.250kg\r\n"),
        (cas22, b"ST,GS,1D,0001.250 kg\r\n"),
    ],
)
def test_frames_that_must_be_refused(codec, sent):
    events = codec().feed(sent)
    assert events
    assert {type(event) for event in events} == {Garbage}


def test_a_line_joined_in_the_middle_is_not_believed():
    codec = AndStandardCodec(layout="and")
    assert codec.feed(b"ST,+00123.45  g\r\n") == [Garbage(b"ST,+00123.45  g\r", "torn")]
    assert codec.feed(b"ST,+00123.45  g\r\n")[0].status is STABLE


def test_decimal_comma_only_by_profile():
    assert str(sics(comma=True).feed(b"S S      1,250 kg\r\n")[0].weight_kg) == "1.250"


def test_a_boot_line_says_nothing_about_weight():
    assert sics().feed(b'I4 A "0123456789"\r\n') == []


def test_lamp_and_word_must_agree_on_rest():
    assert cas22().feed(b"ST,GS,1\x84,0001.250 kg\r\n")[0].status is UNSTABLE


def test_cas_goes_on_only_after_an_enquiry_and_once():
    codec = CasCodec()
    assert isinstance(codec.feed(b"\x06")[0], Garbage)
    codec.reset()
    assert codec.feed(b"\x15") == []
    assert codec.feed(b"\x06") == [Say(b"\x11")]
    assert isinstance(codec.feed(CAS_1250)[0], ScaleReading)
    assert codec.feed(CAS_1250) == [Garbage(CAS_1250, "unasked")]


MAKERS = {
    "sics": (sics, lambda display: MtSics().hear(b"SI\r\n", display)),
    "cas": (cas, lambda display: CasEcr().frame(display)),
    "clone": (lambda: CasCodec(weight_chars=7, stream=True), lambda display: CasClone().frame(display)),
    "8217": (Toledo8217Codec, lambda display: Toledo8217().hear(b"W", display)),
    "8217 without bit five": (Toledo8217Codec, lambda display: Toledo8217(bit_five=False).hear(b"W", display)),
    "a&d": (a_and_d, lambda display: AndLine().frame(display)),
    "excell": (excell, lambda display: ExcellLine().frame(display)),
    "cas22": (cas22, lambda display: Cas22Line().frame(display)),
}


@pytest.mark.parametrize("name", MAKERS)
@given(divisions=st.integers(-9999, 29999), moving=st.booleans(), over=st.booleans())
def test_virtual_scales_and_codecs_agree(name, divisions, moving, over):
    codec, said = MAKERS[name]
    display = Display(divisions, Decimal("0.001"), moving, over)
    (reading,) = codec().feed(said(display))
    if over:
        assert (reading.weight_kg, reading.status) in [(None, OVER), (None, UNSTABLE)]
    elif name.startswith("8217") and (moving or divisions <= 0):
        assert reading.weight_kg in (None, 0)
    else:
        assert reading.weight_kg == display.kg
    assert over or (reading.status is UNSTABLE) == moving


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_split_reads_the_same(name, size):
    codec, said = MAKERS[name]
    sent = said(Display(1250, Decimal("0.001"), False, False))
    one = codec()
    events = [event for at in range(0, len(sent), size) for event in one.feed(sent[at : at + size])]
    assert events == codec().feed(sent)
    assert len(events) == 1


@pytest.mark.parametrize("name", MAKERS)
@given(chunks=st.lists(st.binary(max_size=120), max_size=10))
def test_any_bytes_are_survived_with_a_bounded_rest(name, chunks):
    codec = MAKERS[name][0]()
    for chunk in chunks:
        codec.feed(chunk)
        assert codec.held <= 40


@pytest.mark.parametrize("name", ["clone", "8217", "a&d", "excell", "cas22"])
@given(noise=st.binary(max_size=60))
def test_noise_never_hides_the_second_frame_behind_it(name, noise):
    codec, said = MAKERS[name]
    good = said(Display(1250, Decimal("0.001"), False, False))
    found = [event for event in codec().feed(noise + good * 3) if isinstance(event, ScaleReading)]
    assert found[-1].weight_kg == Decimal("1.250")
