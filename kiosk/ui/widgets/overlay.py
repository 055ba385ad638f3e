"""What lies above every screen: the ribbon of a demonstration, and the countdown before a visit is wiped."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.session.events import Key
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text


class Ribbon(FloatLayout):
    """演示样张 at the lower left corner: nothing made here can pass for real. Touches go through."""

    def __init__(self, ctx: ScreenContext) -> None:
        super().__init__()
        theme = ctx.theme
        size = theme.type_px(3.6)
        tag = Card(
            theme,
            color=tokens.RED,
            raised=False,
            radius=theme.mm(0.8),
            padding=(theme.mm(1.6), 0),
            size_hint=(None, None),
            size=(size * 5.2, size * 1.5),
            pos=(theme.mm(1), theme.mm(0.5)),
        )
        tag.add_widget(Text(ctx.words("demo.ribbon"), size, color=tokens.WHITE, bold=True, align="center", max_lines=1))
        self.add_widget(tag)

    def on_touch_down(self, touch: Any) -> bool:
        return False


class Countdown(AnchorLayout):
    """您还在吗: the seconds left and one button. Hidden while ``None``; any touch brings the visit back."""

    def __init__(self, ctx: ScreenContext) -> None:
        super().__init__()
        self._ctx = ctx
        self._seconds: Text | None = None
        self._shown: int | None = None

    def show(self, seconds: int | None) -> None:
        """Show the seconds left, or hide."""
        if seconds is None:
            if self._shown is not None:
                self.clear_widgets()
                self.canvas.before.clear()
                self._seconds = None
        else:
            if self._seconds is None:
                self._build()
            if self._seconds is not None:
                self._seconds.say(str(seconds))
        self._shown = seconds

    def _build(self) -> None:
        theme, ctx = self._ctx.theme, self._ctx
        with self.canvas.before:
            Color(0.05, 0.1, 0.07, 0.62)
            self._veil = Rectangle(pos=self.pos, size=self.size)
        wide = min(theme.board.width_px - 2 * theme.margin, theme.body * 22)
        card = Card(theme, size_hint=(None, None), size=(wide, theme.question * 4.4 + theme.huge * 0.8 + theme.confirm))
        card.add_widget(Text(ctx.words("stillThere"), theme.question, bold=True, align="center", max_lines=3))
        self._seconds = Text("", round(theme.huge * 0.62), bold=True, color=tokens.AMBER, align="center", size_hint_y=None)
        self._seconds.height = theme.huge * 0.85
        card.add_widget(self._seconds)
        card.add_widget(PushButton(theme, "stay", ctx.words("button.stay"), ctx.press(Key.STAY), kind=PRIMARY, rank="confirm"))
        self.add_widget(card)
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: object) -> None:
        if self._shown is not None or self._seconds is not None:
            self._veil.pos, self._veil.size = self.pos, self.size

    def on_touch_down(self, touch: Any) -> bool:
        if self._shown is None:
            return False
        super().on_touch_down(touch)
        return True
