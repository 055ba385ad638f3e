"""A huge number that changes all the time: its digits are pictures made once, so a live weight costs no new texture."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.widget import Widget

from kiosk.label.text import Style, font_book
from kiosk.ui import theme as tokens
from kiosk.ui.textures import text_look

PALE = tokens.rgb("#8E978F")
"""A number that is not there yet."""

_DEPTH = 0.2
"""Where the baseline lies in a line of text, as a part of its height from below."""


class BigNumber(Widget):
    """A number with a smaller word behind it, centred, as large as the box allows up to ``size_px``."""

    def __init__(self, size_px: int, unit_px: int, *, color: tokens.Color = tokens.INK, **layout: Any) -> None:
        super().__init__(**layout)
        self.text = ""
        self.unit = ""
        self._size_px = size_px
        self._unit_px = unit_px
        with self.canvas:
            self._color = Color(*color)
        self._glyphs: list[Rectangle] = []
        with self.canvas.after:
            Color(*tokens.SOFT)
            self._unit_glyph = Rectangle(size=(0, 0))
        self.bind(pos=self._draw, size=self._draw)

    def say(self, text: str, unit: str, color: tokens.Color) -> None:
        """Show another number."""
        self._color.rgba = color
        if (text, unit) != (self.text, self.unit):
            self.text, self.unit = text, unit
            self._draw()

    def _draw(self, *_: object) -> None:
        if self.width < 10 or self.height < 10:
            return
        look = text_look(self.unit, self._unit_px, bold=True) if self.unit else None
        gap = self._unit_px * 0.35 if look is not None else 0.0
        behind = look.width + gap if look is not None else 0.0
        size = self._fitting(self.width - behind)
        style = Style(size, bold=True)
        advances = [font_book().length(character, style) for character in self.text]
        x = self.x + (self.width - sum(advances) - behind) / 2
        y, height = self.y, 0
        while len(self._glyphs) < len(self.text):
            with self.canvas:
                self._glyphs.append(Rectangle())
        for glyph in self._glyphs[len(self.text) :]:
            glyph.size = (0, 0)
        for character, advance, glyph in zip(self.text, advances, self._glyphs, strict=False):
            digit = text_look(character, size, bold=True)
            y, height = self.y + (self.height - digit.height) / 2, digit.height
            glyph.texture = digit.texture
            glyph.size = (digit.width, digit.height)
            glyph.pos = (round(x + (advance - digit.width) / 2), round(y))
            x += advance
        if look is None:
            self._unit_glyph.size = (0, 0)
            return
        self._unit_glyph.texture = look.texture
        self._unit_glyph.size = (look.width, look.height)
        self._unit_glyph.pos = (round(x + gap), round(y + _DEPTH * (height - look.height)))

    def _fitting(self, width: float) -> int:
        """The largest size up to the wanted one at which the number is not wider than ``width`` nor higher than the box."""
        wanted = font_book().length(self.text, Style(self._size_px, bold=True))
        across = self._size_px * min(1.0, width / max(1.0, wanted))
        return max(12, int(min(across, self.height / 1.2)))
