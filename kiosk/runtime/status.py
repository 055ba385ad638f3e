"""Writes the app's status snapshot for the agent: pages and codes, never a person.

Rules: a thread of its own, so that neither session nor devices wait for the disk or the ledger; the file is replaced as a whole; what did not
change is written again every ``BEAT_S``, and a file that stops changing is how the agent learns that the app is gone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from drivers.device import DeviceKind
from drivers.device import DeviceStatus as DriverStatus
from kiosk import log
from kiosk.domain.certificate import beijing_date
from kiosk.issuing.issuer import Clock, IssuerError, TodayRow
from kiosk.session.events import DeviceWord
from kiosk.session.terminal import Terminal
from kiosk.version import VERSION
from kiosk.wire.snapshot import (
    BEAT_S,
    STATUS_FILE,
    ClockStatus,
    Deadlines,
    DeviceName,
    DeviceStatus,
    Ledger,
    Status,
    Supplies,
    Versions,
)

_LOOK_S = 1.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NAMES = {
    DeviceKind.PRINTER: DeviceName.PRINTER,
    DeviceKind.SCALE: DeviceName.SCALE,
    DeviceKind.ID_READER: DeviceName.READER,
    DeviceKind.SCANNER: DeviceName.CAMERA,
}


class DirectoryNumber(Protocol):
    """The directory in use; 0 without one."""

    @property
    def number(self) -> int: ...


class LedgerFacts(Protocol):
    """What the snapshot tells of the ledger; all raise ``IssuerError``."""

    def today(self, day: date) -> Sequence[TodayRow]: ...
    def clock_problem(self) -> str: ...
    def last_counter(self) -> int: ...
    def last_issued_at(self) -> datetime | None: ...


class StatusWriter:
    """``see`` takes each new state; what has changed is on disk within a second. ``statuses`` gives the latest of each device."""

    def __init__(
        self,
        folder: Path,
        terminal_code: str,
        issuer: LedgerFacts,
        directory: DirectoryNumber,
        statuses: Callable[[], Sequence[DriverStatus]],
        clock: Clock,
        configuration: Callable[[], int] = lambda: 0,
        deadlines: Callable[[], Deadlines] = Deadlines,
    ) -> None:
        self._path = folder / STATUS_FILE
        self._code = terminal_code
        self._issuer = issuer
        self._directory = directory
        self._statuses = statuses
        self._clock = clock
        self._configuration, self._deadlines = configuration, deadlines
        self._boot = _BOOT_ID.read_text(encoding="ascii").strip()
        self._state: Terminal | None = None
        self._changed = threading.Event()
        self._ended = False
        self._written: Status | None = None
        self._written_at = self._asked_at = float("-inf")
        self._problem, self._ledger = "", Ledger()
        self._failure = ""
        self._thread = threading.Thread(target=self._run, name="kiosk-status", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def see(self, state: Terminal) -> None:
        """A new state of the terminal; never waits."""
        before, self._state = self._state, state
        if before is None or (state.page, state.health, state.pause) != (before.page, before.health, before.pause):
            self._changed.set()

    def stop(self) -> None:
        """End the thread and take the file away: who stops in order does not look like one who hangs."""
        self._ended = True
        self._changed.set()
        if self._thread.ident is not None:  # a start that failed half-way stops what never began
            self._thread.join(timeout=5)
        if self._written is not None:
            self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._ended:
            self._changed.wait(_LOOK_S)
            self._changed.clear()
            state = self._state
            if state is not None and not self._ended:
                self._tell(state)

    def _tell(self, state: Terminal) -> None:
        status = self._status(state)
        due = time.monotonic() - self._written_at >= BEAT_S
        if not due and self._written is not None and status.model_copy(update={"at": self._written.at}) == self._written:
            return
        fresh = self._path.with_suffix(".new")
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(status.encode())
            fresh.replace(self._path)
        except OSError as err:
            if self._failure != (failure := type(err).__name__):
                self._failure = failure
                log.event("status-unwritten", error=failure)
            return
        self._failure, self._written, self._written_at = "", status, time.monotonic()

    def _status(self, state: Terminal) -> Status:
        read, statuses = self._clock.read(), self._statuses()
        problem, ledger = self._from_ledger()
        trouble = "" if state.health.printer is DeviceWord.READY else (state.health.printer_trouble or "hardwareError")
        alarms = tuple(code for code in (trouble, problem, ledger.store_error) if code)
        return Status(
            at=read.now,
            terminal=self._code,
            boot=self._boot,
            page=state.page.value,
            can_issue=not alarms and state.pause is None,
            paused=state.pause is not None,
            pause_reason=state.pause or "",
            in_visit=state.errand is not None,
            demo=state.demo,
            devices={_NAMES[status.kind]: _device(status) for status in statuses},
            clock=ClockStatus(source=read.quality.name.lower(), problem=problem),
            supplies=Supplies(labels_printed=sum(_pieces(status) for status in statuses)),
            deadlines=self._deadlines(),
            versions=Versions(software=VERSION, configuration=self._configuration(), directory=self._directory.number),
            ledger=ledger,
            alarms=alarms,
        )

    def _from_ledger(self) -> tuple[str, Ledger]:
        """The ledger is asked once a beat: a visit shall not wait behind our questions."""
        if time.monotonic() - self._asked_at >= BEAT_S:
            self._asked_at = time.monotonic()
            try:
                today = len(self._issuer.today(beijing_date(self._clock.read().now)))
                self._problem, last = self._issuer.clock_problem(), self._issuer.last_counter()
                last_at = self._issuer.last_issued_at()
            except IssuerError as err:
                self._problem, self._ledger = "", self._ledger.model_copy(update={"issued_today": 0, "store_error": err.code})
            else:
                self._ledger = Ledger(last_counter=last, issued_today=today, last_issued_at=last_at)
        return self._problem, self._ledger


def _pieces(status: DriverStatus) -> int:
    """What left a printer since the program began, cut off or as one label of a row."""
    return sum(status.statistics.get(name, 0) for name in ("PaperCutCount", "LabelPrintedCount"))


def _device(status: DriverStatus) -> DeviceStatus:
    """In the bounds of the wire: what tells two long places apart stands at their ends."""
    return DeviceStatus(
        state=status.state.value,
        error=status.error[:40],
        level=status.level.value,
        paper=status.paper.value,
        cover=status.cover.value,
        model=status.model[:80],
        port=status.port[-80:],
        statistics=dict(status.statistics),
    )
