"""One layout for preview and print: content in, 1-bit picture out. Pure.

Rules
- The legal text and the QR never shrink and nothing is ever clipped. When it gets tight, in this order: slogans go, the origin shortens to the
  county and below, extras go, the values shrink to ``MIN_VALUE_PX`` (2.1 mm of Hanzi at 203 dpi) and no further; then ``LabelTooSmall``.
- What differs between a preview and the print lies inside four rectangles: number, QR, date and the 补打 mark, whose places do not depend on
  their content.
- A change that moves a single dot raises ``LAYOUT_VERSION``: it is stored with each label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from PIL import Image, ImageDraw

from kiosk.label.bitmap import Bitmap
from kiosk.label.content import LabelContent
from kiosk.label.forms import FormTexts, form_texts
from kiosk.label.qr import MODULES, QUIET_MODULES, modules_of
from kiosk.label.stock import LabelStock
from kiosk.label.text import FontBook, Style, font_book

LAYOUT_VERSION = 1
MIN_VALUE_PX = 19
_THRESHOLD = 118
_LINE = 1.22
_SLOGANS = ("生产记录 · 追溯", "信用 · 认证")
_SCAN = "扫码查真伪"
_DEMO = "演 示 样 张"
_REPRINT = "补打"

Rect = tuple[int, int, int, int]


class LabelTooSmall(Exception):
    """The content does not fit this stock. ``suggestion`` names the next larger stock, "" for none."""

    def __init__(self, stock: str, suggestion: str) -> None:
        self.stock = stock
        self.suggestion = suggestion
        super().__init__(f"{stock} -> {suggestion}")


@dataclass(frozen=True, slots=True)
class LabelImage:
    """The picture and the four rectangles (left, top, right, bottom; right and bottom excluded) that may differ from the preview."""

    bitmap: Bitmap
    number: Rect
    qr: Rect
    date: Rect
    reprint: Rect

    @property
    def rects(self) -> tuple[Rect, Rect, Rect, Rect]:
        """All four."""
        return self.number, self.qr, self.date, self.reprint


@dataclass(frozen=True, slots=True)
class _Tightness:
    """One step of giving way."""

    slogans: bool = True
    whole_origin: bool = True
    extras: bool = True
    value_px: int = 24


@dataclass(slots=True)
class _Sizes:
    """Type sizes of a stock in dots."""

    title: int
    heading: int
    legal: int
    label: int
    value: int
    small: int


@dataclass(slots=True)
class _Page:
    """What is being drawn."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    book: FontBook
    stock: LabelStock
    sizes: _Sizes
    rects: dict[str, Rect] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.stock.margin_dots

    @property
    def right(self) -> int:
        return self.stock.width_dots - self.stock.margin_dots

    def text(self, x: float, y: float, words: str, size: int, *, bold: bool = False) -> None:
        self.book.draw(self.draw, x, y, words, Style(size, bold))

    def rule(self, y: int, weight: int) -> None:
        self.draw.rectangle((self.left, y, self.right - 1, y + weight - 1), fill=255)


class _DoesNotFit(Exception):
    """This tightness is not enough."""


def layout(content: LabelContent, stock: LabelStock) -> LabelImage:
    """Draw a label. Raises ``LabelTooSmall``."""
    texts = form_texts(content.form)
    for step in _steps(_sizes(stock).value):
        try:
            return _compose(content, texts, stock, step)
        except _DoesNotFit:
            continue
    raise LabelTooSmall(stock.id, stock.larger)


def _steps(value_px: int) -> Iterator[_Tightness]:
    step = _Tightness(value_px=value_px)
    yield step
    step = replace(step, slogans=False)
    yield step
    step = replace(step, whole_origin=False)
    yield step
    step = replace(step, extras=False)
    yield step
    for size in range(value_px - 1, MIN_VALUE_PX - 1, -1):
        yield replace(step, value_px=size)


def _sizes(stock: LabelStock) -> _Sizes:
    match stock.id:
        case "100x70":
            return _Sizes(title=60, heading=28, legal=26, label=25, value=28, small=23)
        case "roll80":
            return _Sizes(title=64, heading=30, legal=27, label=26, value=29, small=24)
        case "80x60":
            return _Sizes(title=46, heading=23, legal=21, label=21, value=23, small=20)
        case "75x65":
            return _Sizes(title=48, heading=24, legal=22, label=22, value=23, small=20)
        case "roll58":
            return _Sizes(title=46, heading=24, legal=21, label=22, value=25, small=22)
        case _:
            return _Sizes(title=54, heading=24, legal=22, label=22, value=24, small=21)


def _compose(content: LabelContent, texts: FormTexts, stock: LabelStock, step: _Tightness) -> LabelImage:
    image = Image.new("L", (stock.width_dots, stock.height_dots), 0)
    page = _Page(image, ImageDraw.Draw(image), font_book(), stock, _sizes(stock))
    y = _top(page, content, texts)
    bottom = _beside(page, content, texts, step, y) if stock.wide else _below(page, content, texts, step, y)
    if stock.is_roll:
        image = image.crop((0, 0, stock.width_dots, bottom + stock.margin_dots))
    black_on_white = image.point(lambda value: 0 if value >= _THRESHOLD else 255).convert("1", dither=Image.Dither.NONE)
    return LabelImage(Bitmap.from_image(black_on_white), **page.rects)


# --- the top: title, promise, basis -------------------------------------------------------------------------------------


def _top(page: _Page, content: LabelContent, texts: FormTexts) -> int:
    sizes = page.sizes
    y = page.stock.margin_dots // 2
    width = page.book.length(texts.title, Style(sizes.title, bold=True))
    page.text((page.stock.width_dots - width) / 2, y, texts.title, sizes.title, bold=True)
    y += round(sizes.title * 1.06) + 4
    y = _demo_band(page, y) if content.demo else _heavy_rule(page, y)
    page.text(page.left, y, texts.heading, sizes.heading, bold=True)
    y += round(sizes.heading * 1.26)
    for words in texts.promises:
        y = _legal_line(page, y, words, boxed=texts.promises_ticked)
    y += 2
    return _basis(page, y, content, texts)


def _heavy_rule(page: _Page, y: int) -> int:
    page.rule(y, 3)
    return y + 3 + 6


def _demo_band(page: _Page, y: int) -> int:
    """A specimen says so in white on black, across the whole label, at the place of the rule."""
    height = page.sizes.small + 2
    page.draw.rectangle((page.left, y, page.right - 1, y + height - 1), fill=255)
    size = page.sizes.small - 1
    width = page.book.length(_DEMO, Style(size, bold=True))
    page.book.draw(page.draw, (page.stock.width_dots - width) / 2, y + 1, _DEMO, Style(size, bold=True), fill=0)
    return y + height + 4


def _legal_line(page: _Page, y: int, words: str, *, boxed: bool) -> int:
    size = page.sizes.legal
    indent = size + 6 if boxed else 0
    for number, line in enumerate(page.book.wrap(words, Style(size), page.right - page.left - indent)):
        if boxed and number == 0:
            _box(page, page.left, y, size, ticked=True)
        page.text(page.left + indent, y, line, size)
        y += round(size * _LINE)
    return y


def _basis(page: _Page, y: int, content: LabelContent, texts: FormTexts) -> int:
    size = page.sizes.legal
    chosen = {basis.value for basis in content.basis}
    x: float = page.left
    page.text(x, y, texts.basis_heading, size, bold=True)
    x += page.book.length(texts.basis_heading, Style(size, bold=True)) + 2
    for key, words in texts.basis:
        width = size + 3 + page.book.length(words, Style(size, bold=key in chosen))
        if x > page.left and x + width > page.right:
            x, y = page.left, y + round(size * _LINE)
        _box(page, x, y, size, ticked=key in chosen)
        page.text(x + size + 3, y, words, size, bold=key in chosen)
        x += width + 12
    return y + round(size * _LINE) + 2


def _box(page: _Page, x: float, y: float, size: int, *, ticked: bool) -> None:
    """□ or a ticked one, drawn: no font has the same tick."""
    side = round(size * 0.78)
    left, top = round(x) + 1, round(y + size * 0.13)
    page.draw.rectangle((left, top, left + side, top + side), outline=255, width=2)
    if not ticked:
        return
    page.draw.rectangle((left, top, left + side, top + side), fill=255)
    points = [
        (left + side * 0.2, top + side * 0.52),
        (left + side * 0.42, top + side * 0.74),
        (left + side * 0.82, top + side * 0.26),
    ]
    page.draw.line(points, fill=0, width=3)


# --- the fields -----------------------------------------------------------------------------------------------------------


def _fields(page: _Page, y: int, right: int, content: LabelContent, texts: FormTexts, step: _Tightness) -> int:
    size, label_size = step.value_px, min(page.sizes.label, step.value_px)
    label_width = max(page.book.length(label, Style(label_size)) for _, label in texts.fields)
    value_x = page.left + round(label_width) + 14
    pitch = round(size * 1.17)
    for key, label in texts.fields:
        value = content.value(key)
        if key == "origin" and not step.whole_origin:
            value = county_and_below(value)
        lines = page.book.wrap(value, Style(size, bold=True), right - value_x)
        if any(page.book.length(line, Style(size, bold=True)) > right - value_x for line in lines):
            raise _DoesNotFit
        page.text(page.left, y + (size - label_size) * 0.8, label, label_size)
        if key == "date":
            page.rects["date"] = (value_x - 2, y - 2, right, y + pitch * len(lines))
        for line in lines:
            page.text(value_x, y, line, size, bold=True)
            y += pitch
        y += 1
    return y


def county_and_below(origin: str) -> str:
    """The origin without province and city: 山西省晋中市太谷区明星镇 -> 太谷区明星镇. An origin that has no more is left as it is."""
    rest = origin
    for ending in ("省", "市"):
        head, mark, tail = rest.partition(ending)
        # A county-level city (介休市) must stay: only cut when a county, district or county-level city follows.
        if mark and 2 <= len(head) <= 4 and any(unit in tail[:8] for unit in "县区市"):
            rest = tail
    return rest


# --- the foot: QR, number, copy -----------------------------------------------------------------------------------------


def _below(page: _Page, content: LabelContent, texts: FormTexts, step: _Tightness, y: int) -> int:
    """Portrait: fields over the whole width, the QR at the bottom right (or alone in its row on narrow paper)."""
    page.rule(y, 2)
    y = _fields(page, y + 7, page.right, content, texts, step) + 2
    page.rule(y, 2)
    y += 2
    side = MODULES * page.stock.qr_dots
    quiet = QUIET_MODULES * page.stock.qr_dots
    if page.stock.qr_alone:
        return _foot_alone(page, content, step, y, side, quiet)
    top = y + quiet if page.stock.is_roll else page.stock.height_dots - page.stock.margin_dots - side + 8
    if top < y + quiet:
        raise _DoesNotFit
    _draw_qr(page, content.url, page.right - side - max(0, quiet - page.stock.margin_dots), top)
    _foot_words(page, content, step, y + 10, page.rects["qr"][0] - 4, top + side)
    return top + side


def _foot_alone(page: _Page, content: LabelContent, step: _Tightness, y: int, side: int, quiet: int) -> int:
    top = y + quiet
    _draw_qr(page, content.url, (page.stock.width_dots - side) // 2, top)
    y = top + side + quiet
    height = _words_height(page, step)
    _foot_words(page, content, step, y, page.right, y + height)
    return y + height


def _beside(page: _Page, content: LabelContent, texts: FormTexts, step: _Tightness, y: int) -> int:
    """Landscape: the QR and its words in a column at the right, the fields at the left."""
    page.rule(y, 2)
    y += 2
    stock = page.stock
    side = MODULES * stock.qr_dots
    quiet = QUIET_MODULES * stock.qr_dots
    bottom = stock.height_dots - stock.margin_dots + 8
    left = page.right - side - max(0, quiet - stock.margin_dots)
    top = bottom - side
    if top < y + quiet:
        raise _DoesNotFit
    _draw_qr(page, content.url, left, top)
    words_right = page.rects["qr"][0] - 2
    end = _fields(page, y + 7, words_right, content, texts, step)
    height = _words_height(page, replace(step, extras=False, slogans=False))
    if end + height > bottom + 4:
        raise _DoesNotFit
    _number_and_copy(page, content, bottom - height + 4, words_right)
    if step.extras and top - y > page.sizes.heading * 1.9 + quiet:
        size = page.sizes.heading
        width = page.book.length(_SCAN, Style(size, bold=True))
        page.text(left + (side - width) / 2, top - quiet - size * 1.05, _SCAN, size, bold=True)
    return bottom


def _draw_qr(page: _Page, url: str, left: int, top: int) -> None:
    dots = page.stock.qr_dots
    for row, modules in enumerate(modules_of(url)):
        for column, black in enumerate(modules):
            if black:
                x, y = left + column * dots, top + row * dots
                page.draw.rectangle((x, y, x + dots - 1, y + dots - 1), fill=255)
    side = MODULES * dots
    quiet = min(QUIET_MODULES * dots, left, page.stock.width_dots - left - side)
    page.rects["qr"] = (left - quiet, top - quiet, left + side + quiet, top + side + quiet)


def _words_height(page: _Page, step: _Tightness) -> int:
    lines = 2 * page.sizes.small * 1.25
    if step.extras:
        lines += page.sizes.heading * 1.35
    if step.slogans:
        lines += len(_SLOGANS) * page.sizes.small * 1.25
    return round(lines) + 6


def _foot_words(page: _Page, content: LabelContent, step: _Tightness, y: int, right: int, bottom: int) -> None:
    if y + _words_height(page, step) > bottom + 8:
        raise _DoesNotFit
    if step.extras:
        page.text(page.left, y, _SCAN, page.sizes.heading, bold=True)
        y += round(page.sizes.heading * 1.35)
    if step.slogans:
        for words in _SLOGANS:
            page.text(page.left, y, words, page.sizes.small)
            y += round(page.sizes.small * 1.25)
    _number_and_copy(page, content, bottom - round(2 * page.sizes.small * 1.25), right)


def _number_and_copy(page: _Page, content: LabelContent, y: int, right: int) -> None:
    """Two lines: the number, then copy and the 补打 mark. Their rectangles do not depend on what stands in them."""
    size = page.sizes.small
    number = content.number
    width = page.book.length(number, Style(size, bold=True))
    if width > right - page.left:
        size -= 1
        width = page.book.length(number, Style(size, bold=True))
    if width > right - page.left:
        # Narrow: terminal above, counter below; the copy moves to the second line's end.
        return _number_in_two(page, content, y, right)
    page.text(page.left, y, number, size, bold=True)
    page.rects["number"] = (page.left - 2, y - 2, right, y + round(size * 1.2))
    _copy_line(page, content, page.left, y + round(page.sizes.small * 1.25), right)
    return None


def _number_in_two(page: _Page, content: LabelContent, y: int, right: int) -> None:
    size = page.sizes.small
    y -= round(size * 1.2)
    head, tail = _split_number(content.number)
    for row, words in enumerate((head, tail)):
        if page.book.length(words, Style(size, bold=True)) > right - page.left:
            raise _DoesNotFit
        page.text(page.left, y + row * round(size * 1.2), words, size, bold=True)
    page.rects["number"] = (page.left - 2, y - 2, right, y + round(size * 2.4))
    _copy_line(page, content, page.left, y + round(size * 2.45), right)


def _split_number(number: str) -> tuple[str, str]:
    parts = number.split("-")
    return "-".join(parts[:2]), "-".join(parts[2:])


def _copy_line(page: _Page, content: LabelContent, x: int, y: int, right: int) -> None:
    size = page.sizes.small
    mark_width = round(page.book.length(_REPRINT, Style(size, bold=True))) + 10
    left = right - mark_width - 2
    copy, copies = content.copy, content.copies
    ways = (f"第 {copy} 张 / 共 {copies} 张", f"第{copy}张/共{copies}张", f"第{copy}/{copies}张")
    words = next((way for way in ways if x + page.book.length(way, Style(size)) <= left), None)
    if words is None:
        raise _DoesNotFit
    page.text(x, y, words, size)
    box = (left, y - 1, left + mark_width, y + round(size * 1.15))
    page.rects["reprint"] = (box[0] - 1, box[1] - 1, box[2] + 2, box[3] + 2)
    if content.reprint:
        page.draw.rectangle(box, fill=255)
        page.book.draw(page.draw, left + 5, y, _REPRINT, Style(size, bold=True), fill=0)
