"""The touch check: targets in the corners and the middle, and the whole glass to draw on. No frame: the corners belong to the targets."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, InstructionGroup, SmoothEllipse, SmoothLine
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_events import TargetTouched
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Screen, ScreenContext
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import upkeep_of
from kiosk.ui.widgets.button import GHOST, PRIMARY, QUIET, PushButton, Touchable
from kiosk.ui.widgets.signature import Ink
from kiosk.ui.widgets.text import Icon, Text
from kiosk.upkeep.trial import TARGETS

_PLACES = {
    "topLeft": {"x": 0, "top": 1},
    "topRight": {"right": 1, "top": 1},
    "bottomLeft": {"x": 0, "y": 0},
    "bottomRight": {"right": 1, "y": 0},
    "middle": {"center_x": 0.5, "center_y": 0.5},
}
_SIDE_MM = 20.0
_MOST_STROKES = 60
_MOST_POINTS = 600


class Target(Touchable):
    """A ring to hit; filled once it was felt."""

    def __init__(self, ctx: ScreenContext, name: str) -> None:
        theme = ctx.theme
        side = theme.mm(_SIDE_MM)
        super().__init__(
            theme,
            f"target:{name}",
            lambda: ctx.send(TargetTouched(name)),
            kind=GHOST,
            size_hint=(None, None),
            size=(side, side),
            pos_hint=_PLACES[name],
            padding=(0, 0),
        )
        self._line_px = theme.mm(0.8)
        self._felt: bool | None = None
        self._tick = Icon("check", side * 0.5, tokens.WHITE)
        self.add_widget(self._tick)
        with self.canvas.before:
            self._fill = Color(*tokens.CARD)
            self._disc = SmoothEllipse()
            Color(*tokens.GREEN)
            self._ring = SmoothLine(width=self._line_px)
        self.bind(pos=self._round, size=self._round)
        self._round()
        self.show(felt=False)

    def show(self, *, felt: bool) -> None:
        """Whether the finger was felt here."""
        if felt is not self._felt:
            self._felt = felt
            self._fill.rgba = tokens.GREEN if felt else tokens.CARD
            self._tick.opacity = 1 if felt else 0

    def _round(self, *_: object) -> None:
        inset = self._line_px * 1.5
        self._disc.pos = (self.x + inset, self.y + inset)
        self._disc.size = (self.width - 2 * inset, self.height - 2 * inset)
        self._ring.circle = (self.x + self.width / 2, self.y + self.height / 2, self.width / 2 - inset)


class Guides(Widget):
    """Pale lines from target to target, to be followed with a finger."""

    def __init__(self, line_px: float, inset: float) -> None:
        super().__init__()
        self._inset = inset
        with self.canvas:
            Color(*tokens.LINE)
            self._ways = [SmoothLine(width=line_px) for _ in range(3)]
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: object) -> None:
        left, bottom = self.x + self._inset, self.y + self._inset
        right, top = self.x + self.width - self._inset, self.y + self.height - self._inset
        for way, points in zip(
            self._ways,
            (
                (left, bottom, right, top),
                (left, top, right, bottom),
                (left, bottom, left, top, right, top, right, bottom, left, bottom),
            ),
            strict=True,
        ):
            way.points = points


@draws(Page.UPKEEP_TOUCH)
class UpkeepTouchScreen(Screen):
    """Strokes live on this screen only; targets go to the session."""

    def build(self, state: Terminal) -> None:
        ctx, theme = self.ctx, self.theme
        self.add_widget(Guides(theme.mm(0.5), theme.mm(_SIDE_MM / 2)))
        self._ink_sheet = InstructionGroup()
        self._ink_sheet.add(Color(*tokens.LEAF))
        self.canvas.after.add(self._ink_sheet)
        self._strokes = 0
        self._points = 0
        self._writing: dict[Any, Ink] = {}
        self._targets = {name: Target(ctx, name) for name in TARGETS}
        for target in self._targets.values():
            self.add_widget(target)
        width = min(theme.board.width_px - 2 * theme.mm(_SIDE_MM + 5), theme.body * 20)
        self._said = Text("", theme.question, bold=True, align="center", max_lines=2, min_px=theme.note, size_hint=(None, None))
        self._said.size, self._said.pos_hint = (width, theme.question * 1.5), {"center_x": 0.5, "center_y": 0.8}
        draw = Text(
            ctx.words("upkeep.touch.draw"), theme.note, color=tokens.SOFT, align="center", max_lines=2, size_hint=(None, None)
        )
        draw.size, draw.pos_hint = (width, theme.note * 2.8), {"center_x": 0.5, "center_y": 0.69}
        self.add_widget(self._said)
        self.add_widget(draw)
        self._not_felt = PushButton(theme, Key.NOT_GOT.value, ctx.words("button.notFelt"), ctx.press(Key.NOT_GOT), icon="close")
        self._done = PushButton(
            theme, Key.FINISH.value, ctx.words("button.toDevices"), ctx.press(Key.FINISH), kind=PRIMARY, icon="check"
        )
        self._back = PushButton(theme, Key.BACK.value, ctx.words("button.back"), ctx.press(Key.BACK), kind=QUIET, icon="back")
        self._keys = BoxLayout(spacing=theme.gap, size_hint=(None, None), size=(width, theme.action))
        self._keys.pos_hint = {"center_x": 0.5, "y": 0.1}
        self.add_widget(self._keys)
        self._is_done: bool | None = None

    def update(self, state: Terminal) -> None:
        touched = upkeep_of(state).touched
        for name, target in self._targets.items():
            target.show(felt=name in touched)
        left = len(TARGETS) - len(touched)
        words = self.ctx.words
        self._said.say(
            words("upkeep.touch.left", count=left) if left else words("upkeep.touch.done"), tokens.INK if left else tokens.GREEN
        )
        done = left == 0
        if done is not self._is_done:
            self._is_done = done
            self._keys.clear_widgets()
            for button in (self._done,) if done else (self._back, self._not_felt):
                self._keys.add_widget(button)

    def on_touch_down(self, touch: Any) -> bool:
        if super().on_touch_down(touch):
            return True
        if self._strokes >= _MOST_STROKES:
            self._wipe()
        touch.grab(self)
        self._strokes += 1
        self._points = 0
        self._writing[touch.uid] = Ink(self._ink_sheet, self.theme.mm(0.7), (touch.x, touch.y))
        return True

    def on_touch_move(self, touch: Any) -> bool:
        ink = self._writing.get(touch.uid)
        if touch.grab_current is not self or ink is None:
            return bool(super().on_touch_move(touch))
        self._points += 1
        if self._points < _MOST_POINTS:
            ink.to((touch.x, touch.y))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        ink = self._writing.pop(touch.uid, None) if touch.grab_current is self else None
        if ink is None:
            return bool(super().on_touch_up(touch))
        touch.ungrab(self)
        ink.lift()
        return True

    def _wipe(self) -> None:
        """A sheet full of strokes begins anew: ink is bounded."""
        self._ink_sheet.clear()
        self._ink_sheet.add(Color(*tokens.LEAF))
        self._strokes = 0
