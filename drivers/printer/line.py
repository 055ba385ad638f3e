"""What the talk with a printer has in common in every language: bytes out with a count, time limits, and what the wire itself can tell.

Rules: owned by the printer's thread; every wait is bounded; ``DeviceGone`` of the transport passes through.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from drivers.printer.profile import PrinterProfile
from drivers.transport.base import HasSpeed, Transport

Clock = Callable[[], float]

PORT_PAPER_EMPTY = 0x20
_MUTE_AFTER = 2


@runtime_checkable
class HasClassRequests(Protocol):
    """A transport that can also ask the USB printer class' questions."""

    @property
    def interface(self) -> int: ...

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes: ...


class PrinterLine:
    """One open connection to a printer."""

    def __init__(self, transport: Transport, profile: PrinterProfile, clock: Clock = time.monotonic) -> None:
        self._transport = transport
        self._profile = profile
        self._clock = clock
        self._misses = 0
        self._is_answered = True
        self._owed = b""

    @property
    def port(self) -> str:
        """Where the printer is."""
        return self._transport.port

    @property
    def is_mute(self) -> bool:
        """True when questions have gone unanswered several times in a row."""
        return self._misses >= _MUTE_AFTER

    @property
    def answers(self) -> bool:
        """True when the last question was answered."""
        return self._is_answered

    @property
    def has_back_pressure(self) -> bool:
        """True when "taken" means taken by the printer: on USB, but not where a network stack or a UART keeps bytes for it."""
        return isinstance(self._transport, HasClassRequests)

    def seconds_for(self, count: int) -> float:
        """How long the wire alone needs for so many bytes; 0 where it is faster than any printer."""
        transport = self._transport
        return count / transport.bytes_per_s if isinstance(transport, HasSpeed) else 0.0

    def send(self, data: bytes, timeout_s: float) -> int:
        """Write; return how many bytes of ``data`` the printer took. What is owed goes before them."""
        if self._owed:
            self._owed = self._owed[self._transport.write(self._owed, timeout_s) :]
            if self._owed:
                return 0
        return self._transport.write(data, timeout_s)

    def owe(self, rest: bytes) -> None:
        """The printer waits for these bytes in the middle of a command: they go before whatever is sent next, questions too."""
        self._owed = rest

    def put_question(self, question: bytes, timeout_s: float) -> bool:
        """Ask between two commands. False when it was not taken whole; what was taken in part is then owed."""
        if self._owed:
            self.send(b"", timeout_s)
            if self._owed:
                return False
        taken = self.send(question, timeout_s)
        self._owed = question[taken:] if 0 < taken < len(question) else b""
        return taken == len(question)

    def send_all(self, data: bytes, timeout_s: float) -> int:
        """Write until everything is taken or the time is over, which a slow wire prolongs; return how many bytes were taken."""
        deadline = self._clock() + timeout_s + self.seconds_for(len(data))
        sent = 0
        while sent < len(data):
            sent += self.send(data[sent : sent + self._profile.chunk_bytes], max(0.001, deadline - self._clock()))
            if self._clock() >= deadline:
                break
        return sent

    def port_status(self) -> int | None:
        """GET_PORT_STATUS of the USB printer class, None on other wires and from printers that refuse it."""
        transport = self._transport
        if not isinstance(transport, HasClassRequests):
            return None
        answer = transport.control_in(0xA1, 0x01, 0, transport.interface, 1)
        return answer[0] if answer else None
