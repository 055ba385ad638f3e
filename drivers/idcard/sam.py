"""Frames between host and the security module (SAM_V / SAM_A) of an ID-card reader.

Source: GA/T 467 as documented by module makers; every constant below was checked against worked frames.
Frame: ``AA AA AA 96 69``, length (2 bytes big-endian, counts everything after it), body, XOR of everything after the preamble.
Worked frames: find card ``AA AA AA 96 69 00 03 20 01 22`` -> no card ``AA AA AA 96 69 00 04 00 00 80 84``.
Rules: does no I/O; keeps at most ``MAX_FRAME_BYTES``; finds the next frame by the whole five-byte preamble (AA occurs inside data), and never
looks for one inside a frame whose length is known; garbage carries no bytes, because it may be somebody's card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AAAAAA9669")
MAX_LENGTH = 2400
MAX_FRAME_BYTES = len(PREAMBLE) + 2 + MAX_LENGTH
_MIN_REPLY_LENGTH = 4


class Sw3(IntEnum):
    """Status of the module: the third status byte decides."""

    OK = 0x90
    FOUND = 0x9F
    BAD_CHECKSUM = 0x10
    BAD_LENGTH = 0x11
    BAD_COMMAND = 0x21
    UNKNOWN_ERROR = 0x24
    CARD_REFUSES = 0x31
    MODULE_REFUSES = 0x32
    VERIFICATION_FAILED = 0x33
    WRONG_CARD = 0x40
    READ_FAILED = 0x41
    RANDOM_FAILED = 0x47
    SELF_TEST_FAILED = 0x60
    NOT_AUTHORISED = 0x66
    NO_CARD = 0x80
    SELECT_FAILED = 0x81
    NO_SUCH_ITEM = 0x91


def command(code: int, parameter: int, data: bytes = b"") -> bytes:
    """A finished command frame."""
    body = (3 + len(data)).to_bytes(2, "big") + bytes([code, parameter]) + data
    return PREAMBLE + body + bytes([reduce(xor, body)])


RESET = command(0x10, 0xFF)
STATUS = command(0x11, 0xFF)
MODULE_ID = command(0x12, 0xFF)
FIND = command(0x20, 0x01)
SELECT = command(0x20, 0x02)
READ_BASE = command(0x30, 0x01)
READ_NEW_ADDRESS = command(0x30, 0x03)
SET_RF_BYTES = command(0x61, 0xFF, b"\x50")


@dataclass(frozen=True, slots=True)
class Reply:
    """One valid reply. ``data`` may be somebody's card: it is not in the ``repr``."""

    sw3: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that were no frame. ``reason``: preamble | length | checksum."""

    reason: str
    count: int


class SamDecoder:
    """Incremental decoder of replies."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """Bytes kept: more than 0 means that a frame has begun."""
        return len(self._buffer)

    def reset(self) -> None:
        """Forget a half frame (after a time-out)."""
        self._buffer.clear()

    def feed(self, data: bytes) -> list[Reply | Noise]:
        """Take what arrived; return what is complete."""
        events: list[Reply | Noise] = []
        self._buffer += data
        while True:
            event = self._next()
            if event is None:
                return events
            events.append(event)

    def _next(self) -> Reply | Noise | None:
        buffer = self._buffer
        start = buffer.find(PREAMBLE)
        if start != 0:
            return self._drop_to(start)
        if len(buffer) < 7:
            return None
        length = int.from_bytes(buffer[5:7], "big")
        if not _MIN_REPLY_LENGTH <= length <= MAX_LENGTH:
            return self._drop(len(PREAMBLE), "length")
        if len(buffer) < 7 + length:
            return None
        frame = bytes(buffer[: 7 + length])
        if reduce(xor, frame[5:-1]) != frame[-1]:
            return self._drop(len(PREAMBLE), "checksum")
        del buffer[: 7 + length]
        return Reply(sw3=frame[9], data=frame[10:-1])

    def _drop_to(self, start: int) -> Noise | None:
        """Drop what cannot belong to a frame; keep a possible beginning of a preamble."""
        if start > 0:
            return self._drop(start, "preamble")
        keep = next((n for n in range(min(4, len(self._buffer)), 0, -1) if self._buffer.endswith(PREAMBLE[:n])), 0)
        rubbish = len(self._buffer) - keep
        return self._drop(rubbish, "preamble") if rubbish else None

    def _drop(self, count: int, reason: str) -> Noise:
        del self._buffer[:count]
        return Noise(reason, count)


def module_id(reply: Reply) -> str:
    """The module's number as vendors write it, e.g. ``05.03-20130101-0012345678-0987654321``; "" when the reply is none.

    Source: little-endian numbers of 2, 2, 4, 4 and 4 bytes; worked reply data 05000300352933014E61BC00B168DE3A.
    """
    if len(reply.data) != 16:
        return ""
    sizes = ((0, 2), (2, 4), (4, 8), (8, 12), (12, 16))
    first, second, date, third, fourth = (int.from_bytes(reply.data[start:end], "little") for start, end in sizes)
    return f"{first:02d}.{second:02d}-{date:d}-{third:010d}-{fourth:010d}"


def card_text(reply: Reply) -> bytes | None:
    """The 256 bytes of text of a READ_BASE reply (photo and fingerprint are dropped here), None when the lengths do not add up.

    Data: two or three big-endian lengths (text, photo[, fingerprint]) followed by the blocks.
    """
    data = reply.data
    for count in (2, 3):
        if len(data) < 2 * count:
            return None
        lengths = [int.from_bytes(data[2 * i : 2 * i + 2], "big") for i in range(count)]
        if 2 * count + sum(lengths) == len(data) and lengths[0] == 256:
            return data[2 * count : 2 * count + 256]
    return None
