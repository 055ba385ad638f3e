"""A hand that lays the card on the reader, again and again, until the card is really there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.animation import Animation
from kivy.graphics import PopMatrix, PushMatrix, Translate
from kivy.properties import NumericProperty
from kivy.uix.floatlayout import FloatLayout

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.drawings_identify import UNITS, held_card, laid_card, reader, reader_missing, reading
from kiosk.ui.widgets.vector import Drawing, Pen, Point

WAITING = "waiting"
READING = "reading"
MISSING = "missing"

_UNITS: Point = (UNITS[0], UNITS[1] + 8)
_LIFT: Point = (8.0, -20.0)
"""How far the hand is away at first, in the drawing's units."""
_RAISED = 14.0
"""So much room below the reader for the hand that is still away."""
_DOWN_S, _STAYS_S, _UP_S, _PAUSE_S = 0.5, 1.8, 0.4, 0.5
"""A demonstration, not a transition: slow enough to be followed by eye."""
_FILLED = {"x": 0, "y": 0}
_FRAME_S = 1 / 30


class LayCard(FloatLayout):
    """``show`` takes WAITING (the hand moves; for elders it lies still, with an arrow), READING or MISSING."""

    lifted = NumericProperty(1.0)

    def __init__(self, theme: tokens.Theme, **layout: Any) -> None:
        super().__init__(**layout)
        self._theme = theme
        self._mode = ""
        self._motion: Animation | None = None
        self._below = Drawing(_raised(reader), _UNITS, pos_hint=_FILLED)
        self._held = Drawing(_raised(held_card), _UNITS, pos_hint=_FILLED)
        with self._held.canvas.before:
            PushMatrix()
            self._shift = Translate(0, 0, 0)
        with self._held.canvas.after:
            PopMatrix()
        self.add_widget(self._below)
        self.bind(lifted=self._move, size=self._move)

    def show(self, mode: str) -> None:
        """Another moment; the same one changes nothing."""
        if mode == self._mode:
            return
        self._mode = mode
        self._stop()
        moves = mode == WAITING and not self._theme.elder
        still = laid_card if mode == WAITING else reading if mode == READING else reader_missing
        self._below.show(_raised(reader if moves else still))
        if moves:
            if self._held.parent is None:
                self.add_widget(self._held)
            self._again()
        elif self._held.parent is not None:
            self.remove_widget(self._held)

    def _again(self, *_: object) -> None:
        if self._motion is not None and self.get_root_window() is None:
            return
        down = Animation(lifted=0.0, duration=_DOWN_S, step=_FRAME_S, transition="in_out_cubic")
        up = Animation(lifted=1.0, duration=_UP_S, step=_FRAME_S, transition="in_out_cubic")
        rest, pause = Animation(duration=_STAYS_S, step=_FRAME_S), Animation(duration=_PAUSE_S, step=_FRAME_S)
        self._motion = down + rest + up + pause
        self._motion.bind(on_complete=self._again)
        self._motion.start(self)

    def _stop(self) -> None:
        if self._motion is not None:
            self._motion.unbind(on_complete=self._again)
            self._motion.cancel(self)
            self._motion = None
        self.lifted = 1.0

    def _move(self, *_: object) -> None:
        scale = min(self.width / _UNITS[0], self.height / _UNITS[1])
        self._shift.x, self._shift.y = _LIFT[0] * self.lifted * scale, _LIFT[1] * self.lifted * scale


def _raised(draw: Callable[[Pen], None]) -> Callable[[Pen], None]:
    """The drawing, higher up."""

    def drawn(pen: Pen) -> None:
        with pen.turned(0, _RAISED, 0):
            draw(pen)

    return drawn
