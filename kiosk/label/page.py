"""The sheet that a label is composed on: type sizes by stock, drawing in dots, and the measuring run that draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from kiosk.label.stock import LabelStock
from kiosk.label.text import FontBook, Style

LINE = 1.22
"""Line pitch of running text, as a part of the type size."""

Rect = tuple[int, int, int, int]
"""Left, top, right, bottom in dots; right and bottom excluded."""


class DoesNotFit(Exception):
    """This tightness is not enough."""


@dataclass(frozen=True, slots=True)
class Tightness:
    """What a label gives up and how small its values are, in dots."""

    value_px: int
    slogans: bool = True
    whole_origin: bool = True
    extras: bool = True


@dataclass(frozen=True, slots=True)
class Sizes:
    """Type sizes of a stock in dots."""

    title: int
    heading: int
    legal: int
    label: int
    value: int
    small: int


_SIZES = {
    "60x80": Sizes(title=54, heading=24, legal=22, label=22, value=24, small=21),
    "75x65": Sizes(title=48, heading=24, legal=22, label=22, value=23, small=20),
    "80x60": Sizes(title=46, heading=23, legal=21, label=21, value=23, small=20),
    "100x70": Sizes(title=56, heading=27, legal=25, label=25, value=28, small=23),
    "roll58": Sizes(title=46, heading=24, legal=21, label=22, value=25, small=22),
    "roll80": Sizes(title=64, heading=30, legal=27, label=26, value=29, small=24),
}


def sizes_of(stock: LabelStock) -> Sizes:
    """The type sizes of a stock."""
    return _SIZES[stock.id]


@dataclass(slots=True)
class Page:
    """What is being composed. Without an ``image`` it only measures: every step of giving way is tried so, and only the last is drawn."""

    image: Image.Image | None
    book: FontBook
    stock: LabelStock
    sizes: Sizes
    rects: dict[str, Rect] = field(default_factory=dict)
    _draw: ImageDraw.ImageDraw | None = None

    def __post_init__(self) -> None:
        self._draw = None if self.image is None else ImageDraw.Draw(self.image)

    @property
    def left(self) -> int:
        """First dot inside the margin."""
        return self.stock.margin_dots

    @property
    def right(self) -> int:
        """First dot of the right margin."""
        return self.stock.width_dots - self.stock.margin_dots

    def length(self, words: str, size: int, *, bold: bool = False) -> float:
        """Width of one line in dots."""
        return self.book.length(words, Style(size, bold))

    def text(self, x: float, y: float, words: str, size: int, *, bold: bool = False, white: bool = False) -> None:
        """One line with the top of its em box at ``y``."""
        if self._draw is not None:
            self.book.draw(self._draw, x, y, words, Style(size, bold), fill=0 if white else 255)

    def rule(self, y: int, weight: int) -> None:
        """A line across the page."""
        self.fill((self.left, y, self.right, y + weight))

    def fill(self, rect: Rect) -> None:
        """A black rectangle."""
        if self._draw is not None:
            self._draw.rectangle((rect[0], rect[1], rect[2] - 1, rect[3] - 1), fill=255)

    def box(self, x: float, y: float, size: int, *, ticked: bool) -> None:
        """□ or a ticked one beside text of ``size``, drawn: no two fonts have the same tick."""
        if self._draw is None:
            return
        side = round(size * 0.78)
        left, top = round(x) + 1, round(y + size * 0.13)
        self._draw.rectangle((left, top, left + side, top + side), outline=255, width=2)
        if not ticked:
            return
        self._draw.rectangle((left, top, left + side, top + side), fill=255)
        points = [
            (left + side * 0.2, top + side * 0.52),
            (left + side * 0.42, top + side * 0.74),
            (left + side * 0.82, top + side * 0.26),
        ]
        self._draw.line(points, fill=0, width=3)

    def modules(self, left: int, top: int, rows: tuple[tuple[bool, ...], ...], dots: int) -> None:
        """A code of square modules, ``dots`` dots each."""
        if self.image is None:
            return
        small = Image.new("L", (len(rows[0]), len(rows)))
        small.putdata([255 if black else 0 for row in rows for black in row])
        self.image.paste(small.resize((small.width * dots, small.height * dots), Image.Resampling.NEAREST), (left, top))
