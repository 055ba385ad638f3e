"""Everything that can be touched. A button says what happens; the finger sees it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.animation import Animation
from kivy.graphics import Color, SmoothLine, SmoothRoundedRectangle
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.label.text import Style, font_book
from kiosk.ui import theme as tokens
from kiosk.ui.widgets.shadow import Shadow
from kiosk.ui.widgets.text import Emoji, Icon, Text

PRIMARY = "primary"
QUIET = "quiet"
CHOSEN = "chosen"
DANGER = "danger"
GHOST = "ghost"
WAITING = "waiting"
"""The one action while it cannot be done yet: it looks so, and still answers why."""

_GROUND = {
    PRIMARY: tokens.GREEN,
    QUIET: tokens.CARD,
    CHOSEN: tokens.GREEN_TINT,
    DANGER: tokens.RED,
    GHOST: (1.0, 1.0, 1.0, 0.0),
    WAITING: tokens.rgb("#E6E3D8"),
}
_PRESSED = {
    PRIMARY: tokens.GREEN_DEEP,
    QUIET: tokens.GREEN_TINT,
    CHOSEN: tokens.MINT,
    DANGER: tokens.rgb("#5E0F0C"),
    GHOST: (0.03, 0.35, 0.2, 0.12),
    WAITING: tokens.LINE,
}
_WORDS = {
    PRIMARY: tokens.WHITE,
    QUIET: tokens.INK,
    CHOSEN: tokens.GREEN,
    DANGER: tokens.WHITE,
    GHOST: tokens.GREEN,
    WAITING: tokens.SOFT,
}
_EDGE = {QUIET: tokens.LINE, CHOSEN: tokens.GREEN}


class Touchable(ButtonBehavior, BoxLayout):
    """A surface that acts when the finger lifts. ``name`` is how tests and the demonstration find it; ``least_mm`` is what its rank demands.

    A disabled one is drawn paler and does nothing. The second half of a double tap never reaches the next page (``stage.GUARD_S``).
    """

    def __init__(
        self,
        theme: tokens.Theme,
        name: str,
        act: Callable[[], None],
        *,
        kind: str = QUIET,
        least_mm: float = tokens.TOUCH_MM,
        raised: bool | None = None,
        **layout: Any,
    ) -> None:
        layout.setdefault("padding", (theme.pad * 0.7, theme.mm(1.2)))
        layout.setdefault("spacing", theme.gap * 0.7)
        super().__init__(**layout)
        self.name = name
        self.kind = kind
        self.least_mm = least_mm
        self._act = act
        self._theme = theme
        self._radius = theme.radius
        lifted = raised if raised is not None else kind in (PRIMARY, QUIET, DANGER)
        with self.canvas.before:
            if lifted:
                Color(0.09, 0.14, 0.11, 0.16 if kind != QUIET else 0.12)
                self._shadow: Shadow | None = Shadow(radius=self._radius, blur=theme.mm(2.2), drop=theme.mm(0.6))
            else:
                self._shadow = None
            self._ground = Color(*_GROUND[kind])
            self._shape = SmoothRoundedRectangle(radius=[self._radius])
            if kind in _EDGE:
                Color(*_EDGE[kind])
                self._edge = SmoothLine(width=max(1.1, theme.mm(0.4 if kind == CHOSEN else 0.2)))
            else:
                self._edge = None
        self.bind(pos=self._place, size=self._place, disabled=self._shade)
        self._place()
        self._shade()

    def on_press(self) -> None:
        self._ground.rgba = _PRESSED[self.kind]

    def on_release(self) -> None:
        if self._theme.elder:
            self._ground.rgba = _GROUND[self.kind]
        else:
            Animation(rgba=_GROUND[self.kind], duration=0.15).start(self._ground)
        self._act()

    def on_touch_up(self, touch: Any) -> bool:
        handled = bool(super().on_touch_up(touch))
        if self.state == "normal" and not self.disabled:
            self._ground.rgba = _GROUND[self.kind] if not handled else self._ground.rgba
        return handled

    def _shade(self, *_: object) -> None:
        red, green, blue, alpha = _GROUND[self.kind]
        self._ground.rgba = (red, green, blue, alpha * (0.35 if self.disabled else 1.0))

    def _place(self, *_: object) -> None:
        if self._shadow is not None:
            self._shadow.place(self.pos, self.size)
        self._shape.pos, self._shape.size = self.pos, self.size
        if self._edge is not None:
            self._edge.rounded_rectangle = (self.x + 1, self.y + 1, self.width - 2, self.height - 2, self._radius)


class PushButton(Touchable):
    """Words, with an icon before them. ``rank`` sets the height: touch | action | confirm."""

    def __init__(
        self,
        theme: tokens.Theme,
        name: str,
        words: str,
        act: Callable[[], None],
        *,
        kind: str = QUIET,
        rank: str = "action",
        icon: str = "",
        size_px: int | None = None,
        **layout: Any,
    ) -> None:
        heights = {
            "touch": (theme.touch, tokens.TOUCH_MM),
            "action": (theme.action, tokens.ACTION_MM),
            "confirm": (theme.confirm, tokens.CONFIRM_MM),
        }
        height, least = heights[rank]
        layout.setdefault("size_hint_y", None)
        layout.setdefault("height", height)
        super().__init__(theme, name, act, kind=kind, least_mm=least, **layout)
        size = size_px or {"touch": theme.body, "action": theme.body, "confirm": theme.question}[rank]
        color = _WORDS[kind]
        self.add_widget(Widget())
        self._picture = Icon(icon, size * 1.25, color, size_hint_x=None, width=size * 1.25) if icon else None
        if self._picture is not None:
            self.add_widget(self._picture)
        self.label = Text(
            words, size, color=color, bold=kind != GHOST, align="center" if not icon else "left", size_hint_x=None, max_lines=2
        )
        self.add_widget(self.label)
        self.add_widget(Widget())
        self._icon = bool(icon)
        self._size = size
        self.bind(size=self._fit)
        self._fit()

    def say(self, words: str) -> None:
        """Other words."""
        self.label.say(words)
        self._fit()

    def become(self, kind: str) -> None:
        """Another kind of the same shape (PRIMARY or WAITING)."""
        if kind == self.kind:
            return
        self.kind = kind
        self._shade()
        self.label.say(self.label.text, _WORDS[kind])
        if self._picture is not None:
            self._picture.paint(_WORDS[kind])

    def _fit(self, *_: object) -> None:
        wanted = font_book().length(self.label.text, Style(self._size, self.label.bold)) + 6
        free = self.width - 2 * self.padding[0] - 2 * self.spacing - (self._size * 1.25 + self.spacing if self._icon else 0)
        self.label.width = max(10, min(wanted, free))


class Tile(Touchable):
    """A picture over a word: a product or a category."""

    def __init__(self, theme: tokens.Theme, name: str, words: str, emoji: str, act: Callable[[], None], **layout: Any) -> None:
        layout.setdefault("orientation", "vertical")
        layout.setdefault("padding", (theme.mm(1.6), theme.mm(1.6)))
        layout.setdefault("spacing", theme.mm(0.6))
        super().__init__(theme, name, act, least_mm=tokens.ACTION_MM, **layout)
        self.add_widget(Emoji(emoji, theme.mm(19) * theme.board.type_scale))
        self.add_widget(
            Text(
                words,
                theme.body,
                bold=True,
                align="center",
                max_lines=1,
                min_px=theme.note,
                size_hint_y=None,
                height=theme.body * 1.3,
            )
        )


class Row(Touchable):
    """A side road: icon, words, a quiet note below, an arrow."""

    def __init__(
        self,
        theme: tokens.Theme,
        name: str,
        words: str,
        note: str,
        act: Callable[[], None],
        *,
        icon: str = "",
        arrow: bool = True,
        **layout: Any,
    ) -> None:
        layout.setdefault("kind", QUIET)
        super().__init__(theme, name, act, least_mm=tokens.ACTION_MM, **layout)
        side = theme.body * 1.35
        if icon:
            self.add_widget(Icon(icon, side, tokens.GREEN, size_hint_x=None, width=side * 1.3))
        words_box = BoxLayout(orientation="vertical")
        words_box.add_widget(Widget())
        words_box.add_widget(
            Text(words, theme.body, bold=True, size_hint_y=None, height=theme.body * 1.3, max_lines=1, min_px=theme.note)
        )
        if note:
            words_box.add_widget(
                Text(
                    note,
                    theme.note,
                    color=tokens.SOFT,
                    size_hint_y=None,
                    height=theme.note * 1.35,
                    max_lines=1,
                    min_px=round(theme.note * 0.85),
                )
            )
        words_box.add_widget(Widget())
        self.add_widget(words_box)
        if arrow:
            self.add_widget(Icon("right", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body))
