"""USB HID point-of-sale scales, usage page 0x8D: one input report is one weighing.

Source: USB HID usage tables 0x8D; erjiang/usbscale for status, unit and the quirks. Report 3 (some scales: 4), 6 bytes:
id status unit exponent(int8) LSB MSB; value = u16 x 10^exponent.
Worked report: 03 04 03 FD E2 04 -> 1.250 kg, stable.
Rules: the magnitude is never signed, status 5 makes it negative; status 2 is zero whatever the number; status 4 with 0 is zero; the first
report after opening is the previous weighing and is refused; nothing is ever written, zeroing belongs to a person.
Resync: USB keeps the borders of reports, so one ``feed`` takes whole reports; a chunk that is not made of reports is refused to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from drivers.scale.codec import MAX_RAW, Garbage, ScaleEvent, Trouble
from drivers.scale.record import ScaleStatus
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

REPORT_SIZE = 6
_REPORT_IDS = b"\x03\x04"
_MAX_EXPONENT = 6
UNITS: Mapping[int, str] = MappingProxyType(
    {
        1: "mg",
        2: "g",
        3: "kg",
        4: "ct",
        5: "tael",
        6: "gr",
        7: "dwt",
        8: "t",
        9: "avoirTon",
        10: "ozt",
        11: "oz",
        12: "lb",
    }
)
"""Unit byte of the report: order of usages 0x51-0x5C."""

_FAULT, _ZERO, _MOVING, _STABLE, _UNDER_ZERO, _OVER, _CALIBRATE, _REZERO = range(1, 9)
_TROUBLE = {_FAULT: "hardwareError", _CALIBRATE: "needsCalibration", _REZERO: "needsZero"}


class HidScaleCodec:
    """``kg_per`` adds the meaning of tael or avoirTon; ``exponent`` overrides a byte the scale is known to send wrong."""

    request = b""
    tells_stability = True
    tells_motion = False

    def __init__(
        self, *, kg_per: Mapping[str, Decimal] | None = None, exponent: int | None = None, stale_first: bool = True
    ) -> None:
        self._kg_per = {**KG_PER, **(kg_per or {})}
        self._exponent = exponent
        self._stale_first = stale_first

    def feed(self, data: bytes) -> list[ScaleEvent]:
        """Read the reports of one or more packets. A shorter rest is padding when it is all zero, else garbage."""
        events: list[ScaleEvent] = []
        at = 0
        while at < len(data):
            report = data[at : at + REPORT_SIZE]
            if not any(data[at:]):
                break
            if report[0] not in _REPORT_IDS or len(report) < REPORT_SIZE:
                events.append(Garbage(data[at : at + MAX_RAW], "reportId" if report[0] not in _REPORT_IDS else "length"))
                break
            events.append(self._report(report))
            at += REPORT_SIZE
        return events

    def reset(self) -> None:
        """Nothing is kept between packets."""

    def _report(self, report: bytes) -> ScaleEvent:
        status, unit, magnitude = report[1], UNITS.get(report[2]), int.from_bytes(report[4:6], "little")
        exponent = int.from_bytes(report[3:4], "little", signed=True) if self._exponent is None else self._exponent
        if not _FAULT <= status <= _REZERO:
            return Garbage(report, "status")
        if unit is None or unit not in self._kg_per:
            return Garbage(report, "unit")
        if abs(exponent) > _MAX_EXPONENT:
            return Garbage(report, "exponent")
        if self._stale_first:
            self._stale_first = False
            return Garbage(report, "staleFirst")
        if status in _TROUBLE:
            return Trouble(_TROUBLE[status], report)
        if status == _OVER:
            return no_weight(ScaleStatus.OVERWEIGHT, raw=report)
        value = Decimal(0 if status == _ZERO else magnitude).scaleb(exponent)
        if exponent > 0:
            value = value.quantize(Decimal(1))
        if status == _UNDER_ZERO:
            value = -value
        return weighing(to_kg(value, unit, self._kg_per), moving=status == _MOVING, raw=report)
