"""Named timers of the sessions, kept by the runner's own thread. No thread of their own, so that a wipe can never race a timer."""

from __future__ import annotations

import time
from collections.abc import Callable

from kiosk.session.events import Timer


class Timers:
    """At most one pending deadline a name, on the monotonic clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._deadlines: dict[Timer, float] = {}

    def start(self, timer: Timer, seconds: float) -> None:
        """Start or restart."""
        self._deadlines[timer] = self._monotonic() + seconds

    def stop(self, timer: Timer) -> None:
        """Forget, if it runs."""
        self._deadlines.pop(timer, None)

    def wait_s(self, longest_s: float) -> float:
        """Seconds until the next deadline, at most ``longest_s``."""
        if not self._deadlines:
            return longest_s
        return max(0.0, min(longest_s, min(self._deadlines.values()) - self._monotonic()))

    def due(self) -> list[Timer]:
        """Timers that have run out, oldest first; each is told once."""
        now = self._monotonic()
        ripe = sorted((deadline, timer) for timer, deadline in self._deadlines.items() if deadline <= now)
        for _, timer in ripe:
            del self._deadlines[timer]
        return [timer for _, timer in ripe]
