"""The TSPL label printer as a driver: one thread, one job at a time, the state told on each change.

Rules as of the ESC/POS printer: ``submit`` and ``cancel`` return at once, each job ends in exactly one ``JobDone``, a printer that reports a
fault gets no byte, a job is never sent twice, and what an abandoned job left is ended and cleared before the next one may start.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import DriverError
from drivers.printer.desk import JobDesk, refused
from drivers.printer.job import CANCELLED
from drivers.printer.profile import PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.status import Condition, Fault
from drivers.printer.tspl import CLEAR
from drivers.printer.tspl_job import TsplRun
from drivers.printer.tspl_wire import Clock, TsplWire
from drivers.transport.base import Transport

_SLICE_S = 0.1
_STOPPING = "offline"


class TsplPrinter:
    """A printer of one profile. ``emit`` (or that of the latest ``run``) hears about jobs also while no printer is connected."""

    def __init__(self, profile: PrinterProfile, *, emit: Emit | None = None, clock: Clock = time.monotonic) -> None:
        self._profile = profile
        self._clock = clock
        self._desk = JobDesk(emit)
        self._residue = b""
        self._needs_power_cycle = False
        self._told: DeviceStatus | None = None
        self._statistics = {"LabelPrintedCount": 0, "PrinterFaultCount": 0}
        self._faults = Fault(0)

    @property
    def kind(self) -> DeviceKind:
        """Always a printer."""
        return DeviceKind.PRINTER

    @property
    def profile(self) -> PrinterProfile:
        """What the printer is taken for."""
        return self._profile

    def submit(self, job: PrinterJob) -> None:
        """Print one label after those submitted before. Without a printer it fails at once with ``noDevice``."""
        self._desk.submit(job)

    def cancel(self, job_id: str) -> None:
        """Do not print this job, or stop it before its PRINT; it ends in ``JobDone`` as any other."""
        self._desk.cancel(job_id)

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the printer until ``stop`` is set or it goes away (``DeviceGone``)."""
        wire = TsplWire(transport, self._profile, self._clock)
        self._residue = self._residue or CLEAR
        self._needs_power_cycle = False
        self._told = None
        self._desk.open(emit)
        try:
            self._find_line(wire)
            self._serve(wire, emit, stop)
        finally:
            self._desk.close(emit)

    def _find_line(self, wire: TsplWire) -> None:
        """An earlier connection may have ended inside counted bytes: a printer that answers is between commands, another gets white."""
        self._drive_out(wire, self._profile.settle_s)
        if wire.ask() is None:
            white = b"\0" if self._profile.black_is_one else b"\xff"
            wire.send_all(white * (self._profile.head_dots // 8 * self._profile.band_rows) + CLEAR, self._profile.settle_s)

    def _serve(self, wire: TsplWire, emit: Emit, stop: threading.Event) -> None:
        look_at = self._clock()
        while not stop.is_set():
            if self._clock() >= look_at:
                condition = wire.condition()
                if self._residue and not condition.faults:
                    self._drive_out(wire, self._profile.write_s)
                self._tell(wire, condition, emit)
                look_at = self._clock() + self._profile.poll_s
            job = self._desk.take(max(0.0, min(_SLICE_S, look_at - self._clock())))
            if job is not None:
                self._print(wire, job, emit, stop)
                look_at = self._clock()

    def _print(self, wire: TsplWire, job: PrinterJob, emit: Emit, stop: threading.Event) -> None:
        """One job from its pre-check to its last word, whatever happens in between."""
        done = refused(job, "hardwareError")
        run: TsplRun | None = None

        def interruption() -> str:
            if self._desk.is_cancelled(job.job_id):
                return CANCELLED
            return _STOPPING if stop.is_set() else ""

        try:
            condition = wire.condition()
            self._tell(wire, condition, emit, busy=not condition.faults)
            error = interruption() or condition.error or self._obstacle(wire)
            if error:
                done = refused(job, error)
                return
            run = TsplRun(wire, self._profile, job, interruption, self._clock)
            done = JobDone(job.job_id, Outcome.UNKNOWN, "hardwareError", 0, len(job.data))
            done = run.run()
            self._residue = run.residue
            self._statistics["LabelPrintedCount"] += done.outcome is Outcome.CONFIRMED
        except DriverError as err:
            if run is None:
                done = refused(job, err.code)
            else:
                done = run.lost(err.code)
                self._residue = run.residue
            raise
        finally:
            self._desk.finish(job.job_id)
            emit(done)

    def _obstacle(self, wire: TsplWire) -> str:
        """Bring the printer into a known state; "" when it is."""
        if self._residue:
            self._drive_out(wire, self._profile.settle_s)
        return "hardwareError" if self._residue else ""

    def _drive_out(self, wire: TsplWire, timeout_s: float) -> None:
        """End the unfinished command and clear the page. A printer that takes none of it needs its switch."""
        sent = wire.send_all(self._residue, timeout_s)
        self._residue = self._residue[sent:]
        self._needs_power_cycle = bool(self._residue)

    def _tell(self, wire: TsplWire, condition: Condition, emit: Emit, *, busy: bool = False) -> None:
        new = condition.faults & ~self._faults
        self._faults = condition.faults
        self._statistics["PrinterFaultCount"] += bool(new)
        status = condition.status(wire.port, self._profile.name, self._statistics, busy=busy)
        if self._needs_power_cycle and not condition.faults:
            status = replace(status, state=DeviceState.HARDWARE_ERROR, error="hardwareError", level=ErrorLevel.FATAL)
        if status != self._told:
            self._told = status
            emit(status)
