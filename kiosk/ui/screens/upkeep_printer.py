"""The test print: the label as it burns, what the printer said of it, and what a person sees."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.domain.certificate import PaperOutcome
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_state import Upkeep
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import DeviceCard, UpkeepFramed, error_words, upkeep_of
from kiosk.ui.widgets.button import PRIMARY, QUIET, WAITING, PushButton
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.upkeep.health import CheckLevel, Part, latest


@draws(Page.UPKEEP_PRINTER)
class UpkeepPrinterScreen(UpkeepFramed):
    """Label, sentence, and either the print button or the question whether it is clear."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=(theme.pad, theme.pad * 0.8))
        self._sheet = LabelSheet(theme, upkeep_of(state).label)
        self._said = Text("", theme.body, bold=True, max_lines=5, min_px=round(theme.note * 0.9))
        print_words = ctx.words("button.printTrial")
        self._print = PushButton(
            theme, Key.CHECK_NOW.value, print_words, ctx.press(Key.CHECK_NOW), kind=PRIMARY, rank="confirm", icon="print"
        )
        self._clear = PushButton(
            theme, Key.GOT_IT.value, ctx.words("button.clear"), ctx.press(Key.GOT_IT), kind=PRIMARY, rank="confirm", icon="check"
        )
        self._bad = PushButton(
            theme, Key.NOT_GOT.value, ctx.words("button.notClear"), ctx.press(Key.NOT_GOT), kind=QUIET, rank="confirm", icon="close"
        )
        self._keys = BoxLayout(spacing=theme.gap, size_hint_y=None, height=theme.confirm)
        self._asking: bool | None = None
        above = horizontal(theme, self._sheet, self._said)
        self._said.size_hint_x = 1.1
        card.add_widget(vertical(theme, above, self._keys))
        self._device = DeviceCard(ctx, Part.PRINTER, upkeep_of(state))
        if theme.board.is_portrait:
            self._device.size_hint_y = 0.6
            self.body.add_widget(self._device)
            self.body.add_widget(card)
        else:
            card.size_hint_x = 1.7
            self.body.add_widget(card)
            self.body.add_widget(self._device)

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep = upkeep_of(state)
        self._device.show(upkeep)
        self._sheet.show(upkeep.label)
        said, ink = self._words(upkeep)
        self._said.say(said, ink)
        asking = upkeep.trial is not None and upkeep.trial.outcome is not PaperOutcome.FAILED
        self._print.become(WAITING if upkeep.busy else PRIMARY)
        if asking is not self._asking:
            self._asking = asking
            self._keys.clear_widgets()
            for button in (self._clear, self._bad) if asking else (self._print,):
                self._keys.add_widget(button)

    def _words(self, upkeep: Upkeep) -> tuple[str, tokens.Color]:
        words = self.ctx.words
        if upkeep.busy:
            return words("upkeep.printer.printing"), tokens.AMBER
        if upkeep.trial is not None:
            match upkeep.trial.outcome:
                case PaperOutcome.FAILED:
                    return words("upkeep.printer.failed", why=error_words(self.ctx, upkeep.trial.error)), tokens.RED
                case PaperOutcome.CONFIRMED:
                    return words("upkeep.printer.confirmed"), tokens.INK
                case _:
                    return words("upkeep.printer.unknown"), tokens.AMBER
        check = latest(upkeep.checks, Part.PRINTER)
        if check is not None and check.level is CheckLevel.INTERACTIVE and upkeep.label is not None:
            return (words("upkeep.printer.good"), tokens.GREEN) if check.is_good else (words("upkeep.printer.bad"), tokens.RED)
        return words("upkeep.printer.idle"), tokens.SOFT
