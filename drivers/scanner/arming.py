"""What every scanner has in common: it tells codes only while armed, each one once, and says how it is.

Rules
- ``arm`` and ``disarm`` may be called from any thread; all else belongs to the thread of ``run``.
- A code is told once as long as it stays or is repeated, and again when it was away for ``debounce_s`` or after ``arm``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.driver import Emit
from drivers.health import HealthDesk
from drivers.scanner.record import CodeScanned


class ArmedScanner:
    """The common part. ``clock`` is monotonic seconds."""

    def __init__(self, model: str, debounce_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._debounce_s = debounce_s
        self._clock = clock
        self._armed = threading.Event()
        self._health = HealthDesk()
        self._last_code = ""
        self._last_code_s = 0.0
        self._good = 0

    @property
    def kind(self) -> DeviceKind:
        """Always a scanner."""
        return DeviceKind.SCANNER

    def arm(self) -> None:
        """Tell codes from now on, also the last one again."""
        self._last_code = ""
        self._armed.set()

    def disarm(self) -> None:
        """Keep codes to ourselves."""
        self._armed.clear()

    def check_health(self) -> None:
        """See whether the scanner is there and gives what it should, without any code being told."""
        self._health.ask()

    def _tell(self, code: CodeScanned, emit: Emit) -> None:
        now = self._clock()
        is_new = code.text != self._last_code or now - self._last_code_s >= self._debounce_s
        if not self._armed.is_set():
            return
        self._last_code, self._last_code_s = code.text, now
        if is_new:
            self._good += 1
            emit(code)

    def _status(self, port: str) -> DeviceStatus:
        return DeviceStatus(
            kind=DeviceKind.SCANNER,
            state=DeviceState.ONLINE,
            model=self._model,
            port=port,
            statistics={"GoodScanCount": self._good},
        )
