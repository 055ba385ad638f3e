"""Scales that speak lines of text: the cut at CR LF that their codecs share.

Rules: a stream joined in the middle loses its first, torn line; after ``reset`` (a fresh request) the next byte begins a line. A line that
grows beyond ``LONGEST`` is garbage up to its end. Resync: behind the next LF.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from decimal import Decimal

from drivers.scale.codec import MAX_RAW, Garbage, ScaleEvent

LONGEST = 40


class LineCodec(ABC):
    """Cuts a stream into lines. A subclass reads one line at a time, without its end."""

    request: bytes = b""
    tells_stability: bool = True
    tells_motion: bool = False

    def __init__(self) -> None:
        self._rest = b""
        self._torn = True

    @abstractmethod
    def _line(self, line: bytes) -> ScaleEvent | None:
        """Read one line; None for a line that says nothing about weight."""

    def feed(self, data: bytes) -> list[ScaleEvent]:
        """Take what came; return what it meant."""
        events: list[ScaleEvent] = []
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            torn, self._torn = self._torn, False
            event = Garbage(line[:MAX_RAW], "torn") if torn else self._whole(line)
            if event is not None:
                events.append(event)
        if len(rest) > LONGEST:
            events.append(Garbage(rest[:MAX_RAW], "length"))
            rest, self._torn = b"", True
        self._rest = rest
        return events

    def reset(self) -> None:
        """The next byte begins a line."""
        self._rest, self._torn = b"", False

    @property
    def held(self) -> int:
        """Bytes of the unfinished line."""
        return len(self._rest)

    def _whole(self, line: bytes) -> ScaleEvent | None:
        if not line.endswith(b"\r"):
            return Garbage(line[:MAX_RAW], "lineEnd")
        if len(line) > LONGEST:
            return Garbage(line[:MAX_RAW], "length")
        return self._line(line[:-1])


def number(text: bytes) -> Decimal | None:
    """Digits with at most one point and a sign in front, spaces only before the first digit; None for anything else."""
    body = text.lstrip(b" ")
    sign = body[:1] if body[:1] in (b"+", b"-") else b""
    body = body[len(sign) :].lstrip(b" ")
    whole, _, decimals = body.partition(b".")
    if not whole.isdigit() or (decimals and not decimals.isdigit()):
        return None
    value = Decimal((whole + b"." + decimals).decode("ascii").rstrip("."))
    return -value if sign == b"-" else value
