"""What the scale says, in a word, a sign and a colour."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kiosk.domain.quantity import JIN_PER_KG, NO_WEIGHT, Weight, WeightStatus, plain
from kiosk.label.text import Style, font_book
from kiosk.session.events import DeviceWord
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.number import PALE
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


@dataclass(frozen=True, slots=True)
class _Look:
    icon: str
    ink: tokens.Color
    ground: tokens.Color
    number: tokens.Color


_GOOD = (tokens.GREEN, tokens.GREEN_TINT)
_WAIT = (tokens.AMBER, tokens.AMBER_TINT)
_STOP = (tokens.RED, tokens.RED_TINT)
_CALM = (tokens.SOFT, tokens.rgb("#EFEDE5"))

_LOOKS = {
    WeightStatus.STABLE: _Look("check", *_GOOD, tokens.INK),
    WeightStatus.UNSTABLE: _Look("refresh", *_WAIT, tokens.AMBER),
    WeightStatus.ZERO: _Look("info", *_CALM, PALE),
    WeightStatus.OVERWEIGHT: _Look("warning", *_STOP, tokens.RED),
    WeightStatus.UNDER_ZERO: _Look("warning", *_WAIT, tokens.AMBER),
    WeightStatus.NOT_READY: _Look("error", *_STOP, PALE),
}


def weight_of(visit: Visit) -> Weight:
    """The live weight; of a scale that went away nothing is left to show."""
    return NO_WEIGHT if visit.health.scale is DeviceWord.MISSING else visit.weight


def word_of(weight: Weight) -> WeightStatus:
    """A stable nothing is an empty pan."""
    if weight.status is WeightStatus.STABLE and not weight.can_be_taken:
        return WeightStatus.ZERO
    return weight.status


def number_color(weight: Weight) -> tokens.Color:
    """The colour of the number; never the only sign."""
    return _LOOKS[word_of(weight)].number


def shown_number(kg: Decimal | None, unit: str) -> str:
    """The number as the scale gave it, in 公斤 or 斤; dashes for none."""
    if kg is None:
        return "– –"
    return format(kg if unit == "公斤" else kg * JIN_PER_KG, "f")


def other_number(ctx: ScreenContext, kg: Decimal | None, unit: str) -> str:
    """The same weight in the other unit, as a phrase."""
    if unit == "公斤":
        return ctx.words("weight.jinIs", jin="–" if kg is None else plain(kg * JIN_PER_KG))
    return ctx.words("weight.kgIs", kg="–" if kg is None else plain(kg))


class ScaleWord(Card):
    """A chip with icon and word that follows the scale."""

    def __init__(self, ctx: ScreenContext, *, size_px: int | None = None, **layout: Any) -> None:
        theme = ctx.theme
        size = size_px or theme.body
        height = size * 1.65
        layout.setdefault("size_hint", (None, None))
        layout.setdefault("size", (size * 7.9, height))
        super().__init__(
            theme,
            color=_CALM[1],
            raised=False,
            radius=height / 2,
            orientation="horizontal",
            padding=(size * 0.55, 0),
            spacing=size * 0.3,
            **layout,
        )
        self._ctx = ctx
        self._size_px = size
        self._icon = Icon("info", size * 1.1, tokens.SOFT, size_hint_x=None, width=size * 1.1)
        self._words = Text("", size, bold=True, max_lines=1, min_px=round(size * 0.8))
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self._status: WeightStatus | None = None

    def show(self, weight: Weight) -> None:
        """Follow a weight; nothing is drawn anew while the word stays."""
        status = word_of(weight)
        if status is self._status:
            return
        self._status = status
        look = _LOOKS[status]
        self.paint(look.ground)
        self._icon.show(look.icon)
        self._icon.paint(look.ink)
        words = self._ctx.words(f"weight.{status.value}")
        self._words.say(words, look.ink)
        self.width = font_book().length(words, Style(self._size_px, True)) + self._size_px * 2.6
