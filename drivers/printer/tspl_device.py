"""The TSPL label printer as a driver.

Rules as of every printer (``device.py``), and
- What an abandoned job left is ended and cleared; see ``tspl_job.py``.
- A new connection may find the printer inside counted bytes or half a line: one that answers is between commands, another gets white. Where the
  wire may cut a line in two (not on USB, where a line is one packet), half a line is spoiled first, lest it become a PRINT.
"""

from __future__ import annotations

import time

from drivers.driver import Emit
from drivers.printer.device import PrinterDriver
from drivers.printer.line import Clock
from drivers.printer.paper_run import Interruption
from drivers.printer.profile import PrinterProfile
from drivers.printer.record import PrinterJob
from drivers.printer.status import Condition
from drivers.printer.tspl import CLEAR
from drivers.printer.tspl_job import TsplRun, spoiled
from drivers.printer.tspl_wire import TsplWire
from drivers.transport.base import Transport


class TsplPrinter(PrinterDriver[TsplWire, TsplRun]):
    """A printer of one TSPL profile."""

    def __init__(self, profile: PrinterProfile, *, emit: Emit | None = None, clock: Clock = time.monotonic) -> None:
        super().__init__(profile, emit=emit, clock=clock)
        self._residue = b""

    def _connected(self, transport: Transport) -> TsplWire:
        wire = TsplWire(transport, self._profile, self._clock)
        self._residue = self._residue or (CLEAR if wire.has_back_pressure else spoiled(self._profile))
        return wire

    def _greet(self, wire: TsplWire) -> None:
        self._drive_out(wire, self._profile.settle_s)
        if wire.ask() is None:
            white = b"\0" if self._profile.black_is_one else b"\xff"
            wire.send_all(white * (self._profile.head_dots // 8 * self._profile.band_rows) + CLEAR, self._profile.settle_s)

    def _condition(self, wire: TsplWire) -> Condition:
        return wire.condition()

    def _tidy(self, wire: TsplWire, condition: Condition) -> None:
        if self._residue and not condition.faults:
            self._drive_out(wire, self._profile.write_s)

    def _make_ready(self, wire: TsplWire) -> bool:
        if self._residue:
            self._drive_out(wire, self._profile.settle_s)
        return not self._residue

    def _run_of(self, wire: TsplWire, job: PrinterJob, interruption: Interruption) -> TsplRun:
        return TsplRun(wire, self._profile, job, interruption, self._clock)

    def _keep(self, wire: TsplWire, run: TsplRun) -> None:
        self._residue = run.residue

    def _drive_out(self, wire: TsplWire, timeout_s: float) -> None:
        """End the unfinished command and clear the page. A printer that takes none of it needs its switch."""
        sent = wire.send_all(self._residue, timeout_s)
        self._residue = self._residue[sent:]
        self._needs_power_cycle = bool(self._residue)
