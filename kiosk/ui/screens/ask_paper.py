"""拿到了吗: only the person sees the paper, so the person is asked. Two answers, no third."""

from __future__ import annotations

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.paper import PaperFramed, label_of, run_of
from kiosk.ui.screen import vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text


@draws(Page.ASK_PAPER)
class AskPaperScreen(PaperFramed):
    """The label in question, which copy it is, and two very clear answers."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=theme.pad)
        self._sheet = LabelSheet(theme, label_of(state))
        card.add_widget(self._sheet)
        self._which = Text("", round(theme.question * 1.35), bold=True, max_lines=1, size_hint_y=None, height=theme.question * 2)
        why = Text(ctx.words("ask.why"), theme.body, color=tokens.SOFT, max_lines=3, min_px=theme.note, valign="top")
        tall = theme.confirm * (1.05 if theme.elder else 1.2)
        size = round(theme.question * 1.2)
        answers = vertical(
            theme,
            PushButton(
                theme,
                Key.GOT_IT.value,
                ctx.words("button.gotIt"),
                ctx.press(Key.GOT_IT),
                kind=PRIMARY,
                rank="confirm",
                icon="check",
                size_px=size,
                height=tall,
            ),
            PushButton(
                theme,
                Key.NOT_GOT.value,
                ctx.words("button.notGot"),
                ctx.press(Key.NOT_GOT),
                kind=QUIET,
                rank="confirm",
                icon="print",
                size_px=theme.question,
                height=tall,
            ),
            spacing=theme.gap * 1.4,
            size_hint_y=None,
            height=2 * tall + theme.gap * 1.4,
        )
        words = vertical(theme, self._which, why, spacing=theme.mm(1))
        if theme.board.is_portrait:
            words.size_hint_y, words.height = None, theme.question * 2 + theme.body * 2.8
            for child in (words, card, answers):
                self.body.add_widget(child)
        else:
            self.body.add_widget(card)
            self.body.add_widget(vertical(theme, words, answers, size_hint_x=1.3))

    def update(self, state: Terminal) -> None:
        super().update(state)
        run = run_of(state)
        self._which.say(self.ctx.words("ask.which", copy=run.copy, copies=len(run.certificate.labels)))
        self._sheet.show(label_of(state))
