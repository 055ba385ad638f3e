"""Wedge, HID-POS and serial scanners without a device: worked bytes, every split, noise, hostile codes, bounds."""

import string
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner.hid_pos import HidPosAssembler, ReportLayout, layout_of
from drivers.scanner.serial_lines import SerialAssembler
from drivers.scanner.text import MAX_CHARACTERS, clean
from drivers.scanner.wedge import PAUSE_S, WedgeAssembler
from drivers.virtual.scanner import REPORT_DESCRIPTOR, dropped, reports, wedge_events

LABEL = "https://hgz.cn/" + "1234567890" * 24 + "1"
TYPED = string.ascii_letters + string.digits + "!@#$%^&*()-_=+[]{}\\|;:'\"`~,<.>/? "


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@qqHHi", 0, 0, kind, code, value)


# ---- keyboard wedge -----------------------------------------------------------------------------------------------------------


def test_the_worked_events_are_a_capital_a():
    presses = [(42, 1), (30, 1), (30, 0), (42, 0), (28, 1)]
    assert WedgeAssembler().feed(b"".join(event(1, code, value) for code, value in presses), 0.0) == ["A"]


@given(st.text(alphabet=TYPED, min_size=1, max_size=60))
def test_whatever_a_scanner_types_comes_back(text):
    expected = [text] if clean(text) else []
    assert WedgeAssembler().feed(wedge_events(text), 0.0) == expected


def test_chinese_comes_as_alt_numbers():
    assert WedgeAssembler().feed(wedge_events("合格证A1"), 0.0) == ["合格证A1"]


def test_every_split_of_the_stream_gives_the_same_code():
    stream = wedge_events("Ab-1\\")
    for at in range(len(stream)):
        assembler = WedgeAssembler()
        assert assembler.feed(stream[:at], 0.0) + assembler.feed(stream[at:], 0.01) == ["Ab-1\\"]


@pytest.mark.parametrize("end", ["\n", "\t"])
def test_enter_and_tab_end_a_code_and_doubled_ends_are_nothing(end):
    assembler = WedgeAssembler()
    assert assembler.feed(wedge_events("1234", end=end) + wedge_events("", end=end), 0.0) == ["1234"]
    assert assembler.feed(wedge_events("5678", end=end), 0.0) == ["5678"]


def test_control_j_ends_a_code_and_other_control_keys_are_no_characters():
    typed = wedge_events("12", end="") + event(1, 29, 1) + event(1, 46, 1) + event(1, 46, 0) + event(1, 36, 1)
    assert WedgeAssembler().feed(typed, 0.0) == ["12"]


def test_a_scanner_that_ends_its_codes_by_a_key_may_pause_in_one():
    assembler = WedgeAssembler()
    assert assembler.feed(wedge_events("first"), 0.0) == ["first"]
    assert assembler.feed(wedge_events("https://q.sxnc.cn/73", end=""), 1.0) == []
    assert assembler.tick(1.0 + PAUSE_S - 0.01) == []  # the machine was busy: half a code is none
    assert assembler.feed(wedge_events("91"), 2.0) == ["https://q.sxnc.cn/7391"]
    assert assembler.feed(wedge_events("no key any more", end=""), 3.0) == []
    assert assembler.tick(3.0 + PAUSE_S) == ["no key any more"]  # set up anew meanwhile


def test_the_tail_of_a_code_that_was_lost_in_part_is_never_told():
    assembler = WedgeAssembler()
    assert assembler.feed(wedge_events("https://q.s", end="") + dropped() + wedge_events("739", end=""), 0.0) == []
    assert assembler.tick(PAUSE_S - 0.01) == []
    assert assembler.feed(wedge_events("1739"), PAUSE_S - 0.01) == []
    assert assembler.feed(wedge_events("whole"), 2.0) == ["whole"]


def test_silence_ends_a_code_but_not_the_typing_of_a_person():
    assembler = WedgeAssembler()
    assert assembler.feed(wedge_events(LABEL, end=""), 1.0) == []
    assert assembler.tick(1.1) == []
    assert assembler.tick(1.2) == [LABEL]
    for place, key in enumerate("hello"):
        assert assembler.feed(wedge_events(key, end=""), 2.0 + place) == []
        assert assembler.tick(2.9 + place) == []
    assert assembler.held == 0


def test_autorepeat_is_no_second_character_and_caps_lock_turns_letters_round():
    held = event(1, 30, 1) + event(1, 30, 2) * 9 + event(1, 30, 0)
    assert WedgeAssembler().feed(held + event(1, 28, 1), 0.0) == ["a"]
    caps = event(1, 58, 1) + event(1, 58, 0)
    assert WedgeAssembler().feed(caps + wedge_events("Ab1!"), 0.0) == ["aB1!"]


def test_after_lost_events_the_code_is_thrown_away_and_the_next_one_is_whole():
    assembler = WedgeAssembler()
    assert assembler.feed(wedge_events("123", end="") + dropped() + wedge_events("456"), 0.0) == []
    assert assembler.feed(wedge_events("789"), 0.0) == ["789"]


def test_a_code_beyond_all_bounds_is_nothing_and_keeps_nothing():
    assembler = WedgeAssembler()
    for _ in range(200):
        assert assembler.feed(wedge_events("x" * 100, end=""), 0.0) == []
        assert assembler.held <= MAX_CHARACTERS
    assert assembler.feed(wedge_events(""), 0.0) == []
    assert assembler.feed(wedge_events("ok"), 0.0) == ["ok"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 300), st.integers(-1, 3)), max_size=300))
def test_no_event_stream_breaks_the_wedge(events):
    assembler = WedgeAssembler()
    for place, parts in enumerate(events):
        for text in assembler.feed(event(*parts), place / 100):
            assert text == clean(text)
        assembler.tick(place / 100)
        assert assembler.held <= MAX_CHARACTERS


# ---- HID-POS ----------------------------------------------------------------------------------------------------------------


def test_the_worked_report_is_hello():
    report = bytes.fromhex("02 05 5D 51 31") + b"HELLO" + bytes(54)
    assert HidPosAssembler().feed(report, 0.0) == ["HELLO"]


def test_the_layout_is_read_from_the_descriptor():
    assert layout_of(REPORT_DESCRIPTOR) == ReportLayout()
    other = bytes.fromhex("05 8C 09 02 A1 01 09 12 A1 02 85 07 75 08 95 01 05 01 09 3B 81 02 05 8C 95 1E 09 FE 82 02 01 C0 C0")
    assert layout_of(other) == ReportLayout(report_id=7, size=32, length_at=1, data_at=2, data_size=30, more_at=0, more_mask=0)
    assert layout_of(b"") is None


@given(st.binary(max_size=200))
def test_no_descriptor_breaks_the_reader_of_descriptors(descriptor):
    layout = layout_of(descriptor)
    if layout is not None:
        HidPosAssembler(layout).feed(bytes(layout.size), 0.0)


@given(st.text(min_size=1, max_size=400))
def test_a_code_in_any_number_of_reports_comes_back(text):
    got = HidPosAssembler().feed(b"".join(reports(text.encode("utf-8"))), 0.0) if text.encode("utf-8", "ignore") else []
    expected = clean(text.rstrip("\r\n"))
    assert got == ([expected] if expected else [])


def test_gbk_and_two_codes_one_after_the_other():
    stream = b"".join([*reports("合格证".encode("gbk")), *reports(LABEL.encode())])
    assert HidPosAssembler().feed(stream, 0.0) == ["合格证", LABEL]


@pytest.mark.parametrize("length", [57, 255])
def test_a_length_beyond_the_report_throws_the_code_away(length):
    assembler = HidPosAssembler()
    first, *rest = reports(LABEL.encode())
    assert assembler.feed(bytes([2, length]) + first[2:], 0.0) == []
    assert assembler.feed(b"".join(rest), 0.0) == []
    assert assembler.feed(b"".join(reports(b"next")), 0.0) == ["next"]


def test_a_chain_that_is_not_continued_is_no_half_code():
    assembler = HidPosAssembler()
    first, *_ = reports(LABEL.encode())
    assert assembler.feed(first, 0.0) == []
    assert assembler.tick(0.4) == [] and assembler.held > 0
    assert assembler.tick(0.6) == [] and assembler.held == 0
    assert assembler.feed(b"".join(reports(b"next")), 0.7) == ["next"]


def test_an_endless_chain_stays_bounded():
    assembler = HidPosAssembler()
    link = bytes([2, 56, 93, 81, 49]) + b"x" * 56 + b"s\0\x01"
    for _ in range(1000):
        assert assembler.feed(link, 0.0) == []
    assert assembler.held <= MAX_CHARACTERS


@given(st.lists(st.binary(max_size=130), max_size=30))
def test_no_reports_break_the_scanner(chunks):
    assembler = HidPosAssembler()
    for chunk in chunks:
        for text in assembler.feed(chunk, 0.0):
            assert text == clean(text)
        assert assembler.held <= MAX_CHARACTERS


# ---- serial -----------------------------------------------------------------------------------------------------------------


def test_the_worked_bytes_are_a_code():
    assert SerialAssembler().feed(bytes.fromhex("41420D0A"), 0.0) == ["AB"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_split_of_a_serial_code_gives_the_same(encoding):
    stream = "合格证-1".encode(encoding) + b"\r\n"
    for at in range(len(stream)):
        assembler = SerialAssembler()
        assert assembler.feed(stream[:at], 0.0) + assembler.feed(stream[at:], 0.01) == ["合格证-1"]


def test_two_codes_in_one_read_and_one_without_an_end():
    assembler = SerialAssembler()
    assert assembler.feed(b"one\rtwo\nthree", 1.0) == ["one", "two"]
    assert assembler.tick(1.02) == []
    assert assembler.tick(1.06) == ["three"]


def test_a_serial_flood_without_an_end_stays_bounded_and_is_no_code():
    assembler = SerialAssembler()
    for _ in range(100):
        assert assembler.feed(b"y" * 512, 0.0) == []
        assert assembler.held <= MAX_CHARACTERS + 512
    assert assembler.feed(b"\nok\n", 0.0) == ["ok"]


@given(st.lists(st.binary(max_size=600), max_size=20))
def test_no_bytes_break_a_serial_scanner(chunks):
    assembler = SerialAssembler()
    for place, chunk in enumerate(chunks):
        for text in assembler.feed(chunk, place / 10) + assembler.tick(place / 10 + 0.06):
            assert text == clean(text)


def test_a_code_cannot_command_a_printer():
    evil = b"\x1bp\x00\x19\xfa\x10\x14\x01safe\r"
    (text,) = SerialAssembler().feed(evil, 0.0)
    assert text.startswith("p") and text.endswith("safe")
    assert all(character >= " " for character in text)
