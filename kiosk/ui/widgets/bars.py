"""The frame of every screen: where I am, the one sentence, what was said, and who will be wiped when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens
from kiosk.ui.widgets.button import GHOST, Touchable
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


class Chip(Card):
    """A small word on a tint."""

    def __init__(
        self,
        theme: tokens.Theme,
        words: str,
        *,
        ground: tokens.Color,
        ink: tokens.Color,
        line: tokens.Color | None = None,
        bold: bool = False,
        **layout: Any,
    ) -> None:
        height = theme.note * 1.75
        layout.setdefault("size_hint", (None, None))
        layout.setdefault("height", height)
        super().__init__(
            theme,
            color=ground,
            line=line,
            raised=False,
            radius=height / 2,
            padding=(theme.mm(2.4), 0),
            orientation="horizontal",
            **layout,
        )
        self.words = Text(words, theme.note, color=ink, bold=bold, align="center", max_lines=1, min_px=round(theme.note * 0.8))
        self.add_widget(self.words)


class TopBar(BoxLayout):
    """Back at the left, the steps in the middle, who and cancel at the right."""

    def __init__(
        self,
        theme: tokens.Theme,
        *,
        back: Callable[[], None] | None,
        back_words: str,
        cancel: Callable[[], None] | None,
        cancel_words: str,
        steps: tuple[str, ...] = (),
        current: int = -1,
        who: str = "",
        **layout: Any,
    ) -> None:
        super().__init__(
            size_hint_y=None,
            height=theme.touch + theme.mm(2),
            padding=(theme.margin * 0.6, theme.mm(1)),
            spacing=theme.gap * 0.6,
            **layout,
        )
        with self.canvas.before:
            Color(*tokens.CARD)
            self._ground = Rectangle()
            Color(*tokens.LINE)
            self._line = Rectangle()
        self.bind(pos=self._place, size=self._place)
        wide = theme.note * 4.6
        short = theme.board.width_px < self._wanted_width(theme, steps, who)
        self.add_widget(self._side(theme, "back", back_words, back, "back", tokens.INK, wide))
        self.add_widget(self._steps(theme, steps, current, short=short))
        if who:
            words = Text(who, theme.note, color=tokens.SOFT, align="right", max_lines=2, min_px=round(theme.note * 0.72))
            self.add_widget(words)
        elif steps:
            self.add_widget(Widget())
        self.add_widget(self._side(theme, "cancel", cancel_words, cancel, "", tokens.RED, wide * 0.8))

    @staticmethod
    def _wanted_width(theme: tokens.Theme, steps: tuple[str, ...], who: str) -> float:
        """Width of a bar in which every step shows its word and the name stands on one line."""
        sides = theme.note * 4.6 * 1.8 + 2 * theme.margin
        chips = sum(theme.note * (len(words) + 2.1) + theme.mm(1.2) for words in steps)
        return sides + chips + theme.note * min(len(who), 14) + 3 * theme.gap

    def _side(
        self,
        theme: tokens.Theme,
        name: str,
        words: str,
        act: Callable[[], None] | None,
        icon: str,
        color: tokens.Color,
        width: float,
    ) -> Widget:
        if act is None:
            return Widget(size_hint_x=None, width=width)
        button = Touchable(
            theme, name, act, kind=GHOST, size_hint_x=None, width=width, padding=(theme.mm(1.2), 0), spacing=theme.mm(1.2)
        )
        if icon:
            button.add_widget(Icon(icon, theme.note * 1.25, color, size_hint_x=None, width=theme.note * 1.3))
        button.add_widget(Text(words, theme.note, color=color, bold=True, align="left" if icon else "center", max_lines=1))
        return button

    def _steps(self, theme: tokens.Theme, steps: tuple[str, ...], current: int, *, short: bool) -> Widget:
        """The steps; where the bar is short only the one that is lit keeps its word."""
        box = BoxLayout(spacing=theme.mm(1.2), size_hint_x=None if steps else 1)
        for number, words in enumerate(steps):
            done, here = number < current, number == current
            ground = tokens.GREEN if here else tokens.GREEN_TINT if done else tokens.CARD
            ink = tokens.WHITE if here else tokens.GREEN if done else tokens.SOFT
            line = None if here or done else tokens.LINE
            bare = short and not here
            chip = Chip(
                theme,
                str(number + 1) if bare else f"{number + 1} {words}",
                ground=ground,
                ink=ink,
                line=line,
                bold=here,
                width=theme.note * (1.75 if bare else len(words) + 2.1),
                pos_hint={"center_y": 0.5},
            )
            box.add_widget(chip)
        if steps:
            box.width = sum(chip.width for chip in box.children) + box.spacing * (len(steps) - 1)
        return box

    def _place(self, *_: object) -> None:
        self._ground.pos, self._ground.size = self.pos, self.size
        self._line.pos, self._line.size = self.pos, (self.width, 1)


class Question(BoxLayout):
    """The one sentence, and the button that says it again."""

    def __init__(self, theme: tokens.Theme, words: str, speak: Callable[[], None], **layout: Any) -> None:
        super().__init__(size_hint_y=None, height=theme.action, spacing=theme.gap, **layout)
        self.words = Text(words, theme.question, bold=True, max_lines=2, min_px=theme.note)
        self.add_widget(self.words)
        button = Touchable(
            theme,
            "speak",
            speak,
            kind="chosen",
            least_mm=tokens.ACTION_MM,
            raised=False,
            size_hint_x=None,
            width=theme.action,
            padding=(0, 0),
        )
        button.add_widget(Icon("speaker", theme.question * 1.1, tokens.GREEN))
        self.add_widget(button)


class Banner(Card):
    """What went wrong or needs attention, with an icon; nothing is shown without words."""

    def __init__(self, theme: tokens.Theme, **layout: Any) -> None:
        super().__init__(
            theme,
            color=tokens.AMBER_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad, theme.mm(1.4)),
            size_hint_y=None,
            height=0,
            **layout,
        )
        self._theme = theme
        self._icon = Icon("warning", theme.body * 1.2, tokens.AMBER, size_hint_x=None, width=theme.body * 1.4)
        self._words = Text("", theme.body, color=tokens.AMBER, bold=True, max_lines=2, min_px=theme.note)
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self.opacity = 0

    def show(self, words: str) -> None:
        """Show words, or nothing for ""."""
        self._words.say(words)
        self.height = self._theme.body * 2.5 if words else 0
        self.opacity = 1 if words else 0
