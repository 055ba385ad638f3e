"""秤不动: three pictures, one after the other, and what the scale says meanwhile."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, PushButton
from kiosk.ui.widgets.drawings_goods import UNITS, hands_off, switch_on, take_goods_off
from kiosk.ui.widgets.number import BigNumber
from kiosk.ui.widgets.scale_word import ScaleWord, number_color, shown_number, weight_of
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing

_STEPS = ((switch_on, "weight.help1"), (take_goods_off, "weight.help2"), (hands_off, "weight.help3"))


@draws(Page.SCALE_HELP)
class ScaleHelpScreen(Steady):
    """The live weight stays in sight, so that one sees at once that it helped."""

    step = 2

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        column = vertical(theme, spacing=theme.gap * 1.2)
        steps = BoxLayout(orientation="vertical" if theme.board.is_portrait else "horizontal", spacing=theme.gap)
        for number, (draw, text_id) in enumerate(_STEPS, start=1):
            steps.add_widget(self._step(number, Drawing(draw, UNITS), self.ctx.words(text_id)))
        column.add_widget(steps)
        column.add_widget(self._foot())
        self.body.add_widget(column)

    def _step(self, number: int, drawing: Drawing, words: str) -> Widget:
        theme = self.theme
        side = theme.question * 1.3
        badge = Card(
            theme,
            color=tokens.GREEN,
            raised=False,
            radius=side / 2,
            padding=0,
            size_hint=(None, None),
            size=(side, side),
            pos_hint={"top": 1},
        )
        badge.add_widget(Text(str(number), theme.body, color=tokens.WHITE, bold=True, align="center", max_lines=1))
        says = Text(
            words, theme.body, bold=True, max_lines=4, min_px=theme.note, valign="middle" if theme.board.is_portrait else "top"
        )
        card = Card(theme, orientation="vertical", spacing=theme.mm(1), padding=theme.pad * 0.7)
        if theme.board.is_portrait:
            card.orientation = "horizontal"
            drawing.size_hint_x = 0.8
            for part in (badge, drawing, says):
                card.add_widget(part)
            return card
        top = BoxLayout()
        top.add_widget(badge)
        top.add_widget(drawing)
        top.add_widget(Widget(size_hint_x=None, width=side * 0.4))
        card.add_widget(top)
        says.size_hint_y, says.height = None, theme.body * (3.3 if theme.elder else 4.1)
        card.add_widget(says)
        return card

    def _foot(self) -> Widget:
        theme, ctx = self.theme, self.ctx
        live = Card(theme, padding=(theme.mm(2), theme.mm(1.4)), spacing=0)
        self._number = BigNumber(round(theme.question * 1.6), theme.note)
        self._word = ScaleWord(ctx, size_px=theme.note, pos_hint={"center_x": 0.5})
        live.add_widget(self._number)
        live.add_widget(self._word)
        type_it = PushButton(
            theme,
            Key.TYPE_WEIGHT.value,
            ctx.words("button.typeIt" if theme.elder else "button.typeWeight"),
            ctx.press(Key.TYPE_WEIGHT),
            rank="confirm",
            icon="edit",
            size_px=theme.body,
        )
        again = PushButton(
            theme,
            Key.NEXT.value,
            ctx.words("button.weighAgain"),
            ctx.press(Key.NEXT),
            kind=PRIMARY,
            rank="confirm",
            icon="check",
            size_px=theme.body,
        )
        if theme.board.is_portrait:
            live.size_hint_y, live.height = None, theme.confirm * 1.5
            foot = vertical(theme, live, horizontal(theme, type_it, again, size_hint_y=None, height=theme.confirm))
            foot.size_hint_y, foot.height = None, 2.5 * theme.confirm + theme.gap
            return foot
        return horizontal(theme, live, type_it, again, size_hint_y=None, height=theme.confirm)

    def update(self, state: Terminal) -> None:
        super().update(state)
        weight = weight_of(visit_of(state))
        self._word.show(weight)
        self._number.say(shown_number(weight.kg, "公斤"), self.ctx.words("weight.kg"), number_color(weight))
