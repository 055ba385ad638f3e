"""给谁一个密码: find a subject by the digits of its phone or code, or by its letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.subject import Subject
from kiosk.session.events import SubjectChosen, Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, clerk_of
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton, Touchable
from kiosk.ui.widgets.goods import Leaves
from kiosk.ui.widgets.keypad import Entry, Keypad, Typing
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_LEAST = 4
_MOST = 18


class SubjectRow(Touchable):
    """The whole name, and where its base is: namesakes differ there."""

    def __init__(self, theme: tokens.Theme, subject: Subject, act: Callable[[], None]) -> None:
        super().__init__(theme, f"subject:{subject.id}", act, least_mm=tokens.ACTION_MM, padding=(theme.pad * 0.8, theme.mm(1.4)))
        words = BoxLayout(orientation="vertical")
        words.add_widget(Text(subject.name, theme.body, bold=True, max_lines=2, min_px=round(theme.note * 0.72), size_hint_y=1.5))
        words.add_widget(Text(subject.base.text, theme.note, color=tokens.SOFT, max_lines=2, min_px=round(theme.note * 0.62)))
        self.add_widget(words)
        self.add_widget(Icon("right", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body))


@draws(Page.CLERK_SUBJECT)
class ClerkSubjectScreen(ClerkFramed):
    """What is typed and 查找 on top; keys on one side, who was found on the other."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._typing = Typing(_MOST, self._typed)
        self._matches: tuple[Subject, ...] | None = None
        self._entry = Entry(theme, placeholder=ctx.words("clerk.searchPlaceholder"), padding=(theme.pad, theme.mm(1)))
        self._search = PushButton(
            theme,
            "search",
            ctx.words("button.search"),
            self._find,
            kind=WAITING,
            icon="search",
            size_hint_x=None,
            width=theme.body * 6,
        )
        keys = Keypad(theme, self._typing.press)
        self._found: BoxLayout = vertical(theme)
        typed = horizontal(theme, self._entry, self._search, size_hint_y=None, height=theme.action)
        if theme.board.is_portrait:
            keys.size_hint_y = 0.8
            below: tuple[Widget, ...] = (self._found, typed, keys)
        else:
            self._found.size_hint_x = 1.35
            below = (typed, horizontal(theme, keys, self._found, spacing=theme.gap * 1.4))
        for child in below:
            self.body.add_widget(child)
        self._found.bind(height=lambda *_: self._show())

    def columns(self) -> BoxLayout:
        return vertical(self.theme)

    def _typed(self, text: str) -> None:
        self._entry.show(text)
        self._search.become(PRIMARY if len(text) >= _LEAST else WAITING)

    def _find(self) -> None:
        self.ctx.send(Typed(self._typing.text))

    def update(self, state: Terminal) -> None:
        super().update(state)
        matches = clerk_of(state).matches
        if matches is not self._matches:
            self._matches = matches
            self._show()

    def _show(self) -> None:
        theme, ctx = self.theme, self.ctx
        self._found.clear_widgets()
        matches = self._matches or ()
        if not matches:
            hint = Card(theme, raised=False, line=tokens.LINE)
            hint.add_widget(Icon("search", theme.mm(18), tokens.LEAF))
            hint.add_widget(
                Text(ctx.words("clerk.searchHint"), theme.body, color=tokens.SOFT, align="center", valign="top", max_lines=5)
            )
            self._found.add_widget(hint)
            return
        least = theme.body * 1.4 + theme.note * 2.6 + theme.mm(2.8) + theme.gap
        rows = max(1, int((self._found.height + theme.gap) // least))
        if len(matches) > rows:
            rows = max(1, int((self._found.height - theme.action) // least))
        tiles = [partial(self._row, subject) for subject in matches]
        self._found.add_widget(Leaves(theme, tiles, 1, rows, (ctx.words("clerk.previousShort"), ctx.words("clerk.moreShort"))))

    def _row(self, subject: Subject) -> SubjectRow:
        return SubjectRow(self.theme, subject, partial(self.ctx.send, SubjectChosen(subject)))
