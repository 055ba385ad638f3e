"""The talk with a TSPL printer: bytes out, one status byte back on ``ESC ! ?``.

Source: TSC and Gprinter manuals. Bits: 0 head open, 1 jam, 2 no paper, 3 no ribbon, 4 paused, 5 printing, 6 cover open, 7 too hot.
Worked bytes: 00 ready, 04 no paper, 20 printing, 41 head and cover open.

Rules: the question goes between commands only, never inside counted bytes, where many printers would burn it. More than one byte, or none in
time, is no answer. A silent printer is judged by its USB port status, and only as far as that says "no paper".
"""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.device import Cover, Paper
from drivers.printer.profile import PrinterProfile
from drivers.printer.status import NO_FAULT, Condition, Fault
from drivers.printer.wire import HasClassRequests
from drivers.transport.base import Transport

Clock = Callable[[], float]

PRINTING = 0x20
_HEAD_OPEN, _JAM, _NO_PAPER, _NO_RIBBON, _PAUSED, _COVER, _HOT = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80
_QUESTION = b"\x1b!?"
_READ_BYTES = 64
_DRAIN_S = 0.002
_MUTE_AFTER = 2
_PORT_PAPER_EMPTY = 0x20


class TsplWire:
    """One open connection."""

    def __init__(self, transport: Transport, profile: PrinterProfile, clock: Clock = time.monotonic) -> None:
        self._transport = transport
        self._profile = profile
        self._clock = clock
        self._misses = 0

    @property
    def port(self) -> str:
        """Where the printer is."""
        return self._transport.port

    @property
    def is_mute(self) -> bool:
        """True when questions have gone unanswered several times in a row."""
        return self._misses >= _MUTE_AFTER

    def send(self, data: bytes, timeout_s: float) -> int:
        """Write; return how many bytes the printer took."""
        return self._transport.write(data, timeout_s)

    def send_all(self, data: bytes, timeout_s: float) -> int:
        """Write until everything is taken or the time is over; return how many bytes were taken."""
        deadline = self._clock() + timeout_s
        sent = 0
        while sent < len(data):
            sent += self.send(data[sent : sent + self._profile.chunk_bytes], max(0.001, deadline - self._clock()))
            if self._clock() >= deadline:
                break
        return sent

    def ask(self) -> int | None:
        """The status byte, or None."""
        for _ in range(8):
            if not self._transport.read(_READ_BYTES, _DRAIN_S):
                break
        if self.send(_QUESTION, self._profile.reply_s) < len(_QUESTION):
            self._misses += 1
            return None
        answer = self._transport.read(_READ_BYTES, self._profile.reply_s)
        if len(answer) != 1:
            self._misses += 1
            return None
        self._misses = 0
        return answer[0]

    def pause(self, seconds: float) -> None:
        """Wait, hearing whether the printer is still there; what it says unasked is dropped."""
        deadline = self._clock() + seconds
        while (left := deadline - self._clock()) > 0:
            self._transport.read(_READ_BYTES, max(0.001, left))

    def condition(self) -> Condition:
        """How the printer is; printing counts as well."""
        value = self.ask()
        return self.silent_condition() if value is None else condition_of(value)

    def silent_condition(self) -> Condition:
        """What can be known without asking in the data stream."""
        transport = self._transport
        if isinstance(transport, HasClassRequests):
            answer = transport.control_in(0xA1, 0x01, 0, transport.interface, 1)
            if answer and answer[0] & _PORT_PAPER_EMPTY:
                return Condition(Fault.PAPER_OUT, paper=Paper.OUT, is_known=True)
        return Condition()


def condition_of(value: int) -> Condition:
    """Read one status byte."""
    faults = NO_FAULT
    if value & (_HEAD_OPEN | _COVER):
        faults |= Fault.COVER_OPEN
    if value & _NO_PAPER:
        faults |= Fault.PAPER_OUT
    if value & _JAM:
        faults |= Fault.PAPER_JAM
    if value & _HOT:
        faults |= Fault.HEAD_HOT
    if value & _NO_RIBBON:
        faults |= Fault.HARDWARE
    if value & _PAUSED and not faults:
        faults |= Fault.OFFLINE
    paper = Paper.OUT if value & _NO_PAPER else Paper.JAMMED if value & _JAM else Paper.FULL
    return Condition(faults, paper, Cover.OPEN if Fault.COVER_OPEN in faults else Cover.CLOSED, is_known=True)
