"""The foot of a label: the code, the number, the copy, the 补打 mark. Places do not depend on what stands in them."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.label.content import LabelContent
from kiosk.label.page import DoesNotFit, Page, Tightness
from kiosk.label.qr import MODULES, QUIET_MODULES, modules_of

_SLOGANS = ("生产记录 · 追溯", "信用 · 认证")
_SCAN = "扫码查真伪"
_REPRINT = "补打"
_COPY_WAYS = ("第 {} 张 / 共 {} 张", "第{}张/共{}张", "第{}/{}张")
_NUMBER_LINE = 1.2
_SMALL_LINE = 1.25
_SMALLEST_NUMBER_PX = 17
"""The longest number there can be (a counter of ten digits) has room beside the code of the narrowest label."""

Fields = Callable[[int, int], int]
"""Draws the fields from a y to a right edge and returns where they end."""


def draw_below(page: Page, content: LabelContent, step: Tightness, y: int, fields: Fields) -> int:
    """Portrait: fields over the whole width, the code at the bottom right (or alone in its row on narrow paper)."""
    page.rule(y, 2)
    y = fields(y + 7, page.right) + 2
    page.rule(y, 2)
    y += 2
    side, quiet = _code_size(page)
    if page.stock.qr_alone:
        return _alone(page, content, step, y, side, quiet)
    top = y + quiet if page.stock.is_roll else page.stock.height_dots - page.stock.margin_dots - side + 8
    if top < y + quiet:
        raise DoesNotFit
    _draw_code(page, content.url, page.right - side - max(0, quiet - page.stock.margin_dots), top)
    _words(page, content, step, y + 10, page.rects["qr"][0] - 4, top + side)
    return top + side


def draw_beside(page: Page, content: LabelContent, step: Tightness, y: int, fields: Fields) -> int:
    """Landscape: the code and its words in a column at the right, the fields at the left."""
    page.rule(y, 2)
    y += 2
    side, quiet = _code_size(page)
    bottom = page.stock.height_dots - page.stock.margin_dots + 8
    left = page.right - side - max(0, quiet - page.stock.margin_dots)
    top = bottom - side
    if top < y + quiet:
        raise DoesNotFit
    _draw_code(page, content.url, left, top)
    words_right = page.rects["qr"][0] - 2
    end = fields(y + 7, words_right)
    number_y = bottom - round(2 * page.sizes.small * _SMALL_LINE)
    if end + 2 > number_y:
        raise DoesNotFit
    _number_and_copy(page, content, number_y, words_right)
    if step.extras:
        size = page.sizes.heading
        if top - y < size * 1.1 + quiet:
            raise DoesNotFit
        page.text(left + (side - page.length(_SCAN, size, bold=True)) / 2, top - quiet - size * 1.05, _SCAN, size, bold=True)
    return bottom


def _alone(page: Page, content: LabelContent, step: Tightness, y: int, side: int, quiet: int) -> int:
    top = y + quiet
    _draw_code(page, content.url, (page.stock.width_dots - side) // 2, top)
    y = top + side + quiet
    bottom = y + _words_height(page, step)
    _words(page, content, step, y, page.right, bottom)
    return bottom


def _code_size(page: Page) -> tuple[int, int]:
    return MODULES * page.stock.qr_dots, QUIET_MODULES * page.stock.qr_dots


def _draw_code(page: Page, url: str, left: int, top: int) -> None:
    side, quiet = _code_size(page)
    if page.image is not None:
        page.modules(left, top, modules_of(url), page.stock.qr_dots)
    quiet = min(quiet, left, page.stock.width_dots - left - side)
    page.rects["qr"] = (left - quiet, top - quiet, left + side + quiet, top + side + quiet)


def _words_height(page: Page, step: Tightness) -> int:
    lines = 2 * page.sizes.small * _SMALL_LINE
    if step.extras:
        lines += page.sizes.heading * 1.35
    if step.slogans:
        lines += len(_SLOGANS) * page.sizes.small * _SMALL_LINE
    return round(lines) + 6


def _words(page: Page, content: LabelContent, step: Tightness, y: int, right: int, bottom: int) -> None:
    if y + _words_height(page, step) > bottom + 8:
        raise DoesNotFit
    if step.extras:
        page.text(page.left, y, _SCAN, page.sizes.heading, bold=True)
        y += round(page.sizes.heading * 1.35)
    if step.slogans:
        for words in _SLOGANS:
            page.text(page.left, y, words, page.sizes.small)
            y += round(page.sizes.small * _SMALL_LINE)
    _number_and_copy(page, content, bottom - round(2 * page.sizes.small * _SMALL_LINE), right)


def _number_and_copy(page: Page, content: LabelContent, y: int, right: int) -> None:
    """Two lines: the number, then copy and the 补打 mark. The number gets smaller when its counter grows, its place stays.

    The rectangle of the number holds the copy too: a preview shows the first of n.
    """
    room = right - page.left
    size = page.sizes.small
    while page.length(content.number, size, bold=True) > room:
        size -= 1
        if size < _SMALLEST_NUMBER_PX:
            raise DoesNotFit
    page.text(page.left, y + (page.sizes.small - size) // 2, content.number, size, bold=True)
    page.rects["number"] = (page.left - 2, y - 2, right, y + round(page.sizes.small * (_SMALL_LINE + _NUMBER_LINE)))
    _copy_line(page, content, page.left, y + round(page.sizes.small * _SMALL_LINE), right)


def _copy_line(page: Page, content: LabelContent, x: int, y: int, right: int) -> None:
    size = page.sizes.small
    mark_width = round(page.length(_REPRINT, size, bold=True)) + 10
    left = right - mark_width - 2
    # The way that has room for the last copy is the way of all: what fitted in the preview fits on every paper.
    last = content.copies
    way = next((way for way in _COPY_WAYS if x + page.length(way.format(last, last), size) <= left), None)
    if way is None:
        raise DoesNotFit
    page.text(x, y, way.format(content.copy, last), size)
    box = (left, y - 1, left + mark_width + 1, y + round(size * 1.15) + 1)
    page.rects["reprint"] = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
    if content.reprint:
        page.fill(box)
        page.text(left + 5, y, _REPRINT, size, bold=True, white=True)
