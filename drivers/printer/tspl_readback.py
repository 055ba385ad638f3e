"""Reads a finished TSPL stream back into the picture it would burn, before the first byte leaves.

Source: the commands that a label consists of, in their one order (see ``tspl.py``); anything else, odd or cut short, is an error and never
skipped. Shares no code with the encoder or the virtual printer: it is the second opinion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.printer.record import MonoBitmap
from drivers.printer.streams import MAX_ROWS, ReadBackError

_START = b"\r\nSIZE "


def is_tspl(stream: bytes) -> bool:
    """Whether a stream begins as a TSPL label."""
    return stream.startswith(_START)


@dataclass(frozen=True, slots=True)
class TsplBand:
    """One BITMAP: its command begins at ``offset``, its data lies at ``start``..``end`` of the stream."""

    offset: int
    start: int
    end: int
    top: int
    rows: int


@dataclass(frozen=True, slots=True)
class TsplStream:
    """Where the commands of a label lie. ``print_at`` is the offset of the PRINT line."""

    stride_bytes: int
    bands: tuple[TsplBand, ...]
    print_at: int


_HEAD = re.compile(
    rb"\r\nSIZE ([0-9]{1,3}(?:\.[0-9]{1,2})?) mm,([0-9]{1,4}(?:\.[0-9]{1,2})?) mm\r\n(?:GAP|BLINE) (?:[0-9.]{1,4} mm,0 mm|0,0)\r\nDIRECTION [01],0\r\nREFERENCE 0,0\r\n"
    rb"DENSITY (?:[0-9]|1[0-5])\r\nSPEED [0-9]{1,2}\r\nCLS\r\n"
)
_BITMAP = re.compile(rb"BITMAP 0,([0-9]{1,5}),([0-9]{1,3}),([0-9]{1,5}),0,")
_DOTS_PER_MM = (8, 12)
_PRINT = b"PRINT 1,1\r\n"


def parse_tspl(stream: bytes) -> TsplStream:
    """Find the commands of a label. Raises ``ReadBackError``."""
    head = _HEAD.match(stream)
    if head is None:
        raise ReadBackError(reason="head", offset=0)
    at, top, stride = head.end(), 0, 0
    bands: list[TsplBand] = []
    while (found := _BITMAP.match(stream, at)) is not None:
        where, width, rows = (int(number) for number in found.groups())
        end = found.end() + width * rows
        if where != top or not width or not rows or (stride and width != stride):
            raise ReadBackError(reason="bandPlace", offset=at)
        if stream[end : end + 2] != b"\r\n":
            raise ReadBackError(reason="truncated" if end >= len(stream) else "bandEnd", offset=end)
        bands.append(TsplBand(at, found.end(), end, top, rows))
        at, top, stride = end + 2, top + rows, width
    if not bands or top > MAX_ROWS:
        raise ReadBackError(reason="noRaster" if not bands else "tooLong", offset=at)
    if stream[at:] != _PRINT:
        raise ReadBackError(reason="print", offset=at)
    if not _is_size_of(float(head[1]), float(head[2]), stride, top):
        raise ReadBackError(reason="size", offset=len(_START))
    return TsplStream(stride, tuple(bands), at)


def _is_size_of(width_mm: float, height_mm: float, stride: int, rows: int) -> bool:
    """Whether the picture fills the label that SIZE names, at one of the resolutions there are."""
    return any(round(height_mm * dots) == rows and (stride - 1) * 8 < round(width_mm * dots) <= stride * 8 for dots in _DOTS_PER_MM)


def read_back_tspl(stream: bytes, *, black_is_one: bool = False) -> MonoBitmap:
    """The picture that ``stream`` burns, width in whole bytes. Raises ``ReadBackError``."""
    label = parse_tspl(stream)
    dots = b"".join(stream[band.start : band.end] for band in label.bands)
    if not black_is_one:
        dots = bytes(255 - byte for byte in dots)
    return MonoBitmap(label.stride_bytes * 8, sum(band.rows for band in label.bands), dots)
