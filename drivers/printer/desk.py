"""Jobs on their way to a printer's thread: any thread may submit and cancel, one job at a time is taken, each ends in one ``JobDone``."""

from __future__ import annotations

import threading
from collections import deque

from drivers.driver import Emit
from drivers.printer.record import JobDone, Outcome, PrinterJob


def refused(job: PrinterJob, error: str) -> JobDone:
    """The last word on a job of which no byte left."""
    return JobDone(job.job_id, Outcome.FAILED, error, 0, len(job.data))


class JobDesk:
    """``emit`` (or that of the latest ``open``) hears about jobs also while no printer is connected."""

    def __init__(self, emit: Emit | None) -> None:
        self._emit = emit
        self._gate = threading.Condition()
        self._queue: deque[PrinterJob] = deque()
        self._current = ""
        self._cancelled: set[str] = set()
        self._is_open = False

    def submit(self, job: PrinterJob) -> None:
        """Print one piece of paper after those submitted before. Without a printer it fails at once with ``noDevice``."""
        with self._gate:
            if self._is_open or self._emit is None:
                self._queue.append(job)
                self._gate.notify_all()
                return
            emit = self._emit
        emit(refused(job, "noDevice"))

    def cancel(self, job_id: str) -> None:
        """Do not print this job, or stop it between two commands; it ends in ``JobDone`` as any other."""
        with self._gate:
            if job_id == self._current or any(job.job_id == job_id for job in self._queue):
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
            self._current = job.job_id
            return job

    def is_cancelled(self, job_id: str) -> bool:
        """Whether somebody wants this job ended."""
        return job_id in self._cancelled

    def finish(self, job_id: str) -> None:
        """The job has had its last word."""
        with self._gate:
            self._current = ""
            self._cancelled.discard(job_id)
