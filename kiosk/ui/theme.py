"""Design tokens in millimetres, turned into pixels by the board; colours with their measured contrast.

Rules: a size in a screen is a token or ``mm()``; targets are never below ``TOUCH_MM``, actions ``ACTION_MM``, confirm and print ``CONFIRM_MM``.
Source: VVSG 2.0 targets and gaps, EN 301 549 text height at 500 mm, colours of the house.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

BOARDS = Path(__file__).parents[2] / "firmware_config" / "boards"

TOUCH_MM = 12.7
ACTION_MM = 16.0
CONFIRM_MM = 20.0
GAP_MM = 2.6
GAP_ELDER_MM = 5.0

Color = tuple[float, float, float, float]


def rgb(code: str) -> Color:
    """``#085A33`` as Kivy takes it."""
    return int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255, 1.0


PAPER = rgb("#F5F3EC")
CARD = rgb("#FFFFFF")
LINE = rgb("#DDD9CC")
INK = rgb("#17231C")
SOFT = rgb("#3F4A43")
GREEN = rgb("#085A33")
GREEN_DEEP = rgb("#05391F")
LEAF = rgb("#2E9E5B")
GREEN_TINT = rgb("#E3F0E6")
AMBER = rgb("#6F4200")
AMBER_TINT = rgb("#FFF2D9")
RED = rgb("#8C1D18")
RED_TINT = rgb("#FBE9E7")
WHITE = rgb("#FFFFFF")
MINT = rgb("#DCEFE2")


@dataclass(frozen=True, slots=True)
class Board:
    """A screen: pixels and how many of them make a millimetre. ``type_scale`` makes up for the viewing distance."""

    name: str
    width_px: int
    height_px: int
    px_per_mm: float
    type_scale: float = 1.0

    @property
    def is_portrait(self) -> bool:
        """Higher than wide."""
        return self.height_px > self.width_px


def load_board(name: str) -> Board:
    """The board's profile. Raises ``FileNotFoundError`` for an unknown name."""
    return Board(**tomllib.loads((BOARDS / f"{name}.toml").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Theme:
    """Tokens for one board and one kind of eyes."""

    board: Board
    elder: bool = False

    def mm(self, millimetres: float) -> float:
        """Pixels, not rounded."""
        return millimetres * self.board.px_per_mm

    def type_px(self, millimetres: float) -> int:
        """Em size of text."""
        return round(millimetres * self.board.type_scale * self.board.px_per_mm * (1.22 if self.elder else 1.0))

    @property
    def note(self) -> int:
        """Quiet words."""
        return self.type_px(4.7)

    @property
    def body(self) -> int:
        """Words that must be read: 6.1 mm of Hanzi."""
        return self.type_px(6.7)

    @property
    def question(self) -> int:
        """The one sentence on top."""
        return self.type_px(7.4)

    @property
    def title(self) -> int:
        """The name on the attract page."""
        return self.type_px(13.2)

    @property
    def huge(self) -> int:
        """The weight."""
        return self.type_px(27)

    @property
    def gap(self) -> float:
        """Between things that can be touched."""
        return self.mm(GAP_ELDER_MM if self.elder else 3.4) * (self.board.type_scale**0.5)

    @property
    def margin(self) -> float:
        """Around a screen."""
        return self.mm(6.0) * (self.board.type_scale**0.5)

    @property
    def pad(self) -> float:
        """Inside a card."""
        return self.mm(5.0) * (self.board.type_scale**0.5)

    @property
    def radius(self) -> float:
        """Corners of cards and buttons."""
        return self.mm(3.6)

    @property
    def touch(self) -> float:
        """Least height of a target."""
        return self.mm(TOUCH_MM + 0.3) * (self.board.type_scale**0.5)

    @property
    def action(self) -> float:
        """Height of an action."""
        return self.mm(ACTION_MM + 0.4) * (self.board.type_scale**0.5)

    @property
    def confirm(self) -> float:
        """Height of confirm and print."""
        return self.mm(CONFIRM_MM + 0.4) * (self.board.type_scale**0.5)
