"""查验: show a label to the camera. Anybody may."""

from __future__ import annotations

from kiosk.session.check import Check
from kiosk.session.events import DeviceWord
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.drawings_paper import UNITS, show_code
from kiosk.ui.widgets.finder import Finder
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


def check_of(state: Terminal) -> Check:
    """The check under way. Raises ``TypeError`` on any other errand: a screen on the wrong page."""
    if not isinstance(state.errand, Check):
        raise TypeError(type(state.errand).__name__)
    return state.errand


@draws(Page.CHECK)
class CheckScreen(Steady):
    """Live picture with a frame to aim at; beside it how to hold the label."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._finder = Finder(ctx)
        card = Card(theme, padding=theme.pad)
        card.add_widget(Drawing(show_code, UNITS))
        self._how = Text("", theme.body, bold=True, max_lines=2, min_px=theme.note, size_hint_y=None, height=theme.body * 2.8)
        card.add_widget(self._how)
        if not theme.elder:
            card.add_widget(
                Text(ctx.words("check.note"), theme.note, color=tokens.SOFT, max_lines=2, size_hint_y=None, height=theme.note * 2.8)
            )
        if theme.board.is_portrait:
            card.size_hint_y = 0.62
            self.body.add_widget(card)
            self.body.add_widget(self._finder)
        else:
            self._finder.size_hint_x = 1.7
            self.body.add_widget(self._finder)
            self.body.add_widget(card)

    def update(self, state: Terminal) -> None:
        super().update(state)
        ctx, check = self.ctx, check_of(state)
        seen = state.health.camera is DeviceWord.READY
        self._finder.show(check.frame, ctx.words("check.opening" if seen else "check.noCamera"), found=check.busy)
        if check.busy:
            self._how.say(ctx.words("check.found"), tokens.GREEN)
        else:
            self._how.say(ctx.words("check.aim"), tokens.INK)
