"""这个不用合格证: which paper is right instead, in one sentence."""

from __future__ import annotations

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.drawings_goods import UNITS, another_paper
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.ADVICE)
class AdviceScreen(Steady):
    """The name, the sentence, a picture of two papers, and the way back to the products."""

    step = 1

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        name, advice = visit_of(state).advice
        says = vertical(
            theme,
            Text(
                ctx.words("advice.title", name=name),
                theme.body if theme.elder else theme.question,
                color=tokens.AMBER,
                bold=True,
                max_lines=2,
                min_px=theme.note,
                size_hint_y=None,
                height=(theme.body if theme.elder else theme.question) * 2.75,
            ),
            Text(ctx.words(f"advice.{advice}"), theme.body, max_lines=6, valign="top"),
            spacing=theme.mm(2),
        )
        picture = Drawing(another_paper, UNITS)
        if theme.board.is_portrait:
            card = Card(theme)
            card.add_widget(picture)
            card.add_widget(says)
            self.body.add_widget(spring(0.3))
        else:
            padding = (theme.pad, theme.mm(2.6) if theme.elder else theme.pad)
            card = Card(theme, orientation="horizontal", spacing=theme.margin, padding=padding)
            picture.size_hint_x = 0.36 if theme.elder else 0.62
            card.add_widget(picture)
            card.add_widget(says)
        again = PushButton(
            theme, Key.NEXT.value, ctx.words("button.searchOther"), ctx.press(Key.NEXT), kind=PRIMARY, rank="confirm", icon="search"
        )
        self.body.add_widget(vertical(theme, card, again, spacing=theme.gap * 1.2))
