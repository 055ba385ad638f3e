"""One thread for each device: find it, open it, run its driver, back off, find it again.

Rules
- Nothing a device does can block or crash anybody else: every driver error becomes a ``DeviceStatus`` and a back-off with jitter.
- Plugging in is noticed within ``POLL_S`` (or at once after ``wake``, which a uevent listener calls).
- Statistics carry UnifiedPOS names and live as long as the supervisor. A status that differs from the last one in its counters only is told
  too: drivers keep them current at their own pace.
- A check of health that was asked for is always answered (``drivers.health``).
- A driver that shows no sign of life for its ``patience_s`` is told as ``hung``, and told as it was when its thread comes back. A thread that never
  comes back is not waited for: closing takes ``JOIN_S`` at most, and what it may still say then reaches nobody.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace

from drivers.device import HUNG, DeviceState, DeviceStatus, ErrorLevel
from drivers.driver import Driver, Emit, MindsHanging
from drivers.errors import DeviceGone, DriverError, DriverFault, NeedsPerson
from drivers.health import ChecksHealth, HealthChecked, HealthLevel, internal_check, replied
from drivers.transport.base import Transport
from drivers.transport.id_path import PREFIX, is_at, usb_id_path
from drivers.watchdog import Beat

Finder = Callable[[], Transport | None]
"""Opens the device, or returns None when it is not there. Raises ``DriverError`` when it is there but cannot be opened."""

POLL_S = 1.0
BACK_OFF_S = (1.0, 2.0, 5.0, 10.0)
JOIN_S = 5.0
_HUNG_JOIN_S = 0.2
_LOOKS_IN_PATIENCE = 8


class Supervisor:
    """Keeps one driver running. ``emit`` gets every record of the driver and the statuses of the supervisor; it must not block.

    ``place`` is where the device should be ("" for anywhere): a status from another USB port says so in ``moved_from``. Without a place it is the port
    of the first opening.
    """

    def __init__(
        self,
        driver: Driver,
        finder: Finder,
        emit: Emit,
        *,
        place: str = "",
        poll_s: float = POLL_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._driver = driver
        self._finder = finder
        self._emit = emit
        self._poll_s = poll_s
        self._jitter = jitter
        self._stop = Beat(on_tick=self._ticked)
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._statistics: dict[str, int] = {"CommunicationErrorCount": 0, "ReconnectCount": 0}
        self._last: DeviceStatus | None = None
        self._own = DeviceStatus(driver.kind, DeviceState.STARTING)
        self._place = place
        self._gate = threading.Lock()
        self._telling = threading.RLock()
        self._is_serving = self._is_asked = self._is_running = False
        self._is_hung = self._is_abandoned = False
        self._thread = threading.Thread(target=self._loop, name=f"driver-{driver.kind.value}", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{driver.kind.value}", daemon=True)

    def start(self) -> None:
        """Begin to look for the device."""
        self._thread.start()
        self._watcher.start()

    def wake(self) -> None:
        """Something was plugged in: look now."""
        self._wake.set()

    def check_health(self, level: HealthLevel) -> None:
        """Check the device: one ``HealthChecked`` is told, at once or from the device's thread. The interactive level is its external part."""
        last = self._last or DeviceStatus(self._driver.kind, DeviceState.STARTING)
        if level is HealthLevel.INTERNAL:
            self._tell(internal_check(last))
            return
        with self._gate:
            can_ask = self._is_serving and isinstance(self._driver, ChecksHealth)
            self._is_asked |= can_ask
        if not can_ask:
            self._tell(replace(internal_check(last), level=HealthLevel.EXTERNAL))
        elif isinstance(self._driver, ChecksHealth):
            self._driver.check_health()

    def stop(self) -> None:
        """End the driver and its thread; one that hangs is left behind."""
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(_HUNG_JOIN_S if self._is_hung else JOIN_S)
        self._ended.set()
        with self._telling:
            self._is_abandoned = self._thread.is_alive()

    def _watch(self) -> None:
        """On a thread of its own: notice that the driver's does not turn any more."""
        patience_s = self._driver.patience_s
        while not self._ended.wait(patience_s / _LOOKS_IN_PATIENCE):
            if self._stop.silent_s > patience_s:
                self._hang()

    def _hang(self) -> None:
        with self._telling:
            if self._is_hung:
                return
            self._is_hung = True
            self._statistics["CommunicationErrorCount"] += 1
            self._say(replace(self._own, state=DeviceState.HARDWARE_ERROR, error=HUNG, level=ErrorLevel.RECOVERABLE))
        self._unanswered(HUNG)
        if isinstance(self._driver, MindsHanging):
            self._driver.hang(self._tell)

    def _ticked(self) -> None:
        if not self._is_hung:
            return
        with self._telling:
            self._is_hung = False
            self._say(self._own)
        if isinstance(self._driver, MindsHanging):
            self._driver.resume()
        with self._gate:
            self._is_serving = self._is_running

    def _loop(self) -> None:
        failures = 0
        self._publish(DeviceStatus(self._driver.kind, DeviceState.STARTING))
        while not self._stop.is_set():
            transport: Transport | None = None
            try:
                self._stop.tick()
                transport = self._finder()
                if transport is None:
                    failures = 0
                    self._publish(self._missing("noDevice"))
                    self._pause(self._poll_s)
                    continue
                self._statistics["ReconnectCount"] += 1
                self._is_serving = self._is_running = True
                self._driver.run(transport, self._pass_on, self._stop)
                failures = 0
            except DeviceGone:
                failures = 0
                self._unanswered("noDevice")
                self._statistics["CommunicationErrorCount"] += 1
                self._publish(self._missing("noDevice"))
                self._pause(self._poll_s / 4)
            except DriverError as err:
                self._unanswered(err.code)
                self._statistics["CommunicationErrorCount"] += 1
                self._publish(self._failed(err))
                failures = self._back_off(failures)
            except Exception as err:  # noqa: BLE001 - one driver's mistake must not end its thread with "online" standing
                # A mistake of ours in one driver: it is said as any thread's end would be, and costs this device a back-off, nobody else anything.
                threading.excepthook(threading.ExceptHookArgs((type(err), err, err.__traceback__, threading.current_thread())))
                self._unanswered("internalError")
                self._publish(self._failed(DriverFault()))
                failures = self._back_off(failures)
            finally:
                self._is_running = False
                self._unanswered("offline")
                if transport is not None:
                    transport.close()

    def _unanswered(self, error: str) -> None:
        """The driver no longer runs: a check that waits for it is answered here."""
        with self._gate:
            was_asked, self._is_asked, self._is_serving = self._is_asked, False, False
        if was_asked:
            self._tell(replied(self._driver.kind, HealthLevel.EXTERNAL, error))

    def _pass_on(self, record: object) -> None:
        if threading.current_thread() is self._thread:  # a printer refuses jobs on the thread that brings them
            self._stop.tick()
        match record:
            case DeviceStatus():
                self._publish(record)
            case HealthChecked():
                with self._gate:
                    was_asked, self._is_asked = self._is_asked, False
                if was_asked:
                    self._tell(record)
            case _:
                self._tell(record)

    def _publish(self, status: DeviceStatus) -> None:
        """How the driver's own thread finds the device."""
        self._stop.tick()
        with self._telling:
            self._own = status
            self._say(status)

    def _say(self, status: DeviceStatus) -> None:
        told = replace(status, statistics={**self._statistics, **status.statistics}, moved_from=self._moved_from(status.port))
        if told != self._last:
            self._last = told
            self._tell(told)

    def _tell(self, record: object) -> None:
        if not self._is_abandoned:
            self._emit(record)

    def _moved_from(self, port: str) -> str:
        if not port.startswith("usb:"):
            return ""
        self._place = self._place or port
        here = (port, PREFIX + usb_id_path(port))
        return "" if self._place in here or is_at(usb_id_path(port), self._place.removeprefix(PREFIX)) else self._place

    def _back_off(self, failures: int) -> int:
        self._pause(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)] * (0.75 + 0.5 * self._jitter()))
        return failures + 1

    def _missing(self, code: str) -> DeviceStatus:
        return DeviceStatus(self._driver.kind, DeviceState.NO_DEVICE, error=code, level=ErrorLevel.RECOVERABLE)

    def _failed(self, err: DriverError) -> DeviceStatus:
        state = DeviceState.USER_ERROR if isinstance(err, NeedsPerson) else DeviceState.HARDWARE_ERROR
        return DeviceStatus(self._driver.kind, state, error=err.code, level=ErrorLevel.RECOVERABLE)

    def _pause(self, seconds: float) -> None:
        self._stop.rest()
        self._wake.wait(seconds)
        if not self._stop.is_set():
            self._wake.clear()
