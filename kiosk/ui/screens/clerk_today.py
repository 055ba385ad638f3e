"""Today's certificates, a page at a time, with big rows."""

from __future__ import annotations

from collections.abc import Callable

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key, RowChosen, TodayItem
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, beijing_time, clerk_of
from kiosk.ui.screen import horizontal, spring, vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PushButton, Touchable
from kiosk.ui.widgets.text import Icon, Text


class TodayRow(Touchable):
    """Time over what is on paper; product and quantity over the subject. A void one is red and says so."""

    def __init__(self, theme: tokens.Theme, item: TodayItem, goods: str, state: str, act: Callable[[], None]) -> None:
        super().__init__(
            theme,
            f"row:{item.number.compact}",
            act,
            least_mm=tokens.ACTION_MM,
            padding=(theme.pad * 0.8, theme.mm(1.2)),
            spacing=theme.mm(2),
        )
        ink = tokens.RED if item.voided else tokens.INK
        paper, icon = _paper(item)
        when = BoxLayout(orientation="vertical", size_hint_x=None, width=theme.note * 6.4)
        when.add_widget(Text(beijing_time(item.issued_at), theme.body, bold=True, color=ink, max_lines=1, size_hint_y=1.25))
        on_paper = BoxLayout(spacing=theme.mm(0.8))
        side = theme.note * 1.1
        on_paper.add_widget(Icon(icon, side, paper, size_hint_x=None, width=side))
        on_paper.add_widget(Text(state, theme.note, bold=True, color=paper, max_lines=1, min_px=round(theme.note * 0.8)))
        when.add_widget(on_paper)
        self.add_widget(when)
        words = BoxLayout(orientation="vertical")
        words.add_widget(
            Text(goods, theme.body, bold=True, color=ink, max_lines=2, min_px=round(theme.note * 0.72), size_hint_y=1.25)
        )
        words.add_widget(Text(item.subject_name, theme.note, color=tokens.SOFT, max_lines=2, min_px=round(theme.note * 0.62)))
        self.add_widget(words)
        self.add_widget(Icon("right", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body * 0.8))


def _paper(item: TodayItem) -> tuple[tokens.Color, str]:
    """Colour and sign of what is on paper."""
    if item.voided:
        return tokens.RED, "block"
    return (tokens.GREEN, "check_circle") if item.printed >= item.copies else (tokens.AMBER, "warning")


@draws(Page.CLERK_TODAY)
class ClerkTodayScreen(ClerkFramed):
    """Rows left, turning pages and other errands right."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._rows: tuple[TodayItem, ...] | None = None
        self._first = 0
        self._list = vertical(theme)
        self._where = Text(
            "", theme.note, color=tokens.SOFT, align="center", max_lines=2, size_hint_y=None, height=theme.note * 2.8
        )
        self._before = PushButton(theme, "previous", ctx.words("button.previous"), lambda: self._turn(-1), icon="left")
        self._after = PushButton(theme, "more", ctx.words("button.more"), lambda: self._turn(1), icon="right")
        give = PushButton(theme, Key.GIVE_PIN.value, ctx.words("button.givePin"), ctx.press(Key.GIVE_PIN), icon="key")
        if theme.board.is_portrait:
            pages = horizontal(theme, self._before, self._where, self._after, size_hint_y=None, height=theme.action)
            self._where.size_hint_y, self._where.height = 1, theme.action
            for child in (give, self._list, pages):
                self.body.add_widget(child)
        else:
            side = vertical(theme, give, spring(), self._where, self._before, self._after, size_hint_x=None)
            side.width = theme.body * 7.4 + theme.pad
            self.body.add_widget(self._list)
            self.body.add_widget(side)
        self._list.bind(height=lambda *_: self._show())

    @property
    def _room(self) -> int:
        """How many rows fit: each at least an action high, with two lines of type in it."""
        theme = self.theme
        least = max(theme.action, theme.body * 1.34 + theme.note * 1.5 + theme.mm(3.2))
        return max(1, int((self._list.height + theme.gap) // (least + theme.gap)))

    def _turn(self, by: int) -> None:
        self._first = max(0, self._first + by * self._room)
        self._show()

    def update(self, state: Terminal) -> None:
        super().update(state)
        rows = clerk_of(state).rows
        if rows is not self._rows:
            self._rows = rows
            self._show()

    def _show(self) -> None:
        theme, ctx = self.theme, self.ctx
        rows = self._rows or ()
        room = self._room
        self._first = min(self._first, max(0, (len(rows) - 1) // room * room))
        shown = rows[self._first : self._first + room]
        self._list.clear_widgets()
        if not rows:
            self._list.add_widget(Text(ctx.words("clerk.empty"), theme.question, color=tokens.SOFT, align="center"))
        for item in shown:
            self._list.add_widget(self._row(item))
        for _ in range(room - len(shown) if rows else 0):
            self._list.add_widget(Widget())
        many = len(rows) > room
        self._where.say(
            ctx.words("clerk.shown", first=self._first + 1, last=self._first + len(shown), count=len(rows)) if many else ""
        )
        for button, possible in ((self._before, self._first > 0), (self._after, self._first + room < len(rows))):
            button.disabled = not possible
            button.opacity = (1.0 if possible else 0.35) if many else 0

    def _row(self, item: TodayItem) -> TodayRow:
        ctx = self.ctx
        goods = ctx.words("clerk.row", product=item.product_name, quantity=item.quantity)
        state = ctx.words("clerk.voided") if item.voided else ctx.words("clerk.printed", printed=item.printed, copies=item.copies)
        return TodayRow(self.theme, item, goods, state, lambda: ctx.send(RowChosen(item.number)))
