"""The time as the agent may believe it: the machine's where it is synchronised, else the centre's, carried on by the monotonic clock.

Rules: before the first trusted time the dates of certificates (TLS) are not checked, because a wrong clock must not lock a terminal out; the chain to
the pinned authority always is. A ``not_after`` is judged by ``now``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.wire.health import ClockView
from kiosk.wire.uplink import ClockReport, ClockSource

_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_BELIEVABLE_MS = 120_000
"""A machine's clock this near to the centre's is right, whoever set it."""


class AgentClock:
    """``wall`` and ``monotonic`` are replaced in tests."""

    def __init__(
        self,
        synchronised: Path = _SYNCHRONISED,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._synchronised = synchronised
        self._wall = wall
        self.monotonic = monotonic
        self._centre: tuple[datetime, float] | None = None

    def heard_centre(self, utc: datetime) -> None:
        """A welcome carries the centre's time."""
        self._centre = (utc, self.monotonic())

    def now(self) -> datetime:
        """The best time there is."""
        if self._synchronised.exists() or self._centre is None:
            return datetime.fromtimestamp(self._wall(), UTC)
        utc, at = self._centre
        return utc + timedelta(seconds=self.monotonic() - at)

    def now_ms(self) -> int:
        """``now`` in ms since 1970."""
        return int(self.now().timestamp() * 1000)

    @property
    def offset_ms(self) -> int | None:
        """The machine's clock minus the centre's; None before the first welcome."""
        if self._centre is None:
            return None
        utc, at = self._centre
        return round((self._wall() - utc.timestamp() - (self.monotonic() - at)) * 1000)

    @property
    def is_trusted(self) -> bool:
        """Whether the *machine's* clock may judge dates of certificates."""
        offset = self.offset_ms
        return self._synchronised.exists() or (offset is not None and abs(offset) <= _BELIEVABLE_MS)

    def report(self) -> ClockReport:
        """For a hello: the machine's own time and where it comes from."""
        source = ClockSource.NTP if self._synchronised.exists() else ClockSource.RTC
        offset = self.offset_ms
        return ClockReport(
            utc=datetime.fromtimestamp(self._wall(), UTC), src=source, err_ms=None if offset is None else abs(offset)
        )

    def view(self) -> ClockView:
        """For the health plane."""
        return ClockView("ntp" if self._synchronised.exists() else "rtc", self.offset_ms)
