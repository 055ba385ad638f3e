"""What the camera sees, with a frame to aim at."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothLine
from kivy.uix.floatlayout import FloatLayout

from kiosk.session.events import CameraFrame
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.textures import CameraTexture
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, PictureBox, Text

_DARK = tokens.rgb("#1B2420")
_BRIGHT = tokens.rgb("#5BE08F")
_AIM = 0.62
_CORNER = 0.26
_HINT_HEIGHT, _HINT_WIDTH = 0.15, 0.74


class Finder(Card):
    """Live pictures (one texture, blitted) under four corners; words stand there while there is no picture."""

    def __init__(self, ctx: ScreenContext, **layout: Any) -> None:
        theme = ctx.theme
        super().__init__(theme, color=_DARK, raised=False, padding=theme.mm(1.6), **layout)
        self._ctx = ctx
        self._theme = theme
        self._camera = CameraTexture()
        self._closed = False
        self._field = FloatLayout()
        self._picture = PictureBox(pos_hint={"x": 0, "y": 0})
        self._field.add_widget(self._picture)
        self._icon = Icon("camera", theme.mm(22), tokens.MINT, pos_hint={"x": 0, "y": 0.06})
        self._words = Text(
            "", theme.body, color=tokens.WHITE, bold=True, align="center", valign="middle", max_lines=2, min_px=theme.note
        )
        self._words.size_hint_y, self._words.pos_hint = 0.3, {"x": 0, "y": 0.06}
        self._field.add_widget(self._icon)
        self._field.add_widget(self._words)
        self._hint = Card(
            theme,
            color=(*_DARK[:3], 0.86),
            raised=False,
            padding=(theme.pad, 0),
            size_hint=(_HINT_WIDTH, _HINT_HEIGHT),
            pos_hint={"center_x": 0.5, "y": 0.03},
            opacity=0,
        )
        self._hint_words = Text("", theme.body, color=tokens.AMBER_TINT, bold=True, align="center", max_lines=1, min_px=theme.note)
        self._hint.add_widget(self._hint_words)
        self._field.add_widget(self._hint)
        self.add_widget(self._field)
        with self.canvas.after:
            self._shade = Color(*_DARK)
            self._edges = [SmoothLine(width=theme.mm(1.3)) for _ in range(4)]
            self._ink = Color(*_BRIGHT)
            self._corners = [SmoothLine(width=theme.mm(0.85)) for _ in range(4)]
        self.bind(pos=self._aim, size=self._aim)
        self._field.bind(pos=self._aim, size=self._aim)

    def show(self, frame: CameraFrame | None, words: str, *, found: bool) -> None:
        """The newest picture and how to hold the code, or ``words`` instead; ``found`` closes the frame around it."""
        waiting = frame is None
        if frame is not None:
            self._picture.show(self._camera.show(frame))
        self._icon.opacity = 1 if waiting else 0
        self._words.opacity = 1 if waiting else 0
        self._words.say(words if waiting else "")
        shown = 0.0 if waiting else 1.0
        hint = frame.hint if frame is not None and not found else ""
        self._hint.opacity = 1 if hint else 0
        if hint:
            self._hint_words.say(self._ctx.words(f"camera.{hint}"))
        self._ink.rgba = (*_BRIGHT[:3], shown)
        self._shade.a = 0.7 * shown
        if found is not self._closed:
            self._closed = found
            self._aim()

    def _aim(self, *_: object) -> None:
        side = min(self._field.width, self._field.height) * _AIM
        arm, bend = side * (0.5 if self._closed else _CORNER), self._theme.mm(2)
        left, bottom = self._field.center_x - side / 2, self._field.center_y - side / 2
        right, top = left + side, bottom + side
        bounds = ((left, bottom, 1, 1), (left, top, 1, -1), (right, bottom, -1, 1), (right, top, -1, -1))
        for edge, line, (x, y, across, up) in zip(self._edges, self._corners, bounds, strict=True):
            edge.points = line.points = [x, y + up * arm, x, y + up * bend, x + across * bend, y, x + across * arm, y]
