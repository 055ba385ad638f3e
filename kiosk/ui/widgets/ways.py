"""The other ways of a page: a heading and rows to touch, of one height everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.session.events import Key
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.button import Row
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text

_SHORT = 22
"""Characters that stand on one line of an upright screen."""


LOW = 9.5
"""A screen lower than so many actions has no room for everything."""


@dataclass(frozen=True, slots=True)
class Way:
    """A row: what it sends, its words, its note (text ids, the note may be ""), its icon."""

    key: Key
    words: str
    note: str
    icon: str


def row_height(theme: tokens.Theme, *, has_note: bool = True) -> float:
    """Height of a row whose words and note stand one over the other."""
    lines = theme.body * 1.3 + (theme.note * 1.35 if has_note else 0)
    return max(theme.action, lines + theme.mm(3.4))


def way_row(ctx: ScreenContext, way: Way) -> Row:
    """One of the ways as a row. Elders get no notes."""
    theme = ctx.theme
    note = "" if theme.elder or not way.note else ctx.words(way.note)
    return Row(
        theme,
        way.key.value,
        ctx.words(way.words),
        note,
        ctx.press(way.key),
        icon=way.icon,
        padding=(theme.pad * 0.7, theme.mm(0.4)),
        size_hint_y=None,
        height=row_height(theme, has_note=bool(note)),
    )


def side_roads(ctx: ScreenContext, heading: str, *ways: Way, above: Widget | None = None) -> BoxLayout:
    """A column of ways under a heading. Beside the main thing ``above`` takes the room that is left; upright the column is as low as it can be.

    Without words there is no heading.
    """
    theme = ctx.theme
    box = BoxLayout(orientation="vertical", spacing=theme.gap)
    if theme.board.is_portrait:
        box.size_hint_y = None
        box.bind(minimum_height=box.setter("height"))
    if above is not None:
        box.add_widget(above)
    if not theme.board.is_portrait and above is None:
        box.add_widget(Widget())
    if heading:
        box.add_widget(
            Text(heading, theme.body, color=tokens.SOFT, bold=True, max_lines=1, size_hint_y=None, height=theme.body * 1.4)
        )
    for way in ways:
        box.add_widget(way_row(ctx, way))
    return box


def for_whom(ctx: ScreenContext, name: str) -> Card:
    """Whom the certificate will be for, as a quiet green card."""
    theme = ctx.theme
    card = Card(theme, color=tokens.GREEN_TINT, raised=False, spacing=theme.mm(1), padding=theme.pad * 0.8)
    if theme.board.is_portrait:
        lines = 1 if len(name) < _SHORT else 2
        card.size_hint_y, card.height = None, theme.note * 1.4 + theme.body * 1.36 * lines + theme.pad * 1.6 + theme.mm(1)
    title = Text(ctx.words("prove.for"), theme.note, color=tokens.GREEN, max_lines=1, size_hint_y=None, height=theme.note * 1.4)
    card.add_widget(title)
    card.add_widget(Text(name, theme.body, bold=True, valign="top", max_lines=5, min_px=theme.note))
    return card


def reassurance(ctx: ScreenContext, icon: str, words: str) -> Card:
    """One sentence that takes a worry away."""
    theme = ctx.theme
    card = Card(theme, color=tokens.GREEN_TINT, raised=False, orientation="horizontal", padding=theme.pad * 0.8)
    if theme.board.is_portrait:
        card.size_hint_y, card.height = None, theme.body * 1.36 * (1 if len(words) < _SHORT else 2) + theme.pad * 1.6
    card.add_widget(Icon(icon, theme.body * 1.2, tokens.GREEN, size_hint_x=None, width=theme.body * 1.3))
    card.add_widget(Text(words, theme.body, color=tokens.GREEN, max_lines=5, min_px=theme.note))
    return card
