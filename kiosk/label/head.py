"""The top of a label: title, promise, basis. Its words never shrink and never change."""

from __future__ import annotations

from itertools import product

from kiosk.domain.form import Basis
from kiosk.label.forms import FormTexts
from kiosk.label.page import LINE, Page
from kiosk.label.text import Style

_DEMO = "演 示 样 张"
_GAP = 12


def draw_head(page: Page, texts: FormTexts, basis: frozenset[Basis], *, demo: bool) -> int:
    """Draw it and return where the rest begins."""
    sizes = page.sizes
    y = page.stock.margin_dots // 2
    width = page.length(texts.title, sizes.title, bold=True)
    page.text((page.stock.width_dots - width) / 2, y, texts.title, sizes.title, bold=True)
    y += round(sizes.title * 1.06) + 4
    y = _demo_band(page, y) if demo else _heavy_rule(page, y)
    page.text(page.left, y, texts.heading, sizes.heading, bold=True)
    y += round(sizes.heading * 1.26)
    for words in texts.promises:
        y = _legal_line(page, y, words, boxed=texts.promises_ticked)
    return _basis(page, y + 2, {item.value for item in basis}, texts)


def _heavy_rule(page: Page, y: int) -> int:
    page.rule(y, 3)
    return y + 3 + 6


def _demo_band(page: Page, y: int) -> int:
    """A specimen says so in white on black, across the whole label, at the place of the rule."""
    height = page.sizes.small + 2
    page.rule(y, height)
    size = page.sizes.small - 1
    width = page.length(_DEMO, size, bold=True)
    page.text((page.stock.width_dots - width) / 2, y + 1, _DEMO, size, bold=True, white=True)
    return y + height + 4


def _legal_line(page: Page, y: int, words: str, *, boxed: bool) -> int:
    size = page.sizes.legal
    indent = size + 6 if boxed else 0
    for number, line in enumerate(page.book.wrap(words, Style(size), page.right - page.left - indent)):
        if boxed and number == 0:
            page.box(page.left, y, size, ticked=True)
        page.text(page.left + indent, y, line, size)
        y += round(size * LINE)
    return y


def _basis(page: Page, y: int, chosen: set[str], texts: FormTexts) -> int:
    size = page.sizes.legal
    page.text(page.left, y, texts.basis_heading, size, bold=True)
    indent = page.length(texts.basis_heading, size, bold=True) + 2
    widths = [size + 3 + page.length(words, size, bold=key in chosen) for key, words in texts.basis]
    for number, row in enumerate(_rows(indent, widths, page.right - page.left)):
        x = page.left + (indent if number == 0 else 0)
        for item in row:
            key, words = texts.basis[item]
            page.box(x, y, size, ticked=key in chosen)
            page.text(x + size + 3, y, words, size, bold=key in chosen)
            x += widths[item] + _GAP
        y += round(size * LINE)
    return y + 2


def _rows(indent: float, widths: list[float], room: float) -> list[list[int]]:
    """Items by row: as few rows as fit in ``room``, and then the longest row as short as it can be (one item alone looks forgotten)."""

    def widest(rows: list[list[int]]) -> float:
        lengths = [sum(widths[item] for item in row) + _GAP * (len(row) - 1) for row in rows]
        return max(lengths[0] + indent, *lengths[1:]) if len(lengths) > 1 else lengths[0] + indent

    ways = []
    for breaks in product((False, True), repeat=len(widths) - 1):
        rows = [[0]]
        for item, new_row in enumerate(breaks, start=1):
            if new_row:
                rows.append([])
            rows[-1].append(item)
        ways.append(rows)
    fitting = [rows for rows in ways if widest(rows) <= room]
    return min(fitting or ways[-1:], key=lambda rows: (len(rows), widest(rows)))
