"""The station's PIN, and a PIN given to a subject: six digits on a keypad."""

from __future__ import annotations

from kiosk.session.clerk import PIN_DIGITS
from kiosk.session.events import Key, PinTyped
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, clerk_of
from kiosk.ui.screen import vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.drawings_paper import STAFF_UNITS, staff
from kiosk.ui.widgets.keypad import Entry, Keypad, PinDots, Typing
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.CLERK_PIN)
class ClerkPinScreen(ClerkFramed):
    """Dots, never digits; the sixth sends, an answer clears."""

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        self._busy = False
        self._typing = Typing(PIN_DIGITS, self._typed)
        card = Card(theme)
        card.add_widget(Drawing(staff, STAFF_UNITS))
        self._dots = PinDots(theme, PIN_DIGITS, size_hint_y=None, height=theme.mm(12))
        card.add_widget(self._dots)
        self._said = Text("", theme.note, color=tokens.SOFT, align="center", size_hint_y=None, height=theme.note * 1.6, max_lines=1)
        card.add_widget(self._said)
        words = self.ctx.words("button.devices")
        card.add_widget(PushButton(theme, Key.DEVICES.value, words, self.ctx.press(Key.DEVICES), rank="touch", icon="lock"))
        self.body.add_widget(card)
        self.body.add_widget(Keypad(theme, self._typing.press))

    def _typed(self, text: str) -> None:
        self._dots.show(len(text))
        if len(text) == PIN_DIGITS:
            self.ctx.send(PinTyped(text))

    def update(self, state: Terminal) -> None:
        super().update(state)
        busy = clerk_of(state).busy
        self._said.say(self.ctx.words("clerk.busy" if busy else "clerk.pinHint"))
        if self._busy and not busy:
            self._typing.clear()
        self._busy = busy


@draws(Page.CLERK_GIVE_PIN)
class ClerkGivePinScreen(ClerkFramed):
    """The digits are shown: whoever gives them has to say them."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        clerk = clerk_of(state)
        self._typing = Typing(PIN_DIGITS, self._typed)
        self._weak = clerk.notice
        name = clerk.subject.name if clerk.subject is not None else ""
        card = Card(theme)
        card.add_widget(
            Text(ctx.words("clerk.pinFor", name=name), theme.body, bold=True, max_lines=4, min_px=round(theme.note * 0.9))
        )
        self._entry = Entry(theme, placeholder="", size_hint_y=None, height=theme.action)
        card.add_widget(self._entry)
        if not theme.elder:
            card.add_widget(Text(ctx.words("clerk.pinNote"), theme.note, color=tokens.SOFT, max_lines=4, valign="top"))
        self._use = PushButton(
            theme, "useThis", ctx.words("button.useThis"), self._send, kind=WAITING, rank="confirm", icon="check"
        )
        keys = Keypad(theme, self._typing.press)
        if theme.board.is_portrait:
            self.body.add_widget(card)
            self.body.add_widget(keys)
            self.body.add_widget(self._use)
        else:
            self.body.add_widget(vertical(theme, card, self._use))
            self.body.add_widget(keys)

    def _typed(self, text: str) -> None:
        self._entry.show(" ".join(text))
        self._use.become(PRIMARY if len(text) == PIN_DIGITS else WAITING)

    def _send(self) -> None:
        self.ctx.send(PinTyped(self._typing.text))

    def update(self, state: Terminal) -> None:
        super().update(state)
        said = clerk_of(state).notice
        if said is not None and said is not self._weak:
            self._typing.clear()
        self._weak = said
