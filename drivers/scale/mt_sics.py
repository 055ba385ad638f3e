"""Mettler Toledo SICS, level 0: asked with ``SI``, answered with one line.

Source: AL-IC manual p. 72, btek T104 p. 44; line 9600 8N1 [memory]. ``S`` waits for rest (tens of seconds) and ``@`` takes the tare away:
neither is ever sent. Worked lines: ``S S    100.00 g`` stable, ``S D     99.98 g`` moving, ``S +`` over, ``S -`` under, ``S I`` not now.
"""

from __future__ import annotations

from drivers.scale.codec import Garbage, ScaleEvent
from drivers.scale.lines import LineCodec, number
from drivers.scale.record import ScaleStatus
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

_NO_WEIGHT = {b"S I": ScaleStatus.NOT_READY, b"S +": ScaleStatus.OVERWEIGHT, b"S -": ScaleStatus.UNDER_ZERO}
_ERRORS = (b"ES", b"ET", b"EL")


class MtSicsCodec(LineCodec):
    """``comma`` takes a decimal comma for a point."""

    request = b"SI\r\n"

    def __init__(self, *, comma: bool = False) -> None:
        super().__init__()
        self._comma = comma

    def _line(self, line: bytes) -> ScaleEvent | None:
        if line in _NO_WEIGHT:
            return no_weight(_NO_WEIGHT[line], raw=line)
        if line in _ERRORS:
            return Garbage(line, "refused")
        if line.startswith(b"I4 A "):
            return None
        words = (line.replace(b",", b".") if self._comma else line).split()
        if len(words) != 4 or words[0] != b"S" or words[1] not in (b"S", b"D"):
            return Garbage(line, "line")
        value, unit = number(words[2]), words[3].decode("latin-1")
        if value is None:
            return Garbage(line, "digits")
        if unit not in KG_PER:
            return Garbage(line, "unit")
        return weighing(to_kg(value, unit), moving=words[1] == b"D", raw=line)
