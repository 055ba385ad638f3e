"""Many names to choose from: pages of tiles with a thumb index beside them, as in a dictionary. One touch to a page, one to the name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import CHOSEN, QUIET, Touchable
from kiosk.ui.widgets.text import Icon, Text

_INDEX_COLUMNS = 2
_TILE = 1.3
"""Height of a tile in actions, where there is room."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One name: ``key`` makes its widget's name, ``initials`` its place in the index."""

    key: str
    words: str
    initials: str


class NameTile(Touchable):
    """A name, on two lines where it is long."""

    def __init__(
        self, theme: tokens.Theme, choice: Choice, act: Callable[[], None], *, chosen: bool = False, **layout: Any
    ) -> None:
        super().__init__(theme, choice.key, act, kind=CHOSEN if chosen else QUIET, padding=(theme.mm(1.6), theme.mm(0.6)), **layout)
        self.add_widget(
            Text(
                choice.words,
                theme.body,
                color=tokens.GREEN if chosen else tokens.INK,
                bold=True,
                align="center",
                max_lines=2,
                min_px=round(theme.note * 0.8),
            )
        )


class IndexKey(Touchable):
    """A page of the index by the letters it begins and ends with, or an arrow."""

    def __init__(
        self, theme: tokens.Theme, name: str, act: Callable[[], None], *, words: str = "", icon: str = "", here: bool = False
    ) -> None:
        super().__init__(theme, name, act, kind=CHOSEN if here else QUIET, padding=(theme.mm(0.8), 0), raised=not here)
        if icon:
            self.add_widget(Icon(icon, theme.question, tokens.GREEN))
        else:
            color = tokens.GREEN if here else tokens.INK
            self.add_widget(Text(words, theme.body, color=color, bold=True, align="center", max_lines=1, min_px=theme.note))


class TilePages(BoxLayout):
    """Tiles of ``choices``; as many a page as fit. With more than one page they stand in the order of their initials, with an index."""

    def __init__(
        self,
        theme: tokens.Theme,
        choices: Sequence[Choice],
        choose: Callable[[Choice], None],
        *,
        chosen: str = "",
        **layout: Any,
    ) -> None:
        super().__init__(spacing=theme.gap * 1.3, **layout)
        self._theme = theme
        self._choices = tuple(choices)
        self._choose = choose
        self._chosen = chosen
        self._page = 0
        self._fitting = (0, 0)
        self._drawn_for = 0.0
        self.bind(size=self._measure)

    def wanted_height(self, width: float) -> float:
        """Height at which all tiles stand on one page of this width and are not crowded."""
        rows = -(-len(self._choices) // self._columns(width))
        return rows * self._theme.action * _TILE + (rows - 1) * self._theme.gap

    def mark(self, key: str) -> None:
        """Show another one as chosen."""
        self._chosen = key
        self._draw()

    def _measure(self, *_: object) -> None:
        theme = self._theme
        rows = int((self.height + theme.gap) // (theme.touch + theme.gap))
        wide = self._columns(self.width)
        if len(self._choices) > rows * wide:
            wide = self._columns(self.width - self._index_width - self.spacing)
        if (rows, wide, self.height) != (*self._fitting, self._drawn_for) and rows > 0 and wide > 0:
            self._fitting, self._drawn_for = (rows, wide), self.height
            at = next((i for i, choice in enumerate(self._ordered()) if choice.key == self._chosen), 0)
            self._page = at // (rows * wide)
            self._draw()

    def _columns(self, width: float) -> int:
        least = self._theme.body * 5.4 + self._theme.mm(3.2)
        return max(1, int((width + self._theme.gap) // (least + self._theme.gap)))

    @property
    def _index_width(self) -> float:
        return self._theme.body * 2.9 * _INDEX_COLUMNS + self._theme.gap * 0.8

    @property
    def _pages(self) -> int:
        rows, columns = self._fitting
        return -(-len(self._choices) // (rows * columns))

    def _ordered(self) -> tuple[Choice, ...]:
        rows, columns = self._fitting
        if len(self._choices) <= rows * columns:
            return self._choices
        return tuple(sorted(self._choices, key=lambda choice: (choice.initials, choice.words)))

    def _draw(self) -> None:
        self.clear_widgets()
        rows, columns = self._fitting
        ordered = self._ordered()
        each = rows * columns
        shown = ordered[self._page * each : (self._page + 1) * each]
        self.add_widget(self._grid(shown, rows if self._pages > 1 else -(-len(shown) // columns), columns))
        if self._pages > 1:
            self.add_widget(self._index(ordered, rows, each))

    def _grid(self, shown: tuple[Choice, ...], rows: int, columns: int) -> Widget:
        """Few names are not blown up over the whole height; on a high screen they lie where the hands are."""
        theme = self._theme
        high = min(self.height, rows * theme.action * _TILE + (rows - 1) * theme.gap)
        grid = GridLayout(cols=columns, rows=rows, spacing=theme.gap, size_hint_y=None, height=high)
        for choice in shown:
            grid.add_widget(NameTile(theme, choice, self._act(choice), chosen=choice.key == self._chosen))
        for _ in range(columns * rows - len(shown)):
            grid.add_widget(Widget())
        box = AnchorLayout(anchor_y="bottom" if theme.board.is_portrait else "top")
        box.add_widget(grid)
        return box

    def _index(self, ordered: tuple[Choice, ...], rows: int, each: int) -> Widget:
        box = BoxLayout(orientation="vertical", spacing=self._theme.gap * 0.8, size_hint_x=None, width=self._index_width)
        keys = GridLayout(cols=_INDEX_COLUMNS, spacing=self._theme.gap * 0.8)
        step = -(-self._pages // max(1, (rows - 1) * _INDEX_COLUMNS))
        for first in range(0, self._pages, step):
            last = min(first + step, self._pages) - 1
            end = ordered[min((last + 1) * each, len(ordered)) - 1]
            words = _span(ordered[first * each].initials, end.initials)
            here = first <= self._page <= last
            keys.add_widget(IndexKey(self._theme, f"page:{first}", self._turn_to(first), words=words, here=here))
        for _ in range((rows - 1) * _INDEX_COLUMNS - len(keys.children)):
            keys.add_widget(Widget())
        arrows = BoxLayout(spacing=self._theme.gap * 0.8, size_hint_y=1 / max(1, rows - 1))
        arrows.add_widget(IndexKey(self._theme, "pageBack", self._turn_to((self._page - 1) % self._pages), icon="left"))
        arrows.add_widget(IndexKey(self._theme, "pageOn", self._turn_to((self._page + 1) % self._pages), icon="right"))
        box.add_widget(keys)
        box.add_widget(arrows)
        return box

    def _turn_to(self, page: int) -> Callable[[], None]:
        def turn() -> None:
            self._page = page
            self._draw()

        return turn

    def _act(self, choice: Choice) -> Callable[[], None]:
        return lambda: self._choose(choice)


def _span(first: str, last: str) -> str:
    """``B–D``, or ``B`` where both are the same."""
    begin, end = first[:1].upper(), last[:1].upper()
    return begin if begin == end else f"{begin}–{end}"
