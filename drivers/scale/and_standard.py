"""Lines that begin with ST, US or OL: A&D standard, its Chinese relatives (AND, Excell, T-Scale, Jadever) and the CAS 22-byte stream.

Source: A&D GC manual p. 51, CAS CI-600D p. 74 and NT-200 p. 48, Excell AM4 p. 13; A&D line 2400 7E1, CAS 9600 8N1 [memory].
Worked lines: ``ST,+00123.45  g`` (A&D, 17 bytes), ``ST,GS,+001.250kg`` (AND 18), ``ST,GS,<id><lamp>,0001.250 kg`` (CAS 22, the lamp byte is
above 7F). OL is looked at before the number: ``OL,+9999999E+19`` is no weight.
"""

from __future__ import annotations

import re
from enum import StrEnum

from drivers.scale.codec import Garbage, ScaleEvent
from drivers.scale.lines import LineCodec, number
from drivers.scale.record import ScaleStatus, WeightMode
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

_LAMP_STABLE = 0x40


class LineLayout(StrEnum):
    """Which member of the family."""

    AND = "and"
    EXCELL = "excell"
    CAS22 = "cas22"


_LAYOUTS = {
    LineLayout.AND: re.compile(rb"(?P<head>ST|US|OL|QT),(?P<data>[+-].{8})(?P<unit>.{3})"),
    LineLayout.EXCELL: re.compile(rb"(?P<head>ST|US|OL),(?P<mode>GS|NT|TR),(?P<data>[+ -].{7,8}?)(?P<unit> ?[A-Za-z]{1,2})"),
    LineLayout.CAS22: re.compile(
        rb"(?P<head>ST|US|OL),(?P<mode>GS|NT),(?P<id>.)(?P<lamp>[\x80-\xff]),(?P<data>.{8})(?P<unit> [A-Za-z]{2})", re.DOTALL
    ),
}
_MODES = {b"GS": WeightMode.GROSS, b"NT": WeightMode.NET}


class AndStandardCodec(LineCodec):
    """``layout`` by profile; the three cannot be mixed. ``ask`` is sent for scales that wait (``Q``, ``RW``), empty for streams."""

    def __init__(self, *, layout: str = LineLayout.AND, ask: str = "") -> None:
        super().__init__()
        self._layout = _LAYOUTS[LineLayout(layout)]
        self.request = f"{ask}\r\n".encode("ascii") if ask else b""

    def _line(self, line: bytes) -> ScaleEvent | None:
        found = self._layout.fullmatch(line)
        if found is None:
            return Garbage(line, "line")
        parts = found.groupdict()
        if parts.get("mode") == b"TR":
            return None
        if parts["head"] == b"QT":
            return Garbage(line, "count")
        mode = _MODES.get(parts.get("mode") or b"", WeightMode.UNKNOWN)
        if parts["head"] == b"OL":
            return no_weight(ScaleStatus.OVERWEIGHT, raw=line, mode=mode)
        value, unit = number(parts["data"]), parts["unit"].decode("latin-1").strip().lower()
        if value is None:
            return Garbage(line, "digits")
        if unit not in KG_PER:
            return Garbage(line, "unit")
        lamp = parts.get("lamp")
        at_rest = parts["head"] == b"ST" and (lamp is None or bool(lamp[0] & _LAMP_STABLE))
        return weighing(to_kg(value, unit), moving=not at_rest, mode=mode, raw=line)
