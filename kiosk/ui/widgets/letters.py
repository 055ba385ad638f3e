"""Pinyin initials as big keys; a letter that can find nothing more is greyed and does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.uix.gridlayout import GridLayout

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.keypad import ERASE, KeyButton

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GREYED = 0.3


class LetterPad(GridLayout):
    """The 26 letters and erase. ``press`` gets the capital letter or ``ERASE``."""

    def __init__(self, theme: tokens.Theme, press: Callable[[str], None], *, cols: int = 7, **layout: Any) -> None:
        super().__init__(cols=cols, spacing=theme.gap if theme.elder else theme.mm(2.8), **layout)
        self._keys = {letter: KeyButton(theme, letter, press, size_px=theme.question) for letter in (*LETTERS, ERASE)}
        for key in self._keys.values():
            self.add_widget(key)

    def allow(self, letters: frozenset[str], *, erase: bool) -> None:
        """Only these letters (small) can be pressed, and erase or not."""
        for letter, key in self._keys.items():
            possible = erase if letter == ERASE else letter.lower() in letters
            key.disabled = not possible
            key.opacity = 1.0 if possible else _GREYED
