"""A scale against a reference weight.

Source: OIML R 76-1, 3.5.1 and 3.5.2 (JJG 539, JJG 1036), accuracy class III: up to 500 e half a division, up to 2000 e one, beyond one and a half
at the initial verification, twice as much in service. A technician's look is no verification: it says whether one is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kiosk.domain.quantity import Weight, WeightStatus

REFERENCES_KG = (Decimal(1), Decimal(2), Decimal(5), Decimal(10), Decimal(20))
_STEPS = ((Decimal(500), Decimal("0.5")), (Decimal(2000), Decimal(1)))
_LAST_STEP = Decimal("1.5")
_IN_SERVICE = 2


@dataclass(frozen=True, slots=True)
class Compared:
    """A reading beside its reference, all in kilograms. ``division`` is the scale's e, ``tolerance`` what it may be off in service."""

    reference: Decimal
    shown: Decimal
    division: Decimal
    tolerance: Decimal

    @property
    def error(self) -> Decimal:
        """Shown minus true."""
        return self.shown - self.reference

    @property
    def is_within(self) -> bool:
        """The scale may go on weighing."""
        return abs(self.error) <= self.tolerance


def division_of(shown: Decimal) -> Decimal:
    """The smallest step a reading can stand for: one unit of its last digit. The plate's e may be larger, never smaller."""
    exponent = shown.as_tuple().exponent
    return Decimal(1).scaleb(min(0, exponent)) if isinstance(exponent, int) else Decimal(1)


def tolerance_of(load: Decimal, division: Decimal) -> Decimal:
    """What a class III scale in service may be off at ``load``."""
    divisions = load / division
    part = next((part for most, part in _STEPS if divisions <= most), _LAST_STEP)
    return part * division * _IN_SERVICE


def compare(weight: Weight, reference: Decimal, division: Decimal | None = None) -> Compared | None:
    """The comparison, None while the scale is not at rest. ``division`` None: judged as strictly as its last digit allows."""
    if weight.kg is None or weight.status not in (WeightStatus.STABLE, WeightStatus.ZERO):
        return None
    step = division if division is not None else division_of(weight.kg)
    return Compared(reference, weight.kg, step, tolerance_of(reference, step))
