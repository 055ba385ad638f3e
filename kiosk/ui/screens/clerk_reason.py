"""Why: a reason is chosen first, then one button does it. What is sent is the sentence: the ledger keeps it as it was read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from kiosk.session.events import Key, ReasonChosen
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, certificate_of, clerk_of, goods
from kiosk.ui.screen import vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import CHOSEN, DANGER, PRIMARY, QUIET, WAITING, PushButton, Touchable
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_REASONS = {
    Key.VOID: (("wrongWeight", "edit"), ("wrongProduct", "store"), ("wrongOrigin", "place"), ("notSold", "history")),
    Key.REPRINT: (("wet", "warning"), ("lost", "search"), ("unclear", "print"), ("customer", "person")),
}


class ReasonTile(Touchable):
    """One reason; a circle shows whether it is chosen."""

    def __init__(self, theme: tokens.Theme, name: str, words: str, icon: str, act: Callable[[], None], *, chosen: bool) -> None:
        super().__init__(
            theme,
            f"reason:{name}",
            act,
            kind=CHOSEN if chosen else QUIET,
            least_mm=tokens.ACTION_MM,
            padding=(theme.pad, theme.mm(1.6)),
        )
        side = theme.body * 1.5
        self.add_widget(Icon(icon, side, tokens.GREEN, size_hint_x=None, width=side * 1.2))
        self.add_widget(
            Text(words, theme.body, bold=True, color=tokens.GREEN if chosen else tokens.INK, max_lines=2, min_px=theme.note)
        )
        self.add_widget(
            Icon("radio_on" if chosen else "radio_off", side, tokens.GREEN if chosen else tokens.SOFT, size_hint_x=None, width=side)
        )


@draws(Page.CLERK_REASON)
class ClerkReasonScreen(ClerkFramed):
    """Four reasons, what follows, and the button that does it."""

    def sentence(self, state: Terminal) -> str:
        return self.ctx.words("clerk.whyVoid") if clerk_of(state).intent is Key.VOID else super().sentence(state)

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        clerk = clerk_of(state)
        certificate = certificate_of(state)
        self._void = clerk.intent is Key.VOID
        self._chosen = ""
        self._tiles = GridLayout(cols=1 if theme.board.is_portrait else 2, spacing=theme.gap)
        what = Card(
            theme,
            color=tokens.RED_TINT if self._void else tokens.GREEN_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad, theme.mm(2)),
            size_hint_y=None,
            height=theme.body * 1.5 + theme.note * 1.5 + theme.mm(4),
        )
        bare = theme.elder and not theme.board.is_portrait
        if bare:
            what.height, what.padding = theme.body * 1.7, (theme.pad, theme.mm(0.6))
        ink = tokens.RED if self._void else tokens.GREEN
        what.add_widget(
            Icon("block" if self._void else "print", theme.question * 1.3, ink, size_hint_x=None, width=theme.question * 1.8)
        )
        lines = vertical(theme, spacing=0)
        lines.add_widget(
            Text(goods(ctx, certificate), theme.body, bold=True, color=ink, max_lines=1, min_px=theme.note, size_hint_y=1.1)
        )
        if not bare:
            says = ctx.words("clerk.voidFinal" if self._void else "clerk.reprintNote")
            note = f"{certificate.number} · {says}"
            lines.add_widget(Text(note, theme.note, color=tokens.INK, max_lines=2, min_px=round(theme.note * 0.8)))
        what.add_widget(lines)
        words = ctx.words("clerk.doVoid") if self._void else ctx.words("clerk.doReprint", copies=len(certificate.labels))
        self._do = PushButton(
            theme, "decide", words, self._decide, kind=WAITING, rank="confirm", icon="block" if self._void else "print"
        )
        self.body.add_widget(what)
        if theme.board.is_portrait:
            self._tiles.size_hint_y, self._tiles.height = None, 4 * theme.confirm * 1.4 + 3 * theme.gap
            label = Card(theme, padding=theme.pad)
            label.add_widget(LabelSheet(theme, clerk.label))
            self.body.add_widget(label)
        self.body.add_widget(self._tiles)
        self.body.add_widget(self._do)
        self._show()

    def columns(self) -> BoxLayout:
        return vertical(self.theme)

    def _show(self) -> None:
        theme, ctx = self.theme, self.ctx
        self._tiles.clear_widgets()
        for name, icon in _REASONS[Key.VOID if self._void else Key.REPRINT]:
            words = ctx.words(f"clerk.reason_{name}")
            self._tiles.add_widget(ReasonTile(theme, name, words, icon, partial(self._choose, name), chosen=name == self._chosen))

    def _choose(self, name: str) -> None:
        self._chosen = name
        self._do.become(DANGER if self._void else PRIMARY)
        self._show()

    def _decide(self) -> None:
        self.ctx.send(ReasonChosen(self.ctx.words(f"clerk.reason_{self._chosen}") if self._chosen else ""))
