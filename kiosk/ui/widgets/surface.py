"""Raised and tinted surfaces: cards, bands, the ground."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle, SmoothLine, SmoothRoundedRectangle
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.shadow import Shadow


class Ground(FloatLayout):
    """A plain coloured ground."""

    def __init__(self, color: tokens.Color = tokens.PAPER, **layout: Any) -> None:
        super().__init__(**layout)
        with self.canvas.before:
            Color(*color)
            self._rectangle = Rectangle()
        self.bind(pos=self._place, size=self._place)
        self._place()

    def _place(self, *_: object) -> None:
        self._rectangle.pos = self.pos
        self._rectangle.size = self.size


class Card(BoxLayout):
    """A white (or tinted) card with soft elevation; a vertical box unless told otherwise."""

    def __init__(
        self,
        theme: tokens.Theme,
        *,
        color: tokens.Color = tokens.CARD,
        line: tokens.Color | None = None,
        raised: bool = True,
        radius: float | None = None,
        **layout: Any,
    ) -> None:
        layout.setdefault("orientation", "vertical")
        layout.setdefault("padding", theme.pad)
        layout.setdefault("spacing", theme.gap)
        super().__init__(**layout)
        self.radius_px = theme.radius if radius is None else radius
        with self.canvas.before:
            if raised:
                Color(0.09, 0.14, 0.11, 0.13)
                self._shadow: Shadow | None = Shadow(radius=self.radius_px, blur=theme.mm(2.6), drop=theme.mm(0.7))
            else:
                self._shadow = None
            self._color = Color(*color)
            self._shape = SmoothRoundedRectangle(radius=[self.radius_px])
            if line is not None:
                self._line_color = Color(*line)
                self._line = SmoothLine(width=max(1.1, theme.mm(0.28)))
            else:
                self._line = None
        self.bind(pos=self._place, size=self._place)
        self._place()

    def paint(self, color: tokens.Color) -> None:
        """Another ground."""
        self._color.rgba = color

    def _place(self, *_: object) -> None:
        if self._shadow is not None:
            self._shadow.place(self.pos, self.size)
        self._shape.pos = self.pos
        self._shape.size = self.size
        if self._line is not None:
            self._line.rounded_rectangle = (self.x + 1, self.y + 1, self.width - 2, self.height - 2, self.radius_px)
