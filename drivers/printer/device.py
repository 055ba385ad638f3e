"""A printer as a driver, whatever it speaks: one thread, one job at a time, the state told on each change.

Rules
- ``submit`` and ``cancel`` may be called from any thread and return at once; each submitted job ends in exactly one ``JobDone``.
- A printer that reports a fault gets no byte: the job fails at once and the caller waits for the state to change.
- A check of health is a thorough look: every status question, nothing printed. A printer that answers none of them does not respond, though it
  may still print.
- A job is never sent twice. What an abandoned one left behind is driven out before the next one may start; as long as that does not succeed,
  jobs are refused and the state says that somebody must switch the printer off and on.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import DriverError
from drivers.health import HealthChecked, HealthDesk, HealthLevel, replied
from drivers.printer.desk import JobDesk, refused
from drivers.printer.line import Clock, PrinterLine
from drivers.printer.paper_run import CANCELLED, Interruption
from drivers.printer.profile import Ending, PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.status import Condition, Fault
from drivers.transport.base import Transport

_SLICE_S = 0.1
_STOPPING = "offline"
_MOST_LEFT_BEHIND = 20_000
_BITS = 10
_PIECES = {Ending.CUT: "PaperCutCount", Ending.GAP: "LabelPrintedCount", Ending.FORM_FEED: "LabelPrintedCount"}


class Run(Protocol):
    """One job under way."""

    def run(self) -> JobDone: ...
    def lost(self, error: str) -> JobDone: ...


Line = TypeVar("Line", bound=PrinterLine)
Job = TypeVar("Job", bound=Run)


class PrinterDriver(ABC, Generic[Line, Job]):
    """A printer of one profile. ``emit`` (or that of the latest ``run``) hears about jobs also while no printer is connected."""

    def __init__(self, profile: PrinterProfile, *, emit: Emit | None = None, clock: Clock = time.monotonic) -> None:
        self._profile = profile
        self._clock = clock
        self._desk = JobDesk(emit)
        self._health = HealthDesk()
        self._needs_power_cycle = False
        self._told: DeviceStatus | None = None
        self._pieces = _PIECES.get(profile.ending, "")
        self._statistics = {"PrinterFaultCount": 0, "ReceiptCoverOpenCount": 0, **({self._pieces: 0} if self._pieces else {})}
        self._faults = Fault(0)

    @property
    def kind(self) -> DeviceKind:
        """Always a printer."""
        return DeviceKind.PRINTER

    @property
    def patience_s(self) -> float:
        """What an abandoned job left is driven out, with the questions around it; on a line at its own pace."""
        return 4 * self._profile.settle_s + _MOST_LEFT_BEHIND * _BITS / self._profile.baud

    @property
    def profile(self) -> PrinterProfile:
        """What the printer is taken for."""
        return self._profile

    def submit(self, job: PrinterJob) -> None:
        """Print one piece of paper after those submitted before. Without a printer it fails at once with ``noDevice``."""
        self._desk.submit(job)

    def cancel(self, job_id: str) -> None:
        """Do not print this job, or stop it between two commands; it ends in ``JobDone`` as any other."""
        self._desk.cancel(job_id)

    def check_health(self) -> None:
        """Ask the printer how it is, between two jobs."""
        self._health.ask()

    def hang(self, emit: Emit) -> None:
        """See ``drivers.driver.MindsHanging``."""
        self._desk.hang(emit)

    def resume(self) -> None:
        """See ``drivers.driver.MindsHanging``."""
        self._desk.resume()

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the printer until ``stop`` is set or it goes away (``DeviceGone``)."""
        self._needs_power_cycle = False
        self._told = None
        wire = self._connected(transport)
        self._desk.open(emit)
        try:
            self._greet(wire)
            self._serve(wire, emit, stop)
        finally:
            self._desk.close(emit)

    # ---- what a language does its own way -----------------------------------------------------------------------------------

    @abstractmethod
    def _connected(self, transport: Transport) -> Line:
        """A new connection, of which nobody knows in which state the printer is."""

    @abstractmethod
    def _greet(self, wire: Line) -> None:
        """The first bytes on it."""

    @abstractmethod
    def _condition(self, wire: Line) -> Condition:
        """How the printer is, by its own word where it gives one."""

    @abstractmethod
    def _tidy(self, wire: Line, condition: Condition) -> None:
        """At every look: mend what can be mended without anybody."""

    @abstractmethod
    def _make_ready(self, wire: Line) -> bool:
        """Before a job: bring the printer into a known state. False when it does not let itself be brought there."""

    @abstractmethod
    def _run_of(self, wire: Line, job: PrinterJob, interruption: Interruption) -> Job:
        """The job, ready to run."""

    @abstractmethod
    def _keep(self, wire: Line, run: Job) -> None:
        """What an ended run left in the printer."""

    # ---- the printer's thread -----------------------------------------------------------------------------------------------

    def _serve(self, wire: Line, emit: Emit, stop: threading.Event) -> None:
        look_at = self._clock()
        while not stop.is_set():
            is_asked = self._health.take()
            if is_asked or self._clock() >= look_at:
                condition = self._condition(wire)
                self._tidy(wire, condition)
                self._tell(wire, condition, emit)
                if is_asked:
                    emit(_checked(condition, answers=wire.answers))
                look_at = self._clock() + self._profile.poll_s
            job = self._desk.take(max(0.0, min(_SLICE_S, look_at - self._clock())))
            if job is not None:
                self._print(wire, job, emit, stop)
                look_at = self._clock()

    def _print(self, wire: Line, job: PrinterJob, emit: Emit, stop: threading.Event) -> None:
        """One job from its pre-check to its last word, whatever happens in between."""
        done = refused(job, "hardwareError")
        run: Job | None = None

        def interruption() -> str:
            if self._desk.is_cancelled(job.job_id):
                return CANCELLED
            return _STOPPING if stop.is_set() else ""

        try:
            condition = self._condition(wire)
            self._tell(wire, condition, emit, busy=not condition.faults)
            error = interruption() or condition.error or ("" if self._make_ready(wire) else "hardwareError")
            if error:
                done = refused(job, error)
                return
            run = self._run_of(wire, job, interruption)
            # Should anything unforeseen end the run, paper may exist.
            done = JobDone(job.job_id, Outcome.UNKNOWN, "hardwareError", 0, len(job.data))
            done = run.run()
            self._keep(wire, run)
            if done.outcome is Outcome.CONFIRMED and self._pieces:
                self._statistics[self._pieces] += 1
        except DriverError as err:
            if run is None:
                done = refused(job, err.code)
            else:
                done = run.lost(err.code)
                self._keep(wire, run)
            raise
        finally:
            if self._desk.finish(job.job_id):
                emit(done)

    def _tell(self, wire: Line, condition: Condition, emit: Emit, *, busy: bool = False) -> None:
        new = condition.faults & ~self._faults
        self._faults = condition.faults
        self._statistics["PrinterFaultCount"] += bool(new)
        self._statistics["ReceiptCoverOpenCount"] += Fault.COVER_OPEN in new
        status = condition.status(wire.port, self._profile.name, self._statistics, busy=busy)
        if self._needs_power_cycle and not condition.faults:
            status = replace(status, state=DeviceState.HARDWARE_ERROR, error="hardwareError", level=ErrorLevel.FATAL)
        if status != self._told:
            self._told = status
            emit(status)


def _checked(condition: Condition, *, answers: bool) -> HealthChecked:
    error = condition.error or ("" if answers else "timeOut")
    facts = {"paper": condition.paper.value, "cover": condition.cover.value}
    return replied(DeviceKind.PRINTER, HealthLevel.EXTERNAL, error, facts)
