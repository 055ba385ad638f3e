"""Encoder and read-back: two opinions on the same bytes."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import DriverFault
from drivers.printer.encode import encode_label
from drivers.printer.profile import Align, Confirm, Ending, PrinterProfile, builtin_profiles, load_profiles, printer_profile
from drivers.printer.readback import parse_label, read_back
from drivers.printer.record import MonoBitmap
from drivers.printer.streams import ReadBackError

CORNERS = MonoBitmap(16, 2, bytes([0x80, 0x00, 0x00, 0x01]))


def a_profile(**words: object) -> PrinterProfile:
    return PrinterProfile(**{"name": "test", "head_dots": 576, **words})  # type: ignore[arg-type]


def noise(width: int, height: int, seed: int = 1) -> MonoBitmap:
    stride = (width + 7) // 8
    rows = bytearray(random.Random(seed).randbytes(stride * height))
    if width % 8:
        for row in range(height):
            rows[row * stride + stride - 1] &= 0xFF << (8 - width % 8) & 0xFF
    return MonoBitmap(width, height, bytes(rows))


def dot(picture: MonoBitmap, x: int, y: int) -> bool:
    return bool(picture.data[y * picture.stride_bytes + x // 8] >> (7 - x % 8) & 1)


def test_worked_stream_is_what_the_manuals_say() -> None:
    assert encode_label(CORNERS, a_profile()).hex(" ") == "1b 40 1d 76 30 00 02 00 02 00 80 00 00 01 1d 56 42 00"


@pytest.mark.parametrize(
    ("ending", "tail"), [(Ending.CUT, "1d564200"), (Ending.GAP, "1d0c"), (Ending.FORM_FEED, "0c"), (Ending.FEED, "1b6406")]
)
def test_each_ending_is_one_command(ending: Ending, tail: str) -> None:
    stream = encode_label(CORNERS, a_profile(ending=ending))
    assert stream.hex().endswith("80000001" + tail)
    assert read_back(stream) == CORNERS


@given(st.integers(1, 90), st.integers(1, 150), st.integers(0, 10_000), st.integers(8, 64))
@settings(max_examples=60, deadline=None)
def test_what_is_encoded_reads_back_dot_by_dot(width: int, height: int, seed: int, band: int) -> None:
    picture = noise(width, height, seed)
    back = read_back(encode_label(picture, a_profile(head_dots=96, band_rows=band)))
    assert back.height_dots == height
    assert any(_lies_at(back, picture, move) for move in range(17))


def _lies_at(back: MonoBitmap, picture: MonoBitmap, left: int) -> bool:
    if back.width_dots < left + picture.width_dots:
        return False
    inside = all(
        dot(back, left + x, y) == dot(picture, x, y) for y in range(picture.height_dots) for x in range(picture.width_dots)
    )
    return inside and sum(byte.bit_count() for byte in back.data) == sum(byte.bit_count() for byte in picture.data)


def test_a_label_of_480x640_is_ten_bands_and_identical() -> None:
    picture = MonoBitmap(480, 640, noise(480, 640).data.replace(b"\x10", b"\x11"))
    stream = encode_label(picture, a_profile())
    assert len(parse_label(stream).bands) == 10
    assert read_back(stream) == picture


def test_read_back_of_a_label_takes_less_than_ten_milliseconds() -> None:
    stream = encode_label(noise(480, 640), a_profile())
    fastest = 1.0
    for _ in range(5):
        began = time.perf_counter()
        read_back(stream)
        fastest = min(fastest, time.perf_counter() - began)
    assert fastest < 0.010


def test_a_picture_wider_than_the_head_is_refused_never_clipped() -> None:
    with pytest.raises(DriverFault) as caught:
        encode_label(noise(577, 8), a_profile())
    assert caught.value.code == "labelTooWide"
    with pytest.raises(DriverFault):
        encode_label(noise(570, 8), a_profile(left_dots=8))


def test_left_edge_and_centre_move_the_picture() -> None:
    left = read_back(encode_label(CORNERS, a_profile(left_dots=3)))
    assert dot(left, 3, 0) and dot(left, 18, 1) and left.width_dots == 24
    centre = read_back(encode_label(CORNERS, a_profile(head_dots=32, align=Align.CENTRE)))
    assert dot(centre, 8, 0) and dot(centre, 23, 1)


def test_a_picture_that_spells_power_off_is_moved_by_a_dot() -> None:
    spelling = MonoBitmap(40, 1, bytes([0x10, 0x14, 0x02, 0x01, 0x08]))
    stream = encode_label(spelling, a_profile())
    assert b"\x10\x14\x02" not in stream
    back = read_back(stream)
    assert dot(back, 3 + 1, 0) and not dot(back, 3, 0)


def test_a_picture_that_fills_the_head_is_not_moved() -> None:
    spelling = MonoBitmap(40, 1, bytes([0x10, 0x04, 0x02, 0x01, 0x08]))
    assert read_back(encode_label(spelling, a_profile(head_dots=40))) == spelling


def test_every_flipped_bit_of_the_raster_shows_in_the_picture_or_is_refused() -> None:
    picture = noise(48, 40)
    stream = encode_label(picture, a_profile(band_rows=16))
    label = parse_label(stream)
    raster = {offset for band in label.bands for offset in range(band.start, band.end)}
    true_picture = read_back(stream)
    for offset in range(len(stream)):
        for bit in range(8):
            flipped = bytearray(stream)
            flipped[offset] ^= 1 << bit
            if offset in raster:
                assert read_back(bytes(flipped)) != true_picture
            else:
                with pytest.raises(ReadBackError):
                    read_back(bytes(flipped))


@pytest.mark.parametrize("length", [0, 1, 2, 5, 9, 13, 14, 17])
def test_a_stream_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(ReadBackError):
        read_back(encode_label(CORNERS, a_profile())[:length])


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ("1b401d564200", "noRaster"),
        ("1b401d7630000200020080000001 1d76300001000100ff 1d564200", "widthChanges"),
        ("1b401d7630000200020080000001 1d5600 00", "cutMode"),
        ("1b401d7630000200020080000001 0a", "truncated"),
        ("1b401d7630000200020080000001 41420a", "unknownCommand"),
        ("1b401d7630000200020080000001 1d564200 1b40", "afterTheEnd"),
        ("1b401d7630010200020080000001 1d564200", "rasterMode"),
        ("1b401d7630000000020080000001 1d564200", "rasterSize"),
        ("1b401d7630000200020080000001 1b6400", "feedNothing"),
    ],
)
def test_odd_streams_are_named(stream: str, reason: str) -> None:
    with pytest.raises(ReadBackError) as caught:
        read_back(bytes.fromhex(stream))
    assert caught.value.facts["reason"] == reason


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_read_back_of_anything_ends_in_a_picture_or_its_own_error(junk: bytes) -> None:
    for stream in (junk, b"\x1b\x40" + junk, b"\x1b\x40\x1d\x76\x30\x00" + junk):
        try:
            picture = read_back(stream)
        except ReadBackError:
            continue
        assert picture.height_dots > 0


def test_delivered_profiles_are_sound_and_unknown_ones_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert {"epson-80", "clone-80", "clone-58", "label-104", "label-80"} <= builtin_profiles().keys()
    assert printer_profile("epson-80").confirm is Confirm.PROCESS_ID
    with pytest.raises(DriverFault):
        printer_profile("none-such")
    path = tmp_path / "profiles.toml"
    path.write_text("[odd]\nhead_dots = 390\n")
    with pytest.raises(DriverFault) as caught:
        load_profiles(path)
    assert caught.value.facts["profile"] == "odd"
    path.write_text("[odd]\nhead_dots = 384\nconfirm = 'hope'\n")
    with pytest.raises(DriverFault):
        load_profiles(path)
