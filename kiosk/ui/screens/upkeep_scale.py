"""A scale against a reference weight: the number, how far it is off, how far it may be."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.domain.quantity import NO_WEIGHT, plain
from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import ReferenceChosen
from kiosk.session.upkeep_state import Upkeep
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import DeviceCard, UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import CHOSEN, PRIMARY, QUIET, WAITING, PushButton
from kiosk.ui.widgets.number import PALE, BigNumber
from kiosk.ui.widgets.scale_word import ScaleWord, number_color, shown_number
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.upkeep.health import Part
from kiosk.upkeep.reference import REFERENCES_KG, Compared, compare


@draws(Page.UPKEEP_SCALE)
class UpkeepScaleScreen(UpkeepFramed):
    """Main card: number, verdict, references, one green button. Beside it the device."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, padding=(theme.pad, theme.pad * 0.8))
        self._number = BigNumber(round(theme.huge * (1.5 if theme.board.is_portrait else 1.1)), theme.question)
        self._word = ScaleWord(ctx, size_px=theme.note, pos_hint={"center_y": 0.5})
        self._division = Text("", round(theme.note * 0.9), color=tokens.SOFT, max_lines=2, min_px=round(theme.note * 0.7))
        head = BoxLayout(size_hint_y=None, height=theme.note * 1.9, spacing=theme.gap)
        head.add_widget(self._division)
        head.add_widget(self._word)
        self._verdict = Text(
            "", theme.body, bold=True, align="center", max_lines=2, min_px=round(theme.note * 0.85), size_hint_y=None
        )
        self._verdict.height = theme.body * (2.1 if theme.board.is_portrait else 1.5)
        self._picked = {
            kg: PushButton(
                theme,
                f"reference:{plain(kg)}",
                plain(kg),
                lambda kg=kg: ctx.send(ReferenceChosen(kg)),  # type: ignore[misc]
                rank="touch",
                padding=(2, 2),
            )
            for kg in REFERENCES_KG
        }
        unit = Text(ctx.words("upkeep.scale.choose"), theme.note, color=tokens.SOFT, max_lines=1, size_hint_x=None)
        unit.width = theme.note * 2.4
        kg_word = Text(ctx.words("weight.kg"), theme.note, color=tokens.SOFT, max_lines=1, size_hint_x=None, width=theme.note * 2.2)
        choice = horizontal(theme, unit, *self._picked.values(), kg_word, size_hint_y=None, height=theme.touch)
        self._keep = PushButton(
            theme,
            Key.CHECK_NOW.value,
            ctx.words("button.checkNow"),
            ctx.press(Key.CHECK_NOW),
            kind=WAITING,
            rank="confirm",
            icon="check",
        )
        for child in (head, self._number, self._verdict, choice, self._keep):
            card.add_widget(child)
        self._device = DeviceCard(ctx, Part.SCALE, upkeep_of(state))
        if theme.board.is_portrait:
            self._device.size_hint_y = 0.6
            self.body.add_widget(self._device)
            self.body.add_widget(card)
        else:
            card.size_hint_x = 1.7
            self.body.add_widget(card)
            self.body.add_widget(self._device)

    def update(self, state: Terminal) -> None:
        super().update(state)
        ctx, upkeep = self.ctx, upkeep_of(state)
        weight = NO_WEIGHT if state.health.scale is DeviceWord.MISSING else upkeep.weight
        self._word.show(weight)
        color = number_color(weight)
        self._number.say(
            shown_number(weight.kg, "公斤"), ctx.words("weight.kg"), tokens.INK if color == PALE and weight.kg else color
        )
        self._device.show(upkeep)
        for kg, button in self._picked.items():
            button.become(CHOSEN if kg == upkeep.reference else QUIET)
        now = compare(weight, upkeep.reference, upkeep.division) if upkeep.reference is not None else None
        self._keep.become(PRIMARY if now is not None else WAITING)
        self._say(upkeep, now)
        division = upkeep.division or (now.division if now is not None else None)
        key = "upkeep.scale.division" if upkeep.division else "upkeep.scale.divisionGuessed"
        self._division.say(ctx.words(key, division=plain(division)) if division else "")

    def _say(self, upkeep: Upkeep, now: Compared | None) -> None:
        words = self.ctx.words
        kept = upkeep.compared
        if kept is not None:
            verdict = words("upkeep.scale.within" if kept.is_within else "upkeep.scale.outside")
            said = words("upkeep.scale.kept", shown=format(kept.shown, "f"), verdict=verdict)
            self._verdict.say(said, tokens.GREEN if kept.is_within else tokens.RED)
        elif upkeep.reference is None:
            self._verdict.say(words("upkeep.scale.noReference"), tokens.SOFT)
        elif now is None:
            self._verdict.say(words("upkeep.scale.moving"), tokens.AMBER)
        else:
            error = f"{now.error:+f}" if now.error else "0"
            said = words("upkeep.scale.off", error=error, tolerance=plain(now.tolerance))
            self._verdict.say(said, tokens.GREEN if now.is_within else tokens.RED)
