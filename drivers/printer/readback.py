"""Reads a finished byte stream back into the picture it would burn, before the first byte leaves; ESC/POS here, TSPL next door.

Source: ESC @ (1B 40), GS v 0 (1D 76 30 m xL xH yL yH d...), GS V 66 (1D 56 42 n), GS FF (1D 0C), FF (0C), ESC d (1B 64 n).
Rules
- Knows exactly the commands that a label consists of, in their one order; anything else, odd or cut short, is an error and never skipped.
- Shares no code with the encoder, with python-escpos or with the virtual printer: it is the second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.printer.record import MonoBitmap
from drivers.printer.streams import MAX_ROWS, ReadBackError
from drivers.printer.tspl_readback import is_tspl, read_back_tspl

MAX_BAND_ROWS = 4607
_INIT = b"\x1b\x40"
_RASTER = b"\x1d\x76\x30\x00"
_RASTER_HEAD_BYTES = 8
_ENDINGS = {b"\x0c": 1, b"\x1d\x56": 4, b"\x1d\x0c": 2, b"\x1b\x64": 3}


@dataclass(frozen=True, slots=True)
class Band:
    """One raster command: ``rows`` rows of ``stride_bytes``, its data at ``start``..``end`` of the stream."""

    offset: int
    start: int
    end: int
    stride_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class LabelStream:
    """Where the commands of a stream lie. ``ending`` is the offset of the last command, which begins after the last band."""

    bands: tuple[Band, ...]
    ending: int

    @property
    def rows(self) -> int:
        """Height of the picture."""
        return sum(band.rows for band in self.bands)


def read_back(stream: bytes, *, black_is_one: bool = False) -> MonoBitmap:
    """The picture that ``stream`` burns, white margin at the left included, width in whole bytes.

    ``black_is_one`` is the printer's, for TSPL: the stream does not tell.

    Raises:
        ReadBackError: the stream holds anything but one complete label.
    """
    if is_tspl(stream):
        return read_back_tspl(stream, black_is_one=black_is_one)
    label = parse_label(stream)
    width = label.bands[0].stride_bytes * 8
    return MonoBitmap(width, label.rows, b"".join(stream[band.start : band.end] for band in label.bands))


def parse_label(stream: bytes) -> LabelStream:
    """Find the commands of a label without copying it.

    Raises:
        ReadBackError: as ``read_back``.
    """
    if stream[:2] != _INIT:
        raise ReadBackError(reason="noInit", offset=0)
    bands: list[Band] = []
    offset = len(_INIT)
    while stream[offset : offset + 2] == _RASTER[:2]:
        band = _band(stream, offset)
        if bands and band.stride_bytes != bands[0].stride_bytes:
            raise ReadBackError(reason="widthChanges", offset=offset)
        bands.append(band)
        offset = band.end
    label = LabelStream(tuple(bands), offset)
    if not bands:
        raise ReadBackError(reason="noRaster", offset=offset)
    if label.rows > MAX_ROWS:
        raise ReadBackError(reason="tooLong", offset=offset)
    _check_ending(stream, offset)
    return label


def _band(stream: bytes, offset: int) -> Band:
    head = stream[offset : offset + _RASTER_HEAD_BYTES]
    if len(head) < _RASTER_HEAD_BYTES:
        raise ReadBackError(reason="truncated", offset=len(stream))
    if head[:4] != _RASTER:
        raise ReadBackError(reason="rasterMode", offset=offset)
    stride = int.from_bytes(head[4:6], "little")
    rows = int.from_bytes(head[6:8], "little")
    if stride == 0 or rows == 0 or rows > MAX_BAND_ROWS:
        raise ReadBackError(reason="rasterSize", offset=offset)
    start = offset + _RASTER_HEAD_BYTES
    end = start + stride * rows
    if end > len(stream):
        raise ReadBackError(reason="truncated", offset=len(stream))
    return Band(offset, start, end, stride, rows)


def _check_ending(stream: bytes, offset: int) -> None:
    ending = stream[offset:]
    length = _ENDINGS.get(ending[:1]) or _ENDINGS.get(ending[:2])
    if length is None:
        raise ReadBackError(reason="truncated" if len(ending) < 2 else "unknownCommand", offset=offset)
    if len(ending) < length:
        raise ReadBackError(reason="truncated", offset=len(stream))
    if len(ending) > length:
        raise ReadBackError(reason="afterTheEnd", offset=offset + length)
    if ending[:2] == b"\x1d\x56" and ending != b"\x1d\x56\x42\x00":
        raise ReadBackError(reason="cutMode", offset=offset)
    if ending[:2] == b"\x1b\x64" and ending[2] == 0:
        raise ReadBackError(reason="feedNothing", offset=offset)
