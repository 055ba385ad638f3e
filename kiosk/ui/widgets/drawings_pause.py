"""A terminal that rests, and the way to another station. The picture is 120 x 112 units."""

from __future__ import annotations

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.vector import Pen, Point

UNITS: Point = (120.0, 112.0)

_SHELL = tokens.rgb("#C6D0C9")
_SHELL_LIGHT = tokens.rgb("#DAE1DC")
_SHELL_DARK = tokens.rgb("#8C9B92")
_NIGHT = tokens.rgb("#22382C")
_RESTS = tokens.rgb("#E3B25B")
_POST = tokens.rgb("#A98A5E")
_POST_DARK = tokens.rgb("#8A6E48")


def resting(pen: Pen) -> None:
    """The screen shows two bars; a signpost beside it points elsewhere."""
    pen.box(4, 8.6, 112, 2.4, tokens.LINE, 1.2)
    _terminal(pen)
    _signpost(pen)


def _terminal(pen: Pen) -> None:
    pen.box(18, 10, 40, 5, _SHELL_DARK, 2)
    pen.box(32, 13, 12, 28, _SHELL, 1)
    pen.box(8, 36, 60, 68, _SHELL_DARK, 7)
    pen.box(9.4, 37.4, 57.2, 65.2, _SHELL_LIGHT, 6)
    pen.box(14, 50, 48, 47, _NIGHT, 4)
    pen.disc(38, 73.5, 16.5, _RESTS)
    pen.box(31.2, 65, 4.8, 17, _NIGHT, 1.6)
    pen.box(40, 65, 4.8, 17, _NIGHT, 1.6)
    pen.box(24, 42, 28, 3, _SHELL_DARK, 1.4)


def _signpost(pen: Pen) -> None:
    pen.box(86.4, 10, 5.2, 66, _POST, 2)
    pen.box(90, 10, 1.6, 66, _POST_DARK, 0.8)
    pen.polygon([(76, 52), (106, 52), (116, 62), (106, 72), (76, 72)], tokens.GREEN)
    pen.stroke([(82, 62), (101, 62)], tokens.WHITE, 3.4)
    pen.stroke([(95, 68), (102.4, 62), (95, 56)], tokens.WHITE, 3.4)
    pen.disc(89, 78, 3.6, _POST)
