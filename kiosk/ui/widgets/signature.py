"""Ink on glass: drawn smoothly at the finger, kept as strokes in thousandths of the field.

The ink is a row of soft dots that only ever grows: a touch adds its few dots, whatever was drawn before it. A curve runs through the middles
between touches, so that slow panels give round letters too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil, hypot
from typing import Any

import numpy as np
from kivy.graphics import Color, InstructionGroup, Point
from kivy.graphics.texture import Texture
from kivy.uix.floatlayout import FloatLayout

from kiosk.domain.promise import Signature
from kiosk.ui import theme as tokens
from kiosk.ui.textures import upload
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text

_MAX_POINTS = 4000
_DOTS_A_PIECE = 1000
_NIB_MM = 0.5
_DOT_PX = 32

Spot = tuple[float, float]


class Ink:
    """One stroke under way in ``group``. ``nib_px`` is half its width."""

    def __init__(self, group: InstructionGroup, nib_px: float, start: Spot) -> None:
        self._group = group
        self._nib = nib_px
        self._piece: Point | None = None
        self._dots = 0
        self._middle = self._last = start
        self._dot(*start)

    def to(self, spot: Spot) -> None:
        """The finger went on to ``spot``."""
        middle = (self._last[0] + spot[0]) / 2, (self._last[1] + spot[1]) / 2
        self._curve(self._middle, self._last, middle)
        self._middle, self._last = middle, spot

    def lift(self) -> None:
        """The finger left: the last half of the way."""
        self._curve(self._middle, self._last, self._last)

    def _curve(self, start: Spot, bend: Spot, end: Spot) -> None:
        way = hypot(bend[0] - start[0], bend[1] - start[1]) + hypot(end[0] - bend[0], end[1] - bend[1])
        steps = ceil(way / (self._nib * 0.4))
        for i in range(1, steps + 1):
            t = i / steps
            a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
            self._dot(a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1])

    def _dot(self, x: float, y: float) -> None:
        if self._piece is None or self._dots >= _DOTS_A_PIECE:
            self._piece = Point(points=[x, y], pointsize=self._nib, texture=_dot_texture())
            self._group.add(self._piece)
            self._dots = 1
        else:
            self._piece.add_point(x, y)
            self._dots += 1


class SignaturePad(Card):
    """Tells ``signed`` after each stroke. The hint disappears with the first touch. ``ink`` is what was signed before this screen was drawn."""

    def __init__(
        self, theme: tokens.Theme, hint: str, signed: Callable[[Signature], None], *, ink: Signature | None = None, **layout: Any
    ) -> None:
        super().__init__(theme, raised=False, line=tokens.LINE, padding=0, **layout)
        self.name = "signature"
        self._theme = theme
        self._nib = max(1.6, theme.mm(_NIB_MM * theme.board.type_scale))
        self._signed = signed
        self._strokes: list[list[tuple[int, int]]] = [list(stroke) for stroke in (ink or Signature()).strokes]
        self._points = sum(map(len, self._strokes))
        self._writing: Ink | None = None
        self._hint = Text(hint, theme.body, color=tokens.SOFT, align="center", max_lines=2, min_px=theme.note)
        self._hint.opacity = 0 if self._strokes else 1
        self._field = FloatLayout()
        self._field.add_widget(self._hint)
        self.add_widget(self._field)
        self._sheet = InstructionGroup()
        self.canvas.after.add(self._sheet)
        self._size_drawn = (0.0, 0.0, 0.0, 0.0)
        self.bind(size=self._lay, pos=self._lay)

    @property
    def is_empty(self) -> bool:
        """No ink at all."""
        return not self._strokes

    def clear_ink(self) -> None:
        """Wipe the field."""
        self._strokes.clear()
        self._points = 0
        self._writing = None
        self._hint.opacity = 1
        self._redraw()
        self._signed(Signature())

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if self._writing is not None or self._points >= _MAX_POINTS:
            return True  # the heel of the hand, or a scribble without end
        touch.grab(self)
        self._hint.opacity = 0
        self._strokes.append([self._thousandths(touch.x, touch.y)])
        self._points += 1
        self._writing = Ink(self._sheet, self._nib, (touch.x, touch.y))
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        if self._writing is not None and self._points < _MAX_POINTS:
            edge = self._nib + 1
            x = min(max(touch.x, self.x + edge), self.x + self.width - edge)
            y = min(max(touch.y, self.y + edge), self.y + self.height - edge)
            self._strokes[-1].append(self._thousandths(x, y))
            self._points += 1
            self._writing.to((x, y))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if self._writing is not None:
            self._writing.lift()
            self._writing = None
            self._signed(Signature(tuple(tuple(stroke) for stroke in self._strokes)))
        return True

    def _thousandths(self, x: float, y: float) -> tuple[int, int]:
        across = round(1000 * (x - self.x) / max(1.0, self.width))
        down = round(1000 * (self.y + self.height - y) / max(1.0, self.height))
        return min(1000, max(0, across)), min(1000, max(0, down))

    def _spot(self, point: tuple[int, int]) -> Spot:
        return self.x + point[0] * self.width / 1000, self.y + self.height - point[1] * self.height / 1000

    def _lay(self, *_: object) -> None:
        self._hint.pos, self._hint.size = self.pos, self.size
        box = (self.x, self.y, self.width, self.height)
        if self._writing is None and box != self._size_drawn:
            self._size_drawn = box
            self._redraw()

    def _redraw(self) -> None:
        """All strokes anew: only where the field moved, or was wiped."""
        self._sheet.clear()
        self._sheet.add(Color(*tokens.INK))
        for stroke in self._strokes:
            ink = Ink(self._sheet, self._nib, self._spot(stroke[0]))
            for point in stroke[1:]:
                ink.to(self._spot(point))
            ink.lift()


@lru_cache(maxsize=1)
def _dot_texture() -> Texture:
    """A white disc with a soft edge."""
    middle = (_DOT_PX - 1) / 2
    rows, columns = np.mgrid[0:_DOT_PX, 0:_DOT_PX]
    distance = np.hypot(rows - middle, columns - middle)
    pixels = np.full((_DOT_PX, _DOT_PX, 4), 255, dtype=np.uint8)
    soft = _DOT_PX / 7
    pixels[..., 3] = np.clip((middle - distance) / soft, 0, 1) * 255
    return upload(pixels)
