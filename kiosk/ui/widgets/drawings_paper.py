"""What to do with the printer, drawn: hands that open, put in, close, pull out, press and call. Each picture is 120 x 112 units."""

from __future__ import annotations

from math import cos, radians, sin

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.vector import Pen, Point

UNITS: Point = (120.0, 112.0)

_SHELL = tokens.rgb("#C6D0C9")
_SHELL_LIGHT = tokens.rgb("#DAE1DC")
_SHELL_DARK = tokens.rgb("#8C9B92")
_INSIDE = tokens.rgb("#39463F")
_SHEET = tokens.rgb("#FFFFFF")
_SHEET_EDGE = tokens.rgb("#B9B39F")
_CORE = tokens.rgb("#C9A878")
_SKIN = tokens.rgb("#EDBE98")
_SKIN_SHADE = tokens.rgb("#D79E75")
_CUFF = tokens.rgb("#F6F4EC")
_SLEEVE = tokens.LEAF
_MOVE = tokens.GREEN
_ALERT = tokens.rgb("#C0392B")
_WARM = tokens.rgb("#E08A3C")
_HINGE: Point = (100.0, 41.0)
_OPEN = 54


def hand(pen: Pen, x: float, y: float, angle: float, *, mirrored: bool = False) -> None:
    """A hand that holds something at (``x``, ``y``); at angle 0 it comes from below."""
    with pen.turned(x, y, angle, mirrored=mirrored):
        pen.box(-8, -48, 16, 22, _SLEEVE, 4)
        pen.box(-9, -31, 18, 6, _CUFF, 2.4)
        pen.capsule((7.5, -20), 13, 6.2, -16, _SKIN_SHADE)
        pen.box(-9.5, -27, 19, 20, _SKIN, 7)
        for i in range(4):
            pen.capsule((-6.9 + 4.6 * i, -11), 10 + (0, 2.4, 2.2, 0.4)[i], 5.2, 0, _SKIN_SHADE)
            pen.capsule((-6.9 + 4.6 * i, -11), 10 + (0, 2.4, 2.2, 0.4)[i], 4.4, 0, _SKIN)


def pointing_hand(pen: Pen, x: float, y: float, angle: float, *, mirrored: bool = False) -> None:
    """A hand whose forefinger touches (``x``, ``y``); at angle 0 it comes from below."""
    with pen.turned(x, y, angle, mirrored=mirrored):
        pen.box(-5, -56, 16, 20, _SLEEVE, 4)
        pen.box(-6, -41, 18, 6, _CUFF, 2.4)
        pen.capsule((-4.5, -28), 10, 6, 22, _SKIN_SHADE)
        pen.box(-6, -36, 18, 19, _SKIN, 7)
        for i in range(3):
            pen.capsule((2.4 + 4.4 * i, -22), 6.2 - i * 0.8, 5.2, 0, _SKIN_SHADE)
            pen.capsule((2.4 + 4.4 * i, -22), 6.2 - i * 0.8, 4.4, 0, _SKIN)
        pen.capsule((-2.2, -20), 17.2, 5.6, 0, _SKIN_SHADE)
        pen.capsule((-2.2, -20), 17.2, 4.8, 0, _SKIN)


def _floor(pen: Pen) -> None:
    pen.box(8, 8.6, 104, 2.4, tokens.LINE, 1.2)


def _body(pen: Pen) -> None:
    """The printer from its side, without its lid."""
    _floor(pen)
    pen.box(18, 10, 88, 31, _SHELL, 7)
    pen.box(18, 10, 88, 8, _SHELL_DARK, 4)
    pen.box(18, 13, 88, 7, _SHELL, 0)
    pen.box(32, 19, 58, 23, _INSIDE, 10)
    pen.box(32, 32, 58, 10, _INSIDE, 0)
    pen.disc(25, 26, 2.4, tokens.LEAF)


def _lid(pen: Pen, angle: float) -> None:
    """The lid at its hinge at the back; 0 is closed."""
    with pen.turned(*_HINGE, -angle):
        pen.box(-82, -1, 86, 14, _SHELL_LIGHT, 6)
        pen.box(-82, -1, 86, 4, _SHELL_DARK, 1.5)
        pen.box(-70, 6, 26, 2.4, _SHELL, 1.2)
    pen.disc(*_HINGE, 4.4, _SHELL_DARK)
    pen.disc(*_HINGE, 1.8, _SHELL_LIGHT)


def _on_lid(distance: float, angle: float, height: float = 0.0) -> Point:
    """A point of the lid, ``distance`` from the hinge, ``height`` above its lower face."""
    turn = radians(-angle)
    return (
        _HINGE[0] - distance * cos(turn) - height * sin(turn),
        _HINGE[1] - distance * sin(turn) + height * cos(turn),
    )


def _swing(pen: Pen, start: float, end: float, distance: float = 92.0) -> None:
    """An arrow along the way of the lid's edge."""
    steps = 12
    pen.arrow([_on_lid(distance, start + (end - start) * i / steps, 7) for i in range(steps + 1)], _MOVE, 2.8)


def _roll(pen: Pen, x: float, y: float, radius: float = 13.0) -> None:
    """A roll of paper from its side."""
    pen.disc(x, y, radius + 0.7, _SHEET_EDGE)
    pen.disc(x, y, radius, _SHEET)
    for part in (0.82, 0.64):
        pen.arc(x, y, radius * part, _SHEET_EDGE, 0.6)
    pen.disc(x, y, radius * 0.42, _CORE)
    pen.disc(x, y, radius * 0.26, _INSIDE)


def _front(pen: Pen, *, light: tokens.Color) -> None:
    """The printer from its front, closed."""
    _floor(pen)
    pen.box(22, 10, 76, 50, _SHELL, 8)
    pen.box(22, 38, 76, 24, _SHELL_LIGHT, 8)
    pen.box(22, 36, 76, 4, _SHELL_DARK, 0)
    pen.box(34, 33.4, 52, 4.6, _INSIDE, 2)
    pen.disc(88, 50, 2.8, light)
    pen.box(29, 47.6, 16, 4.8, _SHELL, 2.4)


def _slip(pen: Pen, x: float, top: float, width: float, height: float) -> None:
    """A label hanging from ``top``."""
    pen.box(x - 0.7, top - height - 0.7, width + 1.4, height + 0.7, _SHEET_EDGE, 1.4)
    pen.box(x, top - height, width, height, _SHEET, 1)
    pen.box(x + width * 0.2, top - height * 0.2, width * 0.6, height * 0.09, tokens.INK, 0.6)
    for i in range(3):
        pen.box(x + width * 0.14, top - height * (0.38 + 0.12 * i), width * 0.5, height * 0.05, tokens.SOFT, 0.4)
    side = width * 0.28
    pen.box(x + width * 0.6, top - height * 0.94, side, side, tokens.INK, 0.6)


def open_cover(pen: Pen) -> None:
    """A hand lifts the lid."""
    _body(pen)
    _lid(pen, 30)
    _swing(pen, 34, 54, 88)
    x, y = _on_lid(78, 30, 1)
    hand(pen, x, y, -34)


def put_roll_in(pen: Pen) -> None:
    """A hand lets a new roll down into the open printer."""
    _body(pen)
    _lid(pen, _OPEN)
    _roll(pen, 50, 56, 14)
    hand(pen, 41, 63, 204)
    pen.arrow([(22, 66), (22, 46)], _MOVE, 2.8)


def close_cover(pen: Pen) -> None:
    """A hand presses the lid down until it clicks."""
    _body(pen)
    _roll(pen, 61, 31, 11)
    _lid(pen, 14)
    _swing(pen, 42, 22, 90)
    x, y = _on_lid(58, 14, 10)
    hand(pen, x, y, 158)
    for start, end in (((13, 50), (8, 53)), ((12, 44), (6, 44)), ((13, 38), (8, 35))):
        pen.stroke([start, end], tokens.LEAF, 1.8)


def pull_paper(pen: Pen) -> None:
    """A hand takes crumpled paper out of the open printer."""
    _body(pen)
    _roll(pen, 68, 31, 11)
    _lid(pen, _OPEN)
    crumpled: list[Point] = [(61, 40), (54, 46), (57, 51), (49, 54), (51, 60), (43, 64)]
    pen.stroke(crumpled, _SHEET_EDGE, 8)
    pen.stroke(crumpled, _SHEET, 6.4)
    hand(pen, 41, 66, -44)
    pen.arrow([(36, 84), (24, 98)], _MOVE, 2.8)


def clear_cutter(pen: Pen) -> None:
    """A hand picks scraps from the knife at the mouth of the printer."""
    _body(pen)
    _roll(pen, 72, 31, 10)
    _lid(pen, _OPEN)
    teeth: list[Point] = [(35, 41)]
    for i in range(5):
        teeth += [(37.4 + 4.4 * i, 46), (39.8 + 4.4 * i, 41)]
    pen.stroke(teeth, _ALERT, 1.4)
    for x, y, turn in ((42, 55, 20), (49, 54, -32), (45, 63, 48)):
        with pen.turned(x, y, turn):
            pen.box(-3.6, -2.6, 7.2, 5.2, _SHEET_EDGE, 0.8)
            pen.box(-3, -2, 6, 4, _SHEET, 0.6)
    hand(pen, 42, 62, -44)
    pen.arrow([(36, 84), (24, 98)], _MOVE, 2.8)


def cool_down(pen: Pen) -> None:
    """Warm air rises from the printer, a clock goes round: wait."""
    _front(pen, light=_WARM)
    for x in (36, 48, 60):
        pen.stroke([(x, 66), (x - 2.6, 71), (x + 2.6, 77), (x, 82), (x - 1.4, 86)], _WARM, 2.4)
    clock(pen, 88, 78, 16)


def clock(pen: Pen, x: float, y: float, radius: float) -> None:
    """A clock with an arrow that goes on."""
    pen.disc(x, y, radius, tokens.GREEN)
    pen.disc(x, y, radius - 2.4, _SHEET)
    pen.stroke([(x, y), (x, y + radius * 0.55)], tokens.INK, 2)
    pen.stroke([(x, y), (x + radius * 0.4, y - radius * 0.16)], tokens.INK, 2)
    pen.disc(x, y, 1.7, tokens.INK)


def wait_ten(pen: Pen) -> None:
    """The printer is off; count to ten."""
    _front(pen, light=_SHELL_DARK)
    clock(pen, 60, 80, 17)


def look_at_light(pen: Pen) -> None:
    """A finger points at the power light."""
    with pen.turned(-8, 28, 0):
        _front(pen, light=tokens.LEAF)
        pen.arc(88, 50, 6.4, _MOVE, 1.8)
        for start, end in (((88, 59), (88, 64)), ((95, 57), (98.6, 60.6)), ((81, 57), (77.4, 60.6))):
            pen.stroke([start, end], _MOVE, 1.8)
        pointing_hand(pen, 93, 44, 24)


def press_switch(pen: Pen) -> None:
    """A finger presses the switch."""
    with pen.turned(-6, 30, 0):
        _front(pen, light=tokens.LEAF)
        pen.disc(60, 22, 7.6, _SHELL_DARK)
        pen.disc(60, 22, 6.4, _SHELL_LIGHT)
        pen.arc(60, 22, 3.4, tokens.GREEN, 1.4, 34, 326)
        pen.stroke([(60, 23), (60, 26.4)], tokens.GREEN, 1.4)
        pointing_hand(pen, 64, 18, 46)


def plug_in(pen: Pen) -> None:
    """A hand puts the cable into the printer."""
    _floor(pen)
    pen.box(56, 10, 56, 62, _SHELL, 8)
    pen.box(56, 48, 56, 24, _SHELL_LIGHT, 8)
    pen.box(56, 45, 56, 4, _SHELL_DARK, 0)
    pen.box(56, 24, 8, 14, _INSIDE, 2)
    pen.box(39, 26.6, 12, 8.8, tokens.SOFT, 1.4)
    pen.box(50, 28.4, 5, 5.2, _SHELL_DARK, 0.8)
    pen.stroke([(39, 31), (30, 31), (22, 34), (14, 34)], tokens.SOFT, 3.2)
    hand(pen, 42, 31, -84)
    pen.arrow([(32, 52), (50, 52)], _MOVE, 2.8)


def try_again(pen: Pen) -> None:
    """A half printed label goes, a new one comes."""
    _front(pen, light=tokens.LEAF)
    _slip(pen, 42, 35, 36, 24)
    pen.arc(60, 80, 13, _MOVE, 3, 40, 330)
    pen.polygon([(45, 95), (58, 96), (51, 85)], _MOVE)


def call_staff(pen: Pen) -> None:
    """Somebody of the station comes."""
    _front(pen, light=_ALERT)
    person(pen, 88, 12, 1.0)


def person(pen: Pen, x: float, y: float, size: float) -> None:
    """A member of the staff with a badge, standing at ``x`` on ``y``."""
    pen.box(x - 17 * size, y, 34 * size, 42 * size, tokens.WHITE, 16 * size)
    pen.box(x - 15 * size, y, 30 * size, 40 * size, tokens.GREEN, 14 * size)
    pen.box(x - 15 * size, y, 30 * size, 16 * size, tokens.GREEN, 2)
    pen.polygon([(x - 6 * size, y + 40 * size), (x + 6 * size, y + 40 * size), (x, y + 28 * size)], _CUFF)
    pen.disc(x, y + 52 * size, 13.6 * size, tokens.WHITE)
    pen.disc(x, y + 54 * size, 12 * size, tokens.INK)
    pen.disc(x, y + 50.6 * size, 11 * size, _SKIN)
    pen.disc(x - 4.4 * size, y + 50.5 * size, 1.3 * size, tokens.INK)
    pen.disc(x + 4.4 * size, y + 50.5 * size, 1.3 * size, tokens.INK)
    pen.arc(x, y + 48.4 * size, 4 * size, tokens.INK, 1.2 * size, 118, 242)
    pen.box(x + 3 * size, y + 18 * size, 9 * size, 6.4 * size, tokens.WHITE, 1)


def keep_safe(pen: Pen) -> None:
    """A certificate goes into a drawer that locks."""
    _slip(pen, 40, 96, 40, 52)
    pen.arrow([(94, 88), (94, 62)], _MOVE, 3)
    pen.box(16, 8, 88, 46, tokens.GREEN, 7)
    pen.box(24, 44, 72, 4, tokens.GREEN_DEEP, 2)
    pen.disc(60, 26, 11, tokens.GREEN_DEEP)
    pen.stroke([(54.4, 26), (58.6, 21.6), (66, 30.4)], tokens.WHITE, 2.8)


def stopped(pen: Pen) -> None:
    """A certificate that was not made, and a shield over what was typed."""
    for x, y, turn in ((40, 30, 8), (36, 32, -4)):
        with pen.turned(x, y, turn):
            pen.box(-0.8, -0.8, 47.6, 61.6, _SHEET_EDGE, 3)
            pen.box(0, 0, 46, 60, _SHEET, 2.6)
    with pen.turned(36, 32, -4):
        pen.box(9, 48, 28, 5, _SHELL, 1)
        for i in range(3):
            pen.box(7, 38 - 8 * i, 32 - 6 * i, 3, _SHELL_LIGHT, 1)
    shield = [(80, 56), (102, 48), (101, 30), (92, 16), (80, 9), (68, 16), (59, 30), (58, 48)]
    pen.polygon([(80, 60.4), *[(80 + (x - 80) * 1.16, 33 + (y - 33) * 1.16) for x, y in shield[1:]]], tokens.WHITE)
    pen.polygon(shield, tokens.GREEN)
    pen.stroke([(70, 34), (77.4, 26), (91, 42)], tokens.WHITE, 4.4)


def show_code(pen: Pen) -> None:
    """A hand holds a label before the camera."""
    pen.box(74, 54, 38, 44, _SHELL_DARK, 9)
    pen.box(75.6, 55.6, 34.8, 40.8, _INSIDE, 8)
    pen.disc(93, 76, 13, _SHELL)
    pen.disc(93, 76, 10.6, tokens.INK)
    pen.disc(93, 76, 5.6, tokens.rgb("#2C5B73"))
    pen.disc(90, 79.4, 2, tokens.WHITE)
    pen.disc(105, 91, 1.8, _ALERT)
    for rise in (-1, 0, 1):
        pen.stroke([(68, 76 + 4 * rise), (60, 76 + 9 * rise)], tokens.LEAF, 1.8)
    with pen.turned(12, 46, 5):
        pen.box(-0.7, -0.7, 41.4, 55.4, _SHEET_EDGE, 2)
        pen.box(0, 0, 40, 54, _SHEET, 1.6)
        pen.box(8, 45, 24, 4, tokens.INK, 0.6)
        _code(pen, 7, 12, 26)
    hand(pen, 31, 54, -8)


def _code(pen: Pen, x: float, y: float, side: float) -> None:
    """Something that is seen as a QR at once, and is none."""
    cell = side / 11
    for column, row in ((0, 0), (0, 7), (7, 7)):
        pen.box(x + column * cell, y + row * cell, 4 * cell, 4 * cell, tokens.INK, 0.5)
        pen.box(x + (column + 0.8) * cell, y + (row + 0.8) * cell, 2.4 * cell, 2.4 * cell, _SHEET, 0.3)
        pen.box(x + (column + 1.4) * cell, y + (row + 1.4) * cell, 1.2 * cell, 1.2 * cell, tokens.INK, 0.2)
    for column, row in ((5, 0), (5, 3), (7, 1), (9, 0), (10, 3), (8, 4), (5, 6), (5, 9), (2, 5), (0, 5), (9, 5), (7, 3), (4, 4)):
        pen.box(x + column * cell, y + row * cell, cell, cell, tokens.INK, 0.1)


STAFF_UNITS: Point = (60.0, 70.0)


def staff(pen: Pen) -> None:
    """A member of the staff."""
    pen.disc(30, 34, 30, tokens.GREEN_TINT)
    person(pen, 30, 4, 0.94)


def refuse(pen: Pen) -> None:
    """A label with a cross over its code: not to be taken."""
    with pen.turned(22, 14, 4):
        pen.box(-0.8, -0.8, 61.6, 81.6, _SHEET_EDGE, 3)
        pen.box(0, 0, 60, 80, _SHEET, 2.4)
        pen.box(12, 67, 36, 6, tokens.INK, 0.8)
        for i in range(2):
            pen.box(9, 57 - 7 * i, 42 - 10 * i, 3, _SHELL, 0.8)
        _code(pen, 13, 8, 34)
    pen.disc(88, 34, 23, tokens.WHITE)
    pen.disc(88, 34, 20, tokens.RED)
    pen.stroke([(80, 26), (96, 42)], tokens.WHITE, 5)
    pen.stroke([(80, 42), (96, 26)], tokens.WHITE, 5)
