"""没有开成: what happened, that nothing is lost, and the way on."""

from __future__ import annotations

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.drawings_paper import UNITS, stopped
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing


@draws(Page.STOPPED)
class StoppedScreen(Steady):
    """The reason stands in the middle instead of a banner; trying again is offered only where a promise waits."""

    can_go_back = False
    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        visit = visit_of(state)
        can_retry = visit.certificate is None and bool(visit.promise_id)
        picture = Card(theme, padding=theme.pad)
        picture.add_widget(Drawing(stopped, UNITS))
        picture.add_widget(
            Text(
                ctx.words("stopped.kept" if can_retry else "stopped.nothing"),
                theme.body,
                color=tokens.SOFT,
                align="center",
                max_lines=3,
                size_hint_y=None,
                height=theme.body * 2.9,
            )
        )
        reason = Card(theme, color=tokens.AMBER_TINT, raised=False, orientation="horizontal", padding=(theme.pad, theme.pad))
        side = theme.question * 1.5
        reason.add_widget(Icon("warning", side, tokens.AMBER, size_hint_x=None, width=side))
        self._reason = Text("", theme.question, bold=True, color=tokens.AMBER, max_lines=6, min_px=theme.note)
        reason.add_widget(self._reason)
        buttons = []
        if can_retry:
            buttons.append(
                PushButton(
                    theme,
                    Key.RETRY.value,
                    ctx.words("button.retry"),
                    ctx.press(Key.RETRY),
                    kind=PRIMARY,
                    rank="confirm",
                    icon="refresh",
                )
            )
        home = PushButton(
            theme,
            Key.FINISH.value,
            ctx.words("button.home"),
            ctx.press(Key.FINISH),
            kind=QUIET if can_retry else PRIMARY,
            rank="action" if can_retry else "confirm",
        )
        buttons.append(home)
        if theme.board.is_portrait:
            reason.size_hint_y, reason.height = None, theme.question * 6
            for child in (picture, reason, *buttons):
                self.body.add_widget(child)
        else:
            self.body.add_widget(picture)
            self.body.add_widget(vertical(theme, reason, *buttons, size_hint_x=1.25))

    def update(self, state: Terminal) -> None:
        self._reason.say(self.ctx.said(state.said))
