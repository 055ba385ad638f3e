"""Short words in columns of one pitch (hex bytes, digits): their pictures are made once, so that a listing that runs costs no new texture."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.textures import text_look


class Cells(Widget):
    """``pitch`` is the distance of two cells as a part of ``size_px``. Cells from ``align`` left or right; what does not fit is left away."""

    def __init__(
        self,
        size_px: int,
        pitch: float,
        *,
        color: tokens.Color = tokens.INK,
        align: str = "left",
        bold: bool = False,
        **layout: Any,
    ) -> None:
        super().__init__(**layout)
        self.words: tuple[str, ...] = ()
        self._size_px = size_px
        self._pitch = pitch * size_px
        self._align = align
        self._bold = bold
        with self.canvas:
            Color(*color)
        self._boxes: list[Rectangle] = []
        self.bind(pos=self._draw, size=self._draw)

    def say(self, words: tuple[str, ...]) -> None:
        """Show other words, one a cell."""
        if words != self.words:
            self.words = words
            self._draw()

    def _draw(self, *_: object) -> None:
        room = max(0, int(self.width // self._pitch))
        shown = self.words[:room]
        while len(self._boxes) < len(shown):
            with self.canvas:
                self._boxes.append(Rectangle(size=(0, 0)))
        left = self.x if self._align == "left" else self.x + self.width - len(shown) * self._pitch
        for number, box in enumerate(self._boxes):
            if number >= len(shown) or not shown[number]:
                box.size = (0, 0)
                continue
            look = text_look(shown[number], self._size_px, bold=self._bold)
            box.texture = look.texture
            box.size = (look.width, look.height)
            box.pos = (round(left + number * self._pitch), round(self.y + (self.height - look.height) / 2))
