"""打印机要帮一下忙: one set of pictures per fault, live; it closes itself when the printer is well."""

from __future__ import annotations

from collections.abc import Callable

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.paper import PRINTER_FAULTS, known_trouble
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.paper import PaperFramed, run_of
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets import drawings_paper as drawn
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing, Pen

Step = tuple[Callable[[Pen], None], str]
_OPEN: Step = (drawn.open_cover, "stepOpen")
_CLOSE: Step = (drawn.close_cover, "stepClose")
_STAFF: Step = (drawn.call_staff, "stepStaff")
STEPS: dict[str, tuple[Step, ...]] = {
    "paperOut": (_OPEN, (drawn.put_roll_in, "stepRoll"), _CLOSE),
    "coverOpen": (_CLOSE,),
    "paperJammed": (_OPEN, (drawn.pull_paper, "stepPull"), _CLOSE),
    "cutterJam": (_OPEN, (drawn.clear_cutter, "stepCutter"), _CLOSE),
    "headHot": ((drawn.cool_down, "stepCool"),),
    "noDevice": ((drawn.look_at_light, "stepLight"), (drawn.plug_in, "stepCable")),
    "offline": ((drawn.look_at_light, "stepLight"), (drawn.press_switch, "stepOn")),
    "hardwareError": ((drawn.press_switch, "stepOff"), (drawn.wait_ten, "stepTen"), (drawn.press_switch, "stepOn")),
    "printFailed": ((drawn.try_again, "stepAgain"),),
}
"""The hand movements of each fault, in order; whatever else goes wrong is for the staff."""


@draws(Page.TROUBLE)
class TroubleScreen(PaperFramed):
    """What is wrong, how it is done, that nothing is lost, and two ways on."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        self._shown = ""
        self._pictures = BoxLayout(spacing=theme.gap)
        pictures = Card(theme, padding=(theme.pad * 0.8, theme.pad * 0.8))
        pictures.add_widget(self._pictures)
        self._safe = self._nothing_lost(state)
        self._buttons = vertical(theme, size_hint_y=None)
        self._retry = PushButton(
            theme, Key.RETRY.value, ctx.words("button.retry"), ctx.press(Key.RETRY), kind=PRIMARY, rank="confirm", icon="refresh"
        )
        self._leave = PushButton(
            theme, Key.LEAVE.value, ctx.words("button.leave"), ctx.press(Key.LEAVE), kind=QUIET, padding=(theme.mm(1), theme.mm(1))
        )
        if theme.board.is_portrait:
            self._safe.size_hint_y = None
            self._safe.height = theme.question * 1.5 + theme.note * 4.4 + 2 * theme.pad
            self.body.add_widget(self._safe)
            self.body.add_widget(pictures)
            self.body.add_widget(self._buttons)
        else:
            pictures.size_hint_x = 1.5 if theme.elder else 1.75
            self.body.add_widget(pictures)
            self.body.add_widget(vertical(theme, self._safe, self._buttons))

    def build(self, state: Terminal) -> None:
        super().build(state)
        self.question.height = round(self.theme.question * 2.65)

    def _nothing_lost(self, state: Terminal) -> Card:
        """The quiet half of the page; for elders only its one sentence."""
        theme, ctx = self.theme, self.ctx
        card = Card(theme, color=tokens.GREEN_TINT, raised=False, spacing=theme.mm(1))
        self._closes = Text("", theme.note, color=tokens.GREEN, max_lines=3, min_px=round(theme.note * 0.86))
        shield = Icon("shield", theme.question * 1.3, tokens.GREEN, size_hint_x=None, width=theme.question * 1.4)
        if theme.elder:
            card.orientation, card.spacing = "horizontal", theme.mm(2)
            card.add_widget(shield)
            card.add_widget(
                Text(ctx.words("trouble.safe"), theme.body, bold=True, color=tokens.GREEN, max_lines=4, min_px=theme.note)
            )
            return card
        title = Text(
            ctx.words("trouble.shortNothingLost"), theme.question, bold=True, color=tokens.GREEN, max_lines=1, min_px=theme.body
        )
        card.add_widget(horizontal(theme, shield, title, size_hint_y=None, height=theme.question * 1.5))
        number = ctx.words("trouble.number", number=run_of(state).certificate.number)
        card.add_widget(Text(number, theme.note, color=tokens.GREEN, max_lines=2, min_px=round(theme.note * 0.84)))
        card.add_widget(self._closes)
        return card

    def update(self, state: Terminal) -> None:
        super().update(state)
        trouble = run_of(state).trouble
        if trouble != self._shown:
            self._shown = trouble
            self._say(trouble)

    def _say(self, trouble: str) -> None:
        ctx = self.ctx
        known = known_trouble(trouble)
        what, do = ctx.words(f"trouble.{known}"), ctx.words(f"trouble.{known}Do")
        self.question.words.say(ctx.words("trouble.both", what=what, do=do))
        self._closes.say(ctx.words("trouble.closes") if trouble in PRINTER_FAULTS else "")
        self._closes.size_hint_y = 1.0 if trouble in PRINTER_FAULTS else 0.01
        self._draw(STEPS.get(known, (_STAFF,)))
        self._buttons.clear_widgets()
        if trouble != "receiptMismatch":
            self._buttons.add_widget(self._retry)
        self._buttons.add_widget(self._leave)
        self._buttons.height = sum(button.height for button in self._buttons.children) + self.theme.gap * (
            len(self._buttons.children) - 1
        )

    def _draw(self, steps: tuple[Step, ...]) -> None:
        theme, ctx = self.theme, self.ctx
        stacked = theme.board.is_portrait
        beside = stacked and len(steps) > 1
        self._pictures.orientation = "vertical" if stacked else "horizontal"
        self._pictures.clear_widgets()
        for number, (draw, words) in enumerate(steps, start=1):
            caption = ctx.words(f"trouble.{words}")
            said = f"{number} {caption}" if len(steps) > 1 else caption
            panel = Card(
                theme, color=tokens.PAPER, raised=False, padding=theme.mm(2), orientation="horizontal" if beside else "vertical"
            )
            panel.add_widget(Drawing(draw, drawn.UNITS))
            text = Text(said, theme.body, bold=True, align="left" if beside else "center", max_lines=2, min_px=theme.note)
            if not beside:
                text.size_hint_y, text.height = None, theme.body * (2.7 if len(steps) > 2 else 1.5)
            panel.add_widget(text)
            self._pictures.add_widget(panel)
