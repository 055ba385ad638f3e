"""The ESC/POS printer as a driver.

Rules as of every printer (``device.py``), and
- What an abandoned job left is driven out: the rest of its unfinished command's head before anything else, white for its dots, a reset, and the
  profile's ending to cut the fragment off. A new connection begins with as much white as the longest band, lest a question become dots or a size.
- A jammed cutter of a printer that ``recovers_on_request`` is asked every ``_RECOVER_S`` to free itself and to forget what it holds, as long as
  the cover is closed: some wait for that word even after a person has taken the paper out.
"""

from __future__ import annotations

import time
from dataclasses import replace

from drivers.driver import Emit
from drivers.printer.device import PrinterDriver
from drivers.printer.job import JobRun, Residue
from drivers.printer.line import Clock
from drivers.printer.paper_run import Interruption
from drivers.printer.profile import Ending, PrinterProfile
from drivers.printer.record import PrinterJob
from drivers.printer.status import Condition, Fault
from drivers.printer.wire import AUTO_STATUS_ON, PrinterWire
from drivers.transport.base import Transport

_RESET = b"\x1b\x40"
_SPARE_BYTES = 8
_RECOVER_S = 10.0


class EscPosPrinter(PrinterDriver[PrinterWire, JobRun]):
    """A printer of one ESC/POS profile."""

    def __init__(self, profile: PrinterProfile, *, emit: Emit | None = None, clock: Clock = time.monotonic) -> None:
        super().__init__(profile, emit=emit, clock=clock)
        self._residue: Residue | None = None
        self._recovered_at: float | None = None

    def _connected(self, transport: Transport) -> PrinterWire:
        # The printer may still be in the middle of what an earlier connection began: at most one band.
        band_bytes = self._profile.head_dots // 8 * self._profile.band_rows
        wire = PrinterWire(transport, self._profile, self._clock)
        left = self._residue or Residue(0, has_fragment=False)
        wire.owe(left.rest)
        self._residue = replace(left, missing=max(left.missing, band_bytes))
        return wire

    def _greet(self, wire: PrinterWire) -> None:
        self._drive_out(wire, self._profile.settle_s)
        # Whether it needs its switch is said when it has been heard.
        self._needs_power_cycle = False

    def _condition(self, wire: PrinterWire) -> Condition:
        return wire.settled_condition(thorough=True)

    def _tidy(self, wire: PrinterWire, condition: Condition) -> None:
        if self._residue is not None and not condition.faults and (self._residue.has_fragment or self._needs_power_cycle):
            self._drive_out(wire, self._profile.write_s)
        if not self._profile.recovers_on_request or Fault.CUTTER not in condition.faults or Fault.COVER_OPEN in condition.faults:
            return
        if self._recovered_at is None or self._clock() - self._recovered_at >= _RECOVER_S:
            self._recovered_at = self._clock()
            wire.recover()
            self._residue = replace(self._residue or Residue(0, has_fragment=True), has_fragment=True)

    def _make_ready(self, wire: PrinterWire) -> bool:
        if self._residue is not None:
            self._drive_out(wire, self._profile.settle_s)
        return self._residue is None

    def _run_of(self, wire: PrinterWire, job: PrinterJob, interruption: Interruption) -> JobRun:
        return JobRun(wire, self._profile, job, interruption, self._clock)

    def _keep(self, wire: PrinterWire, run: JobRun) -> None:
        self._residue = run.residue
        if run.residue is not None and run.residue.rest:
            wire.owe(run.residue.rest)

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
            self._residue = replace(
                residue, missing=max(_SPARE_BYTES, residue.missing - sent), rest=residue.rest if not sent else b""
            )
            self._needs_power_cycle = True


def _separation(profile: PrinterProfile) -> bytes:
    match profile.ending:
        case Ending.CUT:
            return b"\x1d\x56\x42\x00"
        case Ending.GAP:
            return b"\x1d\x0c"
        case Ending.FORM_FEED:
            return b"\x0c"
        case Ending.FEED:
            return bytes([0x1B, 0x64, profile.feed_lines])
