"""查验结果: one of three answers as icon, word and colour; the facts to compare with the paper; how fresh our knowledge is."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key, Verified
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Framed, horizontal, spring, vertical
from kiosk.ui.screens import draws
from kiosk.ui.screens.check import check_of
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.facts import Facts
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_LOOKS = {
    "genuine": ("check_circle", tokens.GREEN, tokens.GREEN_TINT),
    "notGenuine": ("error", tokens.RED, tokens.RED_TINT),
    "revoked": ("block", tokens.AMBER, tokens.AMBER_TINT),
}


@draws(Page.VERDICT)
class VerdictScreen(Framed):
    """Never changes: built from the verdict once."""

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        verdict = check_of(state).verdict
        if verdict is None:
            raise TypeError("no verdict")
        right = self._facts(verdict)
        if theme.board.is_portrait:
            answer = self._answer(verdict)
            answer.size_hint_y = 0.62
            for child in (answer, right, self._buttons()):
                self.body.add_widget(child)
        else:
            self.body.add_widget(self._answer(verdict))
            self.body.add_widget(vertical(theme, right, self._buttons(), size_hint_x=1.45))

    def _answer(self, verdict: Verified) -> Card:
        theme, ctx = self.theme, self.ctx
        icon, ink, tint = _LOOKS[verdict.outcome]
        card = Card(theme, color=tint, raised=False, spacing=theme.mm(2))
        card.add_widget(spring(0.5))
        side = theme.mm(30) * theme.board.type_scale
        card.add_widget(Icon(icon, side, ink, size_hint_y=None, height=side))
        card.add_widget(
            Text(
                ctx.words(f"check.outcome_{verdict.outcome}"),
                theme.title,
                bold=True,
                color=ink,
                align="center",
                max_lines=1,
                min_px=theme.question,
                size_hint_y=None,
                height=theme.title * 1.4,
            )
        )
        card.add_widget(
            Text(
                ctx.words(f"check.why_{verdict.code}"),
                theme.body,
                align="center",
                max_lines=4,
                min_px=theme.note,
                valign="top",
                size_hint_y=None,
                height=theme.body * 4,
            )
        )
        card.add_widget(spring(0.3))
        if verdict.demo:
            card.add_widget(self._demo())
        return card

    def _demo(self) -> Card:
        theme = self.theme
        mark = Card(
            theme, color=tokens.RED, raised=False, padding=(theme.mm(2), theme.mm(1)), size_hint_y=None, height=theme.note * 3.1
        )
        mark.add_widget(Text(self.ctx.words("check.demo"), theme.note, bold=True, color=tokens.WHITE, align="center", max_lines=2))
        return mark

    def _facts(self, verdict: Verified) -> Card:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=(theme.pad, theme.pad * 0.7), spacing=theme.mm(1.6))
        if verdict.lines:
            words = ctx.words("check.compare" if verdict.outcome == "genuine" else "check.doNot")
            card.add_widget(
                Text(
                    words,
                    theme.body,
                    bold=True,
                    color=tokens.GREEN if verdict.outcome == "genuine" else tokens.RED,
                    max_lines=2,
                    min_px=theme.note,
                    size_hint_y=None,
                    height=theme.body * (1.5 if verdict.outcome == "genuine" else 2.7),
                )
            )
            card.add_widget(Facts(theme, [(ctx.words(line.label), line.value) for line in verdict.lines]))
        else:
            card.add_widget(spring())
            card.add_widget(Icon("help", theme.mm(18), tokens.RED, size_hint_y=None, height=theme.mm(20)))
            card.add_widget(
                Text(
                    ctx.words("check.doNot"),
                    theme.question,
                    bold=True,
                    align="center",
                    max_lines=4,
                    size_hint_y=None,
                    height=theme.question * 4.2,
                )
            )
            card.add_widget(spring())
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
            padding=(theme.mm(2.4), theme.mm(0.8)),
            spacing=theme.mm(2),
            size_hint_y=None,
            height=theme.note * (3.1 if stale else 1.9),
        )
        ink = tokens.AMBER if stale else tokens.SOFT
        note.add_widget(Icon("warning" if stale else "key", theme.note * 1.2, ink, size_hint_x=None, width=theme.note * 1.4))
        words = ctx.words("check.stale" if stale else "check.age", days=verdict.list_age_days)
        note.add_widget(Text(words, theme.note, color=ink, bold=stale, max_lines=2))
        return note

    def _buttons(self) -> BoxLayout:
        theme, ctx = self.theme, self.ctx
        again = PushButton(
            theme,
            Key.ANOTHER.value,
            ctx.words("button.checkAnother"),
            ctx.press(Key.ANOTHER),
            kind=QUIET,
            rank="confirm",
            icon="camera",
        )
        finish = PushButton(
            theme, Key.FINISH.value, ctx.words("button.finish"), ctx.press(Key.FINISH), kind=PRIMARY, rank="confirm", icon="check"
        )
        return horizontal(theme, again, finish, size_hint_y=None, height=theme.confirm)
