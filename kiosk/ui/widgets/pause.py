"""What stands on the first page in the place of 开始开证 while issuing is paused."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.drawings_pause import UNITS, resting
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing

_PICTURED, _PAPER = 45, 40
_MOST, _MOST_ELDER = 110, 70
"""Characters of a reason beside which a wide screen has room for a picture; at most as many stand there, fewer above another row."""


def paused_panel(ctx: ScreenContext, reason: str, *, has_paper: bool) -> Widget:
    """In the place of the one big thing: that it rests, why, and the way to what one can do instead."""
    theme = ctx.theme
    panel = Touchable(
        theme,
        "start",
        ctx.press(Key.START),
        least_mm=tokens.CONFIRM_MM,
        orientation="vertical",
        padding=theme.pad,
        spacing=theme.gap * 0.7,
    )
    is_upright = theme.board.is_portrait
    if not is_upright and len(reason) > (_MOST_ELDER if theme.elder else _MOST) - (_PAPER if has_paper else 0):
        reason = ctx.words("paused.longReason")
    title = round(theme.question * 1.2)
    row = BoxLayout(spacing=theme.mm(2), size_hint_y=None, height=title * 1.4)
    row.add_widget(Icon("pause", title * 1.15, tokens.AMBER, size_hint_x=None, width=title * 1.2))
    row.add_widget(Text(ctx.words("paused.title"), title, color=tokens.AMBER, bold=True, max_lines=1))
    panel.add_widget(row)
    if is_upright or (len(reason) < _PICTURED and not has_paper):
        panel.add_widget(Drawing(resting, UNITS))
    panel.add_widget(Text(reason, theme.body, valign="top", max_lines=9, min_px=theme.note))
    band = Card(
        theme,
        color=tokens.AMBER_TINT,
        raised=False,
        orientation="horizontal",
        padding=(theme.pad, 0),
        size_hint_y=None,
        height=theme.action,
    )
    words = ctx.words("paused.start")
    band.add_widget(Text(words, theme.body, color=tokens.AMBER, bold=True, max_lines=1, min_px=theme.note))
    band.add_widget(Icon("right", theme.body * 1.2, tokens.AMBER, size_hint_x=None, width=theme.body * 1.3))
    panel.add_widget(band)
    return panel
