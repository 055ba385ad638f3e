"""Weights and quantities. Decimal always, kilograms inside, 公斤 or 斤 only on glass.

Source: UnifiedPOS scale status words; legal units of weight are g, kg and t, so 斤 is a way of showing, never of storing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

MAX_AMOUNT = Decimal("999999.999")
JIN_PER_KG = Decimal(2)
FRESH_S = 1.0
"""A live weight that was read longer ago is none."""


class WeightStatus(StrEnum):
    """What the scale says of its own number."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    ZERO = "zero"
    OVERWEIGHT = "overweight"
    UNDER_ZERO = "underZero"
    NOT_READY = "notReady"


@dataclass(frozen=True, slots=True)
class Weight:
    """A live weight: kilograms, or None where the scale gives none. ``read_s`` is when it was read, on the machine's monotonic clock."""

    kg: Decimal | None
    status: WeightStatus
    read_s: float = field(default=0.0, compare=False)

    @property
    def can_be_taken(self) -> bool:
        """Only a stable, positive weight may become a quantity."""
        return self.status is WeightStatus.STABLE and self.kg is not None and self.kg > 0

    def fresh_for_s(self, monotonic_s: float) -> float:
        """How long it may still be shown and taken; infinite where there is no number to grow old."""
        return math.inf if self.kg is None else self.read_s + FRESH_S - monotonic_s


NO_WEIGHT = Weight(None, WeightStatus.NOT_READY)


class QuantitySource(StrEnum):
    """How the number came to be; 自报 can never look like 称重."""

    WEIGHED = "weighed"
    DECLARED = "declared"
    COUNTED = "counted"


class Unit(StrEnum):
    """Units of the catalogue. The value is the word printed, except KG, printed as 千克."""

    KG = "kg"
    HEAD = "头"
    ANIMAL = "只"
    EGG = "枚"
    PIECE = "个"
    COB = "穗"
    CRATE = "箱"
    BAG = "袋"
    BASKET = "筐"
    BOX = "盒"
    BUNDLE = "捆"
    TRAY = "盘"
    CAGE = "笼"
    VEHICLE = "车"
    BOTTLE = "瓶"
    BUCKET = "桶"
    TANKER = "罐车"

    @property
    def printed(self) -> str:
        """The word on the certificate."""
        return "千克" if self is Unit.KG else self.value


@dataclass(frozen=True, slots=True)
class ScaleIdentity:
    """Which scale weighed: its serial number and the last day of its verification (检定有效期), None where unknown."""

    serial: str
    verified_until: date | None = None


class QuantityError(ValueError):
    """A number that cannot be a quantity. ``code``: notANumber | zero | tooLarge | tooPrecise | notWhole | scaleMissing."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Quantity:
    """重量或数量 of one certificate: kilograms (three decimals at most) or whole pieces.

    Raises ``QuantityError`` for anything else.
    """

    amount: Decimal
    unit: Unit
    source: QuantitySource
    scale: ScaleIdentity | None = None

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise QuantityError("notANumber")
        if self.amount <= 0:
            raise QuantityError("zero")
        if self.amount > MAX_AMOUNT:
            raise QuantityError("tooLarge")
        if self.unit is not Unit.KG and self.amount != self.amount.to_integral_value():
            raise QuantityError("notWhole")
        if self.amount != self.amount.quantize(Decimal("0.001")):
            raise QuantityError("tooPrecise")
        if self.source is QuantitySource.WEIGHED and (self.unit is not Unit.KG or self.scale is None):
            raise QuantityError("scaleMissing")

    @property
    def printed(self) -> str:
        """As on the certificate: ``126.35 千克``, with 自报 where nobody weighed it."""
        text = f"{plain(self.amount)} {self.unit.printed}"
        return f"{text}（自报）" if self.source is QuantitySource.DECLARED else text


def parse_amount(text: str) -> Decimal:
    """Read what a keypad gave (digits and one point). Raises ``QuantityError('notANumber')``."""
    body = text.strip()
    digits = body.replace(".", "", 1)
    if not digits or not (digits.isascii() and digits.isdigit()):
        raise QuantityError("notANumber")
    return Decimal(body if not body.endswith(".") else body[:-1])


def plain(amount: Decimal) -> str:
    """Digits without exponent and without trailing zeros behind the point."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
