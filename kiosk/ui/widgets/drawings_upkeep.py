"""What a technician does, drawn: open the case, unplug, plug in, found, done, listen. Each picture is 120 x 90 units."""

from __future__ import annotations

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.drawings_identify import PAD, id_card, reader
from kiosk.ui.widgets.drawings_paper import hand
from kiosk.ui.widgets.vector import Pen, Point
from kiosk.upkeep.health import Part

UNITS: Point = (120.0, 90.0)

DEVICE_UNITS: Point = (54.0, 42.0)

_SHELL = tokens.rgb("#C6D0C9")
_SHELL_LIGHT = tokens.rgb("#DAE1DC")
_SHELL_DARK = tokens.rgb("#8C9B92")
_INSIDE = tokens.rgb("#39463F")
_GLASS = tokens.rgb("#CFE6D8")
_STEEL = tokens.rgb("#E8ECE9")
_CABLE = tokens.rgb("#4A564F")
_METAL = tokens.rgb("#B7C0BA")
_ALERT = tokens.rgb("#C0392B")


def _floor(pen: Pen) -> None:
    pen.box(6, 8.6, 108, 2.4, tokens.LINE, 1.2)


def _kiosk(pen: Pen, x: float, y: float, scale: float = 1.0) -> None:
    """The terminal from its side, with sockets low at its left."""
    pen.box(x, y, 30 * scale, 62 * scale, _SHELL, 5 * scale)
    pen.box(x + 4 * scale, y + 26 * scale, 22 * scale, 31 * scale, _INSIDE, 2 * scale)
    pen.box(x + 6 * scale, y + 28 * scale, 18 * scale, 27 * scale, _GLASS, 1.5 * scale)
    pen.box(x + 9 * scale, y + 46 * scale, 12 * scale, 3 * scale, tokens.LEAF, 1.2 * scale)
    pen.box(x + 9 * scale, y + 40 * scale, 9 * scale, 2 * scale, _SHELL_DARK, 1)
    pen.box(x, y, 30 * scale, 6 * scale, _SHELL_DARK, 3 * scale)


def _socket(pen: Pen, x: float, y: float) -> None:
    pen.box(x, y, 5, 9, _INSIDE, 1)
    pen.box(x + 1.4, y + 1.6, 2.4, 5.8, _METAL, 0.6)


def _plug(pen: Pen, x: float, y: float) -> None:
    """A USB plug whose tip is at (``x``, ``y``), pointing right."""
    pen.box(x - 8, y - 2.6, 8, 5.2, _METAL, 0.8)
    pen.box(x - 5.6, y + 0.3, 1.6, 1.2, _INSIDE, 0.2)
    pen.box(x - 5.6, y - 1.6, 1.6, 1.2, _INSIDE, 0.2)
    pen.box(x - 19, y - 4, 12, 8, _CABLE, 2)


def _device(pen: Pen, part: Part) -> Point:
    """The device at the left, on the floor; returns where its cable begins."""
    match part:
        case Part.PRINTER:
            pen.box(8, 11, 38, 26, _SHELL, 5)
            pen.box(8, 24, 38, 14, _SHELL_LIGHT, 5)
            pen.box(8, 22.6, 38, 2.4, _SHELL_DARK, 0)
            pen.box(15, 20.4, 24, 3, _INSIDE, 1.4)
            pen.box(17, 12, 20, 10, tokens.WHITE, 0.8)
            pen.box(20, 17, 14, 1.4, tokens.INK, 0.4)
            pen.disc(40, 31, 1.7, tokens.LEAF)
            return 46, 18
        case Part.SCALE:
            pen.box(6, 24, 42, 5, _STEEL, 2)
            pen.box(6, 23, 42, 2, _SHELL_DARK, 1)
            pen.box(21, 17, 12, 8, _SHELL_DARK, 1)
            pen.box(8, 11, 38, 9, _SHELL, 4)
            pen.box(17, 12.6, 20, 5.4, _INSIDE, 1.4)
            pen.box(20, 14.2, 14, 2.2, tokens.rgb("#7FE0A6"), 0.6)
            return 46, 15
        case Part.CAMERA:
            pen.box(20, 11, 14, 4, _SHELL_DARK, 2)
            pen.box(25, 14, 4, 12, _SHELL_DARK, 1)
            pen.box(12, 25, 30, 22, _INSIDE, 8)
            pen.disc(27, 36, 8, _SHELL_LIGHT)
            pen.disc(27, 36, 5.6, tokens.rgb("#1B2420"))
            pen.disc(25, 38.4, 1.6, tokens.WHITE)
            pen.disc(37.4, 43, 1.3, tokens.LEAF)
            return 42, 30
        case _:
            pen.box(6, 11, 42, 14, _SHELL, 5)
            pen.box(9, 20, 36, 7, _SHELL_LIGHT, 3.4)
            pen.box(17, 22.6, 20, 2, tokens.LEAF, 1)
            pen.disc(41, 15.6, 1.6, tokens.LEAF)
            return 48, 16


def _cable(pen: Pen, start: Point, end: Point) -> None:
    """Hangs down to the floor on its way."""
    low, across = 13.0, end[0] - start[0]
    points = [start]
    for part, depth in ((0.12, 0.3), (0.25, 0.75), (0.4, 0.97), (0.55, 1.0), (0.7, 0.9), (0.84, 0.62), (0.94, 0.28)):
        line = start[1] + (end[1] - start[1]) * part
        points.append((start[0] + across * part, line - (line - low) * depth))
    points.append(end)
    pen.stroke(points, _CABLE, 2.4)


def unplug(pen: Pen, part: Part) -> None:
    """A hand draws the plug out of the terminal."""
    _floor(pen)
    start = _device(pen, part)
    _kiosk(pen, 86, 11)
    _socket(pen, 86, 26)
    _cable(pen, start, (56, 30))
    _plug(pen, 74, 30)
    hand(pen, 62, 38, 180)
    pen.arrow([(78, 18), (62, 18)], _ALERT, 2.6)


def plug(pen: Pen, part: Part) -> None:
    """A hand puts the plug in."""
    _floor(pen)
    start = _device(pen, part)
    _kiosk(pen, 86, 11)
    _socket(pen, 86, 26)
    _cable(pen, start, (58, 30))
    _plug(pen, 77, 30)
    hand(pen, 65, 38, 180)
    pen.arrow([(62, 18), (79, 18)], tokens.GREEN, 2.6)


def _connected(pen: Pen, part: Part) -> None:
    _floor(pen)
    start = _device(pen, part)
    _kiosk(pen, 86, 11)
    _cable(pen, start, (74, 30))
    _plug(pen, 91, 30)


def found(pen: Pen, part: Part) -> None:
    """The terminal sees its new device: waves between them."""
    _connected(pen, part)
    for radius in (9, 16, 23):
        pen.arc(28, 56, radius, tokens.LEAF, 2.6, -42, 42)
    pen.disc(28, 56, 3.2, tokens.LEAF)


def finished(pen: Pen, part: Part) -> None:
    """All is connected, ticked."""
    _connected(pen, part)
    _tick(pen, 28, 68, 16)


def _tick(pen: Pen, x: float, y: float, radius: float) -> None:
    pen.disc(x, y, radius, tokens.GREEN)
    part = radius / 17
    pen.stroke([(x - 8 * part, y), (x - 2 * part, y - 6.4 * part), (x + 9 * part, y + 6 * part)], tokens.WHITE, 4 * part)


def device(pen: Pen, part: Part) -> None:
    """The device alone, in a picture of ``DEVICE_UNITS``."""
    with pen.turned(0, -9, 0):
        _device(pen, part)


def card_read(pen: Pen) -> None:
    """The card lies on the reader and was read; 120 x 112 units, like the reader's other pictures."""
    reader(pen)
    id_card(pen, *PAD)
    _tick(pen, 60, 20, 15)


def open_case(pen: Pen) -> None:
    """A terminal whose case is open, and a spanner."""
    _floor(pen)
    _kiosk(pen, 30, 11, 1.2)
    with pen.turned(84, 16, -24):
        pen.box(-4.4, 0, 8.8, 42, _SHELL_DARK, 4)
        pen.box(-2.2, 6, 4.4, 26, _SHELL, 2)
        pen.disc(0, 46, 11, _SHELL_DARK)
        pen.box(-4, 46, 8, 14, tokens.WHITE, 1.5)
        pen.disc(0, 45, 4, tokens.WHITE)


def speaker(pen: Pen) -> None:
    """A loudspeaker and what comes out of it."""
    _floor(pen)
    pen.box(20, 11, 40, 66, _SHELL, 8)
    pen.disc(40, 34, 15, _SHELL_DARK)
    pen.disc(40, 34, 11, _INSIDE)
    pen.disc(40, 34, 4, _SHELL_DARK)
    pen.disc(40, 62, 7, _SHELL_DARK)
    pen.disc(40, 62, 4, _INSIDE)
    for radius in (16, 27, 38):
        pen.arc(58, 46, radius, tokens.LEAF, 3.4, 48, 132)
