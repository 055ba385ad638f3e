"""What to do with the scale, and which paper is right, drawn. Each picture is 120 x 112 units."""

from __future__ import annotations

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.drawings_paper import UNITS, pointing_hand
from kiosk.ui.widgets.vector import Pen, Point

__all__ = ["UNITS", "another_paper", "hands_off", "switch_on", "take_goods_off"]

_SHELL = tokens.rgb("#C6D0C9")
_SHELL_DARK = tokens.rgb("#8C9B92")
_PAN = tokens.rgb("#E8ECE9")
_GLASS = tokens.rgb("#12301F")
_LIT = tokens.rgb("#7BE0A0")
_UNLIT = tokens.rgb("#1E4730")
_WOOD = tokens.rgb("#C99B62")
_WOOD_DARK = tokens.rgb("#A67B45")
_RED = tokens.rgb("#D8392B")
_RED_LIGHT = tokens.rgb("#F0695C")
_SHEET_EDGE = tokens.rgb("#B9B39F")
_RULE = tokens.rgb("#D5D1C4")

# Which of the seven strokes a digit lights: top, upper right, lower right, bottom, lower left, upper left, middle.
_STROKES = {"0": "1111110", "1": "0110000", "2": "1101101", "5": "1011011", "6": "1011111", " ": "0000000"}


def switch_on(pen: Pen) -> None:
    """A finger presses the switch, and the lamp is lit."""
    _scale(pen, "   ")
    pen.disc(103, 70.5, 2.0, tokens.LEAF)
    for x, y, ahead_x, ahead_y in ((108.5, 73, 112.5, 75), (109, 70, 113.5, 69.6), (107.6, 66.8, 111, 64)):
        pen.stroke([(x, y), (ahead_x, ahead_y)], tokens.LEAF, 1.4)
    pointing_hand(pen, 87, 69, -38, mirrored=True)


def take_goods_off(pen: Pen) -> None:
    """The crate goes up; the display shows nothing but zeros."""
    _scale(pen, "000")
    _crate(pen, 24, 52)
    pen.arrow([(14, 34), (14, 70)], tokens.GREEN, 3.0)


def hands_off(pen: Pen) -> None:
    """The crate stands by itself; the number stands still."""
    _scale(pen, "126")
    _crate(pen, 24, 28.5)
    pen.disc(48, 82, 10, tokens.LEAF)
    pen.stroke([(43.2, 81.8), (46.8, 78.2), (53.2, 86)], tokens.WHITE, 2.6)


def another_paper(pen: Pen) -> None:
    """This certificate not, another paper yes."""
    with pen.turned(40, 58, 7):
        _paper(pen, -24, -32, 44, 60, tokens.LINE)
    pen.disc(24, 82, 11, tokens.RED)
    pen.stroke([(20, 78), (28, 86)], tokens.WHITE, 2.8)
    pen.stroke([(20, 86), (28, 78)], tokens.WHITE, 2.8)
    with pen.turned(82, 50, -5):
        _paper(pen, -24, -34, 48, 66, tokens.LEAF)
        pen.arc(11, -20, 7, tokens.rgb("#C0392B"), 1.8)
        pen.disc(11, -20, 2.6, tokens.rgb("#C0392B"))
    pen.disc(104, 84, 11, tokens.LEAF)
    pen.stroke([(98.8, 84), (102.8, 80), (109.6, 88.4)], tokens.WHITE, 2.8)


def _scale(pen: Pen, shown: str) -> None:
    pen.box(8, 8.6, 104, 2.4, tokens.LINE, 1.2)
    pen.box(24, 11, 62, 9, _SHELL, 3)
    pen.box(30, 11, 8, 3, _SHELL_DARK, 1)
    pen.box(72, 11, 8, 3, _SHELL_DARK, 1)
    pen.box(18, 21, 74, 6.5, _PAN, 2)
    pen.box(18, 21, 74, 2, _SHELL, 1)
    pen.box(94, 13, 5, 50, _SHELL_DARK, 2)
    pen.box(84, 11, 15, 5, _SHELL_DARK, 2)
    pen.box(78, 62, 36, 29, _SHELL, 4)
    pen.box(82, 75, 28, 12.5, _GLASS, 2)
    pen.disc(87, 69, 2.6, _SHELL_DARK)
    pen.disc(103, 70.5, 2.0, _SHELL_DARK)
    for i, digit in enumerate(shown):
        _digit(pen, 85.2 + i * 7.6, 77.2, digit)


def _digit(pen: Pen, x: float, y: float, digit: str) -> None:
    wide, half = 4.6, 4.0
    ways: list[tuple[Point, Point]] = [
        ((x, y + 2 * half), (x + wide, y + 2 * half)),
        ((x + wide, y + half), (x + wide, y + 2 * half)),
        ((x + wide, y), (x + wide, y + half)),
        ((x, y), (x + wide, y)),
        ((x, y), (x, y + half)),
        ((x, y + half), (x, y + 2 * half)),
        ((x, y + half), (x + wide, y + half)),
    ]
    for lit, (start, end) in zip(_STROKES[digit], ways, strict=True):
        if lit == "0":
            pen.stroke([start, end], _UNLIT, 0.9)
    for lit, (start, end) in zip(_STROKES[digit], ways, strict=True):
        if lit == "1":
            pen.stroke([start, end], _LIT, 1.2)


def _crate(pen: Pen, x: float, y: float) -> None:
    """A crate of tomatoes; (``x``, ``y``) is its lower left corner."""
    for i, (across, up) in enumerate(((8, 24), (19, 25.5), (30, 25), (40, 24), (13.5, 29), (25, 31), (35.5, 29.5))):
        pen.disc(x + across, y + up, 6.4, _RED)
        pen.disc(x + across - 2, y + up + 2, 1.7, _RED_LIGHT)
        if i >= 4:
            pen.stroke([(x + across - 2, y + up + 5.8), (x + across + 2, y + up + 6.6)], tokens.LEAF, 1.5)
    pen.box(x, y, 48, 24, _WOOD_DARK, 2)
    for row in range(3):
        pen.box(x, y + 1 + row * 8, 48, 6.4, _WOOD, 1.4)
    pen.box(x, y, 5, 24, _WOOD_DARK, 1.4)
    pen.box(x + 43, y, 5, 24, _WOOD_DARK, 1.4)


def _paper(pen: Pen, x: float, y: float, width: float, height: float, head: tokens.Color) -> None:
    pen.box(x - 0.7, y - 0.7, width + 1.4, height + 1.4, _SHEET_EDGE, 3)
    pen.box(x, y, width, height, tokens.WHITE, 2.6)
    pen.box(x + 8, y + height - 13, width - 16, 5.4, head, 2)
    for i in range(4):
        pen.box(x + 8, y + height - 23 - i * 7.4, (width - 16) * (1.0, 0.82, 0.92, 0.5)[i], 2.8, _RULE, 1.4)
