"""上一张没有拿到？ One paper of an earlier visit: what it was, and what shall become of it."""

from __future__ import annotations

from kivy.uix.widget import Widget

from kiosk.domain.certificate import BEIJING
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.recovery import Recovery
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.drawings_identify import UNITS, half_label
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing


def recovery_of(state: Terminal) -> Recovery:
    """The recovery under way. Raises ``TypeError`` on any other errand: a screen on the wrong page."""
    if not isinstance(state.errand, Recovery):
        raise TypeError(type(state.errand).__name__)
    return state.errand


_LONG = 13
"""Characters of a name that needs two lines."""


@draws(Page.OPEN_PAPER)
class OpenPaperScreen(Steady):
    """The paper left; print again, already there, not wanted or later right."""

    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        recovery = recovery_of(state)
        answers = vertical(theme)
        if not theme.board.is_portrait:
            answers.add_widget(Widget())
        again = Key.NOT_GOT if recovery.open.asked else Key.REPRINT
        self._again = PushButton(
            theme, again.value, "", ctx.press(again), kind=PRIMARY, rank="confirm", icon="" if theme.elder else "print"
        )
        answers.add_widget(self._again)
        if recovery.open.asked:
            answers.add_widget(
                PushButton(
                    theme,
                    Key.GOT_IT.value,
                    ctx.words("button.gotIt"),
                    ctx.press(Key.GOT_IT),
                    kind=QUIET,
                    rank="confirm",
                    icon="check",
                )
            )
        less = horizontal(theme, size_hint_y=None, height=theme.action)
        for name, words, key in ((Key.LEAVE.value, "button.notWanted", Key.LEAVE), ("later", "button.later", Key.BACK)):
            less.add_widget(PushButton(theme, name, ctx.words(words), ctx.press(key), padding=(theme.mm(0.8), 0)))
        answers.add_widget(less)
        paper = self._paper(recovery)
        if not theme.board.is_portrait:
            paper.size_hint_x = 1.35
        else:
            answers.size_hint_y = None
            answers.bind(minimum_height=answers.setter("height"))
        self.body.add_widget(paper)
        self.body.add_widget(answers)

    def _paper(self, recovery: Recovery) -> Card:
        theme, ctx, paper = self.theme, self.ctx, recovery.open
        card = Card(theme, spacing=theme.mm(1))
        card.add_widget(Drawing(half_label, UNITS))
        lines = 2 if len(paper.product_name) > _LONG else 1
        card.add_widget(
            Text(
                paper.product_name,
                theme.question,
                bold=True,
                max_lines=2,
                min_px=theme.body,
                size_hint_y=None,
                height=theme.question * 1.36 * lines,
            )
        )
        at = ctx.words("open.time", time=f"{paper.issued_at.astimezone(BEIJING):%H:%M}")
        which = ctx.words("open.which", copy=paper.copy, copies=paper.copies)
        for words in (f"{at} · {which}", ctx.words("open.number", number=paper.number)):
            card.add_widget(
                Text(
                    words, theme.body, color=tokens.SOFT, max_lines=1, min_px=theme.note, size_hint_y=None, height=theme.body * 1.35
                )
            )
        if not theme.elder:
            card.add_widget(
                Text(ctx.words("open.note"), theme.note, color=tokens.SOFT, max_lines=1, size_hint_y=None, height=theme.note * 1.5)
            )
        return card

    def update(self, state: Terminal) -> None:
        super().update(state)
        recovery = recovery_of(state)
        again = "open.busy" if recovery.busy else "button.notGot" if recovery.open.asked else "button.reprintAgain"
        self._again.say(self.ctx.words(again))
