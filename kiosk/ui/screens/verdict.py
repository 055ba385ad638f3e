"""查验结果: one of three answers as icon, word and colour; the facts to compare with the paper; how fresh our knowledge is."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key, Verified
from kiosk.session.pages import Page
from kiosk.session.spoken import GENUINE
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, spring, vertical
from kiosk.ui.screens import draws
from kiosk.ui.screens.check import check_of
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.drawings_paper import UNITS, refuse
from kiosk.ui.widgets.facts import Facts
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing

_LOOKS = {
    GENUINE: ("check_circle", tokens.GREEN, tokens.GREEN_TINT),
    "notGenuine": ("error", tokens.RED, tokens.RED_TINT),
    "revoked": ("block", tokens.AMBER, tokens.AMBER_TINT),
}


def verdict_of(state: Terminal) -> Verified:
    """The answer. Raises ``TypeError`` where there is none: a screen on the wrong page."""
    verdict = check_of(state).verdict
    if verdict is None:
        raise TypeError("no verdict")
    return verdict


@draws(Page.VERDICT)
class VerdictScreen(Steady):
    """The sentence on top says what to do with the answer."""

    def sentence(self, state: Terminal) -> str:
        return self.ctx.words("check.compare" if verdict_of(state).outcome == GENUINE else "check.doNot")

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        verdict = verdict_of(state)
        answer, knowledge = self._answer(verdict), self._knowledge(verdict)
        if theme.board.is_portrait:
            answer.size_hint_y = 0.66
            for child in (answer, knowledge, self._buttons()):
                self.body.add_widget(child)
        else:
            answer.size_hint_x = 0.94 if verdict.lines else 1.4
            self.body.add_widget(answer)
            self.body.add_widget(vertical(theme, knowledge, self._buttons(), size_hint_x=1.5))

    def _answer(self, verdict: Verified) -> Card:
        theme, ctx = self.theme, self.ctx
        icon, ink, tint = _LOOKS[verdict.outcome]
        portrait = theme.board.is_portrait
        card = Card(theme, color=tint, raised=False, spacing=theme.mm(1.6))
        card.add_widget(spring(0.2))
        side = theme.mm(38 if portrait else 18 if theme.elder else 24) * theme.board.type_scale
        card.add_widget(Icon(icon, side, ink, size_hint_y=None, height=side))
        word = round(theme.title * (1.0 if portrait else 0.68 if theme.elder else 0.8))
        card.add_widget(
            Text(
                ctx.words(f"check.outcome_{verdict.outcome}"),
                word,
                bold=True,
                color=ink,
                align="center",
                max_lines=1,
                size_hint_y=None,
                height=word * 1.35,
            )
        )
        card.add_widget(
            Text(
                ctx.words(f"check.why_{verdict.code}"),
                theme.body,
                align="center",
                valign="top",
                max_lines=4,
                min_px=round(theme.note * 0.9),
            )
        )
        if verdict.demo:
            card.add_widget(self._demo())
        return card

    def _demo(self) -> Card:
        theme = self.theme
        mark = Card(theme, color=tokens.RED, raised=False, padding=(theme.mm(1.6), 0), size_hint_y=None, height=theme.note * 1.8)
        words = self.ctx.words("check.demo")
        mark.add_widget(
            Text(words, theme.note, bold=True, color=tokens.WHITE, align="center", max_lines=1, min_px=round(theme.note * 0.8))
        )
        return mark

    def _knowledge(self, verdict: Verified) -> Card:
        """What the code says and how fresh the key list is."""
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=(theme.pad, theme.pad * 0.8), spacing=theme.mm(2))
        if verdict.lines:
            size = round(theme.question * 1.15) if theme.board.is_portrait else theme.body
            card.add_widget(Facts(theme, [(ctx.words(line.label), line.value) for line in verdict.lines], size_px=size))
        else:
            card.add_widget(Drawing(refuse, UNITS))
        if verdict.list_stale or not theme.elder:
            card.add_widget(self._age(verdict))
        return card

    def _age(self, verdict: Verified) -> Card:
        """How old the key list is; a stale one warns."""
        theme, ctx = self.theme, self.ctx
        stale = verdict.list_stale
        note = Card(
            theme,
            color=tokens.AMBER_TINT if stale else tokens.PAPER,
            raised=False,
            orientation="horizontal",
            padding=(theme.mm(2.4), 0),
            spacing=theme.mm(2),
            size_hint_y=None,
            height=theme.note * 1.8,
        )
        ink = tokens.AMBER if stale else tokens.SOFT
        note.add_widget(Icon("warning" if stale else "key", theme.note * 1.2, ink, size_hint_x=None, width=theme.note * 1.4))
        words = ctx.words("check.stale" if stale else "check.age", days=verdict.list_age_days)
        note.add_widget(Text(words, theme.note, color=ink, bold=stale, max_lines=1, min_px=round(theme.note * 0.7)))
        return note

    def _buttons(self) -> BoxLayout:
        theme = self.theme
        again = self._button(Key.ANOTHER, "button.checkAnother", QUIET, "camera")
        finish = self._button(Key.FINISH, "button.finish", PRIMARY, "check")
        return horizontal(theme, again, finish, size_hint_y=None, height=theme.action)

    def _button(self, key: Key, text_id: str, kind: str, icon: str) -> PushButton:
        theme, ctx = self.theme, self.ctx
        tight = theme.mm(1.2)
        return PushButton(
            theme, key.value, ctx.words(text_id), ctx.press(key), kind=kind, icon=icon, padding=(tight, tight), spacing=tight
        )
