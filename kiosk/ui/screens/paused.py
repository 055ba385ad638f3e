"""暂停开证: the centre paused issuing: why, and what to do instead. When it is over the visit goes on by itself."""

from __future__ import annotations

from math import ceil

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.drawings_pause import UNITS, resting
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing

_ON_A_LINE, _ON_A_WIDE_LINE = 15, 24
"""Hanzi of a piece of advice on one line beside the reason, and on an upright screen; elders' are a fifth larger."""
_NARROW = 0.56
"""A digit or Latin letter beside a Hanzi."""
_SOME, _FEW = 45, 22
"""Characters of a reason that leave room for a picture on a small screen, for usual eyes and for elders."""


def reason_of(ctx: ScreenContext, state: Terminal) -> str:
    """Why, as the centre wrote it."""
    return state.pause or ctx.words("paused.noReason")


def advice_of(ctx: ScreenContext, state: Terminal) -> tuple[tuple[str, str], ...]:
    """(icon, words) of what one can do instead."""
    where = ctx.words("paused.nearest", nearest=state.nearest) if state.nearest else ctx.words("paused.otherStation")
    asked = ("phone", ctx.words("paused.phone", phone=state.phone)) if state.phone else ("help", ctx.words("paused.ask"))
    return ("place", where), asked


@draws(Page.PAUSED)
class PausedScreen(Steady):
    """The reason is the largest thing; the question never gives way to it."""

    can_go_back = False
    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        advice = list(advice_of(ctx, state))
        if visit_of(state).draft.product is not None and not theme.elder:
            advice.append(("refresh", ctx.words("paused.again")))
        home = PushButton(theme, Key.FINISH.value, ctx.words("button.home"), ctx.press(Key.FINISH), kind=PRIMARY, rank="confirm")
        rows = BoxLayout(orientation="vertical", spacing=theme.gap * 0.6, size_hint_y=None)
        for icon, words in advice:
            rows.add_widget(self._advice(icon, words))
        rows.height = sum(row.height for row in rows.children) + rows.spacing * (len(rows.children) - 1)
        reason = self._reason_card(reason_of(ctx, state))
        if theme.board.is_portrait:
            for child in (reason, rows, home):
                self.body.add_widget(child)
            return
        self.body.add_widget(reason)
        self.body.add_widget(vertical(theme, rows, spring(), home))

    def _reason_card(self, reason: str) -> Card:
        theme = self.theme
        card = Card(theme, color=tokens.AMBER_TINT, raised=False, spacing=theme.gap * 0.7)
        is_large = theme.board.is_portrait or theme.board.type_scale > 1
        if is_large or len(reason) < (_FEW if theme.elder else _SOME):
            card.add_widget(Drawing(resting, UNITS))
        is_short = len(reason) < _SOME
        self._reason = Text(
            "",
            round(theme.question * (1.35 if is_large and is_short else 1.0)),
            bold=True,
            color=tokens.AMBER,
            align="center" if is_short else "left",
            max_lines=4 if is_short else 9,
            min_px=theme.note,
        )
        if is_large:
            self._reason.size_hint_y = 0.6 if is_short else 0.9
        card.add_widget(self._reason)
        return card

    def _advice(self, icon: str, words: str) -> Widget:
        theme = self.theme
        wide = _ON_A_WIDE_LINE if theme.board.is_portrait else _ON_A_LINE
        length = sum(_NARROW if character.isascii() else 1.0 for character in words)
        lines = max(1, ceil(length / (wide / 1.2 if theme.elder else wide)))
        row = Card(
            theme,
            color=tokens.GREEN_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad * 0.7, 0),
            spacing=theme.gap * 0.7,
            size_hint_y=None,
            height=max(theme.body * 1.36 * lines + theme.mm(3), theme.touch),
        )
        row.add_widget(Icon(icon, theme.body * 1.2, tokens.GREEN, size_hint_x=None, width=theme.body * 1.3))
        row.add_widget(Text(words, theme.body, color=tokens.GREEN, max_lines=3, min_px=theme.note))
        return row

    def update(self, state: Terminal) -> None:
        self._reason.say(reason_of(self.ctx, state))
