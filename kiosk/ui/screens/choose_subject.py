"""您是为谁开证: whom the card, the phone or the code may mean, one to a row."""

from __future__ import annotations

from collections.abc import Callable

from kivy.uix.widget import Widget

from kiosk.domain.subject import Subject, SubjectKind, SubjectStatus
from kiosk.session.events import SubjectChosen
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.drawings_register import UNITS, family_farm, farmer, organisation
from kiosk.ui.widgets.goods import Leaves
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing, Pen

_MANY = 4

_PICTURES: dict[SubjectKind, Callable[[Pen], None]] = {SubjectKind.FARMER: farmer, SubjectKind.FAMILY_FARM: family_farm}


class SubjectRow(Touchable):
    """Picture of the kind, name, kind and place; one that may not promise now says so."""

    def __init__(
        self, theme: tokens.Theme, subject: Subject, kind: str, warning: str, act: Callable[[], None], *, large: bool
    ) -> None:
        super().__init__(
            theme,
            f"subject:{subject.id}",
            act,
            least_mm=tokens.ACTION_MM,
            padding=(theme.pad * 0.7, theme.mm(1.2)),
            spacing=theme.mm(3),
        )
        side = theme.mm((46 if theme.board.is_portrait else 26) if large else 15) * theme.board.type_scale
        self.add_widget(Drawing(_PICTURES.get(subject.kind, organisation), UNITS, size_hint_x=None, width=side))
        says = Card(theme, raised=False, color=tokens.CARD, padding=0, spacing=theme.mm(0.4))
        says.add_widget(
            Text(subject.name, theme.question if large else theme.body, bold=True, valign="bottom", max_lines=2, min_px=theme.note)
        )
        note = f"{kind} · {subject.base.text}"
        says.add_widget(
            Text(note, theme.note, color=tokens.SOFT, valign="top", max_lines=1, min_px=round(theme.note * 0.74), size_hint_y=0.72)
        )
        self.add_widget(says)
        if warning:
            width = theme.note * (len(warning) + 0.4)
            self.add_widget(
                Text(warning, theme.note, color=tokens.RED, bold=True, align="right", max_lines=1, size_hint_x=None, width=width)
            )
        self.add_widget(Icon("right", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body))


@draws(Page.CHOOSE_SUBJECT)
class ChooseSubjectScreen(Steady):
    """As many rows as can be read at once; the rest on further leaves."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        matches = visit_of(state).matches
        rows = self._rows(len(matches))
        words = (ctx.words("button.previous"), ctx.words("button.more"))
        makers = [self._maker(subject, large=len(matches) < _MANY) for subject in matches]
        self.body.add_widget(Leaves(theme, makers, 1, rows, words))

    def _rows(self, found: int) -> int:
        """Rows of a leaf: few matches stand large, many as close as can be read."""
        is_elder = self.theme.elder
        if self.theme.board.is_portrait:
            return _MANY if found < _MANY else 5 if is_elder else 6
        if found < _MANY:
            return max(2, found)
        return 2 if is_elder else 4 if found == _MANY else 3

    def _maker(self, subject: Subject, *, large: bool) -> Callable[[], Widget]:
        ctx = self.ctx
        warning = ctx.words("choose.suspended") if subject.status is SubjectStatus.SUSPENDED else ""
        kind = ctx.words(f"choose.{subject.kind.value}")
        return lambda: SubjectRow(self.theme, subject, kind, warning, lambda: ctx.send(SubjectChosen(subject)), large=large)
