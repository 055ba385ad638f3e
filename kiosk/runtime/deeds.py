"""What the centre may order from the app: self-test, test print, options. Nobody who is being served notices any of it.

Rules: what moves a device or listens to its wire waits until nobody is served, and is rejected when that takes too long; a self-test never arms the card
reader or the camera from afar.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from drivers.device import DeviceKind, DeviceStatus
from drivers.transport.tap import Transfer
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
from kiosk.upkeep.health import WITH_BYTES, CheckHealth, CheckLevel, CheckResult, DeviceReport, Part, internal_check
from kiosk.wire.order import Answer, Order, OrderKind

_PRINTING = timedelta(seconds=25)
"""What a test print needs of an order's time once it may begin."""
_LISTENING_S = 3.0
_ANSWERS_WITHIN_S = 6.0
_LOOK_S = 0.2


class Wires(Protocol):
    """Looks at the bytes of a device."""

    def watch(self, kind: DeviceKind) -> None: ...
    def watched(self, kind: DeviceKind) -> tuple[tuple[Transfer, ...], int]: ...
    def stop_watching(self) -> None: ...


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
    """CheckHealth of every device: ``internal`` asks the drivers, ``external`` also whether the device still answers on its wire."""

    def __init__(self, statuses: Callable[[], tuple[DeviceStatus, ...]], wires: Wires, busy: Busy, *, has_camera: bool) -> None:
        self._statuses, self._wires, self._busy, self._has_camera = statuses, wires, busy, has_camera

    def __call__(self, order: Order) -> Answer:
        """Its detail has a row for each check; ``ok`` when nothing is to mend."""
        rows = reports(self._statuses(), has_camera=self._has_camera)
        checks = [internal_check(row) for row in rows]
        if order.args.get("level") == CheckLevel.EXTERNAL.value:
            if not self._busy.waits_until_free(order.not_after - timedelta(seconds=2 * _ANSWERS_WITHIN_S)):
                return Answer(id=order.id, ok=False, rejected=True, code="inVisit")
            checks += [self._external(row) for row in rows if row.part in WITH_BYTES]
        bad = [check for check in checks if not check.is_good]
        detail: dict[str, Any] = {
            "checks": [{"part": c.part.value, "level": c.level.value, "result": c.result.value, "error": c.error} for c in checks],
            "devices": [_facts(row) for row in rows],
        }
        return Answer(id=order.id, ok=not bad, code=f"{bad[0].part.value}:{bad[0].error}"[:60] if bad else "", detail=detail)

    def _external(self, row: DeviceReport) -> CheckHealth:
        if not row.is_there:
            return CheckHealth(row.part, CheckLevel.EXTERNAL, CheckResult.NOT_RESPONDING, row.error or row.state)
        kind, until = KINDS[row.part], time.monotonic() + _LISTENING_S
        self._wires.watch(kind)
        try:
            while time.monotonic() < until:
                transfers, _ = self._wires.watched(kind)
                if any(transfer.inwards and transfer.size and not transfer.error for transfer in transfers):
                    return CheckHealth(row.part, CheckLevel.EXTERNAL, CheckResult.SUCCESSFUL)
                time.sleep(_LOOK_S / 2)
        finally:
            self._wires.stop_watching()
        return CheckHealth(row.part, CheckLevel.EXTERNAL, CheckResult.NOT_RESPONDING, "timeOut")


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
