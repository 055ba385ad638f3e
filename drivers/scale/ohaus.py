"""Ohaus Defender 3000 and relatives: lines of 21 bytes with the legend at their end.

Source: Defender 3000 manual p. 37: polarity 1, space, weight 7, space, unit 5, stability 1 (``?`` in motion), legend 3 (G, NET, T), CR LF. Line
9600 8N1, old Scout and Adventurer 2400 7N2. ``IP`` asks for the weight of now.
Worked line: 20 20 20 20 31 2E 32 35 30 20 6B 67 20 20 20 20 47 20 20 0D 0A -> 1.250 kg, gross, at rest; with 3F at byte 15 it moves.
A line with the tare says nothing about weight. Resync: behind the next LF.
"""

from __future__ import annotations

import re

from drivers.scale.codec import Garbage, ScaleEvent
from drivers.scale.lines import LineCodec, number
from drivers.scale.record import WeightMode
from drivers.scale.weight import KG_PER, to_kg, weighing

_LINE = re.compile(rb"(?P<sign>[ -]) (?P<data>.{7}) (?P<unit>.{5})(?P<motion>[ ?])(?P<legend>.{3})")
_MODES = {b"G": WeightMode.GROSS, b"NET": WeightMode.NET, b"": WeightMode.UNKNOWN}


class OhausCodec(LineCodec):
    """``ask`` is sent for scales that wait (``IP``), empty for streams."""

    def __init__(self, *, ask: str = "") -> None:
        super().__init__()
        self.request = f"{ask}\r\n".encode("ascii") if ask else b""

    def _line(self, line: bytes) -> ScaleEvent | None:
        found = _LINE.fullmatch(line)
        if found is None:
            return Garbage(line, "line")
        legend, unit = found["legend"].strip(), found["unit"].decode("latin-1").strip().lower()
        if legend == b"T":
            return None
        value = None if found["data"].lstrip(b" ")[:1] in (b"+", b"-") else number(found["data"])
        if value is None or legend not in _MODES:
            return Garbage(line, "digits")
        if unit not in KG_PER:
            return Garbage(line, "unit")
        value = -value if found["sign"] == b"-" else value
        return weighing(to_kg(value, unit), moving=found["motion"] == b"?", mode=_MODES[legend], raw=line)
