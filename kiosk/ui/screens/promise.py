"""我承诺，开证: the words, the label, the signature, and the only button that issues."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.domain.form import CertificateForm
from kiosk.domain.promise import Signature
from kiosk.label.forms import form_texts
from kiosk.session.events import CopiesChanged, Key, Signed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui import theme as tokens
from kiosk.ui.screen import horizontal, vertical, visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton, Touchable
from kiosk.ui.widgets.promise_parts import Copies, LabelCard, Words, copies_pad, enlarged
from kiosk.ui.widgets.signature import SignaturePad
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_LABEL_SHARE = 0.28


@draws(Page.PROMISE)
class PromiseScreen(Steady):
    """Landscape: words, signature and issue left, the label and its copies right. Portrait: label on top, the act below, where hands reach."""

    step = 3

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        visit = visit_of(state)
        self._most = visit.rules.max_copies
        self._pad = SignaturePad(theme, ctx.words("promise.sign"), self._signed, ink=visit.signature)
        self._again = self._wipe_button()
        self._issue = PushButton(
            theme,
            Key.ISSUE.value,
            ctx.words("button.issue"),
            ctx.press(Key.ISSUE),
            kind=WAITING,
            rank="confirm",
            icon="" if self._is_low else "check",
            padding=(theme.mm(1), theme.mm(1)),
        )
        self._label = LabelCard(ctx, self._enlarge, low=self._is_low)
        self._copies = Copies(ctx, self._change, self._ask_copies, self._most, size_hint_y=None, height=theme.touch * 1.12)
        self._beside = BoxLayout(orientation="vertical", spacing=theme.gap)
        self._problem_shown: str | None = None
        if theme.board.is_portrait:
            self._upright(visit)
        else:
            self._across(visit)

    @property
    def _is_low(self) -> bool:
        """Large words on a screen that is not high."""
        return self.theme.elder and not self.theme.board.is_portrait

    def _across(self, visit: Visit) -> None:
        theme = self.theme
        whole = theme.board.width_px - 2 * theme.margin
        beside = whole * _LABEL_SHARE
        words = self._words(visit, whole - beside - self.body.spacing)
        if theme.elder:
            # Larger words leave a low row: all of it is for the signature.
            self._again.size_hint = (None, 1)
            self._again.width = theme.touch * 1.4
            row = horizontal(theme, self._pad, self._again)
            side = vertical(theme, self._beside, self._issue)
        else:
            self._again.size_hint_y, self._again.height = None, theme.touch * 1.04
            self._issue.size_hint_y = 1
            act = vertical(theme, self._again, self._issue, size_hint_x=None, width=theme.question * 8.8)
            row = horizontal(theme, self._pad, act)
            side = self._beside
        side.size_hint_x, side.width = None, beside
        self.body.add_widget(vertical(theme, words, row))
        self.body.add_widget(side)

    def _upright(self, visit: Visit) -> None:
        theme = self.theme
        words = self._words(visit, theme.board.width_px - 2 * theme.margin)
        self._again.size_hint_x, self._again.width = None, theme.body * 5.4
        self._pad.size_hint_y = 0.62
        foot = horizontal(theme, self._again, self._issue, size_hint_y=None, height=theme.confirm)
        for part in (self._beside, words, self._pad, foot):
            self.body.add_widget(part)

    def _words(self, visit: Visit, width: float) -> Words:
        form = visit.form or CertificateForm.T2026_PRODUCER
        return Words(self.ctx, form_texts(form), visit.draft.basis, width_px=width)

    def _wipe_button(self) -> Touchable:
        theme = self.theme
        upright_icon = self._is_low
        button = Touchable(
            theme,
            "clearInk",
            self._wipe,
            orientation="vertical" if upright_icon else "horizontal",
            padding=(theme.mm(1), theme.mm(2)) if upright_icon else (theme.mm(1), 0),
        )
        icon = Icon("refresh", theme.body * 1.1, tokens.GREEN)
        words = Text(self.ctx.words("button.clearInk"), theme.body, bold=True, max_lines=1, min_px=theme.note)
        if upright_icon:
            words.align = "center"
            button.spacing = theme.mm(0.6)
            for part, height in ((icon, theme.body * 1.2), (words, theme.body * 1.34)):
                part.size_hint_y, part.height = None, height
            for part in (Widget(), icon, words, Widget()):
                button.add_widget(part)
            return button
        icon.size_hint_x, icon.width = None, theme.body * 1.2
        words.size_hint_x, words.width = None, theme.body * 2.1
        for part in (Widget(), icon, words, Widget()):
            button.add_widget(part)
        return button

    # --- touches ------------------------------------------------------------------------------------------------------

    def _signed(self, signature: Signature) -> None:
        self.ctx.send(Signed(signature))

    def _wipe(self) -> None:
        self._pad.clear_ink()

    def _change(self, copies: int) -> None:
        self.ctx.send(CopiesChanged(copies))

    def _enlarge(self) -> None:
        if self._picture is not None:
            self.add_widget(enlarged(self.ctx, self._picture))

    def _ask_copies(self) -> None:
        self.add_widget(copies_pad(self.ctx, self._most, self._change))

    # --- state --------------------------------------------------------------------------------------------------------

    def update(self, state: Terminal) -> None:
        super().update(state)
        visit = visit_of(state)
        self._picture = visit.preview
        self._copies.show(visit.draft.copies)
        self._label.show(visit.preview)
        unsigned = visit.rules.signature_required and visit.signature.is_empty
        self._issue.become(WAITING if unsigned or visit.preview_problem else PRIMARY)
        self._again.opacity = 0.45 if visit.signature.is_empty else 1.0
        self._lay_beside(visit)

    def _lay_beside(self, visit: Visit) -> None:
        """The label and its copies, or why it does not fit and the way to shorten it."""
        if visit.preview_problem == self._problem_shown:
            return
        self._problem_shown = visit.preview_problem
        self._beside.clear_widgets()
        if visit.preview_problem:
            self._beside.add_widget(self._too_small(visit.preview_suggestion))
            return
        self._beside.add_widget(self._label)
        self._beside.add_widget(self._copies)

    def _too_small(self, larger: str) -> Widget:
        theme, ctx = self.theme, self.ctx
        said = ctx.words("promise.tooSmallLarger", suggestion=larger) if larger else ctx.words("promise.tooSmall")
        card = Card(theme, color=tokens.AMBER_TINT, raised=False, padding=(theme.pad, theme.mm(2.6) if self._is_low else theme.pad))
        if not self._is_low:
            card.add_widget(Icon("warning", theme.question * 1.2, tokens.AMBER, size_hint_y=None, height=theme.question * 1.4))
        card.add_widget(
            Text(
                said,
                theme.body,
                color=tokens.AMBER,
                bold=True,
                min_px=round(theme.note * 0.9),
                valign="middle" if theme.board.is_portrait else "top",
                align="center" if theme.board.is_portrait else "left",
            )
        )
        card.add_widget(
            PushButton(theme, Key.EDIT_PLACE.value, ctx.words("button.editPlace"), ctx.press(Key.EDIT_PLACE), icon="edit")
        )
        return card
