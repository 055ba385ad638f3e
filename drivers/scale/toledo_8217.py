"""Toledo 8217 and 8213, the protocol of counter scales: asked with ``W``, answered with a weight at rest or a status.

Source: PSC Magellan/Mettler DIVA service manual p. 39-45, PS6L p. 63, BenchPro p. 26; line 9600 7E1, 200 ms between two commands.
Worked answers: 02 30 31 2E 32 35 30 0D -> 1.250; 02 3F 61 0D motion, 02 3F 62 0D over, 02 3F 64 0D under zero, 02 3F 70 0D zero.
Status bit 5 means net on one make and is always 1 on others, so it is never an error. The answer has no unit: the profile gives it.
Resync: at the next STX.
"""

from __future__ import annotations

from decimal import Decimal

from drivers.scale.codec import MORE, FrameCodec, ScaleEvent, garbage
from drivers.scale.lines import number
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.weight import no_weight, to_kg, weighing

_STX, _CR, _STATUS = 0x02, 0x0D, b"?"
_LONGEST = 9
_MOTION, _OVER, _UNDER, _OUTSIDE_ZERO, _CENTRE_OF_ZERO, _ALWAYS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40


class Toledo8217Codec(FrameCodec):
    """``unit`` of the answers, confirmed against the scale's own display."""

    heads = bytes([_STX])
    request = b"W"

    def __init__(self, *, unit: str = "kg") -> None:
        super().__init__()
        self._unit = unit

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        end = data.find(b"\r", at, at + _LONGEST)
        if end < 0:
            return MORE if len(data) - at < _LONGEST else garbage("length")
        frame = data[at : end + 1]
        reading = self._status(frame) if frame[1:2] == _STATUS else self._weight(frame)
        return (len(frame), reading) if reading else garbage("digits")

    def _weight(self, frame: bytes) -> ScaleReading | None:
        body = frame[1:-1]
        mode = WeightMode.NET if body.endswith(b"N") else WeightMode.GROSS
        digits = body.removesuffix(b"N")
        value = number(digits) if digits[:1].isdigit() and b"." in digits else None
        return None if value is None else weighing(to_kg(value, self._unit), moving=False, mode=mode, raw=frame)

    def _status(self, frame: bytes) -> ScaleReading | None:
        if len(frame) != 4 or not frame[2] & _ALWAYS or frame[2] > 0x7F:
            return None
        bits = frame[2]
        if bits & _MOTION:
            return no_weight(ScaleStatus.UNSTABLE, raw=frame)
        if bits & _OVER:
            return no_weight(ScaleStatus.OVERWEIGHT, raw=frame)
        if bits & _UNDER:
            return no_weight(ScaleStatus.UNDER_ZERO, raw=frame)
        if bits & _CENTRE_OF_ZERO and not bits & _OUTSIDE_ZERO:
            return weighing(Decimal(0), moving=False, raw=frame)
        return no_weight(ScaleStatus.NOT_READY, raw=frame)
