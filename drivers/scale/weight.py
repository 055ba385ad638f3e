"""Units and kilograms: one scale word becomes one ``ScaleReading``, with the scale's own digits.

Rules: Decimal only, no rounding; a unit becomes kilograms by its exact legal factor and keeps the digits as sent; minus zero is zero.
Source: lb = 453.59237 g and oz = 28.349523125 g exactly; grain, pennyweight and troy ounce follow from the pound (7000 grains).
Tael and avoirdupois ton have several meanings in the world: they weigh nothing here until a profile says what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode

KG_PER: Mapping[str, Decimal] = {
    "mg": Decimal("0.000001"),
    "g": Decimal("0.001"),
    "kg": Decimal(1),
    "t": Decimal(1000),
    "lb": Decimal("0.45359237"),
    "oz": Decimal("0.028349523125"),
    "ct": Decimal("0.0002"),
    "gr": Decimal("0.00006479891"),
    "dwt": Decimal("0.00155517384"),
    "ozt": Decimal("0.0311034768"),
}
"""Kilograms in one unit. Names as in the frames of the scales, lower case."""


def to_kg(value: Decimal, unit: str, kg_per: Mapping[str, Decimal] = KG_PER) -> Decimal:
    """Convert exactly. Raises ``KeyError`` for a unit without a known meaning."""
    kilograms = value * kg_per[unit]
    return abs(kilograms) if kilograms.is_zero() else kilograms


def weighing(
    kilograms: Decimal,
    *,
    moving: bool,
    raw: bytes,
    mode: WeightMode = WeightMode.UNKNOWN,
    tare_kg: Decimal | None = None,
    checked: bool = False,
) -> ScaleReading:
    """A reading with a weight: moving comes first, then the sign decides between zero, under zero and stable."""
    kilograms = abs(kilograms) if kilograms.is_zero() else kilograms
    if moving:
        status = ScaleStatus.UNSTABLE
    else:
        status = resting_status(kilograms)
    return ScaleReading(kilograms, status, mode, tare_kg, checked, raw)


def resting_status(kilograms: Decimal) -> ScaleStatus:
    """What a weight at rest is called."""
    if kilograms.is_zero():
        return ScaleStatus.ZERO
    return ScaleStatus.UNDER_ZERO if kilograms < 0 else ScaleStatus.STABLE


def no_weight(
    status: ScaleStatus, *, raw: bytes = b"", mode: WeightMode = WeightMode.UNKNOWN, checked: bool = False
) -> ScaleReading:
    """A reading without a number: over the limit, under it, or not ready."""
    return ScaleReading(None, status, mode, None, checked, raw)
