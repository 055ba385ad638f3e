"""自己输入重量 and 按件数填: a large number, our own keys, and what it will be called on paper."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.product import Product
from kiosk.domain.quantity import Unit
from kiosk.session.events import Counted, Key, Typed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import CHOSEN, PRIMARY, QUIET, WAITING, PushButton, Touchable
from kiosk.ui.widgets.goods import picture
from kiosk.ui.widgets.keypad import Keypad, Typing
from kiosk.ui.widgets.number import PALE, BigNumber
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_MOST_DIGITS = 10


class UnitChip(Touchable):
    """One unit of the product."""

    def __init__(self, theme: tokens.Theme, unit: Unit, words: str, choose: object, *, chosen: bool) -> None:
        super().__init__(
            theme,
            f"unit:{unit.name.lower()}",
            choose,  # type: ignore[arg-type]
            kind=CHOSEN if chosen else QUIET,
            least_mm=tokens.ACTION_MM,
            padding=(theme.mm(1), 0),
            size_hint_y=None,
            height=theme.action,
        )
        ink = tokens.GREEN if chosen else tokens.INK
        self.add_widget(Text(words, theme.body, color=ink, bold=True, align="center", max_lines=1, min_px=theme.note))


class AmountScreen(Steady):
    """Number left, keys right; in portrait the keys lie where hands reach."""

    step = 2

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        self._product = visit_of(state).draft.product
        self._typing = Typing(_MOST_DIGITS, self._typed)
        self._number = BigNumber(round(theme.huge * (1.3 if theme.board.is_portrait else 0.9)), theme.question)
        self._card = Card(theme, spacing=theme.gap)
        low = theme.elder and not theme.board.is_portrait
        if self._product is not None and not low:
            self._card.add_widget(self._head(self._product))
        self._card.add_widget(self._number)
        for part in self.below():
            self._card.add_widget(part)
        self._use = PushButton(theme, "use", self.ctx.words("button.useThis"), self.use, kind=WAITING, rank="confirm", icon="check")
        side = self.side_road()
        pad = Keypad(theme, self._typing.press, extra=self.extra_key())
        if theme.board.is_portrait:
            self._card.size_hint_y = 0.8
            foot = vertical(theme, self._use) if side is None else vertical(theme, self._use, side)
            foot.size_hint_y = None
            foot.height = sum(child.height for child in foot.children) + foot.spacing * (len(foot.children) - 1)
            for part in (self._card, pad, foot):
                self.body.add_widget(part)
        else:
            left = vertical(theme, self._card, self._use, spacing=theme.gap * 1.2, size_hint_x=1.25)
            right = vertical(theme, pad) if side is None else vertical(theme, pad, side)
            self.body.add_widget(left)
            self.body.add_widget(right)
        self._typed("")

    def _head(self, product: Product) -> Widget:
        theme = self.theme
        side = theme.body * 1.7
        head = BoxLayout(size_hint_y=None, height=side, spacing=theme.gap)
        head.add_widget(picture(self.ctx.catalogue.picture(product), side, size_hint_x=None, width=side))
        head.add_widget(Text(product.name, theme.body, bold=True, max_lines=1, min_px=theme.note))
        return head

    def _typed(self, text: str) -> None:
        self._number.say(text or "0", self.unit_word(), tokens.INK if text else PALE)
        self._use.become(PRIMARY if text.strip("0.") else WAITING)

    def use(self) -> None:
        """Send what was typed."""
        raise NotImplementedError

    def unit_word(self) -> str:
        """The word behind the number."""
        raise NotImplementedError

    def below(self) -> tuple[Widget, ...]:
        """What stands under the number."""
        raise NotImplementedError

    def extra_key(self) -> str:
        """A key besides the digits, "" for none."""
        return ""

    def side_road(self) -> Widget | None:
        """A quiet way to the other kind of quantity."""
        return None

    def declared(self) -> Widget:
        """Nobody weighed it, and the paper will say so."""
        theme = self.theme
        strip = Card(
            theme,
            color=tokens.AMBER_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad * 0.7, theme.mm(1)),
            size_hint_y=None,
            height=theme.note * 2.1,
        )
        strip.add_widget(Icon("edit", theme.note * 1.4, tokens.AMBER, size_hint_x=None, width=theme.note * 1.5))
        strip.add_widget(
            Text(
                self.ctx.words("weight.declared"),
                theme.note,
                color=tokens.AMBER,
                bold=True,
                max_lines=1,
                min_px=round(theme.note * 0.74),
            )
        )
        return strip


@draws(Page.TYPE_WEIGHT)
class TypeWeightScreen(AmountScreen):
    """Kilograms from the keypad."""

    def use(self) -> None:
        self.ctx.send(Typed(self._typing.text))

    def unit_word(self) -> str:
        return self.ctx.words("weight.kg")

    def below(self) -> tuple[Widget, ...]:
        return (self.declared(),)

    def extra_key(self) -> str:
        return "."


@draws(Page.COUNT)
class CountScreen(AmountScreen):
    """Whole pieces in a unit of the product; kilograms too, then declared."""

    def fill(self, state: Terminal) -> None:
        product = visit_of(state).draft.product
        units = product.units if product is not None else (Unit.PIECE,)
        self._units = tuple(unit for unit in units if unit is not Unit.KG) or units
        self._unit = self._units[0]
        self._chips = horizontal(self.theme, size_hint_y=None, height=self.theme.action)
        self._draw_chips()
        super().fill(state)

    def _draw_chips(self) -> None:
        self._chips.clear_widgets()
        for unit in self._units:
            self._chips.add_widget(
                UnitChip(self.theme, unit, unit.value, lambda unit=unit: self._choose(unit), chosen=unit is self._unit)
            )

    def _choose(self, unit: Unit) -> None:
        self._unit = unit
        self._draw_chips()
        self._typed(self._typing.text)

    def use(self) -> None:
        self.ctx.send(Counted(self._typing.text, self._unit))

    def unit_word(self) -> str:
        return self._unit.value

    def below(self) -> tuple[Widget, ...]:
        return (self._chips,)

    def side_road(self) -> Widget | None:
        theme, ctx = self.theme, self.ctx
        return PushButton(theme, Key.TAKE_WEIGHT.value, ctx.words("weight.weighIt"), ctx.press(Key.TAKE_WEIGHT), icon="basket")
