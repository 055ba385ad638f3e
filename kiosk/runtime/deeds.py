"""What the centre may order from the app: self-test, test print, options. Nobody who is being served notices any of it.

Rules: what moves a device or asks it something waits until nobody is served, and is rejected when that takes too long; a self-test never reads a card
and never opens the camera from afar.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from drivers.device import DeviceKind, DeviceStatus
from drivers.health import HealthChecked
from kiosk.domain.certificate import PaperOutcome
from kiosk.label.trial import TrialContent
from kiosk.runtime.configuration import Configuration, ConfigurationRefused
from kiosk.runtime.orders import Deed
from kiosk.runtime.trial_print import TrialPrinter
from kiosk.runtime.upkeep import KINDS, reports
from kiosk.session.events import Event
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import TrialPrinted
from kiosk.upkeep.health import CheckLevel, CheckResult, DeviceReport, Part, internal_check
from kiosk.wire.order import Answer, Order, OrderKind

_PRINTING = timedelta(seconds=25)
"""What a test print needs of an order's time once it may begin."""
_ANSWERS_WITHIN_S = 8.0
_LOOK_S = 0.2
_PARTS = {kind: part for part, kind in KINDS.items()}
_GOOD = frozenset({CheckResult.SUCCESSFUL.value, CheckResult.COMPLETE.value})


class Devices(Protocol):
    """Asks the devices themselves; each answers with one ``HealthChecked``."""

    def check_health(self) -> frozenset[DeviceKind]: ...


class Busy:
    """Whether somebody is being served. ``see`` takes each state of the terminal."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._free = threading.Event()

    def see(self, state: Terminal) -> None:
        """A new state; never waits."""
        if state.page is Page.ATTRACT and not state.starting:
            self._free.set()
        else:
            self._free.clear()

    def waits_until_free(self, until: datetime) -> bool:
        """Wait for a moment without anybody; False when there is none in time."""
        while not self._free.wait(_LOOK_S):
            if self._now() >= until:
                return False
        return True


class SelfTest:
    """CheckHealth of every device: ``internal`` asks the drivers, ``external`` the devices too. ``heard`` takes their answers, on any thread."""

    def __init__(self, statuses: Callable[[], tuple[DeviceStatus, ...]], devices: Devices, busy: Busy, *, has_camera: bool) -> None:
        self._statuses, self._devices, self._busy, self._has_camera = statuses, devices, busy, has_camera
        self._heard: queue.SimpleQueue[HealthChecked] = queue.SimpleQueue()

    def heard(self, check: HealthChecked) -> None:
        """How a device answered."""
        self._heard.put(check)

    def __call__(self, order: Order) -> Answer:
        """Its detail has a row for each check; ``ok`` when nothing is to mend."""
        rows = reports(self._statuses(), has_camera=self._has_camera)
        checks = [_row(c.part, c.level.value, c.result.value, c.error) for c in map(internal_check, rows)]
        if order.args.get("level") == CheckLevel.EXTERNAL.value:
            if not self._busy.waits_until_free(order.not_after - timedelta(seconds=2 * _ANSWERS_WITHIN_S)):
                return Answer(id=order.id, ok=False, rejected=True, code="inVisit")
            checks += self._external()
        bad = [check for check in checks if check["result"] not in _GOOD]
        return Answer(
            id=order.id,
            ok=not bad,
            code=f"{bad[0]['part']}:{bad[0]['error']}"[:60] if bad else "",
            detail={"checks": checks, "devices": [_facts(row) for row in rows]},
        )

    def _external(self) -> list[dict[str, Any]]:
        while not self._heard.empty():
            self._heard.get()  # of an order that waited too short
        missing, found = set(self._devices.check_health()), []
        until = time.monotonic() + _ANSWERS_WITHIN_S
        while missing and (left := until - time.monotonic()) > 0:
            try:
                check = self._heard.get(timeout=left)
            except queue.Empty:
                break
            missing.discard(check.kind)
            found.append(_row(_PARTS[check.kind], check.level.value, check.result.value, check.error, check.facts))
        silent = [_row(_PARTS[kind], CheckLevel.EXTERNAL.value, CheckResult.NOT_RESPONDING.value, "timeOut") for kind in missing]
        return sorted(found + silent, key=lambda row: str(row["part"]))


def _row(part: Part, level: str, result: str, error: str, facts: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {**(facts or {}), "part": part.value, "level": level, "result": result, "error": error}


def _facts(row: DeviceReport) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "part": row.part.value,
        "state": row.state,
        "error": row.error,
        "model": row.model[:80],
        "statistics": dict(row.counters),
    }
    if row.part is Part.PRINTER:
        facts |= {"paper": row.paper, "cover": row.cover}
    return facts


class PrintTrial:
    """Prints the test label when nobody is served. ``trial`` makes the printer's desk and is told whom to tell."""

    def __init__(
        self, trial: Callable[[Callable[[Event], None]], TrialPrinter], content: Callable[[], TrialContent], busy: Busy
    ) -> None:
        self._ended: queue.SimpleQueue[TrialPrinted] = queue.SimpleQueue()
        self.trial = trial(self._hear)
        self._content, self._busy = content, busy

    def _hear(self, event: Event) -> None:
        if isinstance(event, TrialPrinted):
            self._ended.put(event)

    def __call__(self, order: Order) -> Answer:
        """Ends with what the printer says of the paper, never with a guess."""
        if not self._busy.waits_until_free(order.not_after - _PRINTING):
            return Answer(id=order.id, ok=False, rejected=True, code="inVisit")
        while not self._ended.empty():
            self._ended.get()  # of a print that took too long
        self.trial.begin(self._content())
        try:
            ended = self._ended.get(timeout=_PRINTING.total_seconds())
        except queue.Empty:
            return Answer(id=order.id, ok=False, code="timeOut", detail={"outcome": PaperOutcome.UNKNOWN.value})
        detail = {"outcome": ended.outcome.value}
        if ended.outcome is PaperOutcome.CONFIRMED:
            return Answer(id=order.id, ok=True, detail=detail)
        return Answer(id=order.id, ok=False, code=(ended.error or ended.outcome.value)[:60], detail=detail)


class SetConfiguration:
    """Lets the centre's options hold."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def __call__(self, order: Order) -> Answer:
        """Fails with why nothing changed."""
        try:
            self._configuration.set(order.args["conf"], order.args["values"])
        except ConfigurationRefused as err:
            return Answer(id=order.id, ok=False, code=err.code, detail={**err.facts, "version": self._configuration.version})
        return Answer(id=order.id, ok=True, detail={"version": self._configuration.version})


def deeds(self_test: SelfTest, test_print: PrintTrial, configuration: Configuration) -> dict[OrderKind, Deed]:
    """Everything that can be ordered."""
    return {
        OrderKind.SELF_TEST: self_test,
        OrderKind.TEST_PRINT: test_print,
        OrderKind.SET_CONFIGURATION: SetConfiguration(configuration),
    }
