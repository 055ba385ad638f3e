"""六位密码: dots and a keypad; the sixth digit sends, an answer clears."""

from __future__ import annotations

from kiosk.session.events import PinTyped
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.drawings_identify import UNITS, ask_station
from kiosk.ui.widgets.keypad import Keypad, PinDots, Typing
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.ui.widgets.ways import for_whom

DIGITS = 6
_SHORT = 14
"""Characters of a name that needs no more than two lines beside the keys."""


@draws(Page.PIN)
class PinScreen(Steady):
    """Dots, never digits. Keys left; upright they are below."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        self._busy = False
        self._typing = Typing(DIGITS, self._typed)
        wanted = visit_of(state).preselected
        card = Card(theme, spacing=theme.mm(2))
        if wanted is not None:
            whom = for_whom(self.ctx, wanted.name)
            if not theme.board.is_portrait:
                whom.size_hint_y = 1.1 if len(wanted.name) > _SHORT else 0.62
            card.add_widget(whom)
        if theme.board.is_portrait or not theme.elder:
            card.add_widget(Drawing(ask_station, UNITS))
        self._dots = PinDots(theme, DIGITS, size_hint_y=None, height=theme.mm(10))
        self._said = Text("", theme.note, color=tokens.SOFT, align="center", max_lines=1, size_hint_y=None, height=theme.note * 1.5)
        card.add_widget(self._dots)
        card.add_widget(self._said)
        keys = Keypad(theme, self._typing.press)
        if theme.board.is_portrait:
            card.size_hint_y = 0.9
            self.body.add_widget(card)
            self.body.add_widget(keys)
        else:
            keys.size_hint_x = 1.2
            self.body.add_widget(keys)
            self.body.add_widget(card)

    def _typed(self, text: str) -> None:
        self._dots.show(len(text))
        if len(text) == DIGITS:
            self.ctx.send(PinTyped(text))

    def update(self, state: Terminal) -> None:
        super().update(state)
        busy = bool(visit_of(state).busy)
        self._said.say(self.ctx.words("pin.busy" if busy else "pin.forgot" if state.said is not None else "pin.hint"))
        if self._busy and not busy:
            self._typing.clear()
        self._busy = busy
