"""The technician's PIN: six digits on a keypad, like the clerk's."""

from __future__ import annotations

from kiosk.session.clerk import PIN_DIGITS
from kiosk.session.events import PinTyped
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import spring
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import UpkeepFramed, upkeep_of
from kiosk.ui.widgets.drawings_upkeep import UNITS, open_case
from kiosk.ui.widgets.keypad import Keypad, PinDots, Typing
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.UPKEEP_PIN)
class UpkeepPinScreen(UpkeepFramed):
    """Dots, never digits; the sixth sends, an answer clears."""

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        self._busy = False
        self._typing = Typing(PIN_DIGITS, self._typed)
        card = Card(theme)
        card.add_widget(Drawing(open_case, UNITS))
        self._dots = PinDots(theme, PIN_DIGITS, size_hint_y=None, height=theme.mm(12))
        card.add_widget(self._dots)
        self._said = Text("", theme.note, color=tokens.SOFT, align="center", size_hint_y=None, height=theme.note * 1.6, max_lines=1)
        card.add_widget(self._said)
        card.add_widget(spring(0.1))
        self.body.add_widget(card)
        self.body.add_widget(Keypad(theme, self._typing.press))

    def _typed(self, text: str) -> None:
        self._dots.show(len(text))
        if len(text) == PIN_DIGITS:
            self.ctx.send(PinTyped(text))

    def update(self, state: Terminal) -> None:
        super().update(state)
        busy = upkeep_of(state).busy
        self._said.say(self.ctx.words("upkeep.busy" if busy else "upkeep.pinHint"))
        if self._busy and not busy:
            self._typing.clear()
        self._busy = busy
