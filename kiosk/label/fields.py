"""The six fields: label and value in two columns, values wrapped so that nobody stumbles over them."""

from __future__ import annotations

from kiosk.label.content import LabelContent
from kiosk.label.forms import FormTexts
from kiosk.label.page import DoesNotFit, Page, Tightness
from kiosk.label.text import Style

_UNBROKEN = frozenset({"contact", "date"})
"""A phone number or a date in two lines is misread."""
_LABEL_SHARE = 0.45
"""A label that would take more of the width is broken itself."""
_COLUMN_GAP = 14


def draw_fields(page: Page, y: int, right: int, content: LabelContent, texts: FormTexts, step: Tightness) -> int:
    """Draw the fields between the margin and ``right``; return where they end. Raises ``DoesNotFit``."""
    size, label_size = step.value_px, min(page.sizes.label, step.value_px)
    widest = (right - page.left) * _LABEL_SHARE
    labels = [page.book.wrap_evenly(label, Style(label_size), widest) for _, label in texts.fields]
    label_width = max(page.length(line, label_size) for lines in labels for line in lines)
    value_x = page.left + round(label_width) + _COLUMN_GAP
    pitch = round(size * 1.17)
    for (key, _), label in zip(texts.fields, labels, strict=True):
        lines = _value_lines(page, key, content, size, right - value_x, whole_origin=step.whole_origin)
        for row, line in enumerate(label):
            page.text(page.left, y + row * pitch + (size - label_size) * 0.8, line, label_size)
        for row, line in enumerate(lines):
            page.text(value_x, y + row * pitch, line, size, bold=True)
        if key == "date":
            page.rects["date"] = (value_x - 2, y - 2, right, y + pitch)
        y += pitch * max(len(label), len(lines)) + 1
    return y


def _value_lines(page: Page, key: str, content: LabelContent, size: int, room: float, *, whole_origin: bool) -> list[str]:
    value, style = content.value(key), Style(size, bold=True)
    if key == "origin" and not whole_origin:
        value = county_and_below(value)
    if page.book.length(value, style) <= room:
        return [value]
    if key in _UNBROKEN:
        raise DoesNotFit
    # Nobody weighed it: the remark goes to the next line whole.
    amount, mark, rest = value.partition("（")
    lines = [amount, mark + rest] if key == "quantity" and mark else page.book.wrap_evenly(value, style, room)
    if any(page.book.length(line, style) > room for line in lines):
        raise DoesNotFit
    return lines


def county_and_below(origin: str) -> str:
    """The origin without province and city: 山西省晋中市太谷区明星镇 -> 太谷区明星镇. An origin that has no more is left as it is."""
    rest = origin
    for ending in ("省", "市"):
        head, mark, tail = rest.partition(ending)
        # A county-level city (介休市) must stay: only cut when a county, district or county-level city follows.
        if mark and 2 <= len(head) <= 4 and any(unit in tail[:8] for unit in "县区市"):
            rest = tail
    return rest
