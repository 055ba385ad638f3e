"""The talk with a TSPL printer: bytes out, one status byte back on ``ESC ! ?``.

Source: TSC and Gprinter manuals. Bits: 0 head open, 1 jam, 2 no paper, 3 no ribbon, 4 paused, 5 printing, 6 cover open, 7 too hot.
Worked bytes: 00 ready, 04 no paper, 20 printing, 41 head and cover open.

Rules: the question goes between commands only, never inside counted bytes, where many printers would burn it. More than one byte, or none in
time, is no answer. A silent printer is judged by its USB port status, and only as far as that says "no paper". The language's other
questions prove nothing about one label: the mileage (~!@) is told in whole kilometres, ~!C is about a clock.
"""

from __future__ import annotations

from drivers.device import Cover, Paper
from drivers.printer.line import PORT_PAPER_EMPTY, PrinterLine
from drivers.printer.status import NO_FAULT, Condition, Fault

PRINTING = 0x20
_HEAD_OPEN, _JAM, _NO_PAPER, _NO_RIBBON, _PAUSED, _COVER, _HOT = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80
_QUESTION, _CANCEL = b"\x1b!?", b"\x1b!."
_READ_BYTES = 64
_DRAIN_S = 0.002


class TsplWire(PrinterLine):
    """One open connection."""

    def ask(self) -> int | None:
        """The status byte, or None."""
        self._is_answered = False
        for _ in range(8):
            if not self._transport.read(_READ_BYTES, _DRAIN_S):
                break
        if not self.put_question(_QUESTION, self._profile.reply_s):
            self._misses += 1
            return None
        answer = self._transport.read(_READ_BYTES, self._profile.reply_s)
        if len(answer) != 1:
            self._misses += 1
            return None
        self._misses, self._is_answered = 0, True
        return answer[0]

    def cancel(self) -> bool:
        """ESC ! . drops the label that moves or waits. Nothing answers it; False when it was not taken whole."""
        return self.put_question(_CANCEL, self._profile.settle_s)

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
        port = self.port_status()
        if port is not None and port & PORT_PAPER_EMPTY:
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
