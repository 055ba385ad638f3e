"""正在打印: the very label comes out of the slot, copy by copy."""

from __future__ import annotations

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.paper import PaperFramed, label_of, run_of
from kiosk.ui.screen import spring
from kiosk.ui.screens import draws
from kiosk.ui.widgets.bars import Chip
from kiosk.ui.widgets.sheet import CopiesLine, LabelSlot
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


@draws(Page.PRINTING)
class PrintingScreen(PaperFramed):
    """The slot, which copy it is, and that everything is kept already."""

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        stage = Card(theme, color=tokens.MINT, raised=False, padding=(theme.pad, theme.pad * 0.8))
        self._slot = LabelSlot(theme)
        stage.add_widget(self._slot)
        numbers = self._numbers(state)
        if theme.board.is_portrait:
            numbers.size_hint_y = 0.42
            self.body.add_widget(numbers)
            self.body.add_widget(stage)
        else:
            self.body.add_widget(stage)
            self.body.add_widget(numbers)

    def _numbers(self, state: Terminal) -> Card:
        theme, ctx = self.theme, self.ctx
        run = run_of(state)
        copies = len(run.certificate.labels)
        card = Card(theme, padding=(theme.pad * 1.3, theme.pad))
        card.add_widget(spring(0.6))
        words = ctx.words("printing.reprint")
        self._again = Chip(theme, words, ground=tokens.AMBER_TINT, ink=tokens.AMBER, bold=True, width=theme.note * (len(words) + 2))
        if run.reprint or run.again:
            card.add_widget(self._again)
        self._copy = Text(
            "",
            round(theme.question * 1.7),
            bold=True,
            max_lines=1,
            min_px=theme.body,
            size_hint_y=None,
            height=theme.question * 2.2,
        )
        card.add_widget(self._copy)
        self._line: CopiesLine | None = None
        if copies > 1 and (theme.board.is_portrait or not theme.elder):
            self._line = CopiesLine(theme, copies, size_hint_y=None, height=theme.mm(13))
            card.add_widget(self._line)
        card.add_widget(spring(0.4))
        kept = Card(
            theme,
            color=tokens.GREEN_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad * 0.8, theme.mm(1.6)),
            size_hint_y=None,
            height=theme.body * 2.9,
        )
        kept.add_widget(Icon("check_circle", theme.body * 1.4, tokens.GREEN, size_hint_x=None, width=theme.body * 1.6))
        kept.add_widget(Text(ctx.words("printing.note"), theme.body, color=tokens.GREEN, bold=True, max_lines=2, min_px=theme.note))
        card.add_widget(kept)
        return card

    def update(self, state: Terminal) -> None:
        super().update(state)
        run = run_of(state)
        copies = len(run.certificate.labels)
        self._copy.say(self.ctx.words("printing.copy", copy=run.copy, copies=copies))
        self._again.opacity = 1 if run.reprint or run.again else 0
        self._slot.show(label_of(state), run.copy)
        if self._line is not None:
            self._line.show(run.copy - 1 if run.todo else copies)
