"""The very label on glass: lying, or coming out of the printer."""

from __future__ import annotations

from typing import Any

from kivy.animation import Animation
from kivy.graphics import (
    Color,
    Rectangle,
    SmoothLine,
    SmoothRoundedRectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from kiosk.session.events import Picture
from kiosk.ui import theme as tokens
from kiosk.ui.textures import paper_texture
from kiosk.ui.widgets.shadow import Shadow

_USUAL = (480.0, 640.0)
_MOST_ENLARGED = 1.25
_SHELL = tokens.rgb("#C6D0C9")
_SHELL_LIGHT = tokens.rgb("#DAE1DC")
_MOUTH = tokens.rgb("#2C3731")


class _Sheet:
    """Draws one label at a place; the texture is made anew only for another picture or size."""

    def __init__(self, theme: tokens.Theme) -> None:
        self._theme = theme
        self._made: tuple[int, int, int] | None = None
        self._texture: Texture | None = None

    def size_in(self, picture: Picture | None, width: float, height: float) -> tuple[int, int]:
        """How large the label is in a box."""
        wide, high = (picture.width_dots, picture.height_dots) if picture is not None else _USUAL
        scale = min(width / wide, height / high, _MOST_ENLARGED)
        return max(8, int(wide * scale)), max(8, int(high * scale))

    def draw(self, picture: Picture | None, x: float, y: float, width: int, height: int) -> None:
        """Into the canvas that is open."""
        theme = self._theme
        Color(0.09, 0.14, 0.11, 0.2)
        Shadow(radius=0, blur=theme.mm(2.4), drop=theme.mm(0.5)).place((x, y), (width, height))
        Color(*tokens.WHITE)
        Rectangle(pos=(x, y), size=(width, height))
        if picture is None:
            self._ghost(x, y, width, height)
        else:
            key = (id(picture), width, height)
            if self._made != key:
                self._texture, self._made = paper_texture(picture, width, height), key
            Color(1, 1, 1, 1)
            Rectangle(texture=self._texture, pos=(x, y), size=(width, height))
        Color(*tokens.LINE)
        SmoothLine(rectangle=(x, y, width, height), width=1)

    def _ghost(self, x: float, y: float, width: int, height: int) -> None:
        """Where the words will stand."""
        Color(*tokens.rgb("#E9E6DD"))
        for left, top, wide, high in (
            (0.24, 0.1, 0.52, 0.05),
            (0.1, 0.2, 0.7, 0.026),
            (0.1, 0.25, 0.6, 0.026),
            (0.1, 0.38, 0.66, 0.026),
            (0.1, 0.43, 0.5, 0.026),
            (0.1, 0.48, 0.74, 0.026),
            (0.1, 0.53, 0.56, 0.026),
            (0.56, 0.9, 0.34, 0.34 * width / height),
        ):
            base = y + height * (1 - top) - height * high if top < 0.9 else y + height * (1 - top)
            SmoothRoundedRectangle(pos=(x + width * left, base), size=(width * wide, height * high), radius=[3] * 4)


class LabelSheet(Widget):
    """The label lying in its box, as large as the box allows."""

    def __init__(self, theme: tokens.Theme, picture: Picture | None = None, **layout: Any) -> None:
        super().__init__(**layout)
        self._sheet = _Sheet(theme)
        self._picture = picture
        self.bind(pos=self._place, size=self._place)
        self._place()

    def show(self, picture: Picture | None) -> None:
        """Another label."""
        if picture is not self._picture:
            self._picture = picture
            self._place()

    def _place(self, *_: object) -> None:
        self.canvas.clear()
        if self.width < 20 or self.height < 20:
            return
        width, height = self._sheet.size_in(self._picture, self.width, self.height)
        with self.canvas:
            self._sheet.draw(self._picture, round(self.center_x - width / 2), round(self.center_y - height / 2), width, height)


class LabelSlot(Widget):
    """The printer's mouth and the label that comes out of it; ``out`` is how much of it is out."""

    out = NumericProperty(0.0)

    def __init__(self, theme: tokens.Theme, **layout: Any) -> None:
        super().__init__(**layout)
        self._theme = theme
        self._sheet = _Sheet(theme)
        self._picture: Picture | None = None
        self._copy = 0
        self.bind(pos=self._place, size=self._place, out=self._place)

    def show(self, picture: Picture | None, copy: int) -> None:
        """A label that was drawn slides out; another copy begins anew."""
        if picture is self._picture and copy == self._copy:
            return
        self._picture, self._copy = picture, copy
        Animation.cancel_all(self, "out")
        if self._theme.elder:
            self.out = 1.0 if picture is not None else 0.0
        else:
            self.out = 0.0
            if picture is not None:
                Animation(out=1.0, duration=0.2, transition="out_quad").start(self)
        self._place()

    def _place(self, *_: object) -> None:
        self.canvas.clear()
        if self.width < 40 or self.height < 40:
            return
        mm = self._theme.mm
        shell = min(mm(26), self.height * 0.26)
        lip = shell * 0.3
        top = self.top - shell
        mouth_y = top + lip
        width, height = self._sheet.size_in(self._picture, self.width * 0.72, self.height - shell + lip * 0.6 - mm(1))
        wide = min(self.width, max(width * 1.5, mm(60)))
        left = self.center_x - wide / 2
        with self.canvas:
            Color(0.09, 0.14, 0.11, 0.14)
            Shadow(radius=mm(4), blur=mm(2.6), drop=mm(0.7)).place((left, top), (wide, shell))
            Color(*_SHELL)
            SmoothRoundedRectangle(pos=(left, top), size=(wide, shell), radius=[mm(4)] * 4)
            Color(*_SHELL_LIGHT)
            SmoothRoundedRectangle(pos=(left, top + shell * 0.52), size=(wide, shell * 0.48), radius=[mm(4), mm(4), 1, 1])
            Color(*tokens.LEAF)
            side = mm(2.6)
            SmoothRoundedRectangle(
                pos=(left + wide - mm(8), top + shell * 0.76 - side / 2), size=(side, side), radius=[side / 2] * 4
            )
            Color(*_MOUTH)
            SmoothRoundedRectangle(
                pos=(self.center_x - width * 0.56, mouth_y - mm(1.2)), size=(width * 1.12, mm(2.4)), radius=[mm(1.2)] * 4
            )
            if self.out > 0.01:
                self._hanging(mouth_y, width, height)

    def _hanging(self, mouth_y: float, width: int, height: int) -> None:
        """The label from the mouth downwards; what is still inside is not seen."""
        below = (self.center_x - width, self.y - self._theme.mm(6)), (2 * width, mouth_y - self.y + self._theme.mm(6))
        StencilPush()
        Rectangle(pos=below[0], size=below[1])
        StencilUse()
        self._sheet.draw(self._picture, round(self.center_x - width / 2), round(mouth_y - height * self.out), width, height)
        StencilUnUse()
        Rectangle(pos=below[0], size=below[1])
        StencilPop()


class CopiesLine(Widget):
    """Copies as little labels: done ones green with a tick's colour, the one under way outlined; many copies as a bar."""

    _MOST = 12

    def __init__(self, theme: tokens.Theme, copies: int, **layout: Any) -> None:
        super().__init__(**layout)
        self._theme = theme
        self._copies = copies
        self._done = 0
        self.bind(pos=self._place, size=self._place)

    def show(self, done: int) -> None:
        """So many are on paper."""
        self._done = done
        self._place()

    def _place(self, *_: object) -> None:
        self.canvas.clear()
        if self.width < 10:
            return
        with self.canvas:
            if self._copies > self._MOST:
                self._bar()
            else:
                self._labels()

    def _labels(self) -> None:
        mm = self._theme.mm
        gap = mm(2)
        height = min(self.height, mm(11))
        width = min((self.width - gap * (self._copies - 1)) / self._copies, height * 0.76)
        for i in range(self._copies):
            x, y = self.x + i * (width + gap), self.center_y - height / 2
            Color(*(tokens.LEAF if i < self._done else tokens.WHITE))
            SmoothRoundedRectangle(pos=(x, y), size=(width, height), radius=[mm(0.8)] * 4)
            Color(*(tokens.GREEN if i <= self._done else tokens.LINE))
            SmoothLine(rounded_rectangle=(x, y, width, height, mm(0.8)), width=mm(0.3) if i <= self._done else 1)

    def _bar(self) -> None:
        mm = self._theme.mm
        height = min(self.height, mm(5))
        y = self.center_y - height / 2
        Color(*tokens.LINE)
        SmoothRoundedRectangle(pos=(self.x, y), size=(self.width, height), radius=[height / 2] * 4)
        Color(*tokens.LEAF)
        wide = max(height, self.width * self._done / self._copies)
        SmoothRoundedRectangle(pos=(self.x, y), size=(wide, height), radius=[height / 2] * 4)
