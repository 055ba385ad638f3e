"""Jobs on their way to a printer's thread: any thread may submit and cancel, one job at a time is taken, each ends in one ``JobDone``.

While the thread hangs in a transfer, jobs are refused; of the one it had begun nobody knows what became, and that is its last word.
"""

from __future__ import annotations

import threading
from collections import deque

from drivers.driver import Emit
from drivers.printer.record import JobDone, Outcome, PrinterJob

_HUNG = "hardwareError"  # switching it off and on is what helps


def refused(job: PrinterJob, error: str) -> JobDone:
    """The last word on a job of which no byte left."""
    return JobDone(job.job_id, Outcome.FAILED, error, 0, len(job.data))


class JobDesk:
    """``emit`` (or that of the latest ``open``) hears about jobs also while no printer is connected."""

    def __init__(self, emit: Emit | None) -> None:
        self._emit = emit
        self._gate = threading.Condition()
        self._queue: deque[PrinterJob] = deque()
        self._current: PrinterJob | None = None
        self._cancelled: set[str] = set()
        self._is_open = self._is_hung = False

    def submit(self, job: PrinterJob) -> None:
        """Print one piece of paper after those submitted before. Without a printer it fails at once with ``noDevice``."""
        with self._gate:
            error = _HUNG if self._is_hung else "noDevice"
            if (self._is_open and not self._is_hung) or self._emit is None:
                self._queue.append(job)
                self._gate.notify_all()
                return
            emit = self._emit
        emit(refused(job, error))

    def hang(self, emit: Emit) -> None:
        """The thread hangs: everything it should do ends here. Called on another thread."""
        with self._gate:
            self._is_hung = True
            left, self._queue = list(self._queue), deque()
            begun, self._current = self._current, None
        if begun is not None:
            emit(JobDone(begun.job_id, Outcome.UNKNOWN, _HUNG, 0, len(begun.data)))
        for job in left:
            emit(refused(job, _HUNG))

    def resume(self) -> None:
        """The thread turns again."""
        with self._gate:
            self._is_hung = False

    def cancel(self, job_id: str) -> None:
        """Do not print this job, or stop it between two commands; it ends in ``JobDone`` as any other."""
        with self._gate:
            current = self._current
            if (current is not None and job_id == current.job_id) or any(job.job_id == job_id for job in self._queue):
                self._cancelled.add(job_id)

    # ---- the printer's thread -------------------------------------------------------------------------------------------------

    def open(self, emit: Emit) -> None:
        """A printer is there. What was submitted before anybody could hear is refused."""
        with self._gate:
            self._emit = emit
            self._is_open = True
            too_early, self._queue = list(self._queue), deque()
        for job in too_early:
            emit(refused(job, "noDevice"))

    def close(self, emit: Emit) -> None:
        """The printer has gone: what waits is refused."""
        with self._gate:
            self._is_open = False
            left, self._queue = list(self._queue), deque()
        for job in left:
            emit(refused(job, "noDevice"))

    def take(self, seconds: float) -> PrinterJob | None:
        """The next job, waited for at most ``seconds``."""
        with self._gate:
            if not self._queue:
                self._gate.wait(seconds)
            if not self._queue:
                return None
            job = self._queue.popleft()
            self._current = job
            return job

    def is_cancelled(self, job_id: str) -> bool:
        """Whether somebody wants this job ended."""
        return job_id in self._cancelled

    def finish(self, job_id: str) -> bool:
        """The job ends; False when it has had its last word already."""
        with self._gate:
            is_ours = self._current is not None and self._current.job_id == job_id
            self._current = None
            self._cancelled.discard(job_id)
            return is_ours
