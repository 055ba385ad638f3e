"""What every scale codec offers, and the framer they share.

Rules
- A codec does no I/O and knows no clock: ``feed(bytes)`` returns events in the order of the wire.
- Bytes that are no frame become ``Garbage``, never an exception and never a number.
- A framer keeps at most one unfinished frame. It resyncs at the next byte that may begin a frame behind the byte it had to refuse.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from drivers.scale.record import ScaleReading

MAX_RAW = 64
"""How much of refused bytes is kept for the record."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no frame of this protocol, at most ``MAX_RAW`` of them, and a word why."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Say:
    """The scale waits for these bytes before it goes on (hand-shake protocols)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """The scale says that it cannot weigh at all. ``code`` is a ``DeviceStatus`` error word."""

    code: str
    raw: bytes


ScaleEvent = ScaleReading | Garbage | Say | Trouble


class ScaleCodec(Protocol):
    """One protocol of scales."""

    @property
    def request(self) -> bytes:
        """What to send to get a weight; empty for scales that speak unasked."""
        ...

    @property
    def tells_stability(self) -> bool:
        """True when each frame says itself whether the weight is at rest; False leaves the judgement to ``Stability``."""
        ...

    @property
    def tells_motion(self) -> bool:
        """True when a frame of a codec that leaves rest to ``Stability`` says at least that the weight moves: then it does."""
        ...

    def feed(self, data: bytes) -> list[ScaleEvent]:
        """Take what came; return what it meant."""
        ...

    def reset(self) -> None:
        """Forget an unfinished frame: before each request, and when bytes were dropped."""
        ...


class FrameCodec(ABC):
    """Cuts a stream into frames. A subclass names the first bytes of its frames and reads one frame at a place."""

    heads: bytes = b""
    request: bytes = b""
    tells_stability: bool = True
    tells_motion: bool = False

    def __init__(self) -> None:
        self._rest = b""

    @abstractmethod
    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        """Read the frame at ``at``: its size and meaning; size 0 when more bytes are needed; ``(1, Garbage)`` for no frame here.

        ``None`` as meaning passes over bytes that say nothing.
        """

    def feed(self, data: bytes) -> list[ScaleEvent]:
        """Take what came; return what it meant."""
        data = self._rest + data
        events: list[ScaleEvent] = []
        at, bad_from, reason = 0, -1, ""
        while at < len(data):
            size, event = self._frame(data, at) if data[at] in self.heads else (1, Garbage(b"", "noise"))
            if size == 0:
                break
            if isinstance(event, Garbage):
                if bad_from < 0:
                    bad_from, reason = at, event.reason
            else:
                if bad_from >= 0:
                    events.append(Garbage(data[bad_from:at][:MAX_RAW], reason))
                    bad_from = -1
                if event is not None:
                    events.append(event)
            at += size
        if bad_from >= 0:
            events.append(Garbage(data[bad_from:at][:MAX_RAW], reason))
        self._rest = data[at:]
        return events

    def reset(self) -> None:
        """Forget an unfinished frame."""
        self._rest = b""

    @property
    def held(self) -> int:
        """Bytes of the unfinished frame."""
        return len(self._rest)


def garbage(reason: str) -> tuple[int, ScaleEvent]:
    """No frame here: refuse one byte, look on behind it."""
    return 1, Garbage(b"", reason)


MORE: tuple[int, ScaleEvent | None] = (0, None)
"""The frame is not finished yet."""
