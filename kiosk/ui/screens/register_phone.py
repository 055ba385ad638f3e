"""手机号: typed on our own keys, shown in groups as people say it."""

from __future__ import annotations

from kiosk.domain.identity import group_phone
from kiosk.session.events import Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.drawings_register import PHONE_UNITS, phone_on_label
from kiosk.ui.widgets.keypad import Entry, Keypad, Typing
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing

_MOBILE_DIGITS = 11
_MOST_DIGITS = 12
"""A landline with its area code."""


@draws(Page.REGISTER_PHONE)
class RegisterPhoneScreen(Framed):
    """The number, the keys, and the way on as soon as the number is whole."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._typing = Typing(_MOST_DIGITS, self._show)
        self._typing.text = visit_of(state).new.phone.replace("-", "")
        self._entry = Entry(theme, placeholder=ctx.words("register.phonePlaceholder"), size_hint_y=None, height=theme.action * 1.3)
        note = Text(ctx.words("register.phoneNote"), theme.body, color=tokens.SOFT, max_lines=2, size_hint_y=None)
        note.height = theme.body * 1.5
        picture = Drawing(phone_on_label, PHONE_UNITS)
        self._next = PushButton(theme, "next", ctx.words("button.goOn"), self._send, kind=WAITING, rank="confirm", icon="check")
        keys = Keypad(theme, self._typing.press)
        if theme.board.is_portrait:
            self._entry.height = theme.action * 1.7
            picture.size_hint_y = 0.62
            for part in (picture, note, self._entry, keys, self._next):
                self.body.add_widget(part)
        else:
            middle = spring() if theme.elder else picture
            self.body.add_widget(vertical(theme, self._entry, note, middle, self._next, size_hint_x=1.2))
            self.body.add_widget(keys)
        self._show(self._typing.text)

    def _show(self, typed: str) -> None:
        self._entry.show(group_phone(typed))
        self._next.become(PRIMARY if len(typed) >= _MOBILE_DIGITS else WAITING)

    def _send(self) -> None:
        self.ctx.send(Typed(self._typing.text))
