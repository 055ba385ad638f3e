"""The land behind the first page, and the pictures of what is told there. Slides are 120 x 112 units."""

from __future__ import annotations

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.drawings_identify import code
from kiosk.ui.widgets.drawings_paper import clock, hand
from kiosk.ui.widgets.vector import Pen, Point

UNITS: Point = (120.0, 112.0)

_FAR = tokens.rgb("#0B5F38")
_MIDDLE = (tokens.rgb("#07502D"), tokens.rgb("#0A5832"))
_NEAR = (tokens.rgb("#053F22"), tokens.rgb("#07482A"))
_PAGODA = tokens.rgb("#06472A")
_CARTON = tokens.rgb("#D9B27C")
_CARTON_SIDE = tokens.rgb("#C2965B")
_CARTON_INSIDE = tokens.rgb("#8A6535")
_TAPE = tokens.rgb("#EBD0A4")
_SHEET_EDGE = tokens.rgb("#B9B39F")
_TOMATO = tokens.rgb("#D6402F")
_TOMATO_LIGHT = tokens.rgb("#E8604C")
_LEAFY = tokens.rgb("#3FA35A")
_LEAFY_DARK = tokens.rgb("#2B7F44")
_BOTTLE = tokens.rgb("#4A7FB5")
_BOTTLE_DARK = tokens.rgb("#335E8A")
_GLASS = tokens.rgb("#D5EAF2")


def land(pen: Pen, width: float) -> None:
    """Terraced hills and a pagoda across ``width``, from far to near. Calm: all of it darker than what is written on it."""
    pen.disc(width * 0.2, -72, 100, _FAR)
    pen.disc(width * 0.72, -118, 146, _FAR)
    _pagoda(pen, width * 0.335, 14.0, 0.6)
    for i in range(5):
        pen.disc(width * 0.02, -66 - 3 * i, 88 - 7.0 * i, _MIDDLE[i % 2])
    for i in range(6):
        pen.disc(width * 0.58, -112 - 2 * i, 126 - 6.4 * i, _MIDDLE[(i + 1) % 2])
    for i in range(6):
        pen.disc(width * 0.3, -132 - 2 * i, 142 - 6.0 * i, _NEAR[i % 2])
    for i in range(6):
        pen.disc(width * 0.98, -92 - 2 * i, 108 - 6.0 * i, _NEAR[i % 2])


def _pagoda(pen: Pen, x: float, y: float, size: float) -> None:
    """A wooden pagoda of five roofs, from afar."""
    for i in range(5):
        half = (11.4 - 1.5 * i) * size
        low = y + 9.4 * i * size
        pen.box(x - half * 0.72, low, half * 1.44, 7.4 * size, _PAGODA)
        pen.polygon(
            [
                (x - half, low + 5.8 * size),
                (x + half, low + 5.8 * size),
                (x + half * 0.6, low + 9.4 * size),
                (x - half * 0.6, low + 9.4 * size),
            ],
            _PAGODA,
        )
    pen.polygon([(x - 1.6 * size, y + 46 * size), (x + 1.6 * size, y + 46 * size), (x, y + 60 * size)], _PAGODA)


def paste(pen: Pen) -> None:
    """A hand presses a label flat on the outside of a carton."""
    carton(pen, 12, 10, 82, 58)
    label(pen, 34, 16, 34, 42)
    hand(pen, 74, 44, 44)


def carton(pen: Pen, x: float, y: float, width: float, height: float) -> None:
    """An open carton full of tomatoes."""
    pen.box(x - 4, y - 1.4, width + 8, 2.4, tokens.LINE, 1.2)
    pen.polygon(
        [(x, y + height), (x + width, y + height), (x + width - 8, y + height + 10), (x + 8, y + height + 10)], _CARTON_INSIDE
    )
    step = width / 5.2
    for i in range(5):
        middle = x + step * (0.62 + i)
        pen.disc(middle, y + height + 3 + (i % 2) * 3, step * 0.56, _TOMATO)
        pen.disc(middle - step * 0.16, y + height + 6 + (i % 2) * 3, step * 0.2, _TOMATO_LIGHT)
        pen.box(middle - 2.6, y + height + 7.6 + (i % 2) * 3, 5.2, 2.2, _LEAFY_DARK, 1)
    pen.box(x, y, width, height + 1, _CARTON, 2)
    pen.box(x, y, width, 6, _CARTON_SIDE, 2)
    pen.box(x + width * 0.44, y, width * 0.12, height + 1, _TAPE)


def label(pen: Pen, x: float, y: float, width: float, height: float) -> None:
    """A certificate: a heading, lines, a code."""
    pen.box(x - 0.7, y - 0.7, width + 1.4, height + 1.4, _SHEET_EDGE, 1.6)
    pen.box(x, y, width, height, tokens.WHITE, 1.2)
    pen.box(x + width * 0.16, y + height * 0.83, width * 0.68, height * 0.09, tokens.INK, 0.6)
    for i in range(3):
        pen.box(x + width * 0.12, y + height * (0.68 - 0.1 * i), width * (0.76 - 0.14 * i), height * 0.05, tokens.SOFT, 0.5)
    side = width * 0.42
    code(pen, x + width * 0.48, y + height * 0.07, side)
    for i in range(2):
        pen.box(x + width * 0.12, y + height * (0.26 - 0.1 * i), width * 0.26, height * 0.05, tokens.GREEN, 0.5)


def interval(pen: Pen) -> None:
    """A spray bottle, days on a calendar, and a plant that waits."""
    pen.box(50, 34, 62, 60, tokens.WHITE, 6)
    pen.box(50, 78, 62, 16, tokens.GREEN, 6)
    pen.box(50, 78, 62, 8, tokens.GREEN)
    for ring in (63, 99):
        pen.box(ring - 2, 88, 4, 12, tokens.SOFT, 2)
    for i in range(12):
        x, y = 55.4 + 13.8 * (i % 4), 66 - 13 * (i // 4)
        done = i < 8
        pen.box(x, y, 10, 9, tokens.AMBER_TINT if done else tokens.GREEN_TINT, 2)
        if done:
            pen.stroke([(x + 2.8, y + 2.4), (x + 7.2, y + 6.6)], tokens.AMBER, 1.4)
        elif i == 8:
            pen.stroke([(x + 2.4, y + 4.6), (x + 4.4, y + 2.4), (x + 8, y + 6.8)], tokens.LEAF, 1.8)
    pen.box(8, 8.6, 104, 2.4, tokens.LINE, 1.2)
    pen.box(10, 10, 28, 40, _BOTTLE, 6)
    pen.box(10, 20, 28, 18, tokens.WHITE)
    pen.disc(24, 29, 6, _LEAFY)
    pen.box(17, 49, 14, 8, _BOTTLE_DARK, 2)
    pen.box(12, 57, 26, 8, _BOTTLE_DARK, 3)
    pen.box(36, 59, 6, 4, _BOTTLE_DARK, 1)
    pen.stroke([(13, 57), (17, 50)], _BOTTLE_DARK, 2.4)
    for y in (56, 61, 66):
        pen.disc(47, y, 1.1, _BOTTLE)
    seedling(pen, 82, 11, 1.0)


def seedling(pen: Pen, x: float, y: float, size: float) -> None:
    """A young plant standing on ``y``."""
    pen.stroke([(x, y), (x, y + 12 * size)], _LEAFY_DARK, 2 * size)
    for turn in (-58, 58):
        pen.capsule((x, y + 9 * size), 9 * size, 5.4 * size, turn, _LEAFY)
    pen.capsule((x, y + 12 * size), 6 * size, 4.4 * size, 0, _LEAFY_DARK)


def keep_two_years(pen: Pen) -> None:
    """A farm's book with a certificate in it, and time that passes."""
    with pen.turned(16, 16, 3):
        pen.box(-1, -1, 72, 76, tokens.GREEN_DEEP, 4)
        pen.box(2, 0, 68, 73, tokens.WHITE, 2)
        pen.box(0, 0, 70, 74, tokens.GREEN, 4)
        pen.box(6, 0, 1.6, 74, tokens.GREEN_DEEP)
        pen.box(17, 50, 42, 14, tokens.WHITE, 2)
        pen.box(22, 58, 32, 2.6, tokens.SOFT, 1)
        pen.box(22, 53, 24, 2.6, tokens.SOFT, 1)
        label(pen, 28, 6, 28, 36)
    clock(pen, 94, 82, 18)


def mixed(pen: Pen) -> None:
    """Goods of two farms come into one carton: a new certificate."""
    for x, turn in ((10, 0), (66, 0)):
        with pen.turned(x, 72, turn):
            pen.box(0, 0, 44, 28, _CARTON, 2)
            pen.box(0, 0, 44, 5, _CARTON_SIDE, 2)
            pen.box(15, 4, 14, 18, tokens.WHITE, 1)
            pen.box(18, 17, 8, 2, tokens.INK, 0.5)
            code(pen, 18, 6, 8)
    pen.arrow([(32, 68), (40, 60)], tokens.GREEN, 3)
    pen.arrow([(88, 68), (80, 60)], tokens.GREEN, 3)
    carton(pen, 26, 8, 68, 38)
    label(pen, 47, 11, 26, 31)
    pen.disc(78, 17, 8.4, tokens.WHITE)
    pen.disc(78, 17, 7, tokens.LEAF)
    pen.stroke([(74.6, 17), (77.2, 14.2), (81.6, 19.8)], tokens.WHITE, 2)


def own_word(pen: Pen) -> None:
    """A promise is one's own: a hand signs under it."""
    label(pen, 22, 20, 62, 80)
    pen.box(28, 24, 26, 14, tokens.GREEN_TINT, 2)
    pen.stroke([(31, 30), (35, 34), (37, 27), (42, 34), (44, 28), (51, 31)], tokens.INK, 1.6)
    with pen.turned(53, 32, -38):
        pen.polygon([(0, 0), (-2.4, 6), (2.4, 6)], tokens.INK)
        pen.box(-2.6, 6, 5.2, 34, tokens.GREEN, 1.4)
        pen.box(-2.6, 36, 5.2, 7, tokens.GREEN_DEEP, 1.4)
    hand(pen, 76, 46, 52)


def tested(pen: Pen) -> None:
    """A sample in a tube beside the leaf it was taken from."""
    pen.box(8, 8.6, 104, 2.4, tokens.LINE, 1.2)
    for x, fill, color in ((22.0, 26.0, _LEAFY), (44.0, 34.0, tokens.rgb("#E3B23C"))):
        pen.box(x, 16, 16, 66, _GLASS, 8)
        pen.box(x + 1.8, 18, 12.4, fill, color, 6)
        pen.box(x - 2, 79, 20, 5, tokens.rgb("#9DB7C4"), 2)
    pen.box(12, 42, 60, 6, _CARTON_SIDE, 2)
    pen.box(14, 10, 56, 7, _CARTON_SIDE, 2)
    pen.box(14, 10, 4, 38, _CARTON_SIDE, 1)
    pen.box(66, 10, 4, 38, _CARTON_SIDE, 1)
    pen.disc(94, 62, 18, tokens.WHITE)
    pen.disc(94, 62, 16, tokens.LEAF)
    pen.stroke([(86, 62), (92, 55), (103, 69)], tokens.WHITE, 4)
    seedling(pen, 94, 11, 1.5)
