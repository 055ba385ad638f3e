"""Yaohua XK3190-A12(E) indicators and their clones: lines that begin with W, or with two letters and no check.

Source: XK3190-A12E manual p. 13: ``W``, ``G`` or ``N``, seven characters with the point (``-`` first below zero), ``kg``, XOR of all before it as two
hex characters, CR LF; overload is nine spaces, ``OL`` and the XOR, underload the same with ``LO``. Clones from public code: ``ww000.000lb``,
``wn-0000.1kg`` (w gross, n net, t tare), no check.
Worked line: 57 47 30 30 34 2E 31 33 39 6B 67 33 44 0D 0A -> 4.139 kg, gross; XOR 3D.
No line of the family tells motion: rest comes from equal lines (``Stability``). Resync: behind the next LF.
"""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

from drivers.scale.codec import Garbage, ScaleEvent
from drivers.scale.lines import LineCodec, number
from drivers.scale.record import ScaleStatus, WeightMode
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

_CHECKED = re.compile(rb"W(?P<mode>[GN])(?P<data>.{7})(?P<unit>kg)[0-9A-F]{2}")
_TROUBLE = re.compile(rb" {9}(?P<word>OL|LO)[0-9A-F]{2}")
_PLAIN = re.compile(rb"w(?P<mode>[wnt])(?P<data>[-0-9][0-9.]{5,6})(?P<unit>kg|lb)")
_MODES = {b"G": WeightMode.GROSS, b"N": WeightMode.NET, b"w": WeightMode.GROSS, b"n": WeightMode.NET}


class Xk3190A12Codec(LineCodec):
    """``checksum`` off for the clones. A weight without a point ends in a space."""

    tells_stability = False

    def __init__(self, *, checksum: bool = True) -> None:
        super().__init__()
        self._checksum = checksum

    def _line(self, line: bytes) -> ScaleEvent | None:
        if self._checksum and not _is_right(line):
            return Garbage(line, "checksum")
        trouble = _TROUBLE.fullmatch(line) if self._checksum else None
        if trouble is not None:
            status = ScaleStatus.OVERWEIGHT if trouble["word"] == b"OL" else ScaleStatus.UNDER_ZERO
            return no_weight(status, raw=line, checked=True)
        found = (_CHECKED if self._checksum else _PLAIN).fullmatch(line)
        if found is None:
            return Garbage(line, "line")
        if found["mode"] == b"t":
            return None
        value, unit = number(found["data"].rstrip(b" ")), found["unit"].decode("ascii")
        if value is None or unit not in KG_PER:
            return Garbage(line, "digits")
        return weighing(to_kg(value, unit), moving=True, mode=_MODES[found["mode"]], checked=self._checksum, raw=line)


def _is_right(line: bytes) -> bool:
    return len(line) == 13 and f"{reduce(xor, line[:-2]):02X}".encode("ascii") == line[-2:]
