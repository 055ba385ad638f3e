"""Frames of the security module: worked ones, every split, noise, and what must be refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.idcard import sam
from drivers.idcard.sam import Noise, Reply, SamDecoder

WORKED_COMMANDS = {
    "AA AA AA 96 69 00 03 10 FF EC": sam.RESET,
    "AA AA AA 96 69 00 03 11 FF ED": sam.STATUS,
    "AA AA AA 96 69 00 03 12 FF EE": sam.MODULE_ID,
    "AA AA AA 96 69 00 03 20 01 22": sam.FIND,
    "AA AA AA 96 69 00 03 20 02 21": sam.SELECT,
    "AA AA AA 96 69 00 03 30 01 32": sam.READ_BASE,
    "AA AA AA 96 69 00 03 30 03 30": sam.READ_NEW_ADDRESS,
    "AA AA AA 96 69 00 04 61 FF 50 CA": sam.SET_RF_BYTES,
}
WORKED_REPLIES = {
    "AA AA AA 96 69 00 04 00 00 90 94": (0x90, b""),
    "AA AA AA 96 69 00 04 00 00 80 84": (0x80, b""),
    "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97": (0x9F, bytes(4)),
    "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C": (0x90, bytes(8)),
    "AA AA AA 96 69 00 04 00 00 81 85": (0x81, b""),
    "AA AA AA 96 69 00 04 00 00 41 45": (0x41, b""),
    "AA AA AA 96 69 00 04 00 00 60 64": (0x60, b""),
    "AA AA AA 96 69 00 04 00 00 66 62": (0x66, b""),
    "AA AA AA 96 69 00 04 00 00 10 14": (0x10, b""),
    "AA AA AA 96 69 00 04 00 00 11 15": (0x11, b""),
    "AA AA AA 96 69 00 04 00 00 21 25": (0x21, b""),
    "AA AA AA 96 69 00 04 00 00 91 95": (0x91, b""),
}


def whole_card_reply() -> bytes:
    """The worked 1295-byte reply of an invented person; its check byte is 7C."""
    space = " ".encode("utf-16-le")

    def pad(text: str, size: int) -> bytes:
        raw = text.encode("utf-16-le")
        return raw + space * ((size - len(raw)) // 2)

    text = b"".join(
        pad(*part)
        for part in [
            ("张三", 30),
            ("1", 2),
            ("01", 4),
            ("19900307", 16),
            ("北京市东城区测试街1号", 70),
            ("110101199003078013", 36),
            ("北京市公安局东城分局", 30),
            ("20200101", 16),
            ("20400101", 16),
            ("", 36),
        ]
    )
    return bytes.fromhex("AAAAAA9669050800009001000400") + text + bytes(1024) + b"\x7c"


@pytest.mark.parametrize(("frame", "built"), WORKED_COMMANDS.items())
def test_commands_are_the_worked_frames(frame: str, built: bytes) -> None:
    assert built == bytes.fromhex(frame)


@pytest.mark.parametrize(("frame", "meaning"), WORKED_REPLIES.items())
def test_worked_replies_are_understood(frame: str, meaning: tuple[int, bytes]) -> None:
    [reply] = SamDecoder().feed(bytes.fromhex(frame))
    assert reply == Reply(*meaning)


def test_a_whole_card_is_understood_at_every_split() -> None:
    frame = whole_card_reply()
    assert len(frame) == 1295
    for split in range(len(frame) + 1):
        decoder = SamDecoder()
        events = decoder.feed(frame[:split]) + decoder.feed(frame[split:])
        assert len(events) == 1 and isinstance(events[0], Reply)
        assert sam.card_text(events[0]) is not None


def test_byte_by_byte_is_the_same_as_at_once() -> None:
    decoder = SamDecoder()
    events = [event for byte in whole_card_reply() for event in decoder.feed(bytes([byte]))]
    assert [type(event) for event in events] == [Reply]


@pytest.mark.parametrize(
    "frame",
    [
        "AA AA AA 96 69 00 04 00 00 90 90",
        "AA AA AA 96 69 00 03 00 00 90",
        "AA AA AA 96 69 FF FF 00 00 90",
        "AA AA 96 69 00 04 00 00 90 94",
    ],
)
def test_broken_frames_are_noise_and_the_next_good_one_is_found(frame: str) -> None:
    good = bytes.fromhex("AA AA AA 96 69 00 04 00 00 80 84")
    events = SamDecoder().feed(bytes.fromhex(frame) + good)
    assert [event for event in events if isinstance(event, Reply)] == [Reply(0x80, b"")]
    assert any(isinstance(event, Noise) for event in events)


def test_an_extra_byte_of_the_preamble_is_survived() -> None:
    events = SamDecoder().feed(bytes.fromhex("AA AA AA AA 96 69 00 04 00 00 90 94"))
    assert Reply(0x90, b"") in events


def test_lengths_that_do_not_add_up_are_no_card() -> None:
    frame = bytearray(whole_card_reply())
    frame[13] = 0xFF
    frame[12] = 0x03
    frame[-1] ^= 0x04 ^ 0x03 ^ 0xFF ^ 0x00
    [reply] = SamDecoder().feed(bytes(frame))
    assert isinstance(reply, Reply)
    assert sam.card_text(reply) is None


@given(st.binary(max_size=6000))
def test_garbage_never_crashes_nor_grows(data: bytes) -> None:
    decoder = SamDecoder()
    for start in range(0, len(data), 97):
        decoder.feed(data[start : start + 97])
        assert decoder.pending <= sam.MAX_FRAME_BYTES


@given(st.integers(7, 1294), st.integers(1, 255))
def test_no_single_changed_byte_of_a_card_is_accepted(position: int, change: int) -> None:
    frame = bytearray(whole_card_reply())
    frame[position] ^= change
    assert not any(
        isinstance(event, Reply) and event.sw3 == 0x90 and sam.card_text(event) for event in SamDecoder().feed(bytes(frame))
    )


def test_a_reply_never_shows_its_data() -> None:
    assert "张" not in repr(SamDecoder().feed(whole_card_reply()))
    assert "data" not in repr(SamDecoder().feed(whole_card_reply())[0])
