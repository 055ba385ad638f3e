"""Every device live, and the way to each check."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import MachineChosen, PartChosen
from kiosk.session.upkeep_state import Upkeep
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext, vertical
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import ICONS, Look, StateChip, UpkeepFramed, check_look, error_words, place_of, state_look, upkeep_of
from kiosk.ui.widgets.button import Row, Touchable
from kiosk.ui.widgets.drawings_upkeep import DEVICE_UNITS, device
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.upkeep.health import DEVICES, Part


class CheckLine(BoxLayout):
    """How the last check ended, small."""

    def __init__(self, theme: tokens.Theme) -> None:
        size = round(theme.note * 0.85)
        super().__init__(spacing=theme.mm(1), size_hint_y=None, height=size * 1.5)
        self._icon = Icon("blank", size * 1.15, tokens.SOFT, size_hint_x=None, width=size * 1.2)
        self._words = Text("", size, max_lines=1, min_px=round(size * 0.8))
        self.add_widget(self._icon)
        self.add_widget(self._words)

    def show(self, look: Look) -> None:
        self._icon.show(look.icon)
        self._icon.paint(look.ink)
        self._words.say(look.words, look.ink)


class DeviceTile(Touchable):
    """Name, state, where it is or what to do, and the last check."""

    def __init__(self, ctx: ScreenContext, part: Part) -> None:
        theme = ctx.theme
        super().__init__(
            theme,
            f"part:{part.value}",
            lambda: ctx.send(PartChosen(part)),
            least_mm=tokens.ACTION_MM,
            orientation="vertical",
            padding=(theme.pad * 0.7, theme.pad * 0.6),
            spacing=theme.mm(1.8),
        )
        self._ctx = ctx
        self._part = part
        name = Text(
            ctx.words(f"upkeep.part.{part.value}"), theme.question, bold=True, max_lines=1, min_px=theme.body, size_hint_y=None
        )
        name.height = theme.question * 1.3
        self._chip = StateChip(theme, theme.note)
        self._where = Text(
            "", round(theme.note * 0.9), color=tokens.SOFT, valign="top", max_lines=3, min_px=round(theme.note * 0.7)
        )
        self._check = CheckLine(theme)
        picture = Drawing(partial(device, part=part), DEVICE_UNITS)
        self._where.size_hint_y, self._where.height = None, theme.note * 3.2
        for child in (picture, name, self._chip, self._where, self._check):
            self.add_widget(child)
        self._shown: object = None

    def show(self, upkeep: Upkeep) -> None:
        """Follow the errand."""
        report = upkeep.report(self._part)
        shown = (report, upkeep.checks, bool(upkeep.reports))
        if shown == self._shown:
            return
        self._shown = shown
        ctx = self._ctx
        self._chip.show(state_look(ctx, upkeep, self._part))
        if report is not None and report.error and not report.is_well:
            self._where.say(error_words(ctx, report.error), tokens.RED)
        else:
            self._where.say(place_of(report), tokens.SOFT)
        self._check.show(check_look(ctx, upkeep.checks, self._part))


@draws(Page.UPKEEP_DEVICES)
class UpkeepDevicesScreen(UpkeepFramed):
    """Four devices large, what else there is below."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        portrait = theme.board.is_portrait
        self._tiles = [DeviceTile(ctx, part) for part in DEVICES]
        devices = GridLayout(cols=2 if portrait else 4, spacing=theme.gap)
        for tile in self._tiles:
            devices.add_widget(tile)
        others: list[tuple[str, str, Callable[[], None], str]] = [
            (part.value, ICONS[part], self._choose(part), f"part:{part.value}") for part in (Part.TOUCH, Part.VOICE)
        ]
        others.append(("machine", "info", lambda: ctx.send(MachineChosen()), "machine"))
        rows = [
            Row(theme, name, ctx.words(f"upkeep.part.{what}"), ctx.words(f"upkeep.partNote.{what}"), act, icon=icon)
            for what, icon, act, name in others
        ]
        foot = GridLayout(cols=1 if portrait else 3, spacing=theme.gap, size_hint_y=None)
        foot.height = theme.confirm * 3 + theme.gap * 2 if portrait else theme.confirm
        for row in rows:
            foot.add_widget(row)
        self.body.add_widget(vertical(theme, devices, foot))

    def _choose(self, part: Part) -> Callable[[], None]:
        return lambda: self.ctx.send(PartChosen(part))

    def update(self, state: Terminal) -> None:
        super().update(state)
        for tile in self._tiles:
            tile.show(upkeep_of(state))
