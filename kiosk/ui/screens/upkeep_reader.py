"""The reader reads a card and says its kind; nothing of the card is shown."""

from __future__ import annotations

from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screens import draws
from kiosk.ui.upkeep import DeviceCard, UpkeepFramed, upkeep_of
from kiosk.ui.widgets.button import PRIMARY, WAITING, PushButton
from kiosk.ui.widgets.drawings_identify import UNITS, laid_card, reader_missing, reading
from kiosk.ui.widgets.drawings_upkeep import card_read
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from kiosk.ui.widgets.vector import Drawing
from kiosk.upkeep.health import Part

_PICTURES = {"idle": laid_card, "waiting": reading, "none": reader_missing}


@draws(Page.UPKEEP_READER)
class UpkeepReaderScreen(UpkeepFramed):
    """A drawing that follows, one sentence, one button."""

    def fill(self, state: Terminal) -> None:
        theme, ctx = self.theme, self.ctx
        card = Card(theme, spacing=theme.mm(2), padding=(theme.pad, theme.pad * 0.8))
        self._shown = "idle"
        self._picture = Drawing(laid_card, UNITS)
        self._said = Text("", theme.body, bold=True, align="center", max_lines=2, min_px=theme.note, size_hint_y=None)
        self._said.height = theme.body * 1.6
        privacy = Text(
            ctx.words("upkeep.reader.privacy"),
            round(theme.note * 0.9),
            color=tokens.SOFT,
            align="center",
            max_lines=1,
            size_hint_y=None,
        )
        privacy.height = theme.note * 1.4
        self._read = PushButton(
            theme,
            Key.CHECK_NOW.value,
            ctx.words("button.readCard"),
            ctx.press(Key.CHECK_NOW),
            kind=PRIMARY,
            rank="confirm",
            icon="card",
        )
        for child in (self._picture, self._said, privacy, self._read):
            card.add_widget(child)
        self._device = DeviceCard(ctx, Part.READER, upkeep_of(state))
        if theme.board.is_portrait:
            self._device.size_hint_y = 0.6
            self.body.add_widget(self._device)
            self.body.add_widget(card)
        else:
            card.size_hint_x = 1.7
            self.body.add_widget(card)
            self.body.add_widget(self._device)

    def update(self, state: Terminal) -> None:
        super().update(state)
        upkeep = upkeep_of(state)
        self._device.show(upkeep)
        if state.health.reader is DeviceWord.MISSING:
            now, ink = "none", tokens.RED
        elif upkeep.busy:
            now, ink = "waiting", tokens.AMBER
        elif upkeep.card is not None:
            now, ink = upkeep.card.value, tokens.GREEN
        else:
            now, ink = "idle", tokens.INK
        self._said.say(self.ctx.words(f"upkeep.reader.{now}"), ink)
        self._read.become(WAITING if now in ("none", "waiting") else PRIMARY)
        if now != self._shown:
            self._shown = now
            self._picture.show(_PICTURES.get(now, card_read))
