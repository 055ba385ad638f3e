"""One thing above a screen, for a moment: the screen behind is veiled and does not hear touches."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.widget import Widget

_VEIL = (0.05, 0.1, 0.07, 0.62)


class Modal(AnchorLayout):
    """Add it to a screen to show ``content``; a touch beside the content, or ``close``, takes it away."""

    def __init__(self, content: Widget, **layout: Any) -> None:
        super().__init__(**layout)
        with self.canvas.before:
            Color(*_VEIL)
            self._veil = Rectangle()
        self.bind(pos=self._place, size=self._place)
        self._content = content
        self.add_widget(content)

    def close(self) -> None:
        """Away with it."""
        if self.parent is not None:
            self.parent.remove_widget(self)

    def on_touch_down(self, touch: Any) -> bool:
        if not super().on_touch_down(touch) and not self._content.collide_point(*touch.pos):
            self.close()
        return True

    def _place(self, *_: object) -> None:
        self._veil.pos, self._veil.size = self.pos, self.size
