"""正在存好: a moment of calm while the certificate goes to disk."""

from __future__ import annotations

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.drawings_paper import UNITS, keep_safe
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.ISSUING)
class IssuingScreen(Steady):
    """One picture, what is being kept, and a request to stay. No way back: the promise is made."""

    step = 4
    can_go_back = False
    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        draft = visit_of(state).draft
        portrait = theme.board.is_portrait
        side = "center" if portrait else "left"
        words = vertical(theme, spring())
        if draft.product is not None and draft.quantity is not None:
            for fact, size in ((draft.product.name, round(theme.question * 1.5)), (draft.quantity.printed, theme.question)):
                words.add_widget(
                    Text(fact, size, bold=True, align=side, max_lines=1, min_px=theme.note, size_hint_y=None, height=size * 1.4)
                )
        words.add_widget(
            Text(ctx.words("issuing.note"), theme.body, color=tokens.SOFT, align=side, size_hint_y=None, height=theme.body * 1.6)
        )
        words.add_widget(spring())
        card = Card(theme, padding=theme.pad * 1.6, orientation="vertical" if portrait else "horizontal", spacing=theme.pad * 2)
        card.add_widget(Drawing(keep_safe, UNITS))
        card.add_widget(words)
        self.body.add_widget(card)
