"""What crosses a device's wire, as hex, newest below; only while switched on."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import ByteLine
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext, horizontal
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import DANGER, PRIMARY, PushButton
from kiosk.ui.widgets.cells import Cells
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text

_INWARDS = tokens.GREEN
_OUTWARDS = tokens.AMBER
_KEPT = 64


class ByteRow(BoxLayout):
    """Time, direction, hex, length."""

    def __init__(self, ctx: ScreenContext, size_px: int) -> None:
        super().__init__(spacing=ctx.theme.mm(2))
        self._ctx = ctx
        self._at = Cells(size_px, 0.62, color=tokens.SOFT, align="right", size_hint_x=None, width=size_px * 5.2)
        self._way = Text("", size_px, bold=True, max_lines=1, size_hint_x=None, width=size_px * 1.3)
        self._hex = Cells(size_px, 1.42)
        self._size = Text("", size_px, color=tokens.SOFT, align="right", max_lines=1, size_hint_x=None, width=size_px * 5.2)
        for part in (self._at, self._way, self._hex, self._size):
            self.add_widget(part)

    def show(self, line: ByteLine | None) -> None:
        """One line, or an empty row."""
        if line is None:
            self._at.say(())
            self._way.say("")
            self._hex.say(())
            self._size.say("")
            return
        seconds, _, hundredths = f"{line.at_s:.2f}".partition(".")
        self._at.say((*seconds, f".{hundredths}", "", ""))
        self._way.say(self._ctx.words(f"upkeep.bytes.{line.way}"), _INWARDS if line.way == "in" else _OUTWARDS)
        self._hex.say(tuple(line.text.split()))
        self._size.say(self._ctx.words("upkeep.bytes.size", count=line.size))


@draws(Page.UPKEEP_BYTES)
class UpkeepBytesScreen(UpkeepFramed):
    """As many lines as fit; the switch below them."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._row_px = round(theme.note * 0.78)
        card = Card(theme, padding=(theme.pad, theme.pad * 0.7))
        self._empty = Text("", theme.body, color=tokens.SOFT, align="center", max_lines=3, min_px=theme.note)
        self._rows = BoxLayout(orientation="vertical")
        self._made: list[ByteRow] = []
        self._field = BoxLayout()
        self._field.add_widget(self._empty)
        card.add_widget(self._field)
        self._switch = PushButton(theme, Key.WATCH_BYTES.value, "", ctx.press(Key.WATCH_BYTES), kind=PRIMARY, rank="confirm")
        self._total = Text("", theme.note, color=tokens.SOFT, max_lines=2)
        foot = horizontal(theme, self._total, self._switch, size_hint_y=None, height=theme.confirm)
        self.body.orientation = "vertical"
        self.body.add_widget(card)
        self.body.add_widget(foot)
        self._field.bind(height=lambda *_: self._show())
        self._lines: tuple[ByteLine, ...] = ()

    def sentence(self, state: Terminal) -> str:
        part = upkeep_of(state).part
        name = self.ctx.words(f"upkeep.part.{part.value}") if part is not None else ""
        return f"{name}：{super().sentence(state)}"

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep, words = upkeep_of(state), self.ctx.words
        self._switch.become(DANGER if upkeep.is_watching else PRIMARY)
        self._switch.say(words("button.watchOff" if upkeep.is_watching else "button.watchOn"))
        counted = words("upkeep.bytes.total", count=upkeep.transfers)
        self._total.say(f"{counted}\n{words('upkeep.bytes.newest')}" if upkeep.transfers else "")
        self._empty.say(words("upkeep.bytes.silent") if upkeep.is_watching else words("upkeep.bytes.off", count=_KEPT))
        if upkeep.lines != self._lines or bool(self._lines) is (self._empty.parent is not None):
            self._lines = upkeep.lines
            self._show()

    def _show(self) -> None:
        wanted: Widget = self._rows if self._lines else self._empty
        if wanted.parent is None:
            self._field.clear_widgets()
            self._field.add_widget(wanted)
        room = max(1, int(self._field.height // (self._row_px * 1.45)))
        while len(self._made) < room:
            self._made.append(ByteRow(self.ctx, self._row_px))
        if len(self._rows.children) != room:
            self._rows.clear_widgets()
            for row in self._made[:room]:
                self._rows.add_widget(row)
        shown: list[ByteLine | None] = [*self._lines[-room:]]
        for row, line in zip(self._made[:room], [*shown, *[None] * (room - len(shown))], strict=True):
            row.show(line)
