"""产地和电话对不对: two facts that will be printed, each with its way to change it."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.goods import picture
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


@draws(Page.ORIGIN)
class OriginScreen(Steady):
    """Facts left, the goods and the green button right."""

    step = 3

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        visit = visit_of(state)
        place = visit.draft.origin.text if visit.draft.origin is not None else ""
        facts = vertical(
            theme,
            self._fact("place", "origin.place", place, Key.EDIT_PLACE, "button.editPlace"),
            self._fact("phone", "origin.phone", spaced(visit.draft.phone), Key.EDIT_PHONE, "button.editPhone"),
            spacing=theme.gap * 1.2,
        )
        on = PushButton(
            theme,
            Key.NEXT.value,
            ctx.words("button.next"),
            ctx.press(Key.NEXT),
            kind=PRIMARY,
            rank="confirm",
            icon="" if theme.elder else "check",
        )
        goods = self._goods(visit)
        if theme.board.is_portrait:
            goods.size_hint_y = 0.42
            for part in (goods, facts, on):
                self.body.add_widget(part)
        else:
            facts.size_hint_x = 1.9
            self.body.add_widget(facts)
            self.body.add_widget(vertical(theme, goods, on, spacing=theme.gap * 1.2))

    def _fact(self, icon: str, caption: str, value: str, key: Key, button: str) -> Widget:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, spacing=theme.mm(1), padding=(theme.pad, theme.mm(2.6)))
        head = BoxLayout(size_hint_y=None, height=theme.action, spacing=theme.gap * 0.7)
        head.add_widget(Icon(icon, theme.question, tokens.LEAF, size_hint_x=None, width=theme.question * 1.1))
        head.add_widget(Text(ctx.words(caption), theme.body, color=tokens.SOFT, max_lines=1, min_px=theme.note))
        head.add_widget(
            PushButton(theme, key.value, ctx.words(button), ctx.press(key), icon="edit", size_hint_x=None, width=theme.body * 6.4)
        )
        card.add_widget(head)
        card.add_widget(
            Text(
                value or ctx.words("origin.missing"),
                round(theme.question * (1.4 if theme.board.is_portrait else 1.1)),
                color=tokens.INK if value else tokens.RED,
                bold=True,
                max_lines=3,
                min_px=theme.note,
            )
        )
        return card

    def _goods(self, visit: Visit) -> Widget:
        theme = self.theme
        upright = theme.board.is_portrait
        card = Card(
            theme, color=tokens.GREEN_TINT, raised=False, orientation="horizontal" if upright else "vertical", spacing=theme.mm(1)
        )
        product, quantity = visit.draft.product, visit.draft.quantity
        if product is not None:
            card.add_widget(picture(self.ctx.catalogue.picture(product), theme.mm(30) * theme.board.type_scale))
        align = "left" if upright else "center"
        says = BoxLayout(orientation="vertical", size_hint_y=None if not upright else 1)
        if upright:
            says.add_widget(spring())
        height = theme.question * 1.4
        for words in (product.name if product is not None else "", quantity.printed if quantity is not None else ""):
            says.add_widget(
                Text(
                    words,
                    theme.question,
                    bold=True,
                    align=align,
                    max_lines=1,
                    min_px=round(theme.note * 0.7),
                    size_hint_y=None,
                    height=height,
                )
            )
        says.height = 2 * height
        if upright:
            says.add_widget(spring())
        card.add_widget(says)
        return card


def spaced(phone: str) -> str:
    """A mobile number in 3-4-4, as people read it out; a landline as it is."""
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}" if len(phone) == 11 and phone.isdigit() and phone.startswith("1") else phone
