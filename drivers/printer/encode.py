"""One 1-bit picture becomes the finished ESC/POS byte stream of one copy.

Source: GS v 0 and GS V 66 as documented for TM-class printers; python-escpos writes the commands around the picture. It does not write the
picture: its own way costs 7 ms of colour conversions for a label that is black and white already.
Worked stream (16x2 dots, corners black): 1B 40 | 1D 76 30 00 02 00 02 00 80 00 00 01 | 1D 56 42 00

Rules
- ESC @, raster bands, one ending, nothing else. All text is already dots: no code page is ever trusted.
- A picture wider than the head is an error; nothing is clipped, scaled or dithered.
- A picture whose bytes would spell a real-time command is moved right by a few dots where the head has room: printers obey DLE EOT, DLE ENQ
  and DLE DC4 even inside raster data, and one of them is "power off".
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from collections.abc import Iterator

from PIL import Image

from drivers.printer.placing import placed
from drivers.printer.profile import Ending, Language, PrinterProfile
from drivers.printer.record import MonoBitmap
from drivers.printer.tspl import encode_tspl

_REAL_TIME = re.compile(rb"\x10(?:\x04[\x01-\x04]|\x05[\x00-\x02]|\x14[\x01\x02\x08])")
_TO_NEXT_MARK, _FORM_FEED = b"\x1d\x0c", b"\x0c"
_RASTER = b"\x1d\x76\x30\x00"


def encode_label(bitmap: MonoBitmap, profile: PrinterProfile) -> bytes:
    """The bytes that put ``bitmap`` on one piece of paper of ``profile``'s printer, in its language.

    Raises:
        DriverFault: ``labelTooWide`` when picture and left edge do not fit the head.
    """
    if profile.language is Language.TSPL:
        return encode_tspl(bitmap, profile)
    return placed(lambda left: _encode(bitmap, profile, left), bitmap.width_dots, profile, _REAL_TIME)


def ready() -> None:
    """Load the encoder's library before somebody waits for paper. Any thread may call it."""
    if "escpos.printer" in sys.modules:
        return
    # python-escpos writes a copy of its own tables into a new temporary folder at each start, and nobody ever takes that away.
    tables = importlib.import_module("escpos.capabilities")
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(tables.pickle_dir, ignore_errors=True)
    importlib.import_module("escpos.printer")


def _encode(bitmap: MonoBitmap, profile: PrinterProfile, left: int) -> bytes:
    # Only here: it brings barcodes and YAML along and costs a quarter of a second at a start.
    ready()
    from escpos.printer import Dummy

    printer = Dummy()
    printer.hw("INIT")
    for band in _bands(_picture(bitmap, left), profile.band_rows):
        printer._raw(band)
    match profile.ending:
        case Ending.CUT:
            printer.cut(feed=False)  # GS V 66 0: the feed is part of the command
        case Ending.GAP:
            printer._raw(_TO_NEXT_MARK)
        case Ending.FORM_FEED:
            printer._raw(_FORM_FEED)
        case Ending.FEED:
            printer.print_and_feed(profile.feed_lines)
    return bytes(printer.output)


def _bands(picture: Image.Image, rows: int) -> Iterator[bytes]:
    """GS v 0: bytes a row and rows, each low byte first, then the rows, 1 is black."""
    stride = (picture.width + 7) // 8
    dots = picture.tobytes("raw", "1;I")
    for start in range(0, len(dots), stride * rows):
        band = dots[start : start + stride * rows]
        yield _RASTER + stride.to_bytes(2, "little") + (len(band) // stride).to_bytes(2, "little") + band


def _picture(bitmap: MonoBitmap, left: int) -> Image.Image:
    """Pure black and white, so that no dithering can touch it."""
    picture = Image.frombytes("1", (bitmap.width_dots, bitmap.height_dots), bitmap.data, "raw", "1;I")
    if left == 0:
        return picture
    wide = Image.new("1", (left + bitmap.width_dots, bitmap.height_dots), 1)
    wide.paste(picture, (left, 0))
    return wide
