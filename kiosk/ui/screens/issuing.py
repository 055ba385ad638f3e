"""正在存好: a moment of calm while the certificate goes to disk."""

from __future__ import annotations

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed, spring, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.widgets.drawings_paper import UNITS, keep_safe
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.ISSUING)
class IssuingScreen(Framed):
    """One picture, what is being kept, and a request to stay. No way back: the promise is made."""

    step = 4
    can_go_back = False
    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        draft = visit_of(state).draft
        card = Card(theme, padding=(theme.pad, theme.pad * 1.4))
        if theme.board.is_portrait:
            card.add_widget(spring(0.5))
        card.add_widget(Drawing(keep_safe, UNITS, size_hint_y=2))
        if draft.product is not None and draft.quantity is not None:
            what = ctx.words("issuing.what", product=draft.product.name, quantity=draft.quantity.printed)
            card.add_widget(
                Text(
                    what,
                    round(theme.question * 1.2),
                    bold=True,
                    align="center",
                    max_lines=2,
                    size_hint_y=None,
                    height=theme.question * 3,
                )
            )
        card.add_widget(
            Text(
                ctx.words("issuing.note"), theme.body, color=tokens.SOFT, align="center", size_hint_y=None, height=theme.body * 1.6
            )
        )
        if theme.board.is_portrait:
            card.add_widget(spring(0.5))
        self.body.add_widget(card)
