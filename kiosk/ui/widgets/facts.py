"""Facts one below the other: a quiet name and a strong value. All of them are readable: the size follows the longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kivy.uix.widget import Widget

from kiosk.label.text import Style, font_book
from kiosk.ui import theme as tokens
from kiosk.ui.widgets.text import Text

_LINE = 1.34


class Facts(Widget):
    """``rows`` are (name, value). Values take as many lines as they need; the type shrinks from ``size_px`` to ``min_px`` until all fit."""

    def __init__(
        self,
        theme: tokens.Theme,
        rows: Sequence[tuple[str, str]],
        *,
        size_px: int | None = None,
        min_px: int | None = None,
        **layout: Any,
    ) -> None:
        super().__init__(**layout)
        self._theme = theme
        self._rows = tuple(rows)
        self._size_px = size_px or theme.body
        self._min_px = min_px or round(theme.note * 0.7)
        self._texts = [
            (
                Text(name, theme.note, color=tokens.SOFT, max_lines=1, valign="top", size_hint=(None, None)),
                Text(value, self._size_px, bold=True, valign="top", min_px=8, size_hint=(None, None)),
            )
            for name, value in self._rows
        ]
        for pair in self._texts:
            for text in pair:
                self.add_widget(text)
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: object) -> None:
        if not self._rows or self.width < 40 or self.height < 40:
            return
        size, names_px, lines = self._fitting()
        gap = self._theme.mm(2.4)
        names = self._names_width(names_px)
        line = round(size * _LINE)
        free = self.height - sum(lines) * line
        space = min(free / max(1, len(self._rows)), line * 0.7)
        top = self.top
        for (name, value), count in zip(self._texts, lines, strict=True):
            height = count * line
            value.size_px, value.min_px = size, size - 1
            name.size_px, name.min_px = names_px, names_px - 1
            name.size = (names, line)
            value.size = (self.width - names - gap, height)
            name.pos = (self.x, top - line - (size - names_px) * 0.12)
            value.pos = (self.x + names + gap, top - height)
            name.valign = "middle"
            top -= height + space

    def _names_width(self, names_px: int) -> float:
        book = font_book()
        return max(book.length(name, Style(names_px)) for name, _ in self._rows) + 4

    def _fitting(self) -> tuple[int, int, list[int]]:
        """The largest size at which every value stands whole, the size of the names, and each value's lines."""
        book = font_book()
        for size in range(self._size_px, self._min_px - 1, -1):
            names_px = min(self._theme.note, size)
            width = self.width - self._names_width(names_px) - self._theme.mm(2.4)
            lines = [len(book.wrap(value, Style(size, True), width - 1)) for _, value in self._rows]
            if sum(lines) * round(size * _LINE) <= self.height:
                break
        return size, names_px, lines
