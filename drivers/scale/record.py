"""One weighing as the scale said it; not yet a legal quantity."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class ScaleStatus(StrEnum):
    """UnifiedPOS scale status words."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    ZERO = "zero"
    OVERWEIGHT = "overweight"
    UNDER_ZERO = "underZero"
    NOT_READY = "notReady"


class WeightMode(StrEnum):
    """Whether a tare is already taken off."""

    GROSS = "gross"
    NET = "net"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScaleReading:
    """``weight_kg`` is None where there is no weight (overweight, not ready). ``raw`` is the frame as it came.

    The digits are the scale's own: no smoothing, no rounding; units other than kg are converted exactly with Decimal. ``read_s`` is when its last
    byte was read, on the driver's monotonic clock; equal readings may differ in it.
    """

    weight_kg: Decimal | None
    status: ScaleStatus
    mode: WeightMode = WeightMode.UNKNOWN
    tare_kg: Decimal | None = None
    checked: bool = False
    raw: bytes = b""
    read_s: float = field(default=0.0, compare=False)
