"""Yaohua XK3190 indicators: the STX frame, the two ``=`` streams and the command mode.

Source: XK3190-A23p p. 23-26, XK3190-A26 p. 10-11, DS3 p. 8; line 9600 8N1 (600-9600). The menu numbers differ by model: choose by content.
No frame of the family tells motion, unit or net: unit comes from the profile, rest from equal frames (``Stability``).
The XOR cannot see swapped digits. ``=052.1000`` is 1.250 reversed and 52.1 read forward: only a profile can tell, nothing is guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from drivers.scale.codec import MORE, FrameCodec, ScaleEvent, garbage
from drivers.scale.weight import to_kg, weighing

_STX, _ETX = 0x02, 0x03
_EQUALS = 0x3D
_PLAIN = re.compile(rb"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


class Xk3190StxCodec(FrameCodec):
    """Continuous mode 1, 12 bytes: STX sign d1..d6 decimals XH XL ETX; X is the XOR of bytes 2-9 as two hex characters.

    Worked frame: 02 2B 30 30 31 32 35 30 33 31 45 03 -> 1.250. Resync: at the next STX. Checksum nibbles above 9 come as A-F or as
    3A-3F, both are taken.
    """

    heads = bytes([_STX])
    tells_stability = False
    _SIZE = 12

    def __init__(self, *, unit: str = "kg") -> None:
        super().__init__()
        self._unit = unit

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        frame = data[at : at + self._SIZE]
        if len(frame) < self._SIZE:
            return MORE
        if frame[-1] != _ETX:
            return garbage("length")
        if not _xor_is_right(frame):
            return garbage("checksum")
        value = _signed_digits(frame[1:9])
        if value is None:
            return garbage("digits")
        return self._SIZE, weighing(to_kg(value, self._unit), moving=True, checked=True, raw=frame)


class Ask(StrEnum):
    """What the command mode is asked for."""

    GROSS = "B"
    NET = "D"


class Xk3190CommandCodec(FrameCodec):
    """Command mode: host STX address command XH XL ETX, answer of 14 bytes with the weight.

    Worked frames, address A: 02 41 42 30 33 03 asks gross; 02 41 42 2B 30 30 31 32 35 30 33 31 44 03 -> 1.250. An answer of another
    address or to another command is garbage; so is the 6-byte hand-shake.
    """

    heads = bytes([_STX])
    tells_stability = False
    _SIZE = 14

    def __init__(self, *, unit: str = "kg", address: str = "A", ask: Ask = Ask.GROSS) -> None:
        super().__init__()
        self._unit = unit
        self._head = bytes([_STX]) + address.encode("ascii") + ask.value.encode("ascii")
        self.request = self._head + _xor_text(self._head[1:]) + bytes([_ETX])

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        head = data[at : at + 3]
        if not self._head.startswith(head):
            return garbage("address")
        frame = data[at : at + self._SIZE]
        if len(frame) < self._SIZE:
            return MORE
        if frame[-1] != _ETX:
            return garbage("length")
        if not _xor_is_right(frame):
            return garbage("checksum")
        value = _signed_digits(frame[3:11])
        if value is None:
            return garbage("digits")
        return self._SIZE, weighing(to_kg(value, self._unit), moving=True, checked=True, raw=frame)


class Xk3190EqualsCodec(FrameCodec):
    """Continuous modes 2 (``reversed_digits``) and 3: ``=`` and eight characters, no terminator and no check.

    Worked frames: ``=000.3000`` reversed is 3.000, ``=00.1000-`` reversed is -1.00, ``=0003.000`` and ``=-0001.00`` read forward.
    A frame counts only when the next ``=`` follows it at once. Resync: at the next ``=``.
    """

    heads = bytes([_EQUALS])
    tells_stability = False
    _SIZE = 9

    def __init__(self, *, unit: str = "kg", reversed_digits: bool) -> None:
        super().__init__()
        self._unit = unit
        self._reversed = reversed_digits

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        frame = data[at : at + self._SIZE]
        if _EQUALS in frame[1:]:
            return garbage("length")
        if len(data) - at <= self._SIZE:
            return MORE
        if data[at + self._SIZE] != _EQUALS:
            return garbage("length")
        text = frame[:0:-1] if self._reversed else frame[1:]
        negative = text.startswith(b"-")
        body = text[1:] if negative else text
        if not _PLAIN.fullmatch(body):
            return garbage("digits")
        value = Decimal(body.decode("ascii").rstrip("."))
        return self._SIZE, weighing(to_kg(-value if negative else value, self._unit), moving=True, raw=frame)


def digits_are_reversed(frame: bytes) -> bool | None:
    """Which way round an ``=`` frame must be read, None when both make sense.

    The most significant end is 0 or a minus, and at most four decimals stand behind the point.
    """
    text = frame[1:]
    first_may_lead, last_may_lead = text[:1] in (b"0", b"-"), text[-1:] in (b"0", b"-")
    if first_may_lead != last_may_lead:
        return last_may_lead
    if b"-" in text:
        return text.endswith(b"-")
    point = text.find(b".")
    if point < 0 or 3 <= point <= 4:
        return None
    return point < 3


def _signed_digits(field: bytes) -> Decimal | None:
    """Sign, six digits, number of decimals 0..4."""
    sign, digits, decimals = field[:1], field[1:7], field[7:8]
    if sign not in b"+-" or not digits.isdigit() or decimals not in (b"0", b"1", b"2", b"3", b"4"):
        return None
    value = Decimal(int(digits)).scaleb(-int(decimals))
    return -value if sign == b"-" else value


def _xor(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check


def _xor_text(data: bytes) -> bytes:
    return f"{_xor(data):02X}".encode("ascii")


def _nibble(byte: int) -> int:
    if 0x30 <= byte <= 0x3F:
        return byte - 0x30
    return byte - 0x37 if 0x41 <= byte <= 0x46 else -1


def _xor_is_right(frame: bytes) -> bool:
    high, low = _nibble(frame[-3]), _nibble(frame[-2])
    return high >= 0 and low >= 0 and _xor(frame[1:-3]) == high << 4 | low
