"""对的，登记: what was said, once more, and one green button."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.identity import group_phone
from kiosk.domain.subject import SubjectKind
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.drawings_register import UNITS, family_farm, farmer
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing

_CHARACTERS_A_LINE = 14
"""About so many characters stand on a line of the facts: rows with more get more room."""


@draws(Page.REGISTER_CONFIRM)
class RegisterConfirmScreen(Framed):
    """Name, kind, place and phone, large; nothing of the card but the name."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        visit = visit_of(state)
        portrait = theme.board.is_portrait
        is_farmer = visit.new.kind is SubjectKind.FARMER
        facts = Card(theme, size_hint_x=1 if portrait else 2 if theme.elder else 1.7, spacing=theme.mm(0.6))
        rows = (
            ("person", "register.name", visit.card.name if visit.card is not None else ""),
            ("store", "register.kind", ctx.words("register.farmer" if is_farmer else "register.familyFarm")),
            ("place", "register.place", self._place(visit)),
            ("phone", "register.phone", group_phone(visit.new.phone)),
        )
        for number, (icon, text_id, value) in enumerate(rows):
            if number:
                facts.add_widget(
                    Card(theme, color=tokens.LINE, raised=False, radius=1, size_hint_y=None, height=max(1, theme.mm(0.25)))
                )
            facts.add_widget(self._row(icon, ctx.words(text_id), value))
        self._register = PushButton(
            theme, "next", ctx.words("button.register"), ctx.press(Key.NEXT), kind=PRIMARY, rank="confirm", icon="check"
        )
        note = Text(ctx.words("register.note"), theme.body, color=tokens.SOFT, align="center", max_lines=4, min_px=theme.note)
        picture = Drawing(farmer if is_farmer else family_farm, UNITS)
        if portrait:
            note.size_hint_y, note.height = None, theme.body * 3
            picture.size_hint_y = 0.7
            for part in (picture, facts, note, self._register):
                self.body.add_widget(part)
        else:
            note.size_hint_y, note.height = None, theme.body * 2.8
            self.body.add_widget(facts)
            self.body.add_widget(vertical(theme, spring() if theme.elder else picture, note, self._register))

    def _place(self, visit: Visit) -> str:
        """The county on one line, the village on the next; a long place in one piece, to keep its type large."""
        if visit.new.place is None:
            return ""
        if len(visit.new.place.text) > 2 * _CHARACTERS_A_LINE - 8:
            return visit.new.place.text
        parts = self.ctx.townships.parse(visit.new.place.text, visit.new.place.county)
        lines = (parts.county.text if parts.county is not None else "", parts.town + parts.village)
        return "\n".join(line for line in lines if line)

    def _row(self, icon: str, label: str, value: str) -> Widget:
        theme = self.theme
        lines = sum(max(1, -(-len(line) // _CHARACTERS_A_LINE)) for line in value.split("\n"))
        row = BoxLayout(spacing=theme.gap, size_hint_y=0.5 + 0.5 * lines)
        if not theme.elder:
            row.add_widget(Icon(icon, theme.question, tokens.LEAF, size_hint_x=None, width=theme.question * 1.3))
        row.add_widget(Text(label, theme.body, color=tokens.SOFT, max_lines=1, size_hint_x=None, width=theme.body * 2.3))
        row.add_widget(Text(value, theme.question, bold=True, max_lines=3, min_px=round(theme.note * 0.85)))
        return row

    def update(self, state: Terminal) -> None:
        super().update(state)
        busy = bool(visit_of(state).busy)
        self._register.say(self.ctx.words("register.busy" if busy else "button.register"))
        self._register.become(WAITING if busy else PRIMARY)
