"""A sentence to listen to."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.drawings_upkeep import UNITS, speaker
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.upkeep.health import Part, latest


@draws(Page.UPKEEP_VOICE)
class UpkeepVoiceScreen(UpkeepFramed):
    """A drawing, the sentence itself, and what the ear says."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=(theme.pad, theme.pad * 0.8))
        sentence = Text(
            ctx.words("upkeep.voiceSample"), theme.note, color=tokens.SOFT, align="center", max_lines=2, size_hint_y=None
        )
        sentence.height = theme.note * 1.5
        self._said = Text("", theme.body, bold=True, align="center", max_lines=2, min_px=theme.note, size_hint_y=None)
        self._said.height = theme.body * 1.5
        self._play = PushButton(
            theme, Key.CHECK_NOW.value, "", ctx.press(Key.CHECK_NOW), kind=QUIET, rank="confirm", icon="speaker"
        )
        self._play.say(ctx.words("button.playVoice"))
        heard = ctx.words("button.heard")
        not_heard = ctx.words("button.notHeard")
        self._heard = PushButton(theme, Key.GOT_IT.value, heard, ctx.press(Key.GOT_IT), kind=PRIMARY, rank="confirm", icon="check")
        self._not_heard = PushButton(
            theme, Key.NOT_GOT.value, not_heard, ctx.press(Key.NOT_GOT), kind=QUIET, rank="confirm", icon="close"
        )
        self._keys = BoxLayout(spacing=theme.gap, size_hint_y=None, height=theme.confirm)
        self._asking: bool | None = None
        for child in (Drawing(speaker, UNITS), sentence, self._said, self._keys):
            card.add_widget(child)
        self.body.add_widget(card)

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep = upkeep_of(state)
        check = latest(upkeep.checks, Part.VOICE)
        mute = upkeep.machine is not None and not upkeep.machine.voice
        if mute:
            now, ink = "none", tokens.RED
        elif upkeep.busy:
            now, ink = "asked", tokens.INK
        elif check is not None:
            now, ink = ("good", tokens.GREEN) if check.is_good else ("bad", tokens.RED)
        else:
            now, ink = "idle", tokens.SOFT
        self._said.say(self.ctx.words(f"upkeep.voice.{now}"), ink)
        if upkeep.busy is not self._asking:
            self._asking = upkeep.busy
            self._keys.clear_widgets()
            self._keys.add_widget(self._play)
            if upkeep.busy:
                self._keys.add_widget(self._heard)
                self._keys.add_widget(self._not_heard)
