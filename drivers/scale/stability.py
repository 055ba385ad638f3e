"""When a weight without a flag counts as at rest, and when a number is too old to be shown.

Rules
- A frame that tells its own stability is trusted for itself alone.
- A protocol without a flag is at rest after at least ``frames`` equal frames in a row over at least ``seconds``; an unequal or unreadable one begins anew.
- No averaging, no smoothing: the digits of the frame are the digits of the reading.
- A reading lives ``max(1 s, 3 frame periods)``; after that there is no weight, never the last one.
Both take the time from the caller.
"""

from __future__ import annotations

from dataclasses import replace

from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scale.weight import resting_status

MIN_FRAMES = 3
MIN_SECONDS = 0.6


class Stability:
    """Judges frames of a protocol that does not tell motion. Raises ``ValueError`` below 3 frames or 0.6 s."""

    def __init__(self, frames: int = 5, seconds: float = 1.0) -> None:
        if frames < MIN_FRAMES or seconds < MIN_SECONDS:
            raise ValueError("stability needs at least 3 equal frames and 0.6 s")
        self._frames = frames
        self._seconds = seconds
        self._equal = 0
        self._since_s = 0.0
        self._last: ScaleReading | None = None

    def judge(self, reading: ScaleReading, now_s: float) -> ScaleReading:
        """Return ``reading`` with the status it has earned by ``now_s``."""
        if reading.weight_kg is None:
            self.restart()
            return reading
        if self._last is None or (reading.weight_kg, reading.mode) != (self._last.weight_kg, self._last.mode):
            self._equal, self._since_s = 0, now_s
        self._last = reading
        self._equal = min(self._equal + 1, self._frames)
        if self._equal < self._frames or now_s - self._since_s < self._seconds:
            return replace(reading, status=ScaleStatus.UNSTABLE)
        return replace(reading, status=resting_status(reading.weight_kg))

    def restart(self) -> None:
        """A frame was lost or could not be read: nothing is at rest any more."""
        self._equal, self._last = 0, None


class Freshness:
    """Remembers when the newest reading came."""

    def __init__(self, period_s: float) -> None:
        self.limit_s = max(1.0, 3 * period_s)
        self._seen_s: float | None = None

    def seen(self, now_s: float) -> None:
        """A valid reading came."""
        self._seen_s = now_s

    def is_stale(self, now_s: float) -> bool:
        """True when the newest reading is older than the limit, or there is none."""
        return self._seen_s is None or now_s - self._seen_s > self.limit_s
