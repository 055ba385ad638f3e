"""您是哪一种: three pictures, one touch. Organisations are told that the counter registers them."""

from __future__ import annotations

from collections.abc import Callable

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.subject import SubjectKind
from kiosk.session.events import KindChosen
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.drawings_register import UNITS, family_farm, farmer, organisation
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing, Pen

_KINDS: tuple[tuple[SubjectKind, str, Callable[[Pen], None]], ...] = (
    (SubjectKind.FARMER, "farmer", farmer),
    (SubjectKind.FAMILY_FARM, "familyFarm", family_farm),
    (SubjectKind.COOPERATIVE, "organisation", organisation),
)


class KindTile(Touchable):
    """A picture, a word, a note."""

    def __init__(
        self, theme: tokens.Theme, name: str, words: str, note: str, picture: Callable[[Pen], None], act: Callable[[], None]
    ) -> None:
        wide = theme.board.is_portrait
        super().__init__(
            theme,
            name,
            act,
            least_mm=tokens.ACTION_MM,
            orientation="horizontal" if wide else "vertical",
            padding=(theme.pad * 0.6, theme.pad),
            spacing=theme.gap,
        )
        self.add_widget(Drawing(picture, UNITS, size_hint_x=0.8 if wide else 1))
        big = round(theme.question * (1.35 if wide else 1.1))
        text = BoxLayout(orientation="vertical", spacing=theme.mm(1), size_hint_y=1 if wide else None)
        title = Text(words, big, bold=True, align="left" if wide else "center", max_lines=1, min_px=theme.body, size_hint_y=None)
        title.height = big * 1.4
        line = Text(note, theme.body, color=tokens.SOFT, align=title.align, max_lines=1, min_px=theme.note, size_hint_y=None)
        line.height = theme.body * 1.4
        text.height = title.height + line.height + theme.mm(1)
        if wide:
            text.add_widget(Widget())
        text.add_widget(title)
        text.add_widget(line)
        if wide:
            text.add_widget(Widget())
        self.add_widget(text)


@draws(Page.REGISTER_KIND)
class RegisterKindScreen(Framed):
    """The three kinds; what an organisation has to do stands on its tile before it is touched."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        for kind, name, picture in _KINDS:
            tile = KindTile(
                theme, name, ctx.words(f"register.{name}"), ctx.words(f"register.{name}Note"), picture, self._choose(kind)
            )
            self.body.add_widget(tile)

    def _choose(self, kind: SubjectKind) -> Callable[[], None]:
        return lambda: self.ctx.send(KindChosen(kind))
