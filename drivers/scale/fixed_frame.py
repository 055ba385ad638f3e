"""Frames of one length that a profile describes byte by byte: counter scales (Dahua, Aclas OS2X and the like) whose makers publish no protocol.

Source: none that binds. The default places are those of the CAS-like stream of 16 bytes that was seen in the field on such scales; public code for
them contradicts itself. Every place and value is therefore an option of the profile, to be set by what the scale at hand really sends.
Worked frame (the default places): 01 02 53 20 20 20 31 2E 32 35 30 6B 67 57 03 04 -> 1.250 kg, at rest; XOR of bytes 2-12 in byte 13.
A checksum may look like head or tail, so frames are cut by length. Resync: at the next head.
A flag that says "at rest" differs from model to model; without ``trust_stable`` equal frames over a time must say so too (``Stability``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from operator import xor

from drivers.scale.codec import MORE, FrameCodec, ScaleEvent, garbage
from drivers.scale.lines import number
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

LONGEST = 64


class Check(StrEnum):
    """How a frame proves itself: not at all, by XOR, by the sum, by the sum's two's complement."""

    NONE = "none"
    XOR = "xor"
    SUM = "sum"
    NEGATED_SUM = "negatedSum"


_CHECKS: Mapping[Check, Callable[[bytes], int]] = {
    Check.XOR: lambda data: reduce(xor, data, 0),
    Check.SUM: lambda data: sum(data) & 0xFF,
    Check.NEGATED_SUM: lambda data: -sum(data) & 0xFF,
}


class FixedFrameCodec(FrameCodec):
    """Places count from 0, -1 means "not in the frame". Raises ``ValueError`` for places outside of the frame and words nobody knows.

    ``head`` and ``tail`` are hex; several heads stand with ``|`` between them. ``least_first`` for digits that come backwards. ``decimals`` is for
    weights without a point (None: the frame has one). ``stable``, ``moving``, ``over``, ``under`` and ``negative`` list the characters that mean so.
    ``unit`` is for frames without one (``unit_at`` -1). ``ask`` is sent for scales that wait. ``seven_bits`` clears bit 7 before all else.
    """

    def __init__(
        self,
        *,
        head: str = "0102",
        tail: str = "0304",
        length: int = 16,
        weight_at: int = 4,
        weight_chars: int = 7,
        least_first: bool = False,
        decimals: int | None = None,
        sign_at: int = 3,
        negative: str = "-",
        state_at: int = 2,
        stable: str = "S",
        moving: str = "U",
        over: str = "F",
        over_at: int = 3,
        trust_stable: bool = True,
        unit_at: int = 11,
        unit_chars: int = 2,
        unit: str = "kg",
        check: str = Check.XOR,
        check_at: int = 13,
        check_from: int = 2,
        ask: str = "",
    ) -> None:
        super().__init__()
        self._heads = [bytes.fromhex(text) for text in head.split("|")]
        self._tail = bytes.fromhex(tail)
        self._length = length
        self._weight = slice(weight_at, weight_at + weight_chars)
        self._unit_place = slice(unit_at, unit_at + unit_chars) if unit_at >= 0 else None
        self._least_first, self._decimals, self._unit = least_first, decimals, unit
        self._sign_at, self._negative = sign_at, negative.encode("ascii")
        self._state_at, self._stable, self._moving = state_at, stable.encode("ascii"), moving.encode("ascii")
        self._over_at, self._over = over_at, over.encode("ascii")
        self._check, self._check_at, self._check_from = Check(check), check_at, check_from
        places = [self._weight.stop - 1, sign_at, state_at, over_at, check_at if self._check is not Check.NONE else -1]
        ends = [*places, self._unit_place.stop - 1 if self._unit_place else -1]
        if not all(self._heads) or not 0 < length <= LONGEST or max(ends) >= length or weight_at < 0 or weight_chars < 1:
            raise ValueError("places outside of the frame")
        if unit not in KG_PER or (self._check is not Check.NONE and not 0 <= check_from < check_at):
            raise ValueError("unknown unit or check")
        self.heads = bytes({one[0] for one in self._heads})
        self.request = ask.encode("ascii")
        self.tells_motion = state_at >= 0
        self.tells_stability = self.tells_motion and trust_stable

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        frame = data[at : at + self._length]
        if not any(frame.startswith(head[: len(frame)]) for head in self._heads):
            return garbage("head")
        if len(frame) < self._length:
            return MORE
        if not frame.endswith(self._tail):
            return garbage("length")
        if (
            self._check is not Check.NONE
            and _CHECKS[self._check](frame[self._check_from : self._check_at]) != frame[self._check_at]
        ):
            return garbage("checksum")
        reading = self._reading(frame)
        return (self._length, reading) if reading is not None else garbage("digits")

    def _reading(self, frame: bytes) -> ScaleReading | None:
        checked = self._check is not Check.NONE
        state = self._byte(frame, self._state_at)
        if self._byte(frame, self._over_at) in self._over and self._over_at >= 0:
            return no_weight(ScaleStatus.OVERWEIGHT, raw=frame, checked=checked)
        if self.tells_motion and state not in self._stable + self._moving:
            return no_weight(ScaleStatus.NOT_READY, raw=frame, checked=checked)
        unit = self._unit if self._unit_place is None else frame[self._unit_place].decode("latin-1").strip().lower()
        value = self._value(frame)
        if value is None or unit not in KG_PER:
            return None
        is_moving = not self.tells_motion or state in self._moving
        return weighing(to_kg(value, unit), moving=is_moving, checked=checked, raw=frame)

    def _value(self, frame: bytes) -> Decimal | None:
        text = frame[self._weight]
        if self._least_first:
            text = text[::-1]
        if (
            self._sign_at >= 0
            and not self._weight.start <= self._sign_at < self._weight.stop
            and text.lstrip(b" ")[:1] in (b"+", b"-")
        ):
            return None
        value = number(text)
        if value is None:
            return None
        if self._decimals is not None:
            if b"." in text:
                return None
            value = value.scaleb(-self._decimals)
        is_outside = self._sign_at >= 0 and not self._weight.start <= self._sign_at < self._weight.stop
        return -value if is_outside and self._byte(frame, self._sign_at) in self._negative else value

    @staticmethod
    def _byte(frame: bytes, place: int) -> bytes:
        return frame[place : place + 1] if place >= 0 else b"\xff"
