"""Writing Chinese with big keys: letters, the characters they can mean, digits. Never a system keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.directory.pinyin_input import candidates, next_letters
from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import CHOSEN, Touchable
from kiosk.ui.widgets.keypad import ERASE, KeyButton
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_WIDE_ROWS = ("ABCDEFGHIJ", "KLMNOPQRST", "UVWXYZ")
_HIGH_ROWS = ("ABCDEFG", "HIJKLMN", "OPQRSTU", "VWXYZ")
_DIGITS = "1234567890"
_MOST_LETTERS = 8
_MOST_CANDIDATES = 120
_GREYED = 0.3


class CandidateRow(BoxLayout):
    """What the letters can mean, as keys as wide as their words; arrows page when there are more."""

    def __init__(self, theme: tokens.Theme, take: Callable[[str], None], **layout: Any) -> None:
        super().__init__(spacing=theme.mm(3), **layout)
        self._theme = theme
        self._take = take
        self._items: tuple[str, ...] = ()
        self._starts = [0]
        self.bind(width=lambda *_: self._draw())

    def show(self, items: Sequence[str]) -> None:
        """Other candidates, from their beginning."""
        if tuple(items) != self._items:
            self._items = tuple(items)
            self._starts = [0]
            self._draw()

    def _draw(self) -> None:
        self.clear_widgets()
        if self.width < self._theme.touch * 3:
            return
        start = self._starts[-1]
        shown = self._fitting(start)
        for word in shown:
            key = Touchable(
                self._theme, f"word:{word}", self._taker(word), padding=(2, 2), size_hint_x=None, width=self._width_of(word)
            )
            key.add_widget(Text(word, self._theme.question, bold=True, align="center", max_lines=1, min_px=self._theme.note))
            self.add_widget(key)
        self.add_widget(Widget())
        if len(self._starts) > 1 or start + len(shown) < len(self._items):
            self.add_widget(self._arrow("wordsBack", "left", self._back, len(self._starts) > 1))
            self.add_widget(self._arrow("wordsOn", "right", self._on(start + len(shown)), start + len(shown) < len(self._items)))

    def _fitting(self, start: int) -> list[str]:
        free = self.width - 2 * (self._theme.touch + self.spacing)
        shown: list[str] = []
        for word in self._items[start:]:
            free -= self._width_of(word) + self.spacing
            if free < 0 and shown:
                break
            shown.append(word)
        return shown

    def _width_of(self, word: str) -> float:
        return max(self._theme.touch * 1.12, self._theme.question * (len(word) + 0.8))

    def _arrow(self, name: str, icon: str, act: Callable[[], None], there_is: bool) -> Widget:
        if not there_is:
            return Widget(size_hint_x=None, width=self._theme.touch)
        key = Touchable(self._theme, name, act, padding=(2, 2), size_hint_x=None, width=self._theme.touch)
        key.add_widget(Icon(icon, self._theme.question, tokens.GREEN))
        return key

    def _taker(self, word: str) -> Callable[[], None]:
        return lambda: self._take(word)

    def _back(self) -> None:
        self._starts.pop()
        self._draw()

    def _on(self, start: int) -> Callable[[], None]:
        def on() -> None:
            self._starts.append(start)
            self._draw()

        return on


class PinyinPad(BoxLayout):
    """Text so far with ``done`` beside it, candidates, keys.

    ``words`` gives whole words for initials (names of villages), ``endings`` stand ready while no letter is typed; ``changed`` hears each
    new text, which is never longer than ``most``.
    """

    def __init__(
        self,
        theme: tokens.Theme,
        text: str,
        most: int,
        changed: Callable[[str], None],
        *,
        done: Widget,
        placeholder: str,
        words: Callable[[str], tuple[str, ...]],
        endings: Sequence[str],
        **layout: Any,
    ) -> None:
        super().__init__(orientation="vertical", spacing=theme.mm(3.4), **layout)
        self.text = text[:most]
        self._theme = theme
        self._most = most
        self._changed = changed
        self._placeholder = placeholder
        self._words = words
        self._endings = tuple(endings)
        self._letters = ""
        self._digits = False
        self._keys: dict[str, KeyButton] = {}
        self._so_far = Text("", theme.question, bold=True, max_lines=2, min_px=round(theme.note * 0.78))
        line = BoxLayout(size_hint_y=None, height=theme.action, spacing=theme.gap)
        paper = Card(theme, raised=False, line=tokens.GREEN, padding=(theme.pad, theme.mm(0.8)))
        paper.add_widget(self._so_far)
        line.add_widget(paper)
        line.add_widget(done)
        self.add_widget(line)
        self._spelled = Text("", theme.question, color=tokens.GREEN, bold=True, max_lines=1, min_px=theme.note)
        self._spelled.size_hint_x, self._spelled.width = None, 0
        self._row = CandidateRow(theme, self._take)
        means = BoxLayout(spacing=theme.mm(2), size_hint_y=None, height=theme.touch * (1.0 if theme.elder else 1.08))
        means.add_widget(self._spelled)
        means.add_widget(self._row)
        self.add_widget(means)
        self._board = BoxLayout(orientation="vertical", spacing=theme.mm(3))
        self.add_widget(self._board)
        self._lay_keys()
        self._show()

    def _lay_keys(self) -> None:
        theme = self._theme
        self._board.clear_widgets()
        self._keys = {}
        across = theme.mm(5 if theme.elder else 3)
        high = theme.board.is_portrait
        plan = (_DIGITS[:5], _DIGITS[5:], "") if self._digits else _HIGH_ROWS if high else _WIDE_ROWS
        rows = [BoxLayout(spacing=across) for _ in plan]
        for row, keys in zip(rows, plan, strict=True):
            self._add_keys(row, keys)
        wide = 1 if high else 2
        switch = Touchable(
            theme, "key:ABC" if self._digits else "key:123", self._switch, kind=CHOSEN, padding=(2, 2), size_hint_x=wide
        )
        switch.add_widget(
            Text("ABC" if self._digits else "123", theme.question, color=tokens.GREEN, bold=True, align="center", max_lines=1)
        )
        rows[-1].add_widget(switch)
        rows[-1].add_widget(KeyButton(theme, ERASE, self._press, size_hint_x=wide))
        for row in rows:
            self._board.add_widget(row)

    def _add_keys(self, row: BoxLayout, keys: str) -> None:
        for key in keys:
            button = KeyButton(self._theme, key, self._press, size_px=self._theme.question)
            self._keys[key] = button
            row.add_widget(button)

    def _switch(self) -> None:
        self._digits = not self._digits
        self._letters = ""
        self._lay_keys()
        self._show()

    def _press(self, key: str) -> None:
        if key == ERASE:
            self._erase()
        elif key in _DIGITS:
            self._write(key)
        elif len(self._letters) < _MOST_LETTERS:
            self._letters += key.lower()
        self._show()

    def _erase(self) -> None:
        if self._letters:
            self._letters = self._letters[:-1]
        else:
            self._write(None)

    def _take(self, word: str) -> None:
        self._letters = ""
        self._write(word)
        self._show()

    def _write(self, word: str | None) -> None:
        """Add a word at the end, or take one character away."""
        wanted = self.text[:-1] if word is None else self.text + word
        if len(wanted) <= self._most:
            self.text = wanted
            self._changed(wanted)

    def _show(self) -> None:
        letters = self._letters
        self._so_far.say(self.text or self._placeholder, tokens.INK if self.text else tokens.SOFT)
        self._spelled.width = self._theme.question * (0.66 * len(letters) + 0.4) if letters else 0
        self._spelled.say(letters.upper())
        found = (*self._words(letters), *candidates(letters))[:_MOST_CANDIDATES] if letters else self._endings
        self._row.show(found)
        for key, button in self._keys.items():
            possible = self._digits or self._may_follow(key.lower())
            button.disabled = not possible
            button.opacity = 1.0 if possible else _GREYED

    def _may_follow(self, letter: str) -> bool:
        return letter in next_letters(self._letters) or bool(self._words(self._letters + letter))
