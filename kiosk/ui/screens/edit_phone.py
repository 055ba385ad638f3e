"""改电话: our own keys; a landline takes a stroke after the area code."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.screens.origin import spaced
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.keypad import Keypad, Typing
from kiosk.ui.widgets.number import PALE, BigNumber
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_MOST_DIGITS = 13
_FEWEST_DIGITS = 10


@draws(Page.EDIT_PHONE)
class EditPhoneScreen(Steady):
    """The new number large, the one printed now below it."""

    step = 3

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._typing = Typing(_MOST_DIGITS, self._typed)
        self._number = BigNumber(round(theme.title * (1.4 if theme.board.is_portrait else 1.0)), theme.body)
        self._use = PushButton(theme, "use", ctx.words("button.useThis"), self._send, kind=WAITING, rank="confirm", icon="check")
        pad = Keypad(theme, self._typing.press, extra="-")
        card = Card(theme, spacing=theme.gap)
        card.add_widget(self._head())
        card.add_widget(self._number)
        card.add_widget(self._now(visit_of(state).draft.phone))
        if theme.board.is_portrait:
            card.size_hint_y = 0.7
            for part in (card, pad, self._use):
                self.body.add_widget(part)
        else:
            self.body.add_widget(vertical(theme, card, self._use, spacing=theme.gap * 1.2, size_hint_x=1.25))
            self.body.add_widget(pad)
        self._typed("")

    def _head(self) -> Widget:
        theme = self.theme
        head = BoxLayout(size_hint_y=None, height=theme.body * 1.7, spacing=theme.gap)
        head.add_widget(Icon("phone", theme.question * 1.1, tokens.LEAF, size_hint_x=None, width=theme.question * 1.2))
        head.add_widget(Text(self.ctx.words("origin.phone"), theme.body, bold=True, max_lines=1))
        return head

    def _now(self, phone: str) -> Card:
        """What stands on the label until then."""
        theme = self.theme
        strip = Card(
            theme, color=tokens.GREEN_TINT, raised=False, orientation="horizontal", size_hint_y=None, height=theme.note * 2.1
        )
        strip.padding = (theme.pad * 0.7, 0)
        strip.add_widget(Icon("print", theme.note * 1.3, tokens.GREEN, size_hint_x=None, width=theme.note * 1.5))
        words = self.ctx.words("origin.phoneNow", phone=spaced(phone)) if phone else self.ctx.words("origin.note")
        strip.add_widget(Text(words, theme.note, color=tokens.GREEN, bold=True, max_lines=1, min_px=round(theme.note * 0.74)))
        return strip

    def _typed(self, text: str) -> None:
        self._number.say(spaced(text) or self.ctx.words("origin.phonePlaceholder"), "", tokens.INK if text else PALE)
        self._use.become(PRIMARY if len(text) >= _FEWEST_DIGITS else WAITING)

    def _send(self) -> None:
        self.ctx.send(Typed(self._typing.text))
