"""称重: the number, how it stands, and one green button. Side roads are quiet."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.product import Product
from kiosk.domain.quantity import Unit
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, QUIET, WAITING, PushButton, Row, Touchable
from kiosk.ui.widgets.goods import picture
from kiosk.ui.widgets.number import BigNumber
from kiosk.ui.widgets.scale_word import ScaleWord, number_color, other_number, shown_number, weight_of
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


class UnitSwitch(Touchable):
    """The same weight in the other unit; a touch swaps them. What is stored stays kilograms."""

    def __init__(self, screen: QuantityScreen) -> None:
        theme = screen.theme
        super().__init__(
            theme,
            "unit",
            screen.swap_unit,
            kind=QUIET,
            raised=False,
            padding=(theme.pad * 0.7, 0),
        )
        self.words = Text("", theme.body, color=tokens.SOFT, align="center", max_lines=1, min_px=round(theme.note * 0.8))
        self.add_widget(self.words)
        self.add_widget(Icon("swap", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body))


@draws(Page.QUANTITY)
class QuantityScreen(Steady):
    """A live weight. 用这个重量 looks as if it waited until the weight can be taken; pressed too early it says why."""

    step = 2

    def fill(self, state: Terminal) -> None:
        visit = visit_of(state)
        self._unit = state.options.unit_shown
        main = self._main(visit)
        roads = self._roads(visit)
        if self.theme.board.is_portrait:
            roads.size_hint_y = None
            roads.height = sum(child.height for child in roads.children) + roads.spacing * (len(roads.children) - 1)
            for part in (main, roads):
                self.body.add_widget(part)
        else:
            main.size_hint_x = 1.9 if self.theme.elder else 1.72
            self.body.add_widget(main)
            self.body.add_widget(roads)

    def _main(self, visit: Visit) -> Card:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, spacing=theme.mm(1.6))
        low = theme.elder and not theme.board.is_portrait
        self._switch = UnitSwitch(self)
        self._scale = Text("", theme.note, color=tokens.SOFT, align="right", max_lines=2, min_px=round(theme.note * 0.66))
        self._word = ScaleWord(ctx, size_px=round(theme.body * (0.86 if theme.elder else 0.94)), pos_hint={"center_y": 0.5})
        self._number = BigNumber(round(theme.huge * 1.5), theme.question)
        head = BoxLayout(size_hint_y=None, height=max(theme.body * 1.7, theme.touch), spacing=theme.gap)
        # Large words leave a low card: the number has it, and what was chosen a moment ago is not said again.
        for part in (self._switch,) if low else self._product(visit.draft.product):
            head.add_widget(part)
        head.add_widget(self._word)
        card.add_widget(head)
        card.add_widget(self._number)
        if not low:
            foot = horizontal(theme, self._switch, self._scale, size_hint_y=None, height=max(theme.touch, theme.note * 2.8))
            card.add_widget(foot)
            card.add_widget(Widget(size_hint_y=None, height=theme.mm(1)))
        self._take = PushButton(
            theme,
            Key.TAKE_WEIGHT.value,
            ctx.words("button.takeWeight"),
            ctx.press(Key.TAKE_WEIGHT),
            kind=PRIMARY,
            rank="confirm",
            icon="check",
        )
        card.add_widget(self._take)
        return card

    def _product(self, product: Product | None) -> tuple[Widget, ...]:
        if product is None:
            return ()
        theme = self.theme
        side = theme.body * 1.7
        drawn = picture(self.ctx.catalogue.picture(product), side, size_hint_x=None, width=side)
        return drawn, Text(product.name, theme.body, bold=True, max_lines=1, min_px=theme.note)

    def _roads(self, visit: Visit) -> BoxLayout:
        theme, ctx = self.theme, self.ctx
        roads = [("help", Key.SCALE_HELP, "button.scaleHelp", ctx.words("weight.helpNote"))]
        roads.append(
            ("edit", Key.TYPE_WEIGHT, "button.typeIt" if theme.elder else "button.typeWeight", ctx.words("weight.typeNote"))
        )
        units = _counted_units(visit.draft.product)
        if units:
            roads.append(("list", Key.COUNT, "button.count", ctx.words("weight.countNote", units="、".join(units))))
        # Elders get fewer words: the page behind says them again.
        rows = [
            Row(theme, key.value, ctx.words(words), "" if theme.elder else note, ctx.press(key), icon=icon)
            for icon, key, words, note in roads
        ]
        if theme.board.is_portrait:
            for row in rows:
                row.size_hint_y, row.height = None, theme.action * 1.35
        return vertical(theme, *rows)

    def swap_unit(self) -> None:
        """公斤 and 斤 change places on glass."""
        self._unit = "斤" if self._unit == "公斤" else "公斤"
        self._follow(self._visit)

    def update(self, state: Terminal) -> None:
        super().update(state)
        self._follow(visit_of(state))

    def _follow(self, visit: Visit) -> None:
        self._visit = visit
        ctx, weight = self.ctx, weight_of(visit)
        self._word.show(weight)
        self._number.say(shown_number(weight.kg, self._unit), self._unit, number_color(weight))
        self._switch.words.say(other_number(ctx, weight.kg, self._unit))
        self._take.become(PRIMARY if weight.can_be_taken else WAITING)
        scale = visit.health.scale_identity
        if scale is None:
            self._scale.say("")
        elif scale.verified_until is None:
            self._scale.say(ctx.words("weight.serial", serial=scale.serial))
        else:
            self._scale.say(ctx.words("weight.scaleFacts", serial=scale.serial, until=scale.verified_until.isoformat()))


def _counted_units(product: Product | None) -> list[str]:
    return [unit.value for unit in product.units if unit is not Unit.KG] if product is not None else []
