"""扫主体二维码: what the camera sees with a frame to aim at, how to hold the phone, and the ways without a code."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.drawings_identify import UNITS, blind_camera, show_phone
from kiosk.ui.widgets.finder import Finder
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.ui.widgets.ways import LOW, Way, side_roads


@draws(Page.SCAN_SUBJECT)
class ScanSubjectScreen(Steady):
    """Live picture left; beside it, or upright above it, the hand that shows how."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._finder = Finder(ctx)
        how = Card(theme, spacing=theme.mm(1.4))
        self._picture = Drawing(show_phone, UNITS)
        self._seeing = True
        self._how = Text("", theme.body, bold=True, max_lines=3, min_px=theme.note)
        if theme.board.is_portrait:
            how.orientation, how.size_hint_y = "horizontal", 0.36
            self._picture.size_hint_x = 0.7
        else:
            self._how.align = "center"
            self._how.size_hint_y, self._how.height = None, theme.body * (2.7 if theme.elder else 1.4)
        if not theme.elder or theme.board.height_px >= LOW * theme.action:
            how.add_widget(self._picture)
        how.add_widget(self._how)
        ways = side_roads(
            ctx,
            "" if theme.board.height_px < LOW * theme.action else ctx.words("scanSubject.other"),
            Way(Key.START_LOOKUP, "identify.byPhone", "", "phone"),
            Way(Key.START, "identify.byCard", "", "card"),
            above=how,
        )
        self._lay(ways, how)

    def _lay(self, ways: BoxLayout, how: Card) -> None:
        if self.theme.board.is_portrait:
            ways.remove_widget(how)
            for part in (how, self._finder, ways):
                self.body.add_widget(part)
            return
        self._finder.size_hint_x = 1.6
        self.body.add_widget(self._finder)
        self.body.add_widget(ways)

    def update(self, state: Terminal) -> None:
        super().update(state)
        ctx, visit = self.ctx, visit_of(state)
        seeing = state.health.camera is DeviceWord.READY
        if seeing != self._seeing:
            self._seeing = seeing
            self._picture.show(show_phone if seeing else blind_camera)
        self._finder.show(
            visit.frame if seeing else None,
            ctx.words("scanSubject.opening" if seeing else "scanSubject.noCamera"),
            found=bool(visit.busy),
        )
        if not seeing:
            self._how.say(ctx.words("scanSubject.else"), tokens.AMBER)
        elif visit.busy:
            self._how.say(ctx.words("scanSubject.found"), tokens.GREEN)
        else:
            self._how.say(ctx.words("scanSubject.aim"), tokens.INK)
