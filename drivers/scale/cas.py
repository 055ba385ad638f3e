"""CAS ECR/POS protocol (AP-1, PD-II, SW, ER; "type 6") and the stream of its clones.

Source: AP-1 manual, SW ECR manual; Aclas clones from the field; line 9600 8N1. Host ENQ 05, scale ACK 06 (NAK 15: ask again), host DC1 11,
scale frame 01 02 STA SIGN W UN BCC 03 04 of 15 bytes, 16 with seven weight characters; BCC is the XOR of STA..UN and may be 02, 03 or 04,
so frames are cut by length. Worked frame: 01 02 53 20 30 31 2E 32 35 30 6B 67 67 03 04 -> 1.250 kg, stable.
A frame that nobody asked for is garbage, except where the profile says that the scale streams. Resync: at the next 01 (or 81).
"""

from __future__ import annotations

from functools import reduce
from operator import xor

from drivers.scale.codec import MORE, FrameCodec, Garbage, Say, ScaleEvent, garbage
from drivers.scale.lines import number
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scale.weight import no_weight, to_kg, weighing

_ENQ, _ACK, _NAK, _DC1 = b"\x05", 0x06, 0x15, b"\x11"
_UNITS = frozenset({"kg", "g", "lb", "oz"})


class CasCodec(FrameCodec):
    """``weight_chars`` is 6 or 7; ``stream`` for clones that talk unasked."""

    heads = b"\x01\x81"

    def __init__(self, *, weight_chars: int = 6, stream: bool = False) -> None:
        super().__init__()
        if weight_chars not in (6, 7):
            raise ValueError("weight_chars is 6 or 7")
        self._size = weight_chars + 9
        self._stream = stream
        self._asked = self._granted = False
        if not stream:
            self.request = _ENQ
            self.heads = b"\x01\x81\x06\x15"

    def reset(self) -> None:
        """A new enquiry goes out."""
        super().reset()
        self._asked, self._granted = True, False

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        if data[at] in (_ACK, _NAK):
            return self._handshake(data[at])
        frame = data[at : at + self._size]
        if len(frame) < self._size:
            return MORE
        if frame[1] != 0x02 or frame[-2:] != b"\x03\x04":
            return garbage("length")
        if reduce(xor, frame[2:-3]) != frame[-3]:
            return garbage("checksum")
        if not self._stream and not self._granted:
            return self._size, Garbage(frame, "unasked")
        self._granted = False
        reading = _reading(frame)
        return (self._size, reading) if reading else garbage("digits")

    def _handshake(self, byte: int) -> tuple[int, ScaleEvent | None]:
        if byte == _NAK:
            return 1, None
        if not self._asked:
            return garbage("unasked")
        self._asked, self._granted = False, True
        return 1, Say(_DC1)


def _reading(frame: bytes) -> ScaleReading | None:
    status, sign, weight, unit = frame[2:3], frame[3:4], frame[4:-5], frame[-5:-3].decode("latin-1").strip().lower()
    if status not in (b"S", b"U", b"F") or sign not in (b" ", b"-", b"F") or unit not in _UNITS:
        return None
    if sign == b"F":
        return no_weight(ScaleStatus.OVERWEIGHT, raw=frame, checked=True)
    if status == b"F":
        return no_weight(ScaleStatus.NOT_READY, raw=frame, checked=True)
    value = None if weight.lstrip(b" ")[:1] in (b"+", b"-") else number(weight)
    if value is None:
        return None
    return weighing(to_kg(-value if sign == b"-" else value, unit), moving=status == b"U", checked=True, raw=frame)
