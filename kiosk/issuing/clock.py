"""The terminal's clock and how far it can be believed.

Source: systemd-timesyncd leaves ``/run/systemd/timesync/synchronized`` while it is synchronised. Numbers never come from here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kiosk.domain.certificate import ClockQuality
from kiosk.issuing.issuer import TrustedTime

_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


class SystemClock:
    """Time of the operating system, UTC."""

    def read(self) -> TrustedTime:
        """Now, NTP where the system says that it is synchronised, else RTC."""
        quality = ClockQuality.NTP if _SYNCHRONISED.exists() else ClockQuality.RTC
        return TrustedTime(datetime.now(UTC), quality)
