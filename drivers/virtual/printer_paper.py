"""The paper of a virtual printer: a strip under the head, and the pieces that left it.

Rules: one byte row is one dot row, MSB left, 1 black; a piece shows what was burnt and fed between two separations and nothing else. The way
from head to cutter is the same before and behind each piece and is left out of the pictures.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONT_FILE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_FONT_INDEX = 2  # the simplified Chinese face
CELL_ROWS = 24


class PageEnd(StrEnum):
    """What separated a piece of paper."""

    CUT = "cut"
    GAP = "gap"
    PAPER_END = "paperEnd"
    TORN = "torn"


@dataclass(frozen=True, slots=True)
class Page:
    """One piece of paper and the bytes that made it. ``has_text`` tells whether the printer's own font was used."""

    width_dots: int
    height_dots: int
    data: bytes
    raw: bytes
    ended_by: PageEnd
    has_text: bool

    def image(self) -> Image.Image:
        """One pixel a dot, black on white."""
        return Image.frombytes("1", (self.width_dots, self.height_dots), self.data, "raw", "1;I")

    def png(self) -> bytes:
        """The picture as a PNG file."""
        file = io.BytesIO()
        self.image().save(file, "PNG")
        return file.getvalue()


class Strip:
    """The paper under the head since the last separation."""

    def __init__(self, width_dots: int) -> None:
        self.width_dots = width_dots
        self.rows = bytearray()
        self.raw = bytearray()
        self.has_text = False

    @property
    def height_dots(self) -> int:
        """Rows burnt or fed so far."""
        return len(self.rows) // (self.width_dots // 8)

    def burn(self, row: bytes) -> None:
        """Add one row; dots beyond the head are lost."""
        stride = self.width_dots // 8
        self.rows += row[:stride].ljust(stride, b"\0")

    def separate(self, ended_by: PageEnd) -> Page | None:
        """Take the piece away, or None when there is nothing on it."""
        page = Page(self.width_dots, self.height_dots, bytes(self.rows), bytes(self.raw), ended_by, self.has_text)
        self.rows.clear()
        self.raw.clear()
        self.has_text = False
        return page if page.height_dots else None


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if FONT_FILE.exists():
        return ImageFont.truetype(str(FONT_FILE), 22, index=_FONT_INDEX)
    return ImageFont.load_default()


@lru_cache(maxsize=4096)
def character_cell(character: str, scale_x: int, scale_y: int, bold: bool) -> Image.Image:
    """A character in its cell: 12x24 dots, 24x24 for a double-byte one. Mode L, black 255."""
    width = 12 if ord(character) < 0x100 else 24
    cell = Image.new("L", (width, CELL_ROWS), 0)
    ImageDraw.Draw(cell).text((width / 2, 20), character, fill=255, font=_font(), anchor="ms", stroke_width=1 if bold else 0)
    cell = cell.point(lambda value: 255 if value > 110 else 0)
    return cell.resize((width * scale_x, CELL_ROWS * scale_y), Image.Resampling.NEAREST)


def rows_of(picture: Image.Image, width_dots: int, left: int) -> list[bytes]:
    """Cut a mode L picture (black 255) into dot rows of the head's width; what lies beyond is lost."""
    sheet = Image.new("1", (width_dots, picture.height), 0)
    sheet.paste(picture.point(lambda value: 255 if value else 0).convert("1", dither=Image.Dither.NONE), (left, 0))
    data = sheet.tobytes()
    stride = width_dots // 8
    return [data[start : start + stride] for start in range(0, len(data), stride)]
