"""A device is replaced: the movement of the moment large, all five beside it."""

from __future__ import annotations

from functools import partial

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext, vertical
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import UpkeepFramed, error_words, upkeep_of
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.drawings_upkeep import UNITS, finished, found, plug, unplug
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.upkeep.replacement import Replacement, Step

_DRAWN = {Step.UNPLUG: unplug, Step.PLUG: plug, Step.FOUND: found, Step.CHECK: found, Step.DONE: finished}
_SHORT = {Step.UNPLUG: "unplug", Step.PLUG: "plug", Step.FOUND: "found", Step.CHECK: "check", Step.DONE: "done"}
_ORDER = tuple(Step)


class StepRow(Card):
    """One step: done, under way, or still to come."""

    def __init__(self, ctx: ScreenContext, number: int, words: str) -> None:
        theme = ctx.theme
        super().__init__(
            theme, raised=False, orientation="horizontal", padding=(theme.pad * 0.7, theme.mm(1)), spacing=theme.mm(2.4)
        )
        side = theme.body * 1.2
        self._icon = Icon("radio_off", side, tokens.SOFT, size_hint_x=None, width=side)
        self._words = Text(f"{number} {words}", theme.note, max_lines=2, min_px=round(theme.note * 0.8))
        self.add_widget(self._icon)
        self.add_widget(self._words)

    def show(self, *, done: bool, here: bool) -> None:
        """Follow."""
        self.paint(tokens.GREEN_TINT if here else tokens.CARD)
        self._icon.show("check_circle" if done else "radio_on" if here else "radio_off")
        ink = tokens.GREEN if done or here else tokens.SOFT
        self._icon.paint(ink)
        self._words.say(self._words.text, tokens.INK if here else ink)


@draws(Page.UPKEEP_REPLACE)
class UpkeepReplaceScreen(UpkeepFramed):
    """The machine sees by itself when something is unplugged or plugged in; a person goes on to the check."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        change = self._change(state)
        self._name = ctx.words(f"upkeep.part.{change.part.value}")
        main = Card(theme, padding=(theme.pad, theme.pad * 0.8))
        self._picture = Drawing(partial(_DRAWN[change.step], part=change.part), UNITS)
        self._title = Text("", theme.question, bold=True, align="center", max_lines=1, min_px=theme.note, size_hint_y=None)
        self._title.height = theme.question * 1.3
        self._note = Text("", theme.note, color=tokens.SOFT, align="center", max_lines=3, min_px=round(theme.note * 0.8))
        self._note.size_hint_y, self._note.height = None, theme.note * 2.7
        self._keys = BoxLayout(size_hint_y=None, height=theme.confirm)
        for child in (self._picture, self._title, self._note):
            main.add_widget(child)
        self._next = PushButton(
            theme, Key.NEXT.value, ctx.words("button.checkNew"), ctx.press(Key.NEXT), kind=PRIMARY, rank="confirm", icon="right"
        )
        self._said = {
            step: PushButton(theme, Key.NEXT.value, ctx.words(words), ctx.press(Key.NEXT), rank="confirm", icon="check")
            for step, words in ((Step.UNPLUG, "button.unplugged"), (Step.PLUG, "button.plugged"))
        }
        self._finish = PushButton(
            theme,
            Key.FINISH.value,
            ctx.words("button.toDevices"),
            ctx.press(Key.FINISH),
            kind=PRIMARY,
            rank="confirm",
            icon="check",
        )
        steps = BoxLayout(orientation="vertical", spacing=theme.mm(2))
        self._steps = [
            StepRow(ctx, number, ctx.words(f"upkeep.replace.{_SHORT[step]}", part=self._name))
            for number, step in enumerate(_ORDER, start=1)
        ]
        for row in self._steps:
            steps.add_widget(row)
        if theme.board.is_portrait:
            steps.size_hint_y = 0.6
            for child in (steps, main, self._keys):
                self.body.add_widget(child)
        else:
            main.size_hint_x = 1.7
            self.body.add_widget(main)
            self.body.add_widget(vertical(theme, steps, self._keys))
        self._shown: Replacement | None = None

    @staticmethod
    def _change(state: Terminal) -> Replacement:
        change = upkeep_of(state).replacement
        if change is None:
            raise TypeError("no replacement")
        return change

    def update(self, state: Terminal) -> None:
        super().update(state)
        change = self._change(state)
        if change == self._shown:
            return
        before, self._shown = self._shown, change
        if before is None or (before.step, before.may_be_said) != (change.step, change.may_be_said):
            self._picture.show(partial(_DRAWN[change.step], part=change.part))
            self._keys.clear_widgets()
            key = self._key(change)
            if key is not None:
                self._keys.add_widget(key)
            here = _ORDER.index(change.step)
            for number, row in enumerate(self._steps):
                row.show(done=number < here or change.step is Step.DONE, here=number == here and change.step is not Step.DONE)
        self._title.say(self.ctx.words(f"upkeep.replace.{_SHORT[change.step]}", part=self._name))
        self._note.say(self._explained(change))

    def _key(self, change: Replacement) -> PushButton | None:
        if change.may_be_said:
            return self._said[change.step]
        return {Step.FOUND: self._next, Step.CHECK: self._next, Step.DONE: self._finish}.get(change.step)

    def _explained(self, change: Replacement) -> str:
        words, old, new = self.ctx.words, change.old, change.new
        match change.step:
            case Step.UNPLUG if old is not None:
                note = "upkeep.replace.unplugSayNote" if change.may_be_said else "upkeep.replace.unplugNote"
                return words(note, port=old.port or "–", model=old.model or "–")
            case Step.PLUG if change.may_be_said:
                return words("upkeep.replace.plugSayNote")
            case Step.FOUND if new is not None and not new.is_well:
                why = error_words(self.ctx, new.error or new.state)
                return words("upkeep.replace.foundBad", port=new.port or "–", why=why)
            case Step.FOUND if new is not None:
                return words("upkeep.replace.foundNote", port=new.port or "–", model=new.model or "–")
            case Step.CHECK:
                return words("upkeep.replace.checkNote")
            case Step.DONE if new is not None:
                return words("upkeep.replace.doneNote", part=self._name, port=new.port or "–")
            case _:
                return words("upkeep.replace.plugNote")
