"""Who registers and where, drawn: a farmer in his field, a family farm, an office with its sign; a village. Each is 120 x 100 units."""

from __future__ import annotations

from math import cos, pi, sin

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.vector import Pen, Point

UNITS: Point = (120.0, 100.0)

_SKY = tokens.rgb("#EAF3EC")
_SUN = tokens.rgb("#F2B84B")
_SOIL = tokens.rgb("#B98A5E")
_SOIL_DARK = tokens.rgb("#9C7048")
_HILL = tokens.rgb("#BFDCC6")
_HILL_FAR = tokens.rgb("#D6E9DA")
_MOUNTAIN = tokens.rgb("#E0EDE3")
_SKIN = tokens.rgb("#EDBE98")
_SKIN_SHADE = tokens.rgb("#D79E75")
_STRAW = tokens.rgb("#E8C56B")
_STRAW_DARK = tokens.rgb("#C99F3F")
_SHIRT = tokens.rgb("#3C7FB1")
_SHIRT_DARK = tokens.rgb("#2F668F")
_WALL = tokens.rgb("#F7EFDF")
_WALL_SHADE = tokens.rgb("#E6D9BF")
_ROOF = tokens.rgb("#B5523B")
_ROOF_DARK = tokens.rgb("#93402D")
_DOOR = tokens.rgb("#7A5232")
_GLASS = tokens.rgb("#9CC7DA")
_FILM = tokens.rgb("#DDF0F4")
_STEEL = tokens.rgb("#8C9B92")
_OFFICE = tokens.rgb("#D9E0DB")
_OFFICE_DARK = tokens.rgb("#B9C5BD")


def _ground(pen: Pen) -> None:
    pen.box(0, 0, 120, 100, _SKY, 8)
    pen.disc(101, 81, 9, _SUN)


def _hills(pen: Pen) -> None:
    _ridges(pen, ((0, 62, 44, _HILL_FAR), (52, 120, 40, _HILL_FAR), (14, 104, 32, _HILL)))


def _field(pen: Pen, height: float) -> None:
    pen.box(0, 0, 120, height, _SOIL, 8)
    pen.box(0, height - 10, 120, 10, _SOIL, 0)
    for x in range(10, 120, 20):
        pen.stroke([(60 + (x - 60) * 0.7, height - 2), (x, 4)], _SOIL_DARK, 1.6)


def _sprout(pen: Pen, x: float, y: float, size: float) -> None:
    pen.stroke([(x, y), (x, y + 7 * size)], tokens.LEAF, 1.8 * size)
    for angle in (52, -52):
        pen.capsule((x, y + 5.4 * size), 6 * size, 4.2 * size, angle, tokens.LEAF)


def farmer(pen: Pen) -> None:
    """A man with a straw hat among what he grows."""
    _ground(pen)
    _hills(pen)
    _field(pen, 28)
    for x, y, size in ((14, 20, 1.0), (32, 13, 1.25), (92, 13, 1.25), (108, 20, 1.0), (16, 5, 1.5), (104, 5, 1.5)):
        _sprout(pen, x, y, size)
    pen.box(43, 8, 34, 40, _SHIRT, 13)
    pen.box(43, 4, 34, 24, _SHIRT, 3)
    pen.capsule((45, 38), 20, 9, 168, _SHIRT_DARK)
    pen.capsule((75, 38), 20, 9, -168, _SHIRT_DARK)
    pen.disc(40.6, 16.5, 4.6, _SKIN_SHADE)
    pen.disc(79.4, 16.5, 4.6, _SKIN_SHADE)
    pen.polygon([(53, 48), (67, 48), (60, 39)], tokens.WHITE)
    pen.box(55.5, 44, 9, 10, _SKIN_SHADE, 3)
    pen.disc(60, 60, 13, _SKIN)
    for x in (55, 65):
        pen.disc(x, 61, 1.5, tokens.INK)
    pen.arc(60, 58, 5, tokens.INK, 1.3, 125, 235)
    pen.box(35, 65.4, 50, 6.6, _STRAW_DARK, 3.3)
    pen.box(36, 67, 48, 5.6, _STRAW, 2.8)
    pen.box(47, 68, 26, 15, _STRAW, 9)
    pen.box(47, 69.5, 26, 4.6, tokens.LEAF, 1)


def family_farm(pen: Pen) -> None:
    """A house, a greenhouse and rows before them."""
    _ground(pen)
    _hills(pen)
    _field(pen, 24)
    pen.arc(89, 24, 12.5, _FILM, 25, -90, 90)
    for radius in (25, 17, 9):
        pen.arc(89, 24, radius, _STEEL, 1.3, -90, 90)
    pen.stroke([(64, 24), (114, 24)], _STEEL, 1.6)
    pen.stroke([(89, 24), (89, 49)], _STEEL, 1.3)
    pen.box(14, 24, 44, 29, _WALL, 1.5)
    pen.box(14, 24, 44, 4, _WALL_SHADE, 1)
    pen.polygon([(8, 51), (64, 51), (52, 71), (20, 71)], _ROOF)
    pen.stroke([(9, 51), (63, 51)], _ROOF_DARK, 2.2)
    for x in (20, 28, 36, 44, 52):
        pen.stroke([(36 + (x - 36) * 0.95, 68), (36 + (x - 36) * 1.25, 54)], _ROOF_DARK, 0.9)
    pen.box(31, 24, 11, 18, _DOOR, 1.2)
    pen.disc(39.4, 32, 0.9, _STRAW)
    for left in (18.5, 46.0):
        pen.box(left, 33, 8.5, 9, _GLASS, 1)
        pen.stroke([(left + 4.25, 33), (left + 4.25, 42)], tokens.WHITE, 1)
    for x, y, size in ((18, 13, 1.0), (38, 13, 1.0), (60, 13, 1.0), (82, 13, 1.0), (104, 13, 1.0)):
        _sprout(pen, x, y, size)
    for x in (12, 36, 60, 84, 108):
        _sprout(pen, x, 2.5, 1.25)


def organisation(pen: Pen) -> None:
    """A building with its sign: papers in hand, to the counter."""
    _ground(pen)
    _hills(pen)
    pen.box(0, 0, 120, 14, _OFFICE_DARK, 8)
    pen.box(0, 7, 120, 7, _OFFICE_DARK, 0)
    pen.box(27, 12, 66, 62, _OFFICE, 2)
    pen.box(27, 12, 66, 5, _OFFICE_DARK, 1)
    pen.box(23, 72, 74, 6, tokens.GREEN, 2)
    for y in (56, 41):
        for x in (35.0, 49.5, 64.0, 78.5):
            pen.box(x, y, 8, 9.5, _GLASS, 1)
    pen.box(48, 14, 24, 20, _GLASS, 1)
    pen.stroke([(60, 14), (60, 34)], tokens.WHITE, 1.4)
    pen.box(44, 33, 32, 4.4, tokens.GREEN, 1.4)
    pen.box(31, 17, 8.5, 20, tokens.WHITE, 1)
    for line in (33.0, 29.4, 25.8, 22.2):
        pen.box(33.4, line - 1.4, 3.7, 2.2, tokens.INK, 0.5)
    pen.box(93.5, 14, 16, 21, tokens.WHITE, 1.6)
    pen.box(96, 29, 11, 2.2, tokens.LEAF, 1)
    for line in (25.0, 21.6):
        pen.box(96, line, 11, 1.4, tokens.LINE, 0.6)
    pen.disc(104.5, 18.4, 2.7, tokens.RED)


VILLAGE_UNITS: Point = (200.0, 80.0)
VILLAGE_HIGH_UNITS: Point = (200.0, 150.0)


def village(pen: Pen) -> None:
    """Houses between hills and rows, and the pin that says: here. 200 x 80 units."""
    pen.box(0, 0, 200, 80, _SKY, 8)
    pen.disc(172, 63, 8, _SUN)
    _ridges(pen, ((0, 96, 46, _HILL_FAR), (78, 200, 42, _HILL_FAR), (30, 170, 31, _HILL)))
    _settlement(pen)


def village_high(pen: Pen) -> None:
    """The same village under mountains and a high sky. 200 x 150 units."""
    pen.box(0, 0, 200, 150, _SKY, 8)
    pen.disc(164, 122, 12, _SUN)
    for x, y in ((34, 124), (104, 110)):
        pen.box(x, y, 34, 9, tokens.WHITE, 4.5)
        pen.disc(x + 13, y + 8, 7.5, tokens.WHITE)
        pen.disc(x + 22, y + 6.5, 5.5, tokens.WHITE)
    _ridges(pen, ((4, 112, 92, _MOUNTAIN), (84, 198, 78, _MOUNTAIN), (0, 96, 54, _HILL_FAR), (78, 200, 48, _HILL_FAR)))
    _ridges(pen, ((30, 170, 33, _HILL),))
    _settlement(pen)


def _ridges(pen: Pen, ridges: tuple[tuple[int, int, int, tokens.Color], ...]) -> None:
    for left, right, height, color in ridges:
        half = (right - left) / 2
        pen.polygon([(left + half - half * cos(pi * i / 24), height * sin(pi * i / 24) ** 0.8) for i in range(25)], color)


def _settlement(pen: Pen) -> None:
    pen.box(0, 0, 200, 16, _SOIL, 8)
    pen.box(0, 8, 200, 8, _SOIL, 0)
    for foot in range(10, 200, 20):
        pen.stroke([(100 + (foot - 100) * 0.8, 14), (foot, 3)], _SOIL_DARK, 1.4)
    for x, width, tall in ((34, 26, 13), (66, 20, 10), (116, 20, 11), (142, 28, 14)):
        _house(pen, x, 16, width, tall)
    for x, y, size in ((20, 9, 0.9), (48, 6, 1.1), (76, 9, 0.9), (124, 9, 0.9), (152, 6, 1.1), (180, 9, 0.9)):
        _sprout(pen, x, y, size)
    pen.polygon([(88.5, 46), (111.5, 46), (100, 21)], tokens.GREEN)
    pen.disc(100, 50, 14, tokens.GREEN)
    pen.disc(100, 50, 6, tokens.WHITE)


def _house(pen: Pen, x: float, y: float, width: float, tall: float) -> None:
    pen.box(x, y, width, tall, _WALL, 1)
    pen.polygon([(x - 2.5, y + tall - 0.5), (x + width + 2.5, y + tall - 0.5), (x + width / 2, y + tall * 1.75)], _ROOF)
    pen.box(x + width * 0.4, y, width * 0.22, tall * 0.62, _DOOR, 0.6)
    pen.box(x + width * 0.12, y + tall * 0.36, width * 0.18, tall * 0.36, _GLASS, 0.5)


PHONE_UNITS: Point = (160.0, 72.0)


def phone_on_label(pen: Pen) -> None:
    """A label with its line for the phone, and the phone that rings for it. 160 x 72 units."""
    pen.box(0, 0, 160, 72, _SKY, 8)
    pen.box(22, 7, 52, 60, _OFFICE_DARK, 3)
    pen.box(21, 8, 52, 60, tokens.WHITE, 3)
    pen.box(28, 56, 38, 6, tokens.GREEN, 2)
    for y, width in ((48, 34), (42, 38)):
        pen.box(28, y, width, 2.6, tokens.LINE, 1)
    pen.box(25.5, 29.5, 43, 9, tokens.MINT, 2.5)
    for x, width in ((29, 9), (40, 11), (53, 11)):
        pen.box(x, 32.6, width, 2.8, tokens.GREEN, 1)
    pen.box(28, 12, 14, 14, tokens.INK, 1)
    for x, y in ((30, 20), (36, 20), (30, 14)):
        pen.box(x, y, 4, 4, tokens.WHITE, 0.4)
        pen.box(x + 1.1, y + 1.1, 1.8, 1.8, tokens.INK, 0.2)
    for y, width in ((22, 20), (17, 22), (12, 14)):
        pen.box(46, y, width, 2.4, tokens.LINE, 1)
    pen.arrow([(75, 34), (88, 38), (102, 36)], tokens.LEAF, 2.4)
    pen.box(108, 10, 28, 52, tokens.INK, 5)
    pen.box(110.4, 15, 23.2, 42, tokens.GREEN_TINT, 2)
    pen.disc(122, 41, 7.5, tokens.LEAF)
    pen.disc(122, 43, 2.8, tokens.WHITE)
    pen.box(117.5, 36.2, 9, 4.4, tokens.WHITE, 2.2)
    pen.disc(122, 23.5, 4.2, tokens.GREEN)
    pen.box(119, 12, 6, 1.2, _STEEL, 0.6)
    for radius in (20, 25):
        pen.arc(122, 37, radius, tokens.LEAF, 1.6, 58, 92)
        pen.arc(122, 37, radius, tokens.LEAF, 1.6, 268, 302)
