"""Goods to touch: a product, a kind of goods, what was sold last time, and the leaves of a long list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import CHOSEN, QUIET, PushButton, Touchable
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Emoji, Icon, Text

_EMOJI_MM = 22.0
ADVICE_PICTURES = {
    "grain": "🌾",
    "dried": "🫘",
    "processed": "🥫",
    "honey": "🍯",
    "milk": "🥛",
    "spice": "🧂",
    "teaSubstitute": "🍵",
    "medicine": "🌿",
    "slaughteredMeat": "🥩",
    "wildFish": "🎣",
    "wildMushroom": "🍄",
    "wildPlant": "🌱",
}
"""Pictures of what has no product of its own, by the paper that is right for it."""


def picture(emoji: str, size_px: float, **layout: Any) -> Widget:
    """The picture of goods, or a sign where there is none."""
    if emoji:
        return Emoji(emoji, size_px, **layout)
    return Icon("store", size_px * 0.72, tokens.SOFT, **layout)


class GoodsTile(Touchable):
    """A picture over a name. A ``note`` tells what is special about it (no certificate for it)."""

    def __init__(
        self, theme: tokens.Theme, name: str, words: str, emoji: str, act: Callable[[], None], *, note: str = "", **layout: Any
    ) -> None:
        layout.setdefault("padding", (theme.mm(1.4), theme.mm(1.8)))
        super().__init__(
            theme, name, act, kind=QUIET, least_mm=tokens.ACTION_MM, orientation="vertical", spacing=theme.mm(0.5), **layout
        )
        self.add_widget(picture(emoji, theme.mm(_EMOJI_MM) * theme.board.type_scale))
        self.add_widget(
            Text(
                words,
                theme.body,
                bold=True,
                align="center",
                max_lines=1,
                min_px=round(theme.note * 0.9),
                size_hint_y=None,
                height=theme.body * 1.34,
            )
        )
        if note:
            self.add_widget(
                Text(
                    note,
                    theme.note,
                    color=tokens.AMBER,
                    align="center",
                    max_lines=1,
                    min_px=round(theme.note * 0.8),
                    size_hint_y=None,
                    height=theme.note * 1.3,
                )
            )


class KindTile(Touchable):
    """A kind of goods: picture and word side by side."""

    def __init__(
        self,
        theme: tokens.Theme,
        name: str,
        words: str,
        emoji: str,
        act: Callable[[], None],
        *,
        large: bool = False,
    ) -> None:
        super().__init__(
            theme, name, act, kind=QUIET, least_mm=tokens.ACTION_MM, padding=(theme.mm(5 if large else 3), theme.mm(1.4))
        )
        self.spacing = theme.mm(4 if large else 2.4)
        side = theme.mm(19 if large else 13) * theme.board.type_scale
        self.add_widget(Emoji(emoji, side, size_hint_x=None, width=side))
        self.add_widget(Text(words, theme.question if large else theme.body, bold=True, max_lines=1, min_px=theme.note))


class SameAgain(Touchable):
    """和上次一样: the whole strip is the button."""

    def __init__(
        self, theme: tokens.Theme, name: str, words: str, note: str, action: str, emoji: str, act: Callable[[], None], **layout: Any
    ) -> None:
        super().__init__(
            theme,
            name,
            act,
            kind=CHOSEN,
            least_mm=tokens.CONFIRM_MM,
            padding=(theme.pad, theme.mm(1.8), theme.mm(2.4), theme.mm(1.8)),
            **layout,
        )
        side = theme.mm(16) * theme.board.type_scale
        self.add_widget(picture(emoji, side, size_hint_x=None, width=side))
        says = BoxLayout(orientation="vertical")
        says.add_widget(Widget())
        says.add_widget(
            Text(words, theme.question, bold=True, size_hint_y=None, height=theme.question * 1.34, max_lines=1, min_px=theme.note)
        )
        says.add_widget(
            Text(
                note,
                theme.note,
                color=tokens.SOFT,
                size_hint_y=None,
                height=theme.note * 1.34,
                max_lines=1,
                min_px=round(theme.note * 0.7),
            )
        )
        says.add_widget(Widget())
        self.add_widget(says)
        pill = Card(
            theme,
            color=tokens.GREEN,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad * 0.6, 0),
            spacing=theme.mm(1),
            size_hint_x=None,
            width=theme.body * (len(action) + 1.4) + theme.pad * 1.2,
        )
        pill.add_widget(Text(action, theme.body, color=tokens.WHITE, bold=True, align="center", max_lines=1))
        pill.add_widget(Icon("right", theme.body * 1.1, tokens.WHITE, size_hint_x=None, width=theme.body * 1.1))
        self.add_widget(pill)


class Leaves(BoxLayout):
    """A long list as leaves of ``cols`` x ``rows`` tiles; 上一页 and 下一页 appear only when there is more than one leaf;
    without ``words`` they are arrows."""

    def __init__(
        self,
        theme: tokens.Theme,
        tiles: Sequence[Callable[[], Widget]],
        cols: int,
        rows: int,
        words: tuple[str, str] | None,
        **layout: Any,
    ) -> None:
        super().__init__(orientation="vertical", spacing=theme.gap, **layout)
        self._theme = theme
        self._tiles = tiles
        self._cols, self._rows = cols, rows
        self._number = 0
        self._grid = GridLayout(cols=cols, rows=rows, spacing=theme.gap)
        self.add_widget(self._grid)
        self._position: Text | None = None
        if len(tiles) > cols * rows:
            self.add_widget(self._turning(words))
        self._show()

    @property
    def count(self) -> int:
        """How many leaves."""
        return max(1, -(-len(self._tiles) // (self._cols * self._rows)))

    def _turning(self, words: tuple[str, str] | None) -> Widget:
        row = BoxLayout(spacing=self._theme.gap, size_hint_y=None, height=self._theme.action)
        said = words or ("", "")
        self._back = PushButton(self._theme, "previous", said[0], lambda: self._turn(-1), icon="left")
        self._position = Text("", self._theme.body, bold=True, align="center", max_lines=1, size_hint_x=0.5 if words else 0.8)
        self._on = PushButton(self._theme, "more", said[1], lambda: self._turn(1), icon="right")
        for child in (self._back, self._position, self._on):
            row.add_widget(child)
        return row

    def _turn(self, by: int) -> None:
        self._number = min(self.count - 1, max(0, self._number + by))
        self._show()

    def _show(self) -> None:
        self._grid.clear_widgets()
        room = self._cols * self._rows
        shown = self._tiles[self._number * room : (self._number + 1) * room]
        for make in shown:
            self._grid.add_widget(make())
        for _ in range(room - len(shown)):
            self._grid.add_widget(Widget())
        if self._position is None:
            return
        self._position.say(f"{self._number + 1} / {self.count}")
        for button, possible in ((self._back, self._number > 0), (self._on, self._number < self.count - 1)):
            button.disabled = not possible
            button.opacity = 1.0 if possible else 0.35
