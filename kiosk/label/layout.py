"""One layout for preview and print: content in, 1-bit picture out. Pure.

Rules
- The legal text and the QR never shrink and nothing is ever clipped. When it gets tight, in this order: slogans go, the origin shortens to the
  county and below, extras go, the values shrink to ``MIN_VALUE_PX`` (2.1 mm of Hanzi at 203 dpi) and no further; then ``LabelTooSmall``.
  What was given up and is not in the way after all comes back, the last first.
- What differs between a preview and the print lies inside four rectangles: number (with the copy below it), QR, date and the 补打 mark, whose
  places do not depend on their content.
- A change that moves a single dot raises ``LAYOUT_VERSION``: it is stored with each label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image

from kiosk.domain.form import Basis, CertificateForm
from kiosk.label.bitmap import Bitmap
from kiosk.label.content import LabelContent
from kiosk.label.fields import draw_fields
from kiosk.label.foot import draw_below, draw_beside
from kiosk.label.forms import form_texts
from kiosk.label.head import draw_head
from kiosk.label.page import DoesNotFit, Page, Rect, Tightness, sizes_of
from kiosk.label.qr import modules_of
from kiosk.label.stock import LabelStock, label_stock
from kiosk.label.text import font_book

LAYOUT_VERSION = 2
MIN_VALUE_PX = 19
_THRESHOLD = 118
_INK = [0 if value >= _THRESHOLD else 255 for value in range(256)]


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


def layout(content: LabelContent, stock: LabelStock) -> LabelImage:
    """Draw a label. Raises ``LabelTooSmall``."""
    step = _loosest(content, stock)
    image = Image.new("L", (stock.width_dots, stock.height_dots), 0)
    page, bottom = _compose(content, stock, step, image)
    if stock.is_roll:
        image = image.crop((0, 0, stock.width_dots, bottom + stock.margin_dots))
    return LabelImage(Bitmap.from_image(image.point(_INK, "1")), **page.rects)


def _loosest(content: LabelContent, stock: LabelStock) -> Tightness:
    """The first step of giving way that fits, with what need not have gone."""
    for step in _steps(sizes_of(stock).value):
        if _fits(content, stock, step):
            break
    else:
        raise LabelTooSmall(stock.id, stock.larger)
    for name in ("extras", "whole_origin", "slogans"):
        back = replace(step, **{name: True})
        if back != step and _fits(content, stock, back):
            step = back
    return step


def _steps(value_px: int) -> Iterator[Tightness]:
    step = Tightness(value_px)
    yield step
    for gone in ("slogans", "whole_origin", "extras"):
        step = replace(step, **{gone: False})
        yield step
    for size in range(value_px - 1, MIN_VALUE_PX - 1, -1):
        yield replace(step, value_px=size)


def _fits(content: LabelContent, stock: LabelStock, step: Tightness) -> bool:
    try:
        _compose(content, stock, step, None)
    except DoesNotFit:
        return False
    return True


def _compose(content: LabelContent, stock: LabelStock, step: Tightness, image: Image.Image | None) -> tuple[Page, int]:
    """Compose on the empty ``image``, or only measure; the page and the last used row. Raises ``DoesNotFit``."""
    page = Page(image, font_book(), stock, sizes_of(stock))
    texts = form_texts(content.form)
    head, y = _head(content.form, content.basis, stock.id, demo=content.demo)
    if image is not None:
        image.paste(head, (0, 0))
    foot = draw_beside if stock.wide else draw_below
    bottom = foot(page, content, step, y, lambda top, right: draw_fields(page, top, right, content, texts, step))
    return page, bottom


@lru_cache(maxsize=4)
def _head(form: CertificateForm, basis: frozenset[Basis], stock_id: str, *, demo: bool) -> tuple[Image.Image, int]:
    """The top, which is the same on every label of a station until the form changes, and where the rest begins."""
    stock = label_stock(stock_id)
    image = Image.new("L", (stock.width_dots, stock.height_dots), 0)
    y = draw_head(Page(image, font_book(), stock, sizes_of(stock)), form_texts(form), basis, demo=demo)
    return image.crop((0, 0, stock.width_dots, y)), y


def forget_drawn() -> None:
    """Draw the next label from the beginning: for measuring, and after a change of the fonts."""
    _head.cache_clear()
    modules_of.cache_clear()
    font_book().forget_measured()
