"""One piece of paper: from the first byte to the truth about it.

Outcome (never guessed, never resent)

    CONFIRMED  the printer gave its profile's proof after the last dot: the process id; the fence and the model time over; or its buffer
               pushed empty; in the latter two cases with a status free of faults after that
    FAILED     provably no complete paper: it took no byte, or it reported a fault while rows with ink had not been handed over, and these
               rows are never sent any more
    UNKNOWN    anything else

Rules
- Whole commands are paced: at most ``lead_rows`` ahead of the modelled head, so that a fault is noticed while most of the label is still here.
- Questions go between commands only. Inside one only what comes unasked is heard.
- A job that is given up leaves ``Residue``: what the printer needs so that its stale bytes never become part of a later paper.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from drivers.printer.line import Clock
from drivers.printer.paper_run import GivenUp, Interruption, PaperRun
from drivers.printer.profile import Confirm, PrinterProfile
from drivers.printer.readback import parse_label
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.status import Event, Queued
from drivers.printer.streams import ReadBackError
from drivers.printer.wire import AUTO_STATUS_ON, PrinterWire, Wanted, is_process_id, is_queued

_WATCH_S = 0.2
_GLANCE_S = 0.02
_MAY_HANG_UNCUT = ("cutterJam", "timeOut")
_PROCESS_IDS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Residue:
    """What an abandoned job left in the printer: an unfinished command and a fragment to cut off.

    ``rest`` is what the head of that command lacks: neither a question nor white may stand in its place. Then come ``missing`` bytes of dots.
    """

    missing: int
    has_fragment: bool
    rest: bytes = b""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One command (the first one with ESC @ before it): bytes ``start``..``end`` of the stream, dots from ``dots_at``, ``rows`` of paper."""

    start: int
    dots_at: int
    end: int
    rows: int
    has_ink: bool


class JobRun(PaperRun[PrinterWire]):
    """Runs one job on the printer's thread."""

    def __init__(
        self, wire: PrinterWire, profile: PrinterProfile, job: PrinterJob, interruption: Interruption, clock: Clock
    ) -> None:
        self._pieces = _pieces_of(job)
        super().__init__(wire, profile, job, interruption, clock, sum(piece.rows for piece in self._pieces))
        self._rows_handed = 0
        self.residue: Residue | None = None

    def run(self) -> JobDone:
        """Print it. The caller has seen that the printer is ready.

        Raises:
            DriverError: of the transport; ``sent`` then tells how far it got.
        """
        self._wire.note_port_at_rest()
        if self._profile.asb:
            self._wire.send_all(AUTO_STATUS_ON, self._profile.write_s)
        self._began = self._clock()
        try:
            for piece in self._pieces:
                self._keep_pace()
                self._raise_if_faulty()
                self._hand_over(piece.end)
                self._rows_handed += piece.rows
            return self._confirmed()
        except GivenUp as reason:
            return self._given_up(reason)

    def lost(self, error: str) -> JobDone:
        """The last word when the connection broke."""
        self.residue = self._left_behind(has_fragment=self.sent > 0)
        return self._done(Outcome.UNKNOWN if self.sent else Outcome.FAILED, error)

    # ---- handing over -------------------------------------------------------------------------------------------------------

    def _keep_pace(self) -> None:
        while True:
            ahead = self._rows_handed - (self._clock() - self._began) * self._profile.rows_per_s
            if ahead <= self._profile.lead_rows:
                return
            self._raise_if_interrupted()
            self._wire.listen(min(_WATCH_S, (ahead - self._profile.lead_rows) / self._profile.rows_per_s))

    def _look_while_stalled(self, *, is_between: bool) -> None:
        self._wire.listen(_GLANCE_S)
        fault = self._wire.silent_condition()
        if fault.faults:
            raise GivenUp(fault.error, is_reported=True)
        if is_between:
            self._raise_if_faulty()

    def _raise_if_faulty(self) -> None:
        self._raise_if_interrupted()
        if self._wire.is_mute and self._wire.auto_fault is None:
            return
        condition = self._wire.settled_condition(thorough=False)
        if condition.faults:
            raise GivenUp(condition.error, is_reported=True)

    # ---- the proof ----------------------------------------------------------------------------------------------------------

    def _confirmed(self) -> JobDone:
        """Everything is handed over: wait for the proof that this model gives."""
        due = self._due
        match self._profile.confirm:
            case Confirm.PROCESS_ID:
                is_proved = self._process_id_comes(due)
            case Confirm.FENCE:
                is_proved = self._fence_falls(due)
            case Confirm.IDLE:
                is_proved = self._is_pushed_through(due)
            case Confirm.NONE:
                self._watch(due)
                return self._done(Outcome.UNKNOWN, "")
        if is_proved:
            return self._done(Outcome.CONFIRMED, "")
        raise GivenUp("timeOut", is_reported=False)

    def _process_id_comes(self, due: float) -> bool:
        process_id = b"%04d" % (next(_PROCESS_IDS) % 10_000)
        wanted = is_process_id(process_id)
        if not self._wire.put_process_id(process_id, self._profile.settle_s):
            return False
        return self._watch(self._deadline(due), wanted) is not None

    def _fence_falls(self, due: float) -> bool:
        """GS r says how far the interpreter is; the head needs its time and must not have stopped."""
        if not self._wire.put_fence(self._profile.settle_s):
            return False
        answer = self._watch(self._deadline(due), is_queued)
        if not isinstance(answer, Queued):
            return False
        if answer.value & 0x0C:
            raise GivenUp("paperOut", is_reported=True)
        self._watch(due)
        self._raise_if_faulty()
        return True

    def _is_pushed_through(self, due: float) -> bool:
        """No status says "idle". But white bytes as many as the receive buffer holds only fit when the label and its ending have left it."""
        self._watch(due)
        if not self._profile.flush_bytes or not self._wire.has_back_pressure:
            return False
        left, deadline = self._profile.flush_bytes, self._deadline(due)
        while left:
            taken = self._wire.send(b"\0" * min(left, self._profile.chunk_bytes), self._profile.write_s)
            left -= taken
            if not taken:
                fault = self._wire.silent_condition()
                if fault.faults:
                    raise GivenUp(fault.error, is_reported=True)
                self._raise_if_interrupted()
            if left and self._clock() > deadline:
                return False
        last = self._wire.settled_condition(thorough=True)
        while not last.is_known and self._clock() < deadline:
            last = self._wire.settled_condition(thorough=True)
        if last.faults:
            raise GivenUp(last.error, is_reported=True)
        return last.is_known

    def _deadline(self, due: float) -> float:
        return max(due, self._clock()) + self._profile.settle_s

    def _watch(self, deadline: float, is_wanted: Wanted | None = None) -> Event | None:
        """Wait for a proof until ``deadline`` while looking for faults; None when the time is up."""
        while True:
            left = deadline - self._clock()
            event = self._wire.listen(max(0.0, min(_WATCH_S, left)), is_wanted)
            if event is not None or left <= 0:
                return event
            self._raise_if_faulty()

    # ---- the end ------------------------------------------------------------------------------------------------------------

    def _given_up(self, reason: GivenUp) -> JobDone:
        if self.sent == 0:
            return self._done(Outcome.FAILED, reason.error)
        left_behind = self._left_behind(has_fragment=True)
        is_cleared = self._profile.clears_on_request and self._wire.clear_buffers()
        if is_cleared or self.sent < len(self._job.data) or reason.error in _MAY_HANG_UNCUT:
            # A printer that has forgotten everything is inside no command any more.
            self.residue = replace(left_behind, rest=b"") if is_cleared else left_behind
        if reason.is_reported and self._ink_is_missing():
            return self._done(Outcome.FAILED, reason.error)
        return self._done(Outcome.UNKNOWN, reason.error)

    def _left_behind(self, *, has_fragment: bool) -> Residue:
        """What an unfinished command still waits for."""
        piece = next((piece for piece in self._pieces if piece.start < self.sent < piece.end), None)
        if piece is None:
            return Residue(0, has_fragment)
        rest = self._job.data[self.sent : piece.dots_at]
        return Residue(piece.end - max(self.sent, piece.dots_at), has_fragment, rest)

    def _ink_is_missing(self) -> bool:
        """Whether rows with ink were never handed over: then no complete paper can come any more."""
        for piece in self._pieces:
            if self.sent < piece.end and piece.has_ink and any(self._job.data[max(piece.start, self.sent) : piece.end]):
                return True
        return False


def _pieces_of(job: PrinterJob) -> tuple[_Piece, ...]:
    """Where the stream may be interrupted. A stream that is no label is one piece of which nothing can be proved."""
    try:
        label = parse_label(job.data)
    except ReadBackError:
        return (_Piece(0, 0, len(job.data), max(1, round(job.height_mm * 8)), has_ink=False),)
    # Nothing of the paper is touched by ESC @ and the header of the first band, so they go with its data.
    starts = (0, *(band.offset for band in label.bands[1:]))
    pieces = [
        _Piece(start, band.start, band.end, band.rows, has_ink=any(job.data[band.start : band.end]))
        for start, band in zip(starts, label.bands, strict=True)
    ]
    return (*pieces, _Piece(label.ending, len(job.data), len(job.data), 0, has_ink=False))
