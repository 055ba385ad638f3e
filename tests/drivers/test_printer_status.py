"""Replies of ESC/POS printers, whole, in pieces and with noise."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Cover, DeviceState, ErrorLevel, Paper
from drivers.printer.status import (
    MAX_BLOCK_BYTES,
    AutoStatus,
    BufferCleared,
    Fault,
    Garbage,
    ProcessId,
    Queued,
    RealTime,
    ReplyDecoder,
    TextBlock,
    condition_of_answers,
    condition_of_auto_status,
)

REPLIES = {
    "12": RealTime(0x12),
    "7e": RealTime(0x7E),
    "1000 0000": AutoStatus(bytes.fromhex("10000000")),
    "3800 0c0f": AutoStatus(bytes.fromhex("38000c0f")),
    "00": Queued(0),
    "0c": Queued(0x0C),
    "3722 4142 4344 00": ProcessId(b"ABCD"),
    "3725 00": BufferCleared(),
    "5f54 4d2d 5438 3856 00": TextBlock(0x5F, b"TM-T88V"),
}


@pytest.mark.parametrize("frame", REPLIES)
def test_each_reply_is_recognised_whole_and_byte_by_byte(frame: str) -> None:
    data = bytes.fromhex(frame)
    assert ReplyDecoder().feed(data) == [REPLIES[frame]]
    decoder = ReplyDecoder()
    assert [event for byte in data for event in decoder.feed(bytes([byte]))] == [REPLIES[frame]]
    assert decoder.is_between


def test_glued_replies_come_apart_in_order() -> None:
    events = ReplyDecoder().feed(bytes.fromhex("12 18000c00 00 37224142434400 0c 5f4100 1a"))
    assert events == [
        RealTime(0x12),
        AutoStatus(bytes.fromhex("18000c00")),
        Queued(0),
        ProcessId(b"ABCD"),
        Queued(0x0C),
        TextBlock(0x5F, b"A"),
        RealTime(0x1A),
    ]


def test_flow_control_bytes_are_no_replies() -> None:
    assert ReplyDecoder().feed(bytes.fromhex("11 13 1000 13 0000")) == [AutoStatus(bytes.fromhex("10000000"))]


def test_a_real_time_answer_may_overtake_an_automatic_block() -> None:
    assert ReplyDecoder().feed(bytes.fromhex("1000 12 0000")) == [RealTime(0x12), AutoStatus(bytes.fromhex("10000000"))]


def test_a_new_block_ends_a_broken_one() -> None:
    assert ReplyDecoder().feed(bytes.fromhex("1800 1000 0000")) == [
        Garbage(b"\x18\x00"),
        AutoStatus(bytes.fromhex("10000000")),
    ]


def test_silence_ends_what_is_half_received() -> None:
    decoder = ReplyDecoder()
    decoder.feed(b"\x18\x00")
    assert decoder.flush() == [Garbage(b"\x18\x00")]
    assert decoder.flush() == []


def test_a_block_without_end_is_dropped_at_its_limit() -> None:
    decoder = ReplyDecoder()
    events = decoder.feed(b"\x5f" + b"A" * (MAX_BLOCK_BYTES - 1))
    assert events == [Garbage(b"\x5f" + b"A" * (MAX_BLOCK_BYTES - 1))]
    assert decoder.feed(b"\x12") == [RealTime(0x12)]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_any_bytes_cut_anywhere_give_the_same_events_and_no_byte_is_lost(noise: bytes, cuts: list[int]) -> None:
    whole = ReplyDecoder()
    expected = whole.feed(noise) + whole.flush()
    pieces = ReplyDecoder()
    got = []
    edges = sorted({0, len(noise), *(cut for cut in cuts if cut < len(noise))})
    for start, end in itertools.pairwise(edges):
        got += pieces.feed(noise[start:end])
    assert got + pieces.flush() == expected


@given(st.binary(max_size=300))
def test_after_noise_and_silence_a_good_reply_is_understood(noise: bytes) -> None:
    decoder = ReplyDecoder()
    decoder.feed(noise)
    decoder.flush()
    assert decoder.feed(bytes.fromhex("37225152535400")) == [ProcessId(b"QRST")]


@pytest.mark.parametrize(
    ("answers", "error", "paper", "cover"),
    [
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}, "", Paper.FULL, Cover.CLOSED),
        ({1: 0x16, 2: 0x12, 3: 0x12, 4: 0x1E}, "", Paper.LOW, Cover.CLOSED),
        ({1: 0x1A, 2: 0x16, 3: 0x12, 4: 0x12}, "coverOpen", Paper.FULL, Cover.OPEN),
        ({1: 0x1A, 2: 0x36, 3: 0x12, 4: 0x72}, "coverOpen", Paper.OUT, Cover.OPEN),
        ({1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x7E}, "paperOut", Paper.OUT, Cover.CLOSED),
        ({1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}, "cutterJam", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x52, 3: 0x52, 4: 0x12}, "headHot", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x56, 3: 0x52, 4: 0x12}, "coverOpen", Paper.FULL, Cover.OPEN),
        ({1: 0x1A, 2: 0x52, 3: 0x32, 4: 0x12}, "hardwareError", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x52, 3: 0x12, 4: 0x12}, "hardwareError", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x52, 3: 0x16, 4: 0x12}, "hardwareError", Paper.FULL, Cover.CLOSED),
        ({1: 0x12, 2: 0x12, 3: 0x16, 4: 0x12}, "", Paper.FULL, Cover.CLOSED),
        ({1: 0x3A, 2: 0x12, 3: 0x12, 4: 0x12}, "offline", Paper.FULL, Cover.CLOSED),
        ({1: 0x5A, 2: 0x1A, 3: 0x12, 4: 0x12}, "offline", Paper.FULL, Cover.CLOSED),
        ({1: 0x52, 2: 0x1A, 3: 0x12, 4: 0x12}, "", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x12, 3: 0x12, 4: 0x12}, "offline", Paper.FULL, Cover.CLOSED),
        ({1: 0x1A, 2: 0x1A, 3: 0x1A, 4: 0x1A}, "offline", Paper.UNKNOWN, Cover.UNKNOWN),
        ({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x72}, "paperOut", Paper.OUT, Cover.CLOSED),
        ({1: 0x12, 2: 0x36, 3: 0x12, 4: 0x12}, "coverOpen", Paper.OUT, Cover.OPEN),
        ({1: 0x1A}, "offline", Paper.UNKNOWN, Cover.UNKNOWN),
        ({}, "", Paper.UNKNOWN, Cover.UNKNOWN),
    ],
)
def test_worked_answers(answers: dict[int, int], error: str, paper: Paper, cover: Cover) -> None:
    condition = condition_of_answers(answers)
    assert (condition.error, condition.paper, condition.cover) == (error, paper, cover)
    assert condition.is_known is bool(answers)


@pytest.mark.parametrize(
    ("block", "error", "paper", "cover"),
    [
        ("10000000", "", Paper.FULL, Cover.CLOSED),
        ("1400000f", "", Paper.FULL, Cover.CLOSED),
        ("10000300", "", Paper.LOW, Cover.CLOSED),
        ("38000000", "coverOpen", Paper.FULL, Cover.OPEN),
        ("18000c00", "paperOut", Paper.OUT, Cover.CLOSED),
        ("18000f00", "paperOut", Paper.OUT, Cover.CLOSED),
        ("18080000", "cutterJam", Paper.FULL, Cover.CLOSED),
        ("18400000", "headHot", Paper.FULL, Cover.CLOSED),
        ("18200000", "hardwareError", Paper.FULL, Cover.CLOSED),
        ("18000000", "offline", Paper.FULL, Cover.CLOSED),
    ],
)
def test_worked_automatic_statuses(block: str, error: str, paper: Paper, cover: Cover) -> None:
    condition = condition_of_auto_status(bytes.fromhex(block))
    assert (condition.error, condition.paper, condition.cover) == (error, paper, cover)


def test_a_near_end_sensor_that_is_not_there_is_not_believed() -> None:
    assert condition_of_answers({4: 0x1E}, has_near_end=False).paper is Paper.FULL
    assert condition_of_auto_status(bytes.fromhex("10000300"), has_near_end=False).paper is Paper.FULL


@pytest.mark.parametrize(
    ("answers", "error", "level"),
    [
        ({1: 0x1A, 2: 0x52, 3: 0x1A, 4: 0x12}, "cutterJam", ErrorLevel.RECOVERABLE),
        ({1: 0x1A, 2: 0x52, 3: 0x3A, 4: 0x12}, "cutterJam", ErrorLevel.FATAL),
        ({1: 0x1A, 2: 0x52, 3: 0x52, 4: 0x12}, "headHot", ErrorLevel.RECOVERABLE),
        ({1: 0x1A, 2: 0x52, 3: 0x16, 4: 0x12}, "hardwareError", ErrorLevel.RECOVERABLE),
        ({1: 0x1A, 2: 0x52, 3: 0x32, 4: 0x12}, "hardwareError", ErrorLevel.FATAL),
    ],
)
def test_who_can_mend_it_is_told(answers: dict[int, int], error: str, level: ErrorLevel) -> None:
    status = condition_of_answers(answers).status("usb:1-1", "epson-80", {})
    assert (status.error, status.level) == (error, level)


@given(st.dictionaries(st.integers(1, 4), st.integers(0, 255)))
def test_every_bit_of_every_answer_is_read_at_its_worst_and_never_as_well(answers: dict[int, int]) -> None:
    """What stops a printer by the manual is a fault here, whatever else is set beside it."""
    faults = condition_of_answers(answers).faults
    same = len(answers) == 4 and len(set(answers.values())) == 1
    printer, offline, error, roll = (answers.get(n, 0) for n in (1, 2, 3, 4))
    if printer & 0x08 or (not same and (offline & 0x64 or error & 0x28 or roll & 0x60)):
        assert faults
    if not (printer & 0x08 or offline & 0x64 or error & 0x68 or roll & 0x60):
        assert not faults


def test_a_silent_printer_counts_as_online_with_nothing_known() -> None:
    status = condition_of_answers({}).status("usb:1-1", "clone-58", {})
    assert (status.state, status.level, status.paper) == (DeviceState.ONLINE, ErrorLevel.NONE, Paper.UNKNOWN)


def test_every_fault_has_its_word() -> None:
    for fault in Fault:
        status = condition_of_answers({}).__class__(faults=fault).status("p", "m", {})
        assert status.error and not status.is_ready
