"""What the first page tells while nobody is there: one picture, one sentence, another one after a while. Still for elders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.animation import Animation
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Emoji, Text
from kiosk.ui.widgets.vector import Drawing, Pen

_STAYS_S = 9.0
_FADE_S = 0.2
_STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class Slide:
    """A heading, a sentence, and a picture: a drawing of ``units`` or the signs of goods."""

    title: str
    words: str
    draw: Callable[[Pen], None] | None = None
    units: tuple[float, float] = (100.0, 100.0)
    signs: str = ""


class Slides(Card):
    """Shows one slide after the other once woken; dots tell how many there are. ``Animation.cancel_all`` on what it holds puts it to rest."""

    def __init__(self, theme: tokens.Theme, slides: Sequence[Slide], *, number: int = 0, **layout: Any) -> None:
        layout.setdefault("padding", (theme.pad, theme.pad * 0.6))
        super().__init__(theme, color=tokens.PAPER, orientation="horizontal", **layout)
        self._theme = theme
        self._slides = tuple(slides)
        self._number = number
        self._leaf = BoxLayout(spacing=theme.gap * 1.2)
        self.add_widget(self._leaf)
        self._fill()

    @property
    def count(self) -> int:
        """How many slides."""
        return len(self._slides)

    def wake(self) -> None:
        """Go on from the slide on show."""
        Animation.cancel_all(self._leaf)
        self._leaf.opacity = 1.0
        if not self._theme.elder and len(self._slides) > 1:
            self._wait()

    def show(self, number: int) -> None:
        """Turn to a slide at once."""
        self._number = number
        self._fill()

    def _fill(self) -> None:
        theme, slide = self._theme, self._slides[self._number]
        self._leaf.clear_widgets()
        picture = Drawing(slide.draw, slide.units) if slide.draw is not None else _signs(slide.signs, theme)
        picture.size_hint_x = 0.66
        says = BoxLayout(orientation="vertical", spacing=theme.mm(0.8))
        title = Text(slide.title, theme.question, color=tokens.GREEN, bold=True, max_lines=1, min_px=theme.note, size_hint_y=None)
        title.height = theme.question * 1.4
        says.add_widget(Widget(size_hint_y=0.08))
        says.add_widget(title)
        says.add_widget(Text(slide.words, theme.body, valign="top", max_lines=5, min_px=theme.note))
        if len(self._slides) > 1 and not theme.elder:
            says.add_widget(_Dots(theme, len(self._slides), self._number, size_hint_y=None, height=theme.mm(2.2)))
        self._leaf.add_widget(picture)
        self._leaf.add_widget(says)

    def _wait(self, *_: object) -> None:
        stay = Animation(duration=_STAYS_S, step=_STEP_S)
        stay.bind(on_complete=self._fade_out)
        stay.start(self._leaf)

    def _fade_out(self, *_: object) -> None:
        out = Animation(opacity=0.0, duration=_FADE_S)
        out.bind(on_complete=self._fade_in)
        out.start(self._leaf)

    def _fade_in(self, *_: object) -> None:
        self._number = (self._number + 1) % len(self._slides)
        self._fill()
        back = Animation(opacity=1.0, duration=_FADE_S)
        back.bind(on_complete=self._wait)
        back.start(self._leaf)


def _signs(signs: str, theme: tokens.Theme) -> Widget:
    """Goods as a small field of pictures."""
    field = GridLayout(cols=2, spacing=theme.mm(1.2))
    for sign in signs.split():
        field.add_widget(Emoji(sign, theme.mm(17) * theme.board.type_scale))
    return field


class _Dots(Widget):
    """Which slide of how many."""

    def __init__(self, theme: tokens.Theme, count: int, here: int, **layout: Any) -> None:
        super().__init__(**layout)
        self._theme, self._count, self._here = theme, count, here
        self.bind(pos=self._draw, size=self._draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side = self._theme.mm(1.5)
        with self.canvas:
            pen = Pen(1.0, (0.0, 0.0))
            x = self.x
            for number in range(self._count):
                wide = side * 3 if number == self._here else side
                pen.box(x, self.y, wide, side, tokens.GREEN if number == self._here else tokens.LINE, side / 2)
                x += wide + side
