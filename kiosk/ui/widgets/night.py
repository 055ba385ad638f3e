"""Things to touch on the dark surface of the first page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import GHOST, Touchable
from kiosk.ui.widgets.text import Icon, Text

_HELD = (1.0, 1.0, 1.0, 0.22)
_EDGE = (1.0, 1.0, 1.0, 0.55)


class NightButton(Touchable):
    """A side road with a fine white edge."""

    def __init__(self, theme: tokens.Theme, name: str, words: str, act: Callable[[], None], *, icon: str, **layout: Any) -> None:
        layout.setdefault("height", theme.touch)
        super().__init__(
            theme, name, act, kind=GHOST, size_hint_y=None, padding=(theme.mm(2.4), 0), spacing=theme.mm(1.4), **layout
        )
        with self.canvas.after:
            Color(*_EDGE)
            self._rim = SmoothLine(width=max(1.1, theme.mm(0.2)))
        self.bind(pos=self._edge_in, size=self._edge_in)
        side = theme.note * 1.3
        self.add_widget(Widget())
        self.add_widget(Icon(icon, side, tokens.WHITE, size_hint_x=None, width=side))
        self.add_widget(
            Text(
                words,
                theme.note,
                color=tokens.WHITE,
                bold=True,
                max_lines=1,
                size_hint_x=None,
                width=theme.note * (len(words) + 0.3),
            )
        )
        self.add_widget(Widget())

    def on_press(self) -> None:
        self._ground.rgba = _HELD

    def _edge_in(self, *_: object) -> None:
        self._rim.rounded_rectangle = (self.x + 1, self.y + 1, self.width - 2, self.height - 2, self._radius)
