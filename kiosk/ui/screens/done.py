"""好了: the very label as it was printed, the same on the phone, and a polite countdown."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.label.qr import modules_of
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, spring, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.textures import modules_texture
from kiosk.ui.widgets.button import PRIMARY, QUIET, PushButton
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, PictureBox, Text


@draws(Page.DONE)
class DoneScreen(Steady):
    """Label, good news, QR for the phone, one more or finished. It ends by itself, so there is nothing to cancel."""

    step = 4
    can_go_back = False
    can_cancel = False

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        visit = visit_of(state)
        label = Card(theme, padding=theme.pad * 0.8)
        self._sheet = LabelSheet(theme, visit.label)
        label.add_widget(self._sheet)
        if theme.board.is_portrait:
            for child in (self._news(visit), label, self._phone(visit), self._buttons()):
                self.body.add_widget(child)
            label.size_hint_y = 1.9
        else:
            label.size_hint_x = 0.82
            self.body.add_widget(label)
            self.body.add_widget(vertical(theme, self._news(visit), self._phone(visit), self._buttons(), size_hint_x=1.35))

    def sentence(self, state: Terminal) -> str:
        visit = visit_of(state)
        return super().sentence(state) if visit.card is not None else self.ctx.words("done.noCard")

    def _news(self, visit: Visit) -> Card:
        theme, ctx = self.theme, self.ctx
        copies = len(visit.certificate.labels) if visit.certificate is not None else 1
        words = ctx.words("done.printed", copies=copies) if copies > 1 else ctx.words("done.one")
        band = Card(
            theme,
            color=tokens.GREEN_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad, theme.mm(1.4)),
            spacing=theme.mm(2.4),
            size_hint_y=None,
            height=theme.question * 1.4 + theme.note * 1.4 + theme.mm(2.8),
        )
        side = theme.question * 1.5
        band.add_widget(Icon("check_circle", side, tokens.GREEN, size_hint_x=None, width=side))
        band.add_widget(
            vertical(
                theme,
                Text(words, theme.question, bold=True, max_lines=1, size_hint_y=1.4),
                Text(ctx.words("done.saved"), theme.note, color=tokens.SOFT, max_lines=1),
                spacing=0,
            )
        )
        if visit.card is not None:
            band.add_widget(self._card_reminder())
        return band

    def _card_reminder(self) -> Card:
        """Whoever came with a card shall not leave it."""
        theme, ctx = self.theme, self.ctx
        words = ctx.words("done.cardShort")
        pill = Card(
            theme,
            color=tokens.AMBER_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.mm(2), 0),
            spacing=theme.mm(1.4),
            size_hint=(None, None),
            width=theme.note * (len(words) + 1.9) + theme.mm(5.6),
            height=theme.note * 2.2,
            pos_hint={"center_y": 0.5},
        )
        pill.add_widget(Icon("card", theme.note * 1.5, tokens.AMBER, size_hint_x=None, width=theme.note * 1.6))
        pill.add_widget(Text(words, theme.note, bold=True, color=tokens.AMBER, max_lines=1))
        return pill

    def _phone(self, visit: Visit) -> Card:
        """The certificate's own code: whoever scans it has the certificate on the phone."""
        theme, ctx = self.theme, self.ctx
        card = Card(
            theme, orientation="horizontal", padding=(theme.mm(1.2), theme.mm(0.8), theme.pad, theme.mm(0.8)), spacing=theme.mm(2)
        )
        words = vertical(theme, spring(), spacing=theme.mm(0.6), size_hint_x=1.35)
        words.add_widget(
            Text(ctx.words("done.phone"), theme.question, bold=True, size_hint_y=None, height=theme.question * 1.4, max_lines=1)
        )
        if not theme.elder:
            words.add_widget(
                Text(
                    ctx.words("done.phoneNote"),
                    theme.note,
                    color=tokens.SOFT,
                    size_hint_y=None,
                    height=theme.note * 2.8,
                    max_lines=2,
                )
            )
        if visit.certificate is not None:
            card.add_widget(PictureBox(modules_texture(modules_of(visit.certificate.labels[0].url)), crisp=True))
            number = ctx.words("done.number", number=visit.certificate.number)
            words.add_widget(
                Text(
                    number,
                    theme.note,
                    color=tokens.SOFT,
                    size_hint_y=None,
                    height=theme.note * 1.5,
                    max_lines=1,
                    min_px=round(theme.note * 0.7),
                )
            )
        words.add_widget(spring())
        card.add_widget(words)
        return card

    def _buttons(self) -> BoxLayout:
        theme, ctx = self.theme, self.ctx
        self._finish = PushButton(
            theme,
            Key.FINISH.value,
            ctx.words("button.finish"),
            ctx.press(Key.FINISH),
            kind=PRIMARY,
            rank="confirm",
            icon="check",
            padding=(theme.mm(1.4), theme.mm(1.2)),
            spacing=theme.mm(1.4),
        )
        another = PushButton(
            theme, Key.ANOTHER.value, ctx.words("button.another"), ctx.press(Key.ANOTHER), kind=QUIET, rank="confirm", icon="plus"
        )
        return horizontal(theme, another, self._finish, size_hint_y=None, height=theme.confirm)

    def update(self, state: Terminal) -> None:
        super().update(state)
        visit = visit_of(state)
        self._finish.say(self.ctx.words("button.finishCount", seconds=visit.done_s))
        self._sheet.show(visit.label)
