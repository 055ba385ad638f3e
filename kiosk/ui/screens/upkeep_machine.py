"""The machine itself: versions, places, disk, and whether the ledger is whole."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import LedgerHealth, MachineFacts
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import QUIET, PushButton
from kiosk.ui.widgets.facts import Facts
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

LOW_DISK_BYTES = 1 << 30
_UNITS = ("B", "KB", "MB", "GB", "TB")


def shown_bytes(count: int) -> str:
    """Three digits and a unit."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 100 or unit == 0 else f"{value:.1f} {_UNITS[unit]}"


class Bar(Widget):
    """How full the disk is."""

    def __init__(self, theme: tokens.Theme, **layout: Any) -> None:
        super().__init__(size_hint_y=None, height=theme.mm(4), **layout)
        self._part = 0.0
        with self.canvas:
            Color(*tokens.LINE)
            self._whole = SmoothRoundedRectangle(radius=[theme.mm(2)])
            self._ink = Color(*tokens.GREEN)
            self._full = SmoothRoundedRectangle(radius=[theme.mm(2)])
        self.bind(pos=self._place, size=self._place)

    def show(self, part: float, color: tokens.Color) -> None:
        """``part`` of it is used."""
        self._part = min(1.0, max(0.03, part))
        self._ink.rgba = color
        self._place()

    def _place(self, *_: object) -> None:
        self._whole.pos, self._whole.size = self.pos, self.size
        self._full.pos, self._full.size = self.pos, (self.width * self._part, self.height)


@draws(Page.UPKEEP_MACHINE)
class UpkeepMachineScreen(UpkeepFramed):
    """Facts at the left; disk and ledger at the right, with a look at the whole ledger on demand."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._facts = Card(theme, padding=(theme.pad, theme.pad * 0.8))
        self._facts_shown: MachineFacts | None = None
        self._facts.add_widget(Text(ctx.words("upkeep.machine.reading"), theme.note, color=tokens.SOFT, align="center"))
        disk = Card(theme, padding=(theme.pad * 0.9, theme.pad * 0.8), spacing=theme.mm(2))
        self._bar = Bar(theme)
        self._disk = Text("", theme.note, max_lines=2, min_px=round(theme.note * 0.8))
        for child in (
            self._title("store", Text(ctx.words("upkeep.machine.disk"), theme.body, bold=True, max_lines=1)),
            self._disk,
            self._bar,
        ):
            disk.add_widget(child)
        ledger = Card(theme, padding=(theme.pad * 0.9, theme.pad * 0.8), spacing=theme.mm(2))
        self._ledger = Text("", theme.note, bold=True, max_lines=3, min_px=round(theme.note * 0.8))
        again = PushButton(
            theme, Key.CHECK_NOW.value, ctx.words("button.ledgerAgain"), ctx.press(Key.CHECK_NOW), kind=QUIET, icon="refresh"
        )
        self._ledger_title = Text(ctx.words("upkeep.machine.ledger"), theme.body, bold=True, max_lines=1, min_px=theme.note)
        for child in (self._title("shield", self._ledger_title), self._ledger, again):
            ledger.add_widget(child)
        if not theme.board.is_portrait:
            disk.size_hint_y, disk.height = None, theme.body * 1.4 + theme.note * 2.7 + theme.mm(8) + theme.pad * 1.6
        side = vertical(theme, disk, ledger)
        if theme.board.is_portrait:
            self.body.add_widget(self._facts)
            self.body.add_widget(side)
        else:
            self._facts.size_hint_x = 1.7
            self.body.add_widget(self._facts)
            self.body.add_widget(side)

    def _title(self, icon: str, words: Text) -> BoxLayout:
        theme = self.theme
        side = theme.body * 1.2
        return horizontal(
            theme,
            Icon(icon, side, tokens.GREEN, size_hint_x=None, width=side),
            words,
            size_hint_y=None,
            height=theme.body * 1.4,
        )

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep = upkeep_of(state)
        if upkeep.machine is not None and upkeep.machine != self._facts_shown:
            self._facts_shown = upkeep.machine
            self._say(upkeep.machine)
        self._judge(upkeep.ledger)

    def _say(self, facts: MachineFacts) -> None:
        theme, words = self.theme, self.ctx.words
        rows = [
            (words("upkeep.fact.version"), f"{facts.version}（{words('upkeep.fact.built')} {facts.built}）"),
            (words("upkeep.fact.terminal"), facts.terminal),
            (words("upkeep.fact.station"), facts.station),
            (words("upkeep.fact.system"), facts.system),
            (words("upkeep.fact.clock"), facts.clock),
            (words("upkeep.fact.voice"), facts.voice or "–"),
        ]
        names = {"state": "upkeep.fact.state_path"}
        rows += [(words(names.get(name, f"upkeep.fact.{name}")), where) for name, where in facts.paths]
        self._facts.clear_widgets()
        self._facts.add_widget(Facts(theme, rows, size_px=round(theme.note * (1.2 if theme.board.is_portrait else 0.95))))
        low = facts.disk_free < LOW_DISK_BYTES
        free = words("upkeep.machine.diskFree", free=shown_bytes(facts.disk_free), total=shown_bytes(facts.disk_total))
        said = f"{free}。{words('upkeep.machine.diskLow')}" if low else free
        self._disk.say(said, tokens.RED if low else tokens.INK)
        used = 1 - facts.disk_free / facts.disk_total if facts.disk_total else 1.0
        self._bar.show(used, tokens.RED if low else tokens.GREEN)
        self._ledger_title.say(words("upkeep.machine.size", size=shown_bytes(facts.ledger_bytes)))

    def _judge(self, ledger: LedgerHealth | None) -> None:
        words = self.ctx.words
        if ledger is None:
            self._ledger.say(words("upkeep.machine.checking"), tokens.AMBER)
        elif ledger.is_whole:
            self._ledger.say(words("upkeep.machine.whole"), tokens.GREEN)
        elif ledger.problem:
            self._ledger.say(words("upkeep.machine.broken", problem=ledger.problem), tokens.RED)
        else:
            self._ledger.say(words("upkeep.machine.chain", row=ledger.broken_row), tokens.RED)
