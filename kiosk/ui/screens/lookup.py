"""手机号或代码: a big keypad, letters for those who need them, and one green button."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key, Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.keypad import Entry, KeyButton, Keypad, Typing
from kiosk.ui.widgets.letters import LetterPad
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.ways import LOW, Way, row_height, way_row

LEAST = 4
MOST = 18
"""Length of a social credit code; a phone has 11."""
TO_LETTERS = "ABC"
TO_DIGITS = "123"
PHONE_DIGITS = 11


def grouped(text: str) -> str:
    """A phone as it is spoken: 138 0000 0417; anything else as it was typed."""
    if not text.isdigit() or len(text) > PHONE_DIGITS or not text.startswith("1"):
        return text
    return " ".join(part for part in (text[:3], text[3:7], text[7:]) if part)


@draws(Page.LOOKUP)
class LookupScreen(Steady):
    """Keys left, what was typed and 查找 right; upright the keys are below, where hands reach."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._typing = Typing(MOST, self._typed)
        self._keys = BoxLayout()
        self._entry = Entry(
            theme,
            placeholder=ctx.words("lookup.placeholder"),
            size_hint_y=None,
            height=theme.confirm,
            padding=(theme.pad, theme.mm(1)),
        )
        self._hint = Text(
            ctx.words("lookup.hint"),
            theme.note,
            color=tokens.SOFT,
            max_lines=2,
            valign="top",
            size_hint_y=None,
            height=theme.note * 2.7,
        )
        self._find = PushButton(theme, "search", ctx.words("button.search"), self._ask, kind=WAITING, rank="confirm", icon="search")
        self._lay()
        self._show_digits()

    def _lay(self) -> None:
        theme, ctx = self.theme, self.ctx
        card, code = Way(Key.START, "identify.byCard", "", "card"), Way(Key.START_SCAN, "identify.byCode", "", "camera")
        if theme.board.is_portrait:
            row = horizontal(
                theme, way_row(ctx, card), way_row(ctx, code), size_hint_y=None, height=row_height(theme, has_note=False)
            )
            for part in (self._entry, self._hint, self._keys, self._find, row):
                self.body.add_widget(part)
            return
        self._keys.size_hint_x = 1.5
        is_low = theme.elder or theme.board.height_px < LOW * theme.action
        aside = vertical(theme, self._entry, self._find, Widget() if theme.elder else self._hint, Widget())
        for way in (card,) if is_low else (card, code):
            aside.add_widget(way_row(ctx, way))
        self.body.add_widget(self._keys)
        self.body.add_widget(aside)

    def update(self, state: Terminal) -> None:
        super().update(state)
        busy = bool(visit_of(state).busy)
        self._find.say(self.ctx.words("lookup.busy" if busy else "button.search"))
        self._find.become(PRIMARY if len(self._typing.text) >= LEAST and not busy else WAITING)

    def _show_digits(self) -> None:
        self._keys.clear_widgets()
        self._keys.add_widget(Keypad(self.theme, self._press, extra=TO_LETTERS))

    def _show_letters(self) -> None:
        pad = LetterPad(self.theme, self._press)
        pad.add_widget(KeyButton(self.theme, TO_DIGITS, self._press, size_px=self.theme.body))
        self._keys.clear_widgets()
        self._keys.add_widget(pad)

    def _press(self, key: str) -> None:
        if key == TO_LETTERS:
            self._show_letters()
        elif key == TO_DIGITS:
            self._show_digits()
        else:
            self._typing.press(key)

    def _typed(self, text: str) -> None:
        self._entry.show(grouped(text))
        self._find.become(PRIMARY if len(text) >= LEAST else WAITING)

    def _ask(self) -> None:
        self.ctx.send(Typed(self._typing.text))
