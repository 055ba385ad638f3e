"""同意: who will see what, in one look, before anything is read."""

from __future__ import annotations

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.drawings_identify import UNITS, shielded_card
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing

_FACTS = (("print", "consent.label"), ("lock", "consent.number"), ("block", "consent.photo"))


@draws(Page.CONSENT)
class ConsentScreen(Steady):
    """Three facts and one green button; the reader sleeps until it is pressed."""

    step = 0

    def who(self, state: Terminal) -> str:
        wanted = visit_of(state).preselected
        return wanted.name if wanted is not None else ""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        facts = Card(theme, size_hint_x=1 if theme.board.is_portrait else 1.16)
        facts.add_widget(
            Text(
                ctx.words("consent.whoSees"),
                theme.body,
                color=tokens.GREEN,
                bold=True,
                size_hint_y=None,
                height=theme.body * 1.4,
                max_lines=1,
            )
        )
        for icon, text_id in _FACTS:
            words = ctx.words(text_id)
            row = horizontal(theme, spacing=theme.mm(3), size_hint_y=1.0 if len(words) > 16 else 0.7)
            row.add_widget(Icon(icon, theme.body * 1.3, tokens.LEAF, size_hint_x=None, width=theme.body * 1.5))
            row.add_widget(Text(words, theme.body, max_lines=3, min_px=theme.note))
            facts.add_widget(row)
        agree = PushButton(theme, "agree", ctx.words("button.agree"), ctx.press(Key.AGREE), kind=PRIMARY, rank="confirm")
        picture = Drawing(shielded_card, UNITS)
        if theme.board.is_portrait:
            for part in (picture, facts, agree):
                self.body.add_widget(part)
        else:
            self.body.add_widget(facts)
            self.body.add_widget(vertical(theme, spring(0.02), picture, agree))
