"""Text, icons and pictures as widgets."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget

from kiosk.label.text import Style, font_book
from kiosk.ui import theme as tokens
from kiosk.ui.textures import LINE_SPACING, emoji_texture, icon_texture, text_look

_STEP_PX = 2
"""From one size tried to the next: every size drawn is one more open face."""


class Text(Widget):
    """Words in a box: wrapped, then shrunk to ``min_px``, then ended with an ellipsis; ``fits`` tells which.

    ``size_px`` is the em size wanted, ``align`` left | center | right, ``valign`` top | middle | bottom.
    """

    def __init__(
        self,
        text: str,
        size_px: int,
        *,
        color: tokens.Color = tokens.INK,
        bold: bool = False,
        align: str = "left",
        valign: str = "middle",
        max_lines: int | None = None,
        min_px: int | None = None,
        **layout: Any,
    ) -> None:
        # Nothing is drawn before the layout gave a size: a text is rendered once, not once for each guess of its place.
        if "size" not in layout:
            layout.setdefault("width", 0)
            layout.setdefault("height", 0)
        super().__init__(**layout)
        self.text = text
        self.size_px = size_px
        self.min_px = min_px or round(size_px * 0.74)
        self.color = color
        self.bold = bold
        self.align = align
        self.valign = valign
        self.max_lines = max_lines
        self.fits = True
        self.drawn_px = size_px
        self.drawn_box = (0.0, 0.0, 0.0, 0.0)
        with self.canvas:
            self._color = Color(*color)
            self._rectangle = Rectangle(size=(0, 0))
        self.bind(pos=self._place, size=self._draw)
        self._draw()

    def say(self, text: str, color: tokens.Color | None = None) -> None:
        """Show other words."""
        if color is not None and color != self.color:
            self.color = color
            self._color.rgba = color
        if text != self.text:
            self.text = text
            self._draw()

    def _draw(self, *_: object) -> None:
        width, height = int(self.width), int(self.height)
        if not self.text or width < 4 or height < 4:
            self._rectangle.size = (0, 0)
            self.drawn_box = (0.0, 0.0, 0.0, 0.0)
            return
        size, lines = self._largest(width, height)
        look = text_look(self.text, size, bold=self.bold, max_width=width, max_lines=lines, align=self.align)
        self.drawn_px = size
        # A picture of words is two pixels wider than its ink.
        self.fits = look.fits and look.height <= height + 2 and look.width <= width + 3
        self._rectangle.texture = look.texture
        self._rectangle.size = (look.width, look.height)
        self._place()

    def _largest(self, width: int, height: int) -> tuple[int, int]:
        """The largest size at which all of it fits, and how many lines that size allows; the smallest size when none does."""
        size, allowed = self.min_px, 1
        for size in (*range(self.size_px, self.min_px, -_STEP_PX), self.min_px):
            allowed = max(1, int((height + 2 - round(size * 1.18)) // round(size * LINE_SPACING)) + 1)
            if self.max_lines:
                allowed = min(allowed, self.max_lines)
            if round(size * 1.18) > height + 2:
                continue
            # Roughly first: trying a size must not open a face for it.
            if self._fits_at(Style(size, self.bold, rough=True), width, allowed) and self._fits_at(
                Style(size, self.bold), width, allowed
            ):
                break
        return size, allowed

    def _fits_at(self, style: Style, width: int, allowed: int) -> bool:
        book = font_book()
        lines = book.wrap(self.text, style, width)
        return len(lines) <= allowed and all(book.length(line, style) <= width + 1 for line in lines)

    def _place(self, *_: object) -> None:
        width, height = self._rectangle.size
        # Worked out by hand: Kivy's center_y, top and right may still be the old ones while a size is being set.
        free_x, free_y = self.width - width, self.height - height
        x = self.x + {"left": 0, "center": free_x / 2, "right": free_x}[self.align]
        y = self.y + {"top": free_y, "middle": free_y / 2, "bottom": 0}[self.valign]
        self._rectangle.pos = (round(x), round(y))
        self.drawn_box = (round(x), round(y), width, height)


class Icon(Widget):
    """One icon, centred."""

    def __init__(self, name: str, size_px: float, color: tokens.Color = tokens.GREEN, **layout: Any) -> None:
        super().__init__(**layout)
        self._side = max(8, int(size_px))
        with self.canvas:
            self._color = Color(*color)
            self._rectangle = Rectangle(texture=icon_texture(name, self._side), size=(self._side, self._side))
        self.bind(pos=self._place, size=self._place)
        self._place()

    def paint(self, color: tokens.Color) -> None:
        """Another colour."""
        self._color.rgba = color

    def show(self, name: str) -> None:
        """Another icon of the same size."""
        self._rectangle.texture = icon_texture(name, self._side)

    def _place(self, *_: object) -> None:
        self._rectangle.pos = (round(self.x + (self.width - self._side) / 2), round(self.y + (self.height - self._side) / 2))


class Emoji(Widget):
    """A colour picture, centred, as large as the box allows up to ``size_px``."""

    def __init__(self, character: str, size_px: float, **layout: Any) -> None:
        super().__init__(**layout)
        self._character = character
        self._most = int(size_px)
        with self.canvas:
            Color(1, 1, 1, 1)
            self._rectangle = Rectangle()
        self.bind(pos=self._place, size=self._place)
        self._place()

    def _place(self, *_: object) -> None:
        side = int(max(8, min(self._most, self.width, self.height)))
        self._rectangle.texture = emoji_texture(self._character, side)
        self._rectangle.size = (side, side)
        self._rectangle.pos = (round(self.x + (self.width - side) / 2), round(self.y + (self.height - side) / 2))


class PictureBox(Widget):
    """A texture, as large as the box allows, never distorted. ``frame`` draws a soft edge around it."""

    def __init__(self, texture: Texture | None = None, *, crisp: bool = False, **layout: Any) -> None:
        super().__init__(**layout)
        self._crisp = crisp
        self._texture = texture
        with self.canvas:
            self._color = Color(1, 1, 1, 1)
            self._rectangle = Rectangle()
        self.bind(pos=self._place, size=self._place)
        self._place()

    def show(self, texture: Texture | None) -> None:
        """Show another picture."""
        self._texture = texture
        self._place()
        self.canvas.ask_update()

    def _place(self, *_: object) -> None:
        if self._texture is None:
            self._rectangle.size = (0, 0)
            return
        width, height = self._texture.size
        scale = min(self.width / width, self.height / height)
        if self._crisp and scale >= 1:
            scale = int(scale)
        size = (width * scale, height * scale)
        self._rectangle.texture = self._texture
        self._rectangle.size = size
        self._rectangle.pos = (round(self.x + (self.width - size[0]) / 2), round(self.y + (self.height - size[1]) / 2))
