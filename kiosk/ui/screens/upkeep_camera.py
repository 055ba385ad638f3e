"""The camera live, proved by the test label's code."""

from __future__ import annotations

from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_state import Upkeep
from kiosk.ui import theme as tokens
from kiosk.ui.screen import vertical
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import DeviceCard, UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import PushButton
from kiosk.ui.widgets.finder import Finder
from kiosk.ui.widgets.text import Text
from kiosk.upkeep.health import Part, latest


@draws(Page.UPKEEP_CAMERA)
class UpkeepCameraScreen(UpkeepFramed):
    """Live picture; what was read is said, never shown."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._finder = Finder(ctx)
        self._said = Text("", theme.note, bold=True, max_lines=2, min_px=round(theme.note * 0.85), size_hint_y=None)
        self._said.height = theme.note * 2.8
        bad = PushButton(theme, Key.NOT_GOT.value, ctx.words("button.notDecoded"), ctx.press(Key.NOT_GOT), icon="close")
        self._device = DeviceCard(ctx, Part.CAMERA, upkeep_of(state))
        if theme.board.is_portrait:
            self._device.size_hint_y = 0.6
            for child in (self._device, self._finder, self._said, bad):
                self.body.add_widget(child)
        else:
            self._finder.size_hint_x = 1.7
            self.body.add_widget(self._finder)
            self.body.add_widget(vertical(theme, self._device, self._said, bad))

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep = upkeep_of(state)
        self._device.show(upkeep)
        there = state.health.camera is DeviceWord.READY
        waiting = self.ctx.words("upkeep.camera.opening" if there else "upkeep.camera.none")
        self._finder.show(upkeep.frame, waiting, found=upkeep.code == "test")
        code, ink = self._words(upkeep)
        self._said.say(self.ctx.words(f"upkeep.camera.{code}"), ink)

    def _words(self, upkeep: Upkeep) -> tuple[str, tokens.Color]:
        if upkeep.code == "test":
            return "test", tokens.GREEN
        if upkeep.code == "other":
            return "other", tokens.AMBER
        check = latest(upkeep.checks, Part.CAMERA)
        return ("bad", tokens.RED) if check is not None and not check.is_good else ("aim", tokens.INK)
