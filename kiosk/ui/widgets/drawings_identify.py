"""How to say who one is, drawn: a card on the reader, a code before the camera, what a card shows and what stays hidden. 120 x 112 units."""

from __future__ import annotations

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.drawings_paper import clock, hand, person
from kiosk.ui.widgets.vector import Pen, Point

UNITS: Point = (120.0, 112.0)

WIDE: Point = (156.0, 66.0)

_READER = tokens.rgb("#2B3831")
_READER_TOP = tokens.rgb("#3D4C44")
_READER_EDGE = tokens.rgb("#1B2520")
_PAD = tokens.rgb("#4B5C53")
_CARD = tokens.rgb("#E9F2F6")
_CARD_EDGE = tokens.rgb("#9DB7C4")
_CARD_BAND = tokens.rgb("#CFE2EA")
_CARD_INK = tokens.rgb("#4F6C7C")
_PORTRAIT = tokens.rgb("#C9D9E1")
_SHEET_EDGE = tokens.rgb("#B9B39F")
_GLASS = tokens.rgb("#2C5B73")
_PHONE = tokens.rgb("#24302A")
CARD: Point = (58.0, 36.6)
"""Width and height of the card: the ratio of ID-1, ISO/IEC 7810."""
PAD: Point = (31.0, 56.0)
"""Lower left corner of the card when it lies on the reader."""


def id_card(pen: Pen, x: float, y: float, *, scale: float = 1.0) -> None:
    """An identity card from its front: nobody's lines, nobody's face."""
    width, height = CARD[0] * scale, CARD[1] * scale

    def box(left: float, low: float, wide: float, high: float, color: tokens.Color, radius: float = 0.6) -> None:
        pen.box(x + left * scale, y + low * scale, wide * scale, high * scale, color, radius * scale)

    pen.box(x - 0.6, y - 0.6, width + 1.2, height + 1.2, _CARD_EDGE, 3.4 * scale)
    pen.box(x, y, width, height, _CARD, 3 * scale)
    box(1.2, 12, 55.6, 9, _CARD_BAND, 4)
    for row, wide in ((29.6, 17), (24, 24), (18.4, 28), (14, 20)):
        box(5, row, wide, 2.3, _CARD_INK, 1)
    for i in range(6):
        box(5 + 6.4 * i, 5, 4.8, 2.9, _CARD_INK, 1)
    box(38.6, 10.6, 14.6, 20.4, _PORTRAIT, 1.4)
    pen.disc(x + 45.9 * scale, y + 23.6 * scale, 3.9 * scale, _CARD_INK)
    box(40.4, 10.6, 11, 8.2, _CARD_INK, 5)
    box(40.4, 10.6, 11, 3.6, _CARD_INK, 0.4)


def reader(pen: Pen) -> None:
    """The reader seen from above, its pad empty."""
    pen.box(15, 43.6, 90, 60, _READER_EDGE, 9)
    pen.box(15, 45.6, 90, 60, _READER, 9)
    pen.box(18, 48.6, 84, 54, _READER_TOP, 7)
    pen.box(PAD[0] - 3, PAD[1] - 3, CARD[0] + 6, CARD[1] + 6, _PAD, 5)
    pen.box(PAD[0] - 1.8, PAD[1] - 1.8, CARD[0] + 3.6, CARD[1] + 3.6, _READER_TOP, 4)
    for radius in (6, 10.5, 15):
        pen.arc(60, PAD[1] + 10, radius, tokens.LEAF, 2.0, -48, 48)
    pen.disc(60, PAD[1] + 10, 2.2, tokens.LEAF)
    pen.disc(97.5, 52.6, 1.5, tokens.LEAF)


def held_card(pen: Pen) -> None:
    """The card in a hand, where it lies on the reader's pad."""
    id_card(pen, *PAD)
    hand(pen, 60, PAD[1] - 1, 0)


def laid_card(pen: Pen) -> None:
    """The card on the reader, all in one picture; an arrow tells where it went."""
    reader(pen)
    held_card(pen)
    pen.arrow([(100, 14), (100, 36)], tokens.GREEN, 3)


def laid_from_aside(pen: Pen) -> None:
    """The card on the reader, wide and low: for a box that is wider than high (``WIDE``)."""
    with pen.turned(-1, -42, 0):
        reader(pen)
        id_card(pen, *PAD)
        hand(pen, PAD[0] + CARD[0] - 1, PAD[1] + 15, 90)
        pen.arrow([(142, 98), (122, 98)], tokens.GREEN, 3)


def reading(pen: Pen) -> None:
    """The card lies on the reader, which is at work: leave it there."""
    reader(pen)
    id_card(pen, *PAD)
    for side, turn in ((27, -90), (93, 90)):
        for radius in (4, 8):
            pen.arc(side, PAD[1] + 18, radius, tokens.LEAF, 1.8, turn - 46, turn + 46)
    clock(pen, 60, 19, 13)


def reader_missing(pen: Pen) -> None:
    """A reader that sleeps: crossed out, with its cable off."""
    pen.box(15, 33.6, 90, 60, tokens.rgb("#A9B2AC"), 9)
    pen.box(15, 35.6, 90, 60, tokens.rgb("#C6D0C9"), 9)
    pen.box(28, 46, 64, 40, tokens.rgb("#DAE1DC"), 5)
    pen.stroke([(60, 33), (60, 24)], tokens.SOFT, 3)
    pen.box(55, 15, 10, 9, tokens.SOFT, 2)
    pen.disc(60, 66, 15, tokens.AMBER)
    pen.box(58.2, 64, 3.6, 11, tokens.WHITE, 1.8)
    pen.disc(60, 58.6, 2.3, tokens.WHITE)


def shielded_card(pen: Pen) -> None:
    """Name and place of a card go to the label; number and face stay under a lock."""
    with pen.turned(8, 60, 4):
        id_card(pen, 0, 0, scale=1.32)
        pen.box(49.4, 11.6, 22.6, 30.6, tokens.rgb("#B4C6CF"), 2)
        pen.box(4.6, 4.4, 54, 8, tokens.rgb("#B4C6CF"), 2)
        for i in range(7):
            pen.disc(9 + 7.6 * i, 8.4, 1.7, tokens.INK)
    lock(pen, 74, 80, 1.0)
    with pen.turned(58, 6, -5):
        pen.box(-0.7, -0.7, 45.4, 53.4, _SHEET_EDGE, 2.2)
        pen.box(0, 0, 44, 52, tokens.WHITE, 1.8)
        pen.box(8, 43.5, 28, 4.2, tokens.INK, 0.8)
        for i, wide in enumerate((30, 24, 32)):
            pen.box(5, 34.6 - 6.4 * i, wide, 3, tokens.GREEN, 1)
        code(pen, 25, 4, 14)
        for i in range(2):
            pen.box(5, 12 - 5.4 * i, 14, 2.4, tokens.SOFT, 0.8)
    pen.arrow([(24, 54), (26, 36), (48, 30)], tokens.GREEN, 3)


def lock(pen: Pen, x: float, y: float, size: float) -> None:
    """A lock whose body is centred on (``x``, ``y``)."""
    pen.arc(x, y + 7 * size, 7.4 * size, tokens.GREEN, 3.4 * size, -90, 90)
    pen.box(x - 12.4 * size, y - 12.4 * size, 24.8 * size, 20.8 * size, tokens.WHITE, 5 * size)
    pen.box(x - 11 * size, y - 11 * size, 22 * size, 18 * size, tokens.GREEN, 4 * size)
    pen.disc(x, y - 0.4 * size, 2.6 * size, tokens.WHITE)
    pen.box(x - 1.2 * size, y - 7 * size, 2.4 * size, 7 * size, tokens.WHITE, 1.2 * size)


def show_phone(pen: Pen) -> None:
    """A hand holds a phone with a code before the camera, a palm away."""
    pen.box(72, 62, 42, 42, _READER_EDGE, 10)
    pen.box(73.6, 63.6, 38.8, 38.8, _READER, 9)
    pen.disc(93, 83, 14, _READER_TOP)
    pen.disc(93, 83, 11, _READER_EDGE)
    pen.disc(93, 83, 6, _GLASS)
    pen.disc(90, 86.4, 2.1, tokens.WHITE)
    pen.disc(107, 97.6, 1.7, tokens.LEAF)
    pen.polygon([(78, 74), (86, 80), (60, 64), (60, 40)], (0.18, 0.62, 0.36, 0.18))
    with pen.turned(14, 34, 6):
        pen.box(-1, -1, 44, 72, _READER_EDGE, 7)
        pen.box(0, 0, 42, 70, _PHONE, 6)
        pen.box(2.6, 6, 36.8, 58, tokens.WHITE, 3)
        pen.box(7, 54, 28, 4, tokens.GREEN, 1.4)
        code(pen, 7, 18, 28)
        pen.box(11, 10.6, 20, 3, _CARD_BAND, 1.4)
    hand(pen, 36, 42, -6)


def blind_camera(pen: Pen) -> None:
    """A camera that sees nothing."""
    pen.box(30, 26, 60, 60, tokens.rgb("#A9B2AC"), 13)
    pen.box(32, 28, 56, 56, tokens.rgb("#C6D0C9"), 12)
    pen.disc(60, 56, 19, tokens.rgb("#DAE1DC"))
    pen.disc(60, 56, 14, tokens.rgb("#8C9B92"))
    pen.stroke([(34, 30), (86, 82)], tokens.WHITE, 8)
    pen.stroke([(34, 30), (86, 82)], tokens.AMBER, 4.6)


def ask_station(pen: Pen) -> None:
    """Somebody of the station gives six digits."""
    person(pen, 32, 14, 1.15)
    pen.box(60, 54, 54, 40, tokens.GREEN_TINT, 8)
    pen.polygon([(64, 78), (64, 66), (53, 68)], tokens.GREEN_TINT)
    for i in range(3):
        for j in range(2):
            pen.disc(73 + 14 * i, 81 - 14 * j, 4.2, tokens.GREEN)


def half_label(pen: Pen) -> None:
    """A label that hangs out of the printer over the edge of the table, and the question."""
    pen.box(2, 40.4, 96, 3.6, tokens.LINE, 1.8)
    pen.box(14, 44, 72, 52, tokens.rgb("#C6D0C9"), 8)
    pen.box(14, 72, 72, 24, tokens.rgb("#DAE1DC"), 8)
    pen.box(14, 70, 72, 4, tokens.rgb("#8C9B92"))
    pen.box(23, 56, 54, 5, _READER_EDGE, 2)
    pen.box(27.3, 9.3, 45.4, 49, _SHEET_EDGE, 1.4)
    pen.box(28, 10, 44, 49, tokens.WHITE, 1)
    pen.box(34, 49, 32, 4.4, tokens.INK, 0.8)
    for i, wide in enumerate((34, 28, 20)):
        pen.box(32, 40.6 - 6.2 * i, wide, 2.8, tokens.SOFT, 0.8)
    for i in range(2):
        pen.box(32, 20 - 6 * i, 15, 2.8, tokens.GREEN, 0.8)
    code(pen, 52, 13, 16)
    pen.disc(96, 62, 20, tokens.WHITE)
    pen.disc(96, 62, 18, tokens.AMBER)
    pen.arc(96, 67, 5.4, tokens.WHITE, 3.2, -90, 130)
    pen.stroke([(100, 63.4), (96, 59), (96, 56.4)], tokens.WHITE, 3.2)
    pen.disc(96, 51, 2.2, tokens.WHITE)


def code(pen: Pen, x: float, y: float, side: float) -> None:
    """Something that is seen as a QR at once, and is none."""
    cell = side / 11
    for column, row in ((0, 0), (0, 7), (7, 7)):
        pen.box(x + column * cell, y + row * cell, 4 * cell, 4 * cell, tokens.INK, 0.5)
        pen.box(x + (column + 0.8) * cell, y + (row + 0.8) * cell, 2.4 * cell, 2.4 * cell, tokens.WHITE, 0.3)
        pen.box(x + (column + 1.4) * cell, y + (row + 1.4) * cell, 1.2 * cell, 1.2 * cell, tokens.INK, 0.2)
    for column, row in ((5, 0), (5, 3), (7, 1), (9, 0), (10, 3), (8, 4), (5, 6), (5, 9), (2, 5), (0, 5), (9, 5), (7, 3), (4, 4)):
        pen.box(x + column * cell, y + row * cell, cell, cell, tokens.INK, 0.1)
