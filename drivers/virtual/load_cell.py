"""What happens under the pan of a virtual scale: a weight is put on, the pan swings, the display settles.

Rules: the display shows whole divisions; while the pan swings the scale says so; time comes from ``clock`` (seconds). Safe to use from
several threads. The swing is play-acting, so it may be floating point; what the display shows at rest is the Decimal that was put on.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class Fault(StrEnum):
    """Ways in which a scale fails people."""

    NONE = "none"
    FROZEN = "frozen"
    NEGATIVE = "negative"
    OVERLOAD = "overload"
    UNSTABLE = "unstable"
    MUTE = "mute"
    GARBAGE = "garbage"
    CHATTER = "chatter"  # as many reports as the line takes


@dataclass(frozen=True, slots=True)
class Display:
    """What the scale shows now. ``divisions`` are whole steps of ``division_kg``; over means that there is no number."""

    divisions: int
    division_kg: Decimal
    moving: bool
    over: bool

    @property
    def kg(self) -> Decimal:
        """The number shown, in kilograms."""
        return self.divisions * self.division_kg

    @property
    def decimals(self) -> int:
        """Places behind the point."""
        exponent = self.division_kg.as_tuple().exponent
        return -exponent if isinstance(exponent, int) and exponent < 0 else 0


class LoadCell:
    """A pan with ``capacity_kg`` and steps of ``division_kg``; the display swings for ``ramp_s`` after each change."""

    def __init__(
        self,
        *,
        capacity_kg: Decimal = Decimal(30),
        division_kg: Decimal = Decimal("0.001"),
        ramp_s: float = 0.8,
        clock: Callable[[], float] = time.monotonic,
        seed: int = 1,
    ) -> None:
        self._capacity = capacity_kg
        self._division = division_kg
        self._ramp_s = ramp_s
        self._clock = clock
        self._noise = random.Random(seed)
        self._lock = threading.Lock()
        self._from = self._to = Decimal(0)
        self._changed_s = clock() - ramp_s
        self._fault = Fault.NONE
        self._frozen: Display | None = None

    @property
    def fault(self) -> Fault:
        """What is wrong with the scale."""
        return self._fault

    def set_weight(self, kg: Decimal) -> None:
        """Put exactly this on the pan (0 takes everything off)."""
        with self._lock:
            self._from = self._swing()[0]
            self._to = kg
            self._changed_s = self._clock()

    def set_fault(self, fault: Fault) -> None:
        """Break the scale, or mend it with ``Fault.NONE``."""
        with self._lock:
            self._frozen = self._now() if fault is Fault.FROZEN else None
            self._fault = fault

    def display(self) -> Display:
        """What the scale shows at this moment."""
        with self._lock:
            return self._frozen or self._now()

    def _now(self) -> Display:
        kg, moving = self._swing()
        if self._fault is Fault.NEGATIVE:
            kg, moving = -20 * self._division, False
        elif self._fault is Fault.UNSTABLE:
            kg, moving = self._to + self._noise.choice((-3, -2, -1, 1, 2, 3)) * self._division, True
        over = self._fault is Fault.OVERLOAD or kg > self._capacity
        return Display(int((kg / self._division).quantize(Decimal(1), ROUND_HALF_UP)), self._division, moving, over)

    def _swing(self) -> tuple[Decimal, bool]:
        """Kilograms on the display and whether it still moves: a damped swing with three overshoots."""
        age_s = self._clock() - self._changed_s
        if age_s >= self._ramp_s:
            return self._to, False
        share = age_s / self._ramp_s
        rest = Decimal(math.exp(-4 * share) * math.cos(3 * math.pi * share))
        return self._to + (self._from - self._to) * rest, True
