"""给谁一个密码: find a subject by the digits of its phone or code, or by its letters."""

from __future__ import annotations

from functools import partial

from kivy.uix.boxlayout import BoxLayout

from kiosk.domain.subject import Subject
from kiosk.session.events import SubjectChosen, Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, clerk_of
from kiosk.ui.screen import vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton, Row
from kiosk.ui.widgets.goods import Leaves
from kiosk.ui.widgets.keypad import Entry, Keypad, Typing
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_LEAST = 4
_MOST = 18


@draws(Page.CLERK_SUBJECT)
class ClerkSubjectScreen(ClerkFramed):
    """Keypad and 查找 on one side, who was found on the other."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._typing = Typing(_MOST, self._typed)
        self._matches: tuple[Subject, ...] | None = None
        self._entry = Entry(
            theme,
            placeholder=ctx.words("clerk.searchPlaceholder"),
            size_hint_y=None,
            height=theme.action,
            padding=(theme.pad, theme.mm(1)),
        )
        self._search = PushButton(
            theme, "search", ctx.words("button.search"), self._find, kind=WAITING, rank="action", icon="search"
        )
        keys = Keypad(theme, self._typing.press)
        self._found: BoxLayout = vertical(theme)
        if theme.board.is_portrait:
            keys.size_hint_y = 0.9
            for child in (self._found, self._entry, keys, self._search):
                self.body.add_widget(child)
        else:
            self.body.add_widget(vertical(theme, self._entry, keys, self._search))
            self.body.add_widget(self._found)
            self._found.size_hint_x = 1.2
        self._found.bind(height=lambda *_: self._show())

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
        least = max(theme.action, theme.body * 1.34 + theme.note * 1.5 + theme.mm(3.2)) + theme.gap
        rows = max(1, int((self._found.height + theme.gap) // least))
        if len(matches) > rows:
            rows = max(1, int((self._found.height - theme.action) // least))
        tiles = [partial(self._row, subject) for subject in matches]
        self._found.add_widget(Leaves(theme, tiles, 1, rows, (ctx.words("button.previous"), ctx.words("button.more"))))

    def _row(self, subject: Subject) -> Row:
        act = partial(self.ctx.send, SubjectChosen(subject))
        return Row(self.theme, f"subject:{subject.id}", subject.name, subject.base.text, act)
