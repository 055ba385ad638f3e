"""Parts of the promise page: the words of the form with its bases, the label as it will print, and how many of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.form import ISSUABLE_BASES, Basis
from kiosk.label.forms import FormTexts
from kiosk.label.text import Style, font_book
from kiosk.session.events import Picture
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.button import PRIMARY, PushButton, Touchable
from kiosk.ui.widgets.keypad import Keypad, Typing
from kiosk.ui.widgets.modal import Modal
from kiosk.ui.widgets.number import PALE, BigNumber
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_LINE = 1.34
_LINE_ELDER = 1.26
_ROOMY = 22
"""A screen of more lines than this shows the promise in larger type."""


class Words(Card):
    """The promise word for word, without anything before its sentences, and the bases: those that cannot be chosen say so quietly."""

    def __init__(self, ctx: ScreenContext, texts: FormTexts, chosen: frozenset[Basis], *, width_px: float, **layout: Any) -> None:
        theme = ctx.theme
        super().__init__(theme, spacing=0, padding=(theme.pad, theme.mm(2.4)), size_hint_y=None, **layout)
        inner = width_px - 2 * theme.pad
        self._spacing = _LINE_ELDER if theme.elder and not theme.board.is_portrait else _LINE
        size = theme.question if theme.board.height_px > _ROOMY * theme.body else theme.body
        self._say(texts.heading, size, inner, bold=True)
        for sentence in texts.promises:
            self._say(sentence, size, inner)
        self.add_widget(Widget(size_hint_y=None, height=theme.mm(1.2)))
        free = [basis for basis in texts.basis if Basis(basis[0]) in ISSUABLE_BASES]
        closed = [basis for basis in texts.basis if Basis(basis[0]) not in ISSUABLE_BASES]
        self._bases(theme, texts.basis_heading, free, chosen)
        self._closed_bases(ctx, closed)
        self.height = sum(child.height for child in self.children) + 2 * theme.mm(2.4)

    def _say(self, words: str, size: int, inner: float, *, bold: bool = False) -> None:
        """As many lines as it takes; a little smaller where that saves a line."""
        least = round(size * 0.86)
        lines = len(font_book().wrap(words, Style(least, bold), inner))
        self.add_widget(
            Text(
                words, size, bold=bold, min_px=least, max_lines=lines, size_hint_y=None, height=round(size * self._spacing) * lines
            )
        )

    def _bases(self, theme: tokens.Theme, heading: str, bases: list[tuple[str, str]], chosen: frozenset[Basis]) -> None:
        row = BoxLayout(size_hint_y=None, height=theme.body * (self._spacing + 0.14), spacing=theme.mm(1.2))
        heading_px = font_book().length(heading, Style(theme.body))
        row.add_widget(
            Text(heading, theme.body, color=tokens.SOFT, max_lines=1, size_hint_x=None, width=heading_px + 4, min_px=theme.note)
        )
        for key, words in bases:
            side = theme.body * 1.1
            icon = "radio_on" if Basis(key) in chosen else "radio_off"
            row.add_widget(Icon(icon, side, tokens.GREEN, size_hint_x=None, width=side))
            row.add_widget(Text(words, theme.body, color=tokens.GREEN, bold=True, max_lines=1, min_px=round(theme.note * 0.9)))
        self.add_widget(row)

    def _closed_bases(self, ctx: ScreenContext, bases: list[tuple[str, str]]) -> None:
        theme = ctx.theme
        size = round(theme.note * 0.92) if theme.elder else theme.note
        row = BoxLayout(size_hint_y=None, height=theme.note * (self._spacing + 0.1), spacing=theme.mm(0.8))
        for _, words in bases:
            side = size * 1.1
            row.add_widget(Icon("radio_off", side, _FAINT, size_hint_x=None, width=side))
            length = font_book().length(words, Style(size))
            row.add_widget(Text(words, size, color=tokens.SOFT, max_lines=1, size_hint_x=None, width=length + theme.mm(2)))
        if bases:
            reason = ctx.words("promise.noTest")
            row.add_widget(Text(reason, size, color=tokens.SOFT, align="right", max_lines=1, min_px=round(size * 0.8)))
            self.add_widget(row)


_FAINT = tokens.rgb("#A9AEA6")


class LabelCard(Touchable):
    """The label as it will print; a touch shows it large. ``low`` puts the words beside it."""

    def __init__(self, ctx: ScreenContext, enlarge: Callable[[], None], *, low: bool = False, **layout: Any) -> None:
        theme = ctx.theme
        way = "horizontal" if low else "vertical"
        super().__init__(theme, "label", enlarge, orientation=way, spacing=theme.mm(1), padding=theme.pad * 0.6, **layout)
        self._ctx = ctx
        self._low = low
        self._sheet = LabelSheet(theme)
        self.add_widget(self._sheet)
        foot = BoxLayout(spacing=theme.mm(1), orientation="vertical" if low else "horizontal")
        self._icon = Icon("zoom", theme.note * 1.1, tokens.GREEN)
        self._words = Text(
            ctx.words("promise.waiting"), theme.note, color=tokens.GREEN, max_lines=3 if low else 1, min_px=round(theme.note * 0.7)
        )
        if low:
            foot.size_hint_x = 0.62
            self._icon.size_hint_y, self._icon.height = None, theme.note * 1.4
            self._words.size_hint_y, self._words.height = None, theme.note * 2.8
            self._words.valign = "top"
            self._words.align = "center"
        else:
            foot.size_hint_y, foot.height = None, theme.note * 1.34
            self._icon.size_hint_x, self._icon.width = None, theme.note * 1.1
            self._words.size_hint_x = None
        for part in (Widget(), self._icon, self._words, Widget()):
            foot.add_widget(part)
        self.add_widget(foot)
        self._fit()
        self.bind(width=self._fit)

    def show(self, picture: Picture | None) -> None:
        """The label, or that it is being drawn."""
        self._sheet.show(picture)
        self._icon.opacity = 0 if picture is None else 1
        self._words.say(
            self._ctx.words("promise.waiting" if picture is None else "promise.large" if self._low else "promise.enlarge")
        )
        self._fit()

    def _fit(self, *_: object) -> None:
        if self._low:
            return
        theme = self._ctx.theme
        wanted = font_book().length(self._words.text, Style(theme.note)) + 4
        self._words.width = max(10, min(wanted, self.width - 2.4 * theme.pad - theme.note * 1.1))


class Copies(Card):
    """How many labels: one less, one more, or the number itself for many."""

    def __init__(
        self, ctx: ScreenContext, change: Callable[[int], None], ask: Callable[[], None], most: int, **layout: Any
    ) -> None:
        theme = ctx.theme
        super().__init__(
            theme, orientation="horizontal", spacing=theme.gap * 0.8, padding=0, raised=False, color=tokens.PAPER, **layout
        )
        self._most = most
        self.copies = 1
        self._fewer = self._step(theme, "fewer", "minus", lambda: change(self.copies - 1))
        self._number = Touchable(theme, "copies", ask, padding=(theme.mm(0.8), 0), spacing=theme.mm(0.6), raised=False)
        self._words = Text("", theme.question, bold=True, align="center", max_lines=1, min_px=theme.note)
        self._number.add_widget(self._words)
        self._more = self._step(theme, "more", "plus", lambda: change(self.copies + 1))
        self._unit = ctx.words("promise.pieces")
        for part in (self._fewer, self._number, self._more):
            self.add_widget(part)

    @staticmethod
    def _step(theme: tokens.Theme, name: str, icon: str, act: Callable[[], None]) -> Touchable:
        button = Touchable(theme, name, act, least_mm=tokens.TOUCH_MM, size_hint_x=None, width=theme.touch * 1.12, padding=0)
        button.add_widget(Icon(icon, theme.question, tokens.GREEN))
        return button

    def show(self, copies: int) -> None:
        """So many."""
        self.copies = copies
        self._words.say(f"{copies} {self._unit}")
        for button, possible in ((self._fewer, copies > 1), (self._more, copies < self._most)):
            button.disabled = not possible
            button.opacity = 1.0 if possible else 0.4


def enlarged(ctx: ScreenContext, picture: Picture) -> Modal:
    """The label as large as the screen allows."""
    theme = ctx.theme
    wide = theme.board.width_px - 2 * theme.margin
    high = theme.board.height_px - 2 * theme.margin
    card = Card(theme, size_hint=(None, None), orientation="vertical", spacing=theme.gap)
    label_high = high - theme.confirm - theme.gap - 2 * theme.pad
    scale = min((wide - 2 * theme.pad) / picture.width_dots, label_high / picture.height_dots, 1.25)
    card.size = (
        max(picture.width_dots * scale, theme.body * 9) + 2 * theme.pad,
        picture.height_dots * scale + theme.confirm + theme.gap + 2 * theme.pad,
    )
    card.add_widget(LabelSheet(theme, picture))
    modal = Modal(card)
    card.add_widget(PushButton(theme, "close", ctx.words("promise.close"), modal.close, kind=PRIMARY, rank="confirm", icon="check"))
    return modal


def copies_pad(ctx: ScreenContext, most: int, chosen: Callable[[int], None]) -> Modal:
    """Our own keys for many labels."""
    theme = ctx.theme
    upright = theme.board.is_portrait
    number = BigNumber(round(theme.title * 1.3), theme.body)
    unit = ctx.words("promise.pieces")
    typing = Typing(len(str(most)), lambda text: number.say(text or "0", unit, tokens.INK if text else PALE))
    number.say("0", unit, PALE)
    says = BoxLayout(orientation="vertical", spacing=theme.gap)
    title = ctx.words("promise.copies")
    says.add_widget(Text(title, theme.body, bold=True, align="center", size_hint_y=None, height=theme.body * 1.4, max_lines=1))
    note = ctx.words("promise.copiesNote")
    says.add_widget(
        Text(note, theme.note, color=tokens.SOFT, align="center", size_hint_y=None, height=theme.note * 1.4, max_lines=1)
    )
    says.add_widget(number)
    pad = Keypad(theme, typing.press)
    keys_high = 4 * theme.action + 2.4 * theme.gap
    wide = theme.body * 16 if upright else theme.body * 24
    high = (keys_high * (2.5 if theme.elder else 2.1) if upright else keys_high) + 2 * theme.pad
    card = Card(theme, size_hint=(None, None), orientation="vertical" if upright else "horizontal", spacing=theme.margin)
    card.size = (min(wide, theme.board.width_px - 2 * theme.margin), min(high, theme.board.height_px - 2 * theme.margin))
    modal = Modal(card)

    def use() -> None:
        modal.close()
        if int(typing.text or 0):
            chosen(int(typing.text))

    button = PushButton(theme, "use", ctx.words("button.useThis"), use, kind=PRIMARY, rank="confirm", icon="check")
    card.add_widget(says)
    card.add_widget(pad)
    (card if upright else says).add_widget(button)
    return modal
