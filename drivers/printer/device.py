"""The ESC/POS printer as a driver: one thread, one job at a time, the state told on each change.

Rules
- ``submit`` and ``cancel`` may be called from any thread and return at once; each submitted job ends in exactly one ``JobDone``.
- A printer that reports a fault gets no byte: the job fails at once and the caller waits for the state to change.
- A job is never sent twice. What an abandoned one left behind is driven out (filled up, reset, cut off) before the next one may start; as
  long as that does not succeed, jobs are refused and the state says that somebody must switch the printer off and on.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from drivers.device import DeviceKind, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Emit
from drivers.errors import DriverError
from drivers.printer.desk import JobDesk, refused
from drivers.printer.job import CANCELLED, JobRun, Residue
from drivers.printer.profile import Ending, PrinterProfile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.printer.status import Condition, Fault
from drivers.printer.wire import AUTO_STATUS_ON, Clock, PrinterWire
from drivers.transport.base import Transport

_SLICE_S = 0.1
_RESET = b"\x1b\x40"
_SPARE_BYTES = 8
_STOPPING = "offline"


class EscPosPrinter:
    """A printer of one profile. ``emit`` (or that of the latest ``run``) hears about jobs also while no printer is connected."""

    def __init__(self, profile: PrinterProfile, *, emit: Emit | None = None, clock: Clock = time.monotonic) -> None:
        self._profile = profile
        self._clock = clock
        self._desk = JobDesk(emit)
        self._residue: Residue | None = None
        self._needs_power_cycle = False
        self._told: DeviceStatus | None = None
        self._statistics = {"PaperCutCount": 0, "PrinterFaultCount": 0, "ReceiptCoverOpenCount": 0}
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
        """Print one piece of paper after those submitted before. Without a printer it fails at once with ``noDevice``."""
        self._desk.submit(job)

    def cancel(self, job_id: str) -> None:
        """Do not print this job, or stop it between two commands; it ends in ``JobDone`` as any other."""
        self._desk.cancel(job_id)

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the printer until ``stop`` is set or it goes away (``DeviceGone``)."""
        wire = PrinterWire(transport, self._profile, self._clock)
        # The printer may still be in the middle of what an earlier connection began: at most one band.
        band_bytes = self._profile.head_dots // 8 * self._profile.band_rows
        had_fragment = self._residue is not None and self._residue.has_fragment
        self._residue = Residue(band_bytes, had_fragment)
        self._needs_power_cycle = False
        self._told = None
        self._desk.open(emit)
        try:
            if self._profile.asb:
                wire.send_all(AUTO_STATUS_ON, self._profile.write_s)
            self._serve(wire, emit, stop)
        finally:
            self._desk.close(emit)

    # ---- the printer's thread -----------------------------------------------------------------------------------------------

    def _serve(self, wire: PrinterWire, emit: Emit, stop: threading.Event) -> None:
        look_at = self._clock()
        while not stop.is_set():
            if self._clock() >= look_at:
                condition = wire.settled_condition(thorough=True)
                if self._residue is not None and not condition.faults and (self._residue.has_fragment or self._needs_power_cycle):
                    self._drive_out(wire, self._profile.write_s)
                self._tell(wire, condition, emit)
                look_at = self._clock() + self._profile.poll_s
            job = self._desk.take(max(0.0, min(_SLICE_S, look_at - self._clock())))
            if job is not None:
                self._print(wire, job, emit, stop)
                look_at = self._clock()

    def _print(self, wire: PrinterWire, job: PrinterJob, emit: Emit, stop: threading.Event) -> None:
        """One job from its pre-check to its last word, whatever happens in between."""
        done = refused(job, "hardwareError")
        run: JobRun | None = None

        def interruption() -> str:
            if self._desk.is_cancelled(job.job_id):
                return CANCELLED
            return _STOPPING if stop.is_set() else ""

        try:
            condition = wire.settled_condition(thorough=True)
            self._tell(wire, condition, emit, busy=not condition.faults)
            error = interruption() or condition.error or self._obstacle(wire)
            if error:
                done = refused(job, error)
                return
            run = JobRun(wire, self._profile, job, interruption, self._clock)
            # Should anything unforeseen end the run, paper may exist.
            done = JobDone(job.job_id, Outcome.UNKNOWN, "hardwareError", 0, len(job.data))
            done = run.run()
            self._residue = run.residue
            if done.outcome is Outcome.CONFIRMED and self._profile.ending is Ending.CUT:
                self._statistics["PaperCutCount"] += 1
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

    def _obstacle(self, wire: PrinterWire) -> str:
        """Bring the printer into a known state; "" when it is."""
        if self._residue is not None:
            self._drive_out(wire, self._profile.settle_s)
        return "hardwareError" if self._residue is not None else ""

    def _drive_out(self, wire: PrinterWire, timeout_s: float) -> None:
        """Complete the unfinished command with white, reset, cut the fragment off. A printer that takes none of it needs its switch."""
        residue = self._residue
        if residue is None:
            return
        separate = _separation(self._profile) if residue.has_fragment else b""
        data = b"\0" * residue.missing + _RESET + (AUTO_STATUS_ON if self._profile.asb else b"") + separate
        sent = wire.send_all(data, timeout_s)
        if sent == len(data):
            self._residue = None
            self._needs_power_cycle = False
        else:
            # A few white bytes too many are ignored; they also end a reset that was taken in half.
            self._residue = Residue(max(_SPARE_BYTES, residue.missing - sent), residue.has_fragment)
            self._needs_power_cycle = True

    def _tell(self, wire: PrinterWire, condition: Condition, emit: Emit, *, busy: bool = False) -> None:
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


def _separation(profile: PrinterProfile) -> bytes:
    match profile.ending:
        case Ending.CUT:
            return b"\x1d\x56\x42\x00"
        case Ending.GAP:
            return b"\x1d\x0c"
        case Ending.FEED:
            return bytes([0x1B, 0x64, profile.feed_lines])
