"""One label on a TSPL printer: from the first byte to the truth about it.

Outcome (never guessed, never resent)

    CONFIRMED  after PRINT the printer said "printing" and then "ready"
    FAILED     the PRINT line was not handed over: nothing moves before it, and it is never sent any more
    UNKNOWN    anything else. Many printers print an interrupted label again by themselves when paper is back

Rules: questions go between commands only. A label that is given up before PRINT leaves ``residue``: the bytes that end its unfinished command
with white and clear the page, so that nothing of it becomes part of a later label.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.printer.profile import Confirm, PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.streams import ReadBackError
from drivers.printer.tspl import CLEAR
from drivers.printer.tspl_readback import TsplStream, parse_tspl
from drivers.printer.tspl_wire import PRINTING, Clock, TsplWire, condition_of

_LOOK_S = 0.04
_PATIENCE = 4


class _GivenUp(Exception):
    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


class TsplRun:
    """Runs one job on the printer's thread. ``interruption`` returns a code when the job shall end ("" while it may go on)."""

    def __init__(
        self, wire: TsplWire, profile: PrinterProfile, job: PrinterJob, interruption: Callable[[], str], clock: Clock
    ) -> None:
        self._wire = wire
        self._profile = profile
        self._job = job
        self._interruption = interruption
        self._clock = clock
        self._began = clock()
        self._label: TsplStream | None = None
        self.sent = 0
        self.residue = b""

    def run(self) -> JobDone:
        """Print it. The caller has seen that the printer is ready. Raises ``DriverError`` of the transport; see ``lost``."""
        try:
            self._label = label = parse_tspl(self._job.data)
        except ReadBackError:
            # Of a stream that is no label nothing could be proved.
            return JobDone(self._job.job_id, Outcome.FAILED, "streamInvalid", 0, len(self._job.data))
        self._began = self._clock()
        try:
            for end in (*(band.end + 2 for band in label.bands), len(self._job.data)):
                self._raise_if_faulty()
                self._hand_over(end)
            return self._proved(label)
        except _GivenUp as reason:
            return self._given_up(reason.error)

    def lost(self, error: str) -> JobDone:
        """The last word when the connection broke. The printer lost its power or its cable: what it holds is not known."""
        self.residue = self._rest()
        return self._done(self._worst(), error)

    # ---- handing over -----------------------------------------------------------------------------------------------------------

    def _hand_over(self, end: int) -> None:
        moved_at = self._clock()
        while self.sent < end:
            taken = self._wire.send(
                self._job.data[self.sent : min(end, self.sent + self._profile.chunk_bytes)], self._profile.write_s
            )
            self.sent += taken
            now = self._clock()
            if taken:
                moved_at = now
                continue
            fault = self._wire.silent_condition()
            if fault.faults:
                raise _GivenUp(fault.error)
            self._raise_if_interrupted()
            if now - moved_at >= self._profile.stall_s:
                raise _GivenUp("timeOut")

    def _raise_if_faulty(self) -> None:
        self._raise_if_interrupted()
        if self._wire.is_mute:
            return
        condition = self._wire.condition()
        if condition.faults:
            raise _GivenUp(condition.error)

    def _raise_if_interrupted(self) -> None:
        code = self._interruption()
        if code:
            raise _GivenUp(code)

    # ---- the proof --------------------------------------------------------------------------------------------------------------

    def _proved(self, label: TsplStream) -> JobDone:
        rows = sum(band.rows for band in label.bands)
        seconds = rows / self._profile.rows_per_s
        if self._profile.confirm is Confirm.NONE:
            self._watch(self._clock() + seconds, wants_proof=False)
            return self._done(Outcome.UNKNOWN, "")
        if self._watch(self._clock() + _PATIENCE * seconds + self._profile.settle_s, wants_proof=True):
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
                    raise _GivenUp(fault.error)
                if value & PRINTING:
                    has_printed = True
                elif has_printed and wants_proof:
                    return True
            now = self._clock()
            if now >= deadline:
                return False
            self._wire.pause(min(_LOOK_S, deadline - now))

    # ---- the end ----------------------------------------------------------------------------------------------------------------

    def _given_up(self, error: str) -> JobDone:
        self.residue = self._rest()
        return self._done(self._worst(), error)

    def _worst(self) -> Outcome:
        """Before the first byte of the PRINT line no label can come of this job, whatever happens."""
        return Outcome.UNKNOWN if self._label is None or self.sent > self._label.print_at else Outcome.FAILED

    def _rest(self) -> bytes:
        """What ends the command in which the printer was left, and clears the page."""
        label = self._label
        if label is None or self.sent == 0 or self.sent >= len(self._job.data):
            return b""
        if self.sent > label.print_at:
            # Half of PRINT: whatever ends the line might be obeyed. CLS after it leaves a white label at worst.
            return CLEAR
        band = next((band for band in label.bands if band.offset < self.sent < band.end), None)
        if band is None:
            return CLEAR
        white = b"\0" if self._profile.black_is_one else b"\xff"
        return self._job.data[self.sent : band.start] + white * (band.end - max(self.sent, band.start)) + CLEAR

    def _done(self, outcome: Outcome, error: str) -> JobDone:
        return JobDone(self._job.job_id, outcome, error, self.sent, len(self._job.data))
