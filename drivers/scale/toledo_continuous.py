"""Mettler Toledo continuous output: a frame of 18 bytes with every display update.

Source: Wildcat manual p. 40-41, Kern FTC p. 42, Cardinal 225 p. 126; line 9600 7E1 [memory].
Frame: STX SWA SWB SWC W1..W6 T1..T6 CR CHK; the short form has no tare digits, some send no CHK.
Worked frame: 02 2D 30 20 20 20 31 32 35 30 20 20 20 20 20 30 0D 1C -> 1.250 kg, gross, stable.
Resync: at the next STX; a CHK may itself be 02, so frames are cut by length and never split at STX.
Sources disagree on SWA bits 3-6 and SWB bit 6: they are not tested; ``refuse_not_zeroed`` gives SWB bit 6 its meaning back.
"""

from __future__ import annotations

from decimal import Decimal

from drivers.scale.codec import MORE, FrameCodec, ScaleEvent, garbage
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

_STX, _CR = 0x02, 0x0D
_SWB_NET, _SWB_NEGATIVE, _SWB_OUT_OF_RANGE, _SWB_MOTION, _SWB_KG, _ALWAYS, _SWB_NOT_ZEROED = (
    0x01,
    0x02,
    0x04,
    0x08,
    0x10,
    0x20,
    0x40,
)
_SWC_EXPANDED = 0x10
_UNITS = {1: "g", 2: "t", 3: "oz", 4: "ozt", 5: "dwt"}
"""SWC bits 2-0; 0 asks SWB bit 4; 6 (ton) and 7 (custom) mean nothing certain and are refused. From 3 on [memory]."""


class ToledoContinuousCodec(FrameCodec):
    """``checksum`` demands CHK; ``short`` is the form without tare; ``refuse_not_zeroed`` makes SWB bit 6 a not-ready."""

    heads = bytes([_STX])

    def __init__(self, *, checksum: bool = True, short: bool = False, refuse_not_zeroed: bool = False) -> None:
        super().__init__()
        self._checksum = checksum
        self._cr_at = 10 if short else 16
        self._size = self._cr_at + (2 if checksum else 1)
        self._refuse_not_zeroed = refuse_not_zeroed

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        frame = data[at : at + self._size]
        if len(frame) < self._size:
            return MORE
        if frame[self._cr_at] != _CR:
            return garbage("length")
        if self._checksum and sum(byte & 0x7F for byte in frame) & 0x7F:
            return garbage("checksum")
        if not frame[2] & _ALWAYS or not frame[3] & _ALWAYS or max(frame) > 0x7F:
            return garbage("statusByte")
        reading = self._reading(frame)
        return (self._size, reading) if reading else garbage("digits")

    def _reading(self, frame: bytes) -> ScaleReading | None:
        swa, swb, swc = frame[1:4]
        mode = WeightMode.NET if swb & _SWB_NET else WeightMode.GROSS
        unit = _unit(swb, swc)
        if unit is None:
            return None
        if swb & _SWB_OUT_OF_RANGE:
            status = ScaleStatus.UNDER_ZERO if swb & _SWB_NEGATIVE else ScaleStatus.OVERWEIGHT
            return no_weight(status, raw=frame, mode=mode, checked=self._checksum)
        weight = _number(frame[4:10], swa & 7)
        tare = _number(frame[10:16], swa & 7) if self._cr_at == 16 else None
        if weight is None or (tare is None and self._cr_at == 16):
            return None
        if swc & _SWC_EXPANDED or (self._refuse_not_zeroed and swb & _SWB_NOT_ZEROED):
            return no_weight(ScaleStatus.NOT_READY, raw=frame, mode=mode, checked=self._checksum)
        return weighing(
            to_kg(-weight if swb & _SWB_NEGATIVE else weight, unit),
            moving=bool(swb & _SWB_MOTION),
            mode=mode,
            tare_kg=None if tare is None else to_kg(tare, unit),
            checked=self._checksum,
            raw=frame,
        )


def _unit(swb: int, swc: int) -> str | None:
    code = swc & 7
    unit = ("kg" if swb & _SWB_KG else "lb") if code == 0 else _UNITS.get(code, "")
    return unit if unit in KG_PER else None


def _number(field: bytes, point: int) -> Decimal | None:
    """Six digits, leading zeros perhaps as spaces; point code 0 and 1 promise two and one trailing zeros, 3..7 put 1..5 decimals."""
    digits = field.lstrip(b" ")
    if not digits.isdigit():
        return None
    if point < 2 and digits.strip(b"0") and not digits.endswith(b"0" * (2 - point)):
        return None
    return Decimal(int(digits)).scaleb(-max(0, point - 2))
