"""Our own keys: digits, PIN, pinyin initials. Never a system keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, Ellipse, SmoothLine
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import QUIET, Touchable
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

ERASE = "⌫"


class KeyButton(Touchable):
    """One key."""

    def __init__(
        self, theme: tokens.Theme, key: str, press: Callable[[str], None], *, size_px: int | None = None, **layout: Any
    ) -> None:
        super().__init__(theme, f"key:{key}", lambda: press(key), kind=QUIET, padding=(2, 2), **layout)
        if key == ERASE:
            self.add_widget(Icon("erase", theme.question * 1.2, tokens.INK))
        else:
            self.add_widget(Text(key, size_px or round(theme.question * 1.25), bold=True, align="center", max_lines=1))


class Keypad(GridLayout):
    """Digits, with a point or a letter X where it is needed, and erase."""

    def __init__(self, theme: tokens.Theme, press: Callable[[str], None], *, extra: str = "", **layout: Any) -> None:
        super().__init__(cols=3, spacing=theme.gap * 0.8, **layout)
        for key in "123456789":
            self.add_widget(KeyButton(theme, key, press))
        self.add_widget(KeyButton(theme, extra, press) if extra else Widget())
        self.add_widget(KeyButton(theme, "0", press))
        self.add_widget(KeyButton(theme, ERASE, press))


class InitialsPad(GridLayout):
    """The 26 letters and erase."""

    def __init__(self, theme: tokens.Theme, press: Callable[[str], None], *, cols: int = 9, **layout: Any) -> None:
        super().__init__(cols=cols, spacing=theme.mm(2.6), **layout)
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            self.add_widget(KeyButton(theme, letter, press, size_px=theme.body))
        self.add_widget(KeyButton(theme, ERASE, press))


class Entry(Card):
    """What has been typed, large, with a unit behind it."""

    def __init__(self, theme: tokens.Theme, *, unit: str = "", placeholder: str = "", **layout: Any) -> None:
        super().__init__(theme, orientation="horizontal", raised=False, line=tokens.GREEN, **layout)
        self._placeholder = placeholder
        self._words = Text(placeholder, round(theme.question * 1.5), bold=True, color=tokens.SOFT, max_lines=1, min_px=theme.note)
        self.add_widget(self._words)
        if unit:
            self.add_widget(
                Text(
                    unit,
                    theme.question,
                    color=tokens.SOFT,
                    align="right",
                    size_hint_x=None,
                    width=theme.question * (len(unit) + 0.6),
                )
            )

    def show(self, typed: str) -> None:
        """Show ``typed``, or the placeholder when there is nothing."""
        self._words.say(typed or self._placeholder, tokens.INK if typed else tokens.SOFT)


class PinDots(Widget):
    """How many digits of a PIN were typed, never which."""

    def __init__(self, theme: tokens.Theme, digits: int, **layout: Any) -> None:
        super().__init__(**layout)
        self._theme = theme
        self._digits = digits
        self._typed = 0
        self.bind(pos=self._draw, size=self._draw)

    def show(self, typed: int) -> None:
        """So many of them."""
        self._typed = typed
        self._draw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side = self._theme.mm(5)
        pitch = side * 2.2
        # Not ``center``: Kivy's may still be the old one while a size is being set.
        left = self.x + (self.width - pitch * (self._digits - 1)) / 2
        middle = self.y + self.height / 2
        with self.canvas:
            for i in range(self._digits):
                Color(*tokens.GREEN)
                x, y = left + i * pitch, middle
                if i < self._typed:
                    Ellipse(pos=(x - side / 2, y - side / 2), size=(side, side))
                else:
                    SmoothLine(circle=(x, y, side / 2), width=1.6)


class Typing:
    """Keeps what a keypad types: bounded, erasable, forgotten with its screen."""

    def __init__(self, most: int, changed: Callable[[str], None]) -> None:
        self.text = ""
        self._most = most
        self._changed = changed

    def press(self, key: str) -> None:
        """A key went down."""
        if key == ERASE:
            self.text = self.text[:-1]
        elif len(self.text) < self._most and not (key == "." and "." in self.text):
            self.text += key
        self._changed(self.text)

    def clear(self) -> None:
        """Begin again."""
        self.text = ""
        self._changed("")


def centred(child: Widget, **layout: Any) -> BoxLayout:
    """A widget between two springs, from left to right."""
    box = BoxLayout(**layout)
    box.add_widget(Widget())
    box.add_widget(child)
    box.add_widget(Widget())
    return box
