"""同意: who will see what, in one look, before anything is read."""

from __future__ import annotations

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed, spring, vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


@draws(Page.CONSENT)
class ConsentScreen(Framed):
    """Three facts and one green button; the reader sleeps until it is pressed."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        facts = Card(theme, size_hint_x=1.5)
        facts.add_widget(
            Text(ctx.words("consent.whoSees"), theme.body, bold=True, size_hint_y=None, height=theme.body * 1.6, max_lines=1)
        )
        for icon, text_id in (("print", "consent.label"), ("lock", "consent.number"), ("block", "consent.photo")):
            row = Card(theme, raised=False, orientation="horizontal", padding=(0, 0))
            row.add_widget(Icon(icon, theme.body * 1.5, tokens.LEAF, size_hint_x=None, width=theme.body * 2))
            row.add_widget(Text(ctx.words(text_id), theme.body, max_lines=3))
            facts.add_widget(row)
        self.body.add_widget(facts)
        agree = PushButton(
            theme, "agree", ctx.words("button.agree"), ctx.press(Key.AGREE), kind=PRIMARY, rank="confirm", icon="card"
        )
        self.body.add_widget(vertical(theme, spring(), Icon("card", theme.mm(40), tokens.GREEN), spring(), agree))
