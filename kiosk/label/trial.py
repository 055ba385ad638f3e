"""The test label: says in the largest letters that it is one, and shows how well the printer burns.

Rules: no field, number or address of a certificate; its code is smaller than a certificate's and says ``TRIAL_CODE``, but its modules are as
many dots as a certificate's, so that what can be read here can be read there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, QRData

from kiosk.label.bitmap import Bitmap
from kiosk.label.page import Page, Sizes, sizes_of
from kiosk.label.stock import DOTS_PER_MM, LabelStock
from kiosk.label.text import Style, font_book
from kiosk.upkeep.trial import TRIAL_CODE

TITLE = "测试打印"
NOT_ONE = "不是合格证"
_SAMPLE = "国农药兽残禁限量标准 0123456789"
_VERSION = 2
_MASK = 2
_THRESHOLD = 118
_INK = [0 if value >= _THRESHOLD else 255 for value in range(256)]
_ROLL_MM = 80
_HAIRLINES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class TrialContent:
    """What is said besides: where and when it was printed, and by which printer."""

    terminal: str
    station: str
    moment: str
    printer: str


def draw_trial(content: TrialContent, stock: LabelStock) -> Bitmap:
    """Draw the test label for ``stock``."""
    height = min(stock.height_dots, _ROLL_MM * DOTS_PER_MM) if stock.is_roll else stock.height_dots
    image = Image.new("L", (stock.width_dots, height), 0)
    page = Page(image, font_book(), stock, sizes_of(stock))
    y = _head(page, page.sizes)
    y = _facts(page, y, content)
    y = _lines_and_greys(page, y)
    _code_and_sizes(page, y, height)
    _edge(page, height)
    return Bitmap.from_image(image.point(_INK, "1"))


def _head(page: Page, sizes: Sizes) -> int:
    """White on black, so that nobody takes it for anything else."""
    size = sizes.title
    bottom = page.left + size + 12
    page.fill((page.left, page.left, page.right, bottom))
    page.text((page.stock.width_dots - page.length(TITLE, size, bold=True)) / 2, page.left + 5, TITLE, size, bold=True, white=True)
    below = sizes.heading
    page.text((page.stock.width_dots - page.length(NOT_ONE, below, bold=True)) / 2, bottom + 5, NOT_ONE, below, bold=True)
    return bottom + below + 12


def _facts(page: Page, y: int, content: TrialContent) -> int:
    size = page.sizes.small
    for words in (content.terminal, content.station, content.moment, content.printer):
        for line in page.book.wrap(words, Style(size), page.right - page.left):
            page.text(page.left, y, line, size)
            y += round(size * 1.2)
    return y + 4


def _lines_and_greys(page: Page, y: int) -> int:
    """Hairlines of one to four dots show dead dots; a staircase of greys shows heat."""
    for dots in _HAIRLINES:
        page.fill((page.left, y, page.right, y + dots))
        y += dots + 6
    width = (page.right - page.left) // 4
    height = 26
    for step in range(4):
        left = page.left + step * width
        _grey(page, left, y, width - 4, height, step)
    return y + height + 8


def _grey(page: Page, left: int, top: int, width: int, height: int, step: int) -> None:
    """Every 4th, 2nd, 4/3rd and each dot of a row is black."""
    for row in range(height):
        for column in range(width):
            if (column + 2 * (row % 2)) % 4 <= step:
                page.fill((left + column, top + row, left + column + 1, top + row + 1))


def _code_and_sizes(page: Page, y: int, height: int) -> None:
    """The code at a certificate's module size; beside it letters as small as they get."""
    dots, rows = page.stock.qr_dots, _modules()
    side = len(rows) * dots
    quiet = 4 * dots
    page.modules(page.left + quiet, y + quiet, rows, dots)
    x = page.left + side + 2 * quiet
    line_y = y + quiet
    for size in (19, 22, 26):
        room = page.right - x
        words = _SAMPLE
        while page.length(words, size) > room:
            words = words[:-1]
        page.text(x, line_y, words, size)
        line_y += round(size * 1.25)
    _ruler(page, height)


def _ruler(page: Page, height: int) -> None:
    """Millimetres along the bottom: ten of them tell whether the feed and the dpi are right."""
    bottom = height - page.left
    for mm in range((page.right - page.left - 2) // DOTS_PER_MM + 1):
        x = page.left + mm * DOTS_PER_MM
        length = 22 if mm % 10 == 0 else 15 if mm % 5 == 0 else 9
        page.fill((x, bottom - length, x + 2, bottom))


def _edge(page: Page, height: int) -> None:
    """A frame at the outermost dots: what is missing of it is outside the head or the paper."""
    width = page.stock.width_dots
    for rect in ((0, 0, width, 2), (0, height - 2, width, height), (0, 0, 2, height), (width - 2, 0, width, height)):
        page.fill(rect)


@lru_cache(maxsize=1)
def _modules() -> tuple[tuple[bool, ...], ...]:
    code = qrcode.QRCode(version=_VERSION, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    code.add_data(QRData(TRIAL_CODE.encode("ascii"), mode=MODE_8BIT_BYTE), optimize=0)
    code.make(fit=False)
    return tuple(tuple(bool(module) for module in row) for row in code.modules)
