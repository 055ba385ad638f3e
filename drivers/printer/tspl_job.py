"""One label on a TSPL printer: from the first byte to the truth about it.

Outcome (never guessed, never resent)

    CONFIRMED  after PRINT the printer said "printing" and then "ready"
    FAILED     provably no complete label, now or later:
               - the PRINT line was not begun, or only its word was taken and the line is spoiled before it can end; or
               - the printer reported a fault before a label can have passed the head, and it drops the label when told (``clears_on_request``)
    UNKNOWN    anything else. Many printers print an interrupted label again by themselves when paper is back

Rules
- Questions go between commands only. Once PRINT is begun nothing but the printer itself stops it: half a PRINT proves least of all.
- What is given up leaves ``residue``: the bytes that end its unfinished command with white or make it no command, and clear the page, so that
  nothing of it becomes part of a later label.
"""

from __future__ import annotations

from drivers.printer.line import Clock
from drivers.printer.paper_run import GivenUp, Interruption, PaperRun
from drivers.printer.profile import Confirm, PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.streams import ReadBackError
from drivers.printer.tspl import CLEAR
from drivers.printer.tspl_readback import TsplStream, parse_tspl
from drivers.printer.tspl_wire import PRINTING, TsplWire, condition_of

_LOOK_S = 0.04
_PATIENCE = 4
_WORD = len(b"PRINT")
_CERTAINLY_INCOMPLETE = 0.5
"""Of its modelled time: no head is twice as fast as the speed it was told."""


class TsplRun(PaperRun[TsplWire]):
    """Runs one job on the printer's thread."""

    def __init__(self, wire: TsplWire, profile: PrinterProfile, job: PrinterJob, interruption: Interruption, clock: Clock) -> None:
        self._label = _label_of(job)
        rows = sum(band.rows for band in self._label.bands) if self._label is not None else 1
        super().__init__(wire, profile, job, interruption, clock, rows)
        self.residue = b""

    def run(self) -> JobDone:
        """Print it. The caller has seen that the printer is ready. Raises ``DriverError`` of the transport; see ``lost``."""
        label = self._label
        if label is None:
            # Of a stream that is no label nothing could be proved.
            return self._done(Outcome.FAILED, "streamInvalid")
        self._began = self._clock()
        try:
            for end in (*(band.end + 2 for band in label.bands), len(self._job.data)):
                self._raise_if_faulty()
                self._hand_over(end)
            return self._proved()
        except GivenUp as reason:
            return self._given_up(reason)

    def lost(self, error: str) -> JobDone:
        """The last word when the connection broke. The printer lost its power or its cable: what it holds is not known."""
        self.residue = self._rest()
        return self._done(Outcome.FAILED if self._is_harmless else Outcome.UNKNOWN, error)

    # ---- handing over -----------------------------------------------------------------------------------------------------------

    def _look_while_stalled(self, *, is_between: bool) -> None:
        fault = self._wire.silent_condition()
        if fault.faults:
            raise GivenUp(fault.error, is_reported=True)

    def _raise_if_faulty(self) -> None:
        self._raise_if_interrupted()
        if self._wire.is_mute:
            return
        condition = self._wire.condition()
        if condition.faults:
            raise GivenUp(condition.error, is_reported=True)

    def _raise_if_interrupted(self) -> None:
        if self._label is None or self.sent <= self._label.print_at:
            super()._raise_if_interrupted()

    # ---- the proof --------------------------------------------------------------------------------------------------------------

    def _proved(self) -> JobDone:
        if self._profile.confirm is Confirm.NONE:
            self._watch(self._due, wants_proof=False)
            return self._done(Outcome.UNKNOWN, "")
        if self._watch(self._clock() + _PATIENCE * self._head_s + self._profile.settle_s, wants_proof=True):
            return self._done(Outcome.CONFIRMED, "")
        return self._done(Outcome.UNKNOWN, "timeOut")

    def _watch(self, deadline: float, *, wants_proof: bool) -> bool:
        """Look until "ready" follows "printing"; a fault ends it."""
        has_printed = False
        while True:
            value = self._wire.ask()
            if value is not None:
                fault = condition_of(value)
                if fault.faults:
                    raise GivenUp(fault.error, is_reported=True)
                if value & PRINTING:
                    has_printed = True
                elif has_printed and wants_proof:
                    return True
            now = self._clock()
            if now >= deadline:
                return False
            self._wire.pause(min(_LOOK_S, deadline - now))

    # ---- the end ----------------------------------------------------------------------------------------------------------------

    def _given_up(self, reason: GivenUp) -> JobDone:
        self.residue = self._rest()
        is_certain = self._is_harmless
        if self.sent == len(self._job.data):
            is_early = self._clock() - self._handed_at < _CERTAINLY_INCOMPLETE * self._head_s
            is_dropped = self._profile.clears_on_request and self._wire.cancel()
            is_certain = reason.is_reported and is_early and is_dropped
        return self._done(Outcome.FAILED if is_certain else Outcome.UNKNOWN, reason.error)

    @property
    def _is_harmless(self) -> bool:
        """Whether no label can come of what was taken: no PRINT, or its word alone, which the residue makes another word."""
        if self._label is None:
            return False
        return self.sent - self._label.print_at <= (_WORD if self._profile.spoiler else 0)

    def _rest(self) -> bytes:
        """What ends the command in which the printer was left, and clears the page."""
        label = self._label
        if label is None or self.sent == 0 or self.sent >= len(self._job.data):
            return b""
        if self.sent > label.print_at:
            return spoiled(self._profile)
        band = next((band for band in label.bands if band.offset < self.sent < band.end), None)
        if band is None:
            return CLEAR
        white = b"\0" if self._profile.black_is_one else b"\xff"
        return self._job.data[self.sent : band.start] + white * (band.end - max(self.sent, band.start)) + CLEAR


def spoiled(profile: PrinterProfile) -> bytes:
    """Makes half a line no command, ends it and clears the page."""
    return profile.spoiler.encode("ascii") + CLEAR


def _label_of(job: PrinterJob) -> TsplStream | None:
    try:
        return parse_tspl(job.data)
    except ReadBackError:
        return None
