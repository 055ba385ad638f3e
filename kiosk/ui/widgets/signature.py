"""Ink on glass: drawn smoothly at the finger, kept as strokes in thousandths of the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.uix.floatlayout import FloatLayout

from kiosk.domain.promise import Signature
from kiosk.ui import theme as tokens
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text

_MAX_POINTS = 4000


class SignaturePad(Card):
    """Tells ``signed`` after each stroke. The hint disappears with the first touch."""

    def __init__(self, theme: tokens.Theme, hint: str, signed: Callable[[Signature], None], **layout: Any) -> None:
        super().__init__(theme, raised=False, line=tokens.LINE, padding=0, **layout)
        self.name = "signature"
        self._theme = theme
        self._signed = signed
        self._strokes: list[list[tuple[int, int]]] = []
        self._lines: list[SmoothLine] = []
        self._hint = Text(hint, theme.body, color=tokens.SOFT, align="center")
        self._field = FloatLayout()
        self._field.add_widget(self._hint)
        self.add_widget(self._field)
        self.bind(size=self._lay_hint, pos=self._lay_hint)

    def clear_ink(self) -> None:
        """Wipe the field."""
        for line in self._lines:
            self.canvas.after.remove(line)
        self._lines.clear()
        self._strokes.clear()
        self._hint.opacity = 1
        self._signed(Signature())

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self._hint.opacity = 0
        with self.canvas.after:
            Color(*tokens.INK)
            line = SmoothLine(points=[touch.x, touch.y], width=self._theme.mm(0.42), joint="round", cap="round")
        self._lines.append(line)
        self._strokes.append([self._point(touch)])
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        x = min(max(touch.x, self.x + 3), self.right - 3)
        y = min(max(touch.y, self.y + 3), self.top - 3)
        if sum(map(len, self._strokes)) < _MAX_POINTS:
            self._lines[-1].points = [*self._lines[-1].points, x, y]
            self._strokes[-1].append(self._point(touch))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._signed(Signature(tuple(tuple(stroke) for stroke in self._strokes)))
        return True

    def _point(self, touch: Any) -> tuple[int, int]:
        across = round(1000 * (touch.x - self.x) / max(1.0, self.width))
        down = round(1000 * (self.top - touch.y) / max(1.0, self.height))
        return min(1000, max(0, across)), min(1000, max(0, down))

    def _lay_hint(self, *_: object) -> None:
        self._hint.pos, self._hint.size = self.pos, self.size
