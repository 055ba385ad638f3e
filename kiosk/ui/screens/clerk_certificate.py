"""One certificate before the clerk: its label, its facts, and what can be done with it."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.clerk import ClerkFramed, beijing_moment, certificate_of, clerk_of
from kiosk.ui.screen import horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.widgets.button import DANGER, PRIMARY, PushButton
from kiosk.ui.widgets.facts import Facts
from kiosk.ui.widgets.sheet import LabelSheet
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text


@draws(Page.CLERK_CERTIFICATE)
class ClerkCertificateScreen(ClerkFramed):
    """补打 and 作废 lead on to a reason; a void one offers neither and says why it is void."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        certificate = certificate_of(state)
        made = certificate.promise
        label = Card(theme, padding=theme.pad * 0.8)
        self._sheet = LabelSheet(theme, clerk_of(state).label)
        label.add_widget(self._sheet)
        rows = (
            ("product", made.product.name),
            ("quantity", made.quantity.printed),
            ("subject", made.subject.name),
            ("issued", beijing_moment(certificate.issued_at)),
            ("number", str(certificate.number)),
            ("copies", ctx.words("clerk.copiesOf", copies=len(certificate.labels))),
        )
        facts = Card(theme, padding=(theme.pad, theme.pad * 0.7))
        size = round(theme.question * 1.05) if theme.board.is_portrait else theme.body
        facts.add_widget(Facts(theme, [(ctx.words(f"clerk.{name}"), value) for name, value in rows], size_px=size))
        foot = self._voided(state) if certificate.voided_at is not None else self._deeds()
        if theme.board.is_portrait:
            label.size_hint_y = 1.5
            for child in (facts, label, foot):
                self.body.add_widget(child)
        else:
            self.body.add_widget(label)
            self.body.add_widget(vertical(theme, facts, foot, size_hint_x=1.6))

    def _deeds(self) -> BoxLayout:
        theme, ctx = self.theme, self.ctx
        reprint = PushButton(
            theme,
            Key.REPRINT.value,
            ctx.words("button.reprint"),
            ctx.press(Key.REPRINT),
            kind=PRIMARY,
            rank="confirm",
            icon="print",
        )
        void = PushButton(
            theme, Key.VOID.value, ctx.words("button.void"), ctx.press(Key.VOID), kind=DANGER, rank="confirm", icon="block"
        )
        return horizontal(theme, reprint, void, size_hint_y=None, height=theme.confirm)

    def _voided(self, state: Terminal) -> Card:
        theme, ctx = self.theme, self.ctx
        certificate = certificate_of(state)
        card = Card(
            theme,
            color=tokens.RED_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad, theme.mm(1.4)),
            size_hint_y=None,
            height=theme.body * 1.5 + theme.note * 1.5 + theme.mm(4),
        )
        card.add_widget(Icon("block", theme.question * 1.6, tokens.RED, size_hint_x=None, width=theme.question * 1.8))
        when = beijing_moment(certificate.voided_at) if certificate.voided_at is not None else ""
        card.add_widget(
            vertical(
                theme,
                Text(ctx.words("clerk.voidedAt", time=when), theme.body, bold=True, color=tokens.RED, max_lines=1, size_hint_y=1.3),
                Text(ctx.words("clerk.because", reason=certificate.void_reason), theme.note, color=tokens.RED, max_lines=1),
                spacing=0,
            )
        )
        return card

    def update(self, state: Terminal) -> None:
        super().update(state)
        self._sheet.show(clerk_of(state).label)
