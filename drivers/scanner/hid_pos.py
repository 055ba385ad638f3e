"""USB HID point-of-sale scanners, usage page 0x8C: one or more input reports make a code.

Source: HID point-of-sale usage tables; the layout of a widespread family (Honeywell, Access-IS) as default, else the device's own report
descriptor. Report: id, length, three bytes of symbology (AIM), 56 of data, two of the maker's, bit 0 of the last: more follows.
Worked report: 02 05 5D 51 31 48 45 4C 4C 4F 00.. 00 -> ``HELLO``, QR.

Rules: a length beyond the data, another report id or a chain longer than ``MAX_CHARACTERS`` throws the code away up to the report that ends
it; data bytes are raw and are read like those of any code; a trailing CR or LF is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.scanner.text import MAX_CHARACTERS, clean, decode_bytes

SILENCE_S = 0.5
_PAGE, _GENERIC = 0x8C, 0x01
_LENGTH, _DATA, _CONTINUED = (_GENERIC, 0x3B), (_PAGE, 0xFE), (_PAGE, 0xFF)


@dataclass(frozen=True, slots=True)
class ReportLayout:
    """Where things lie in an input report, offsets in bytes with the id at 0; ``more_mask`` is the bit of the byte ``more_at``."""

    report_id: int = 2
    size: int = 64
    length_at: int = 1
    data_at: int = 5
    data_size: int = 56
    more_at: int = 63
    more_mask: int = 1


def layout_of(descriptor: bytes) -> ReportLayout | None:
    """The layout that a report descriptor tells, None when it has no decoded data with a length."""
    bits: dict[int, int] = {}
    fields: dict[tuple[int, int], tuple[int, int, int]] = {}
    for report_id, usages, size, count in _inputs(descriptor):
        begin = bits.get(report_id, 8 if report_id else 0)
        for place, usage in enumerate(usages or [(0, 0)]):
            fields.setdefault(usage, (report_id, begin + place * size, size * (count if len(usages) <= 1 else 1)))
        bits[report_id] = begin + size * count
    data, length, more = fields.get(_DATA), fields.get(_LENGTH), fields.get(_CONTINUED)
    if data is None or length is None or data[0] != length[0] or data[1] % 8 or length[1] % 8:
        return None
    report_id = data[0]
    more_bit = more[1] if more is not None and more[0] == report_id else 0
    return ReportLayout(
        report_id=report_id,
        size=(bits[report_id] + 7) // 8,
        length_at=length[1] // 8,
        data_at=data[1] // 8,
        data_size=data[2] // 8,
        more_at=more_bit // 8,
        more_mask=1 << more_bit % 8 if more_bit else 0,
    )


def _inputs(descriptor: bytes) -> Iterator[tuple[int, list[tuple[int, int]], int, int]]:
    """Every input field: report id, usages as (page, usage), bits of one, how many."""
    at, page, report_id, size, count = 0, 0, 0, 0, 0
    usages: list[tuple[int, int]] = []
    while at < len(descriptor):
        prefix = descriptor[at]
        width = (0, 1, 2, 4)[prefix & 3]
        value = int.from_bytes(descriptor[at + 1 : at + 1 + width], "little")
        at += 1 + width
        match prefix & 0xFC:
            case 0x04:
                page = value
            case 0x84:
                report_id = value
            case 0x74:
                size = value
            case 0x94:
                count = value
            case 0x08:
                usages.append((page, value))
            case 0x80:
                yield report_id, usages, min(size, 4096), min(count, 4096)
                usages = []
            case 0x90 | 0xB0 | 0xA0 | 0xC0:  # output, feature, collection and its end use up the usages before them
                usages = []


class HidPosAssembler:
    """Owned by one thread; time comes from the caller. ``feed`` takes whole reports."""

    engine = "hid-pos"
    rest_s = 0.0

    def __init__(self, layout: ReportLayout | None = None) -> None:
        self._layout = layout or ReportLayout()
        self.read_bytes = self._layout.size
        self._code = bytearray()
        self._is_spoiled = False
        self._is_open = False
        self._heard_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[str]:
        """Take the reports of a read; return the codes they complete."""
        self._heard_s = now_s
        size = self._layout.size
        reports = (data[start : start + size] for start in range(0, len(data), size))
        return [text for report in reports for text in self._report(report)]

    def tick(self, now_s: float) -> list[str]:
        """A chain that is not continued is thrown away: half a code is none."""
        if self._is_open and now_s - self._heard_s >= SILENCE_S:
            self._begin()
        return []

    @property
    def held(self) -> int:
        """Bytes kept."""
        return len(self._code)

    def _report(self, report: bytes) -> list[str]:
        layout = self._layout
        if len(report) < layout.size or (layout.report_id and report[0] != layout.report_id):
            self._is_spoiled = self._is_open
            return []
        length = report[layout.length_at]
        if length > layout.data_size or len(self._code) + length > MAX_CHARACTERS:
            self._is_spoiled = True
        else:
            self._code += report[layout.data_at : layout.data_at + length]
        if report[layout.more_at] & layout.more_mask:
            self._is_open = True
            return []
        text = "" if self._is_spoiled else clean(decode_bytes(bytes(self._code).rstrip(b"\r\n")))
        self._begin()
        return [text] if text else []

    def _begin(self) -> None:
        self._code.clear()
        self._is_spoiled = self._is_open = False
