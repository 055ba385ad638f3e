"""请放身份证, first and for proof: the hand that shows where, what the reader is doing, and the way round without a card."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import visit_of
from kiosk.ui.screens import draws
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.lay_card import MISSING, READING, WAITING, LayCard
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.ways import Way, for_whom, reassurance, side_roads


class CardAwaited(Steady):
    """The reader's picture and what it is doing; side roads beside it or, upright, below."""

    step = 0

    def fill(self, state: Terminal) -> None:
        theme = self.theme
        stage = Card(theme, size_hint_x=1 if theme.board.is_portrait else 1.6)
        self._card = LayCard(theme)
        stage.add_widget(self._card)
        self._words = Text("", theme.body, bold=True, align="center", max_lines=1, min_px=theme.note, size_hint_y=None)
        self._words.height = theme.body * 1.5
        stage.add_widget(self._words)
        self.body.add_widget(stage)
        self.body.add_widget(self.aside(state))

    def aside(self, state: Terminal) -> BoxLayout:
        """What stands beside the reader's picture."""
        raise NotImplementedError

    def update(self, state: Terminal) -> None:
        super().update(state)
        ctx = self.ctx
        if visit_of(state).busy:
            self._card.show(READING)
            self._words.say(ctx.words("identify.reading"), tokens.GREEN)
        elif state.health.reader is not DeviceWord.READY:
            self._card.show(MISSING)
            self._words.say(ctx.words("identify.noReader"), tokens.AMBER)
        else:
            self._card.show(WAITING)
            self._words.say(ctx.words("identify.waiting"), tokens.SOFT)


@draws(Page.IDENTIFY)
class IdentifyScreen(CardAwaited):
    """Nobody is known yet: phone and code are the other ways."""

    def aside(self, state: Terminal) -> BoxLayout:
        return side_roads(
            self.ctx,
            self.ctx.words("identify.other"),
            Way(Key.START_LOOKUP, "identify.byPhone", "identify.byPhoneNote", "phone"),
            Way(Key.START_SCAN, "identify.byCode", "identify.byCodeNote", "camera"),
            above=None if self.theme.elder else reassurance(self.ctx, "lock", self.ctx.words("identify.onlyCompared")),
        )


@draws(Page.PROVE)
class ProveScreen(CardAwaited):
    """Somebody was named: the card of that subject's person proves it, or the station's PIN."""

    def aside(self, state: Terminal) -> BoxLayout:
        wanted = visit_of(state).preselected
        return side_roads(
            self.ctx,
            self.ctx.words("identify.other"),
            Way(Key.USE_PIN, "prove.pin", "prove.pinNote", "key"),
            above=for_whom(self.ctx, wanted.name) if wanted is not None else None,
        )
