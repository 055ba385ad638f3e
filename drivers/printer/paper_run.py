"""One piece of paper in any language: handing bytes over, noticing that it cannot go on, and the last word.

Rules
- Nothing is ever sent twice; ``sent`` counts what the printer took, byte by byte.
- A job that moves is not given up for being slow: only ``stall_s`` without a byte, or ``_PATIENCE`` times the modelled time, ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.printer.line import Clock, PrinterLine
from drivers.printer.profile import PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob

CANCELLED = "cancelled"
_PATIENCE = 4

Interruption = Callable[[], str]
"""Returns a code when the job shall end, "" while it may go on."""
Line = TypeVar("Line", bound=PrinterLine)


class GivenUp(Exception):
    """The job cannot go on. ``is_reported`` when the printer itself named the reason."""

    def __init__(self, error: str, *, is_reported: bool) -> None:
        self.error = error
        self.is_reported = is_reported
        super().__init__(error)


class PaperRun(Generic[Line]):
    """What the runs of all languages share. ``rows`` of paper will pass the head."""

    def __init__(
        self, wire: Line, profile: PrinterProfile, job: PrinterJob, interruption: Interruption, clock: Clock, rows: int
    ) -> None:
        self._wire = wire
        self._profile = profile
        self._job = job
        self._interruption = interruption
        self._clock = clock
        self._rows = rows
        self._began = clock()
        self._handed_at = self._began
        self.sent = 0

    @property
    def _head_s(self) -> float:
        """How long the rows take to pass the head."""
        return self._rows / self._profile.rows_per_s

    @property
    def _due(self) -> float:
        """When the last row has passed the head: by the whole label, and by what lay before the head when the last byte was taken."""
        ahead = min(self._rows, self._profile.lead_rows)
        return max(self._began + self._head_s, self._handed_at + ahead / self._profile.rows_per_s)

    def _hand_over(self, end: int) -> None:
        """Bytes up to ``end`` of the stream. Raises ``GivenUp`` when the printer takes no more of them."""
        start = self.sent
        profile, wire = self._profile, self._wire
        expected_s = self._head_s + wire.seconds_for(len(self._job.data))
        limit = self._began + _PATIENCE * expected_s + profile.stall_s + profile.settle_s
        moved_at = self._clock()
        while self.sent < end:
            taken = wire.send(self._job.data[self.sent : min(end, self.sent + profile.chunk_bytes)], profile.write_s)
            self.sent += taken
            now = self._clock()
            if taken:
                moved_at = now
                self._interruption()  # only a sign of life: bytes move, and a command is not left in its middle
            else:
                self._look_while_stalled(is_between=self.sent == start)
                self._raise_if_interrupted()
                if now - moved_at >= profile.stall_s:
                    raise GivenUp("timeOut", is_reported=False)
            if now > limit:
                raise GivenUp("timeOut", is_reported=False)
        self._handed_at = self._clock()

    def _look_while_stalled(self, *, is_between: bool) -> None:
        """The printer takes nothing: raises ``GivenUp`` when it says why. ``is_between`` commands it may also be asked."""
        raise NotImplementedError

    def _raise_if_interrupted(self) -> None:
        code = self._interruption()
        if code:
            raise GivenUp(code, is_reported=False)

    def _done(self, outcome: Outcome, error: str) -> JobDone:
        return JobDone(self._job.job_id, outcome, error, self.sent, len(self._job.data))
