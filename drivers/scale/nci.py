"""NCI, Weigh-Tronix, Brecknell: the scale answers ``W`` with a weight and its status, or with the status alone.

Source: NCI 7800 p. 32, Avery 7821 p. 25; SCP-01/ECR form: Ohaus Aviator 7000 p. 47-49, DIVA p. 35-37; line 9600 7E1 (CAS "type 5").
Worked frames: 0A 30 31 2E 32 35 30 4B 47 0D 0A 53 30 30 0D 03 -> 1.250 kg, at rest; 0A 53 31 30 0D 03 -> in motion, no weight;
0A 30 31 2E 32 35 30 4B 47 0D 0A 30 30 0D 03 is the classic form; 0A 3F 0D 03: the command is not known.
Rules: a weight without status is none; status bytes are 30-7F, the first two always, a further one after a set bit 6; ``1LB 2.5OZ`` is refused.
Resync: at the next LF that begins no status of the frame before.
"""

from __future__ import annotations

import re

from drivers.scale.codec import MORE, FrameCodec, Garbage, ScaleEvent, Trouble, garbage
from drivers.scale.lines import number
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.scale.weight import KG_PER, no_weight, to_kg, weighing

_END = b"\r\x03"
_LONGEST = 32
_WHOLE = re.compile(
    rb"\n(?:(?P<data>[ +-]?[0-9 ]*[0-9]?\.?[0-9]+)(?P<unit>[A-Za-z]{1,2})\r\n)?S?(?P<status>[\x30-\x3f][\x30-\x7f]{1,2})\r\x03"
)
_UNKNOWN = b"\n?\r\x03"


class NciCodec(FrameCodec):
    """``ask`` is the question; the scale never speaks unasked."""

    heads = b"\n"

    def __init__(self, *, ask: str = "W") -> None:
        super().__init__()
        self.request = f"{ask}\r".encode("ascii")

    def _frame(self, data: bytes, at: int) -> tuple[int, ScaleEvent | None]:
        end = data.find(_END, at, at + _LONGEST)
        if end < 0:
            return garbage("length") if len(data) - at >= _LONGEST else MORE
        frame = data[at : end + len(_END)]
        if frame == _UNKNOWN:
            return len(frame), Garbage(frame, "unknownCommand")
        found = _WHOLE.fullmatch(frame)
        if found is None:
            return garbage("digits")
        event = _meaning(frame, found)
        return (len(frame), event) if event is not None else garbage("digits")


def _meaning(frame: bytes, found: re.Match[bytes]) -> ScaleEvent | None:
    status = found["status"]
    first, second = status[0], status[1]
    third = status[2] if len(status) > 2 else 0x30
    if bool(second & 0x40) != (len(status) > 2):
        return None
    if first & 0x0C or second & 0x0C:
        return Trouble("hardwareError", frame)
    mode = WeightMode.NET if third & 0x04 else WeightMode.GROSS
    if second & 0x02:
        return no_weight(ScaleStatus.OVERWEIGHT, raw=frame, mode=mode)
    if found["data"] is None:
        return _without_weight(frame, first, second, mode)
    value, unit = number(found["data"]), found["unit"].decode("ascii").lower()
    if value is None or unit not in KG_PER:
        return None
    # The classic form sends the amount below zero without a sign: the status says so.
    value = -abs(value) if second & 0x01 else value
    return weighing(to_kg(value, unit), moving=bool(first & 0x01), mode=mode, raw=frame)


def _without_weight(frame: bytes, first: int, second: int, mode: WeightMode) -> ScaleReading:
    """The ECR form sends no number below zero, in motion and before the first zero."""
    if first & 0x01:
        return no_weight(ScaleStatus.UNSTABLE, raw=frame, mode=mode)
    if second & 0x01:
        return no_weight(ScaleStatus.UNDER_ZERO, raw=frame, mode=mode)
    return no_weight(ScaleStatus.NOT_READY, raw=frame, mode=mode)
