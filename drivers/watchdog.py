"""Whether a device's thread still turns: every look at ``stop`` is a sign of life.

A transfer that ignores its time-out (a wedged USB controller, a tty whose adapter lost its other half) holds the thread inside the kernel or libusb.
Nothing can end it there; it can only be noticed, told, and not waited for.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Beat(threading.Event):
    """The ``stop`` of one driver's thread. Looking at it ticks; waiting on it, or resting, is no silence. ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, on_tick: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._clock = clock
        self._on_tick = on_tick
        self._at_s = math.inf

    def is_set(self) -> bool:
        """Whether to stop."""
        self.tick()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Rest until it is set or the time is over."""
        self.rest()
        is_set = super().wait(timeout)
        self.tick()
        return is_set

    def tick(self) -> None:
        """The thread turns."""
        self._at_s = self._clock()
        self._on_tick()

    def rest(self) -> None:
        """The thread waits on purpose, until its next tick."""
        self._at_s = math.inf

    @property
    def silent_s(self) -> float:
        """Seconds since the last sign of life; 0 while it rests."""
        return max(0.0, self._clock() - self._at_s)
