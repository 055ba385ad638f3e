"""XK3190-A12, NCI, Ohaus and the frame that a profile describes: worked frames, refusals, splits, noise, round trip."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import DriverFault
from drivers.scale.codec import Garbage, Trouble
from drivers.scale.device import Scale
from drivers.scale.fixed_frame import FixedFrameCodec
from drivers.scale.nci import NciCodec
from drivers.scale.ohaus import OhausCodec
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.xk3190_a12 import Xk3190A12Codec
from drivers.virtual.load_cell import Display
from drivers.virtual.serial_scale_asked import CasClone
from drivers.virtual.serial_scale_lines import A12Line, Nci, OhausLine

PROFILES = load_profiles()
STABLE, UNSTABLE, OVER = ScaleStatus.STABLE, ScaleStatus.UNSTABLE, ScaleStatus.OVERWEIGHT
UNDER, NOT_READY = ScaleStatus.UNDER_ZERO, ScaleStatus.NOT_READY
GRAM = Decimal("0.001")


def begun(codec):
    codec.reset()
    return codec


def a12():
    return begun(Xk3190A12Codec())


def clone():
    return begun(Xk3190A12Codec(checksum=False))


def ohaus():
    return begun(OhausCodec())


def dahua():
    return PROFILES["dahua"].codec()


@pytest.mark.parametrize(
    ("codec", "sent", "weight", "status"),
    [
        (a12, "57 47 30 30 34 2E 31 33 39 6B 67 33 44 0D 0A", "4.139", UNSTABLE),
        (a12, "20 20 20 20 20 20 20 20 20 4F 4C 32 33 0D 0A", None, OVER),
        (a12, "20 20 20 20 20 20 20 20 20 4C 4F 32 33 0D 0A", None, UNDER),
        (clone, "77 77 30 30 30 2E 30 30 30 6C 62 0D 0A", "0E-11", UNSTABLE),
        (clone, "77 6E 2D 30 30 30 2E 31 6B 67 0D 0A", "-0.1", UNSTABLE),
        (NciCodec, "0A 30 31 2E 32 35 30 4B 47 0D 0A 53 30 30 0D 03", "1.250", STABLE),
        (NciCodec, "0A 30 31 2E 32 35 30 4B 47 0D 0A 30 30 0D 03", "1.250", STABLE),
        (NciCodec, "0A 30 31 2E 32 35 30 4B 47 0D 0A 30 31 0D 03", "-1.250", UNDER),
        (NciCodec, "0A 53 31 30 0D 03", None, UNSTABLE),
        (NciCodec, "0A 53 30 31 0D 03", None, UNDER),
        (NciCodec, "0A 53 30 32 0D 03", None, OVER),
        (ohaus, "20 20 20 20 31 2E 32 35 30 20 6B 67 20 20 20 20 47 20 20 0D 0A", "1.250", STABLE),
        (ohaus, "20 20 20 20 31 2E 32 34 38 20 6B 67 20 20 20 3F 47 20 20 0D 0A", "1.248", UNSTABLE),
        (lambda: PROFILES["dahua"].codec(), "01 02 53 20 20 20 31 2E 32 35 30 6B 67 57 03 04", "1.250", STABLE),
        (lambda: PROFILES["dahua_15"].codec(), "01 02 53 20 30 31 2E 32 35 30 6B 67 67 03 04", "1.250", STABLE),
        (lambda: PROFILES["dahua_15"].codec(), "01 02 55 20 30 31 2E 32 34 38 6B 67 68 03 04", "1.248", UNSTABLE),
        (lambda: PROFILES["dahua_15"].codec(), "01 02 53 2D 30 30 2E 30 32 30 6B 67 6E 03 04", "-0.020", UNDER),
        (lambda: PROFILES["dahua_15"].codec(), "01 02 46 20 31 35 2E 30 30 35 6B 67 75 03 04", None, NOT_READY),
        (lambda: PROFILES["dahua_head_81"].codec(), "81 02 53 20 20 20 31 2E 32 35 30 6B 67 57 03 04", "1.250", STABLE),
    ],
)
def test_worked_frames_read_as_the_manual_says(codec, sent, weight, status):
    (reading,) = codec().feed(bytes.fromhex(sent))
    assert (None if reading.weight_kg is None else str(reading.weight_kg), reading.status) == (weight, status)


def test_a_clones_pound_is_exact():
    (reading,) = clone().feed(b"ww001.000lb\r\n")
    assert reading.weight_kg == Decimal("0.45359237")


@pytest.mark.parametrize(
    ("codec", "sent"),
    [
        (a12, b"WG004.139kg3E\r\n"),
        (a12, b"WG004.139kg\r\n"),
        (a12, b"WX004.139kg22\r\n"),
        (clone, b"ww0.0.000kg\r\n"),
        (clone, b"wx000.000kg\r\n"),
        (NciCodec, bytes.fromhex("0A 30 31 2E 32 35 30 4B 47 0D") + b" " * 32),
        (NciCodec, bytes.fromhex("0A 30 31 2E 32 35 30 4B 47 0D 03")),
        (NciCodec, bytes.fromhex("0A 3F 0D 03")),
        (NciCodec, b"\n01.250KG\r\n\x2000\r\x03"),
        (NciCodec, b"\n01.250KG\r\n0p\r\x03"),
        (ohaus, b"    1.250 kg   G  \r\n"),
        (ohaus, b"   -1.250 kg      G  \r\n"),
        (ohaus, b"    1.2.0 kg    G  \r\n"),
        (ohaus, b"    1.250 st      G  \r\n"),
        (dahua, bytes.fromhex("01 02 53 20 20 20 31 2E 32 35 30 6B 67 58 03 04")),
        (dahua, bytes.fromhex("01 02 53 20 20 20 31 2E 32 35 30 6B 67 57 03 05")),
        (dahua, bytes.fromhex("01 02 53 20 20 20 31 2E 32 35 30 70 63 4F 03 04")),
        (dahua, bytes.fromhex("98 80 E6 6D 6D 6D 00") * 3),
    ],
)
def test_frames_that_must_be_refused(codec, sent):
    events = codec().feed(sent)
    assert events
    assert {type(event) for event in events} == {Garbage}


def test_pounds_and_ounces_in_one_weight_are_never_read_as_pounds():
    assert [event.weight_kg for event in NciCodec().feed(b"\n1LB 02.5OZ\r\n00\r\x03") if isinstance(event, ScaleReading)] == [None]


def test_a_broken_nci_scale_says_so():
    assert NciCodec().feed(b"\nS40\r\x03") == [Trouble("hardwareError", b"\nS40\r\x03")]


@pytest.mark.parametrize(("codec", "sent"), [(NciCodec, b"\n01.250KG\r\n0p4\r\x03"), (ohaus, b"    1.250 kg    NET\r\n")])
def test_net_is_told_where_the_frame_tells_it(codec, sent):
    assert [event.mode for event in codec().feed(sent)] == [WeightMode.NET]


def test_a_tare_line_says_nothing_about_weight():
    assert ohaus().feed(b"    0.250 kg    T  \r\n") == []
    assert clone().feed(b"wt000.250kg\r\n") == []


def test_a_flag_that_lies_is_believed_for_motion_only():
    """Equal frames for a second, all flagged as at rest; then one that is flagged as moving, with the same weight."""
    clock, told = [0.0], []
    rest, moving = (CasClone().frame(Display(1250, GRAM, moving, False)) for moving in (False, True))

    class Wire:
        port = "wire:1"

        def read(self, max_bytes, timeout_s):
            if timeout_s == 0.0:
                return b""  # nothing waited before the line was opened
            clock[0] += 0.1
            if clock[0] > 4.0:
                stop.set()
            return moving if 1.95 < clock[0] < 2.05 else rest

        def write(self, data, timeout_s):
            raise AssertionError("nobody asks this scale")

        def close(self): ...

    stop = threading.Event()
    scale = Scale(PROFILES["dahua_window"], clock=lambda: clock[0], every_reading=True)
    scale.run(Wire(), lambda record: told.append((clock[0], record)), stop)
    words = [(at, record.status) for at, record in told if isinstance(record, ScaleReading) and record.raw]
    at_rest = [at for at, status in words if status is STABLE]
    assert min(at_rest) > 1.0 and [at for at in at_rest if 1.95 < at < 2.95] == []
    assert {status for at, status in words if 1.4 < at < 1.9} == {STABLE} and max(at_rest) > 3.5
    assert PROFILES["dahua"].codec().tells_stability and not PROFILES["dahua_window"].codec().tells_stability


@pytest.mark.parametrize(
    ("options", "sent", "weight"),
    [
        ({"least_first": True}, "01 02 53 20 30 35 32 2E 31 20 20 6B 67 57 03 04", "1.250"),
        ({"unit_at": -1, "unit": "g"}, "01 02 53 20 20 20 20 31 32 35 30 6B 67 59 03 04", "1.250"),
        ({"decimals": 3, "sign_at": -1, "over_at": -1}, "01 02 53 20 20 20 20 31 32 35 30 6B 67 59 03 04", "1.250"),
        ({"check": "sum"}, "01 02 53 20 20 20 31 2E 32 35 30 6B 67 7B 03 04", "1.250"),
        ({"check": "negatedSum"}, "01 02 53 20 20 20 31 2E 32 35 30 6B 67 85 03 04", "1.250"),
        ({"check": "none", "check_at": -1}, "01 02 53 20 20 20 31 2E 32 35 30 6B 67 00 03 04", "1.250"),
        (
            {"head": "0D", "tail": "", "length": 6, "state_at": -1, "sign_at": 1, "over_at": -1, "weight_at": 2, "weight_chars": 4}
            | {"unit_at": -1, "unit": "g", "check": "none"},
            "0D 20 30 30 34 36",
            "0.046",
        ),
    ],
    ids=["backwards", "unit of the profile", "no point", "sum", "negated sum", "no check", "six bytes of an Aihua scale"],
)
def test_every_constant_of_the_frame_is_an_option(options, sent, weight):
    (reading,) = FixedFrameCodec(**options).feed(bytes.fromhex(sent))
    assert str(reading.weight_kg) == weight
    assert reading.checked == (options.get("check") != "none")


@pytest.mark.parametrize(
    "options",
    [{"length": 0}, {"weight_at": 12}, {"check_at": 16}, {"head": ""}, {"check": "crc"}, {"unit": "jin"}, {"weigth_at": 4}],
)
def test_a_frame_that_makes_no_sense_is_refused_with_its_profile(options):
    profile = replace(PROFILES["dahua"], options={**PROFILES["dahua"].options, **options})
    with pytest.raises(DriverFault):
        profile.codec()


MAKERS = {
    "a12": (a12, lambda display: A12Line().frame(display)),
    "a12 clone": (clone, lambda display: A12Line(checked=False).frame(display)),
    "nci": (NciCodec, lambda display: Nci().hear(b"W\r", display)),
    "nci classic": (NciCodec, lambda display: Nci(ecr=False, net=True).hear(b"W\r", display)),
    "ohaus": (ohaus, lambda display: OhausLine().frame(display)),
    "dahua": (dahua, lambda display: CasClone().frame(display)),
}


@pytest.mark.parametrize("name", MAKERS)
@given(divisions=st.integers(-9999, 29999), moving=st.booleans())
def test_virtual_scales_and_codecs_agree(name, divisions, moving):
    codec, said = MAKERS[name]
    display = Display(divisions, GRAM, moving, False)
    (reading,) = codec().feed(said(display))
    if name == "nci" and (moving or divisions < 0):
        assert reading.weight_kg is None and reading.status is (UNSTABLE if moving else UNDER)
    else:
        assert reading.weight_kg == display.kg
        assert (reading.status is UNSTABLE) == (moving or name.startswith("a12"))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_every_split_reads_the_same(name, size):
    codec, said = MAKERS[name]
    sent = said(Display(1250, GRAM, False, False))
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
        assert codec.held <= 64


@pytest.mark.parametrize("name", MAKERS)
@given(noise=st.binary(max_size=60))
def test_noise_never_hides_the_second_frame_behind_it(name, noise):
    codec, said = MAKERS[name]
    good = said(Display(1250, GRAM, False, False))
    found = [event for event in codec().feed(noise + good * 3) if isinstance(event, ScaleReading)]
    assert found[-1].weight_kg == Decimal("1.250")
