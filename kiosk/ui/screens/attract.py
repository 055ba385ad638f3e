"""首页: what this is, where it stands, whether all is well or what is not, and the ways in."""

from __future__ import annotations

from dataclasses import dataclass

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.session.events import DeviceWord, Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.ui import theme as tokens
from kiosk.ui.screen import Screen, ScreenContext, horizontal, vertical
from kiosk.ui.screens import draws
from kiosk.ui.screens.paused import reason_of
from kiosk.ui.widgets import drawings_scene as scene
from kiosk.ui.widgets.button import Row, Touchable
from kiosk.ui.widgets.drawings_identify import WIDE, laid_from_aside
from kiosk.ui.widgets.night import NightButton
from kiosk.ui.widgets.pause import paused_panel
from kiosk.ui.widgets.slides import Slide, Slides
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.vector import Drawing, Pen
from kiosk.ui.widgets.ways import LOW, row_height

_PALE = tokens.rgb("#EAF6EE")
_WELL = tokens.rgb("#7FE0A6")
_LONG = 22
"""Characters of a sentence that needs two lines."""
_GOODS = "🍅 🥬 🍎 🥚 🐔 🐟"
_SLIDES: tuple[tuple[str, Slide], ...] = (
    ("paste", Slide("", "", scene.paste, scene.UNITS)),
    ("goods", Slide("", "", signs=_GOODS)),
    ("interval", Slide("", "", scene.interval, scene.UNITS)),
    ("own", Slide("", "", scene.own_word, scene.UNITS)),
    ("mixed", Slide("", "", scene.mixed, scene.UNITS)),
    ("keep", Slide("", "", scene.keep_two_years, scene.UNITS)),
)


def slides(ctx: ScreenContext) -> tuple[Slide, ...]:
    """All slides with their words."""
    return tuple(
        Slide(ctx.words(f"learn.{name}.title"), ctx.words(f"learn.{name}.words"), slide.draw, slide.units, slide.signs)
        for name, slide in _SLIDES
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """Everything of the state that this page draws."""

    problems: tuple[str, ...]
    paper_is_low: bool
    has_paper: bool
    has_camera: bool
    starting: bool
    pause: str | None
    slogans: tuple[str, ...]

    @property
    def ways(self) -> tuple[object, ...]:
        """What the ways in depend on."""
        return self.has_paper, self.has_camera, self.pause


def problems(ctx: ScreenContext, state: Terminal) -> tuple[str, ...]:
    """What is not well, in plain words, the gravest first."""
    health = state.health
    found: list[str] = []
    if state.starting:
        return ()
    if state.clock_problem:
        found.append(ctx.words(f"notice.{state.clock_problem}"))
    elif state.said is not None:
        found.append(ctx.said(state.said))
    if health.printer is not DeviceWord.READY:
        known = f"attract.printer.{health.printer_trouble}"
        found.append(ctx.words(known if known in ctx.texts else "attract.noPrinter"))
    if health.reader is not DeviceWord.READY:
        found.append(ctx.words("attract.noReader"))
    if health.scale is not DeviceWord.READY:
        found.append(ctx.words("attract.noScale"))
    return tuple(found)


def _told(shown: _Shown) -> tuple[object, ...]:
    """What the middle of the page depends on."""
    return shown.problems, shown.paper_is_low, shown.starting, shown.slogans


@draws(Page.ATTRACT)
class AttractScreen(Screen):
    """Landscape: who we are left, the ways in right. Portrait: who we are above, the ways in where hands reach."""

    ground = tokens.GREEN

    def build(self, state: Terminal) -> None:
        theme = self.theme
        self._shown: _Shown | None = None
        self.add_widget(_Land(theme))
        self._ways = BoxLayout(orientation="vertical", spacing=theme.gap)
        self._tells = BoxLayout()
        title, bottom = self._title(state), self._bottom()
        if theme.board.is_portrait:
            self._tells.size_hint_y = 0.5
            title.padding = (0, theme.margin, 0, 0)
            page = vertical(theme, title, self._tells, self._ways, bottom, padding=theme.margin, spacing=theme.gap * 1.6)
        else:
            left = vertical(theme, title, self._tells, bottom, spacing=theme.gap)
            page = horizontal(theme, left, self._ways, padding=theme.margin, spacing=theme.margin)
        self.add_widget(page)

    def update(self, state: Terminal) -> None:
        health = state.health
        shown = _Shown(
            problems(self.ctx, state),
            health.paper_low,
            bool(state.open_papers),
            health.camera is DeviceWord.READY or state.starting,
            state.starting,
            None if state.pause is None else reason_of(self.ctx, state),
            state.options.slogans,
        )
        if shown == self._shown:
            return
        before, self._shown = self._shown, shown
        if before is None or _told(before) != _told(shown):
            self._tells.clear_widgets()
            self._tells.add_widget(self._trouble(shown.problems) if shown.problems else self._calm(shown))
            if self.parent is not None:
                self.enter()
        if before is None or before.ways != shown.ways:
            self._fill_ways(shown)

    def enter(self) -> None:
        for widget in self._tells.walk(restrict=True):
            if isinstance(widget, Slides):
                widget.wake()

    # --- who and where ------------------------------------------------------------------------------------------------

    def _title(self, state: Terminal) -> BoxLayout:
        theme, ctx = self.theme, self.ctx
        above = Text(ctx.words("attract.above"), theme.body, color=_PALE, max_lines=1)
        name = Text(ctx.words("attract.title"), theme.title, color=tokens.WHITE, bold=True, max_lines=1)
        below = Text(ctx.words("attract.below"), theme.body, color=_PALE, max_lines=1)
        where = BoxLayout(spacing=theme.mm(1.2))
        where.add_widget(Icon("place", theme.note * 1.3, _PALE, size_hint_x=None, width=theme.note * 1.4))
        where.add_widget(Text(state.station, theme.note, color=_PALE, max_lines=2, min_px=round(theme.note * 0.85)))
        lines = [(above, theme.body * 1.25), (name, theme.title * 1.25), (below, theme.body * 1.35), (where, theme.note * 2.75)]
        if theme.elder and not theme.board.is_portrait:
            lines.remove(lines[2])
        box = vertical(theme, spacing=0, size_hint_y=None)
        for line, height in lines:
            line.size_hint_y, line.height = None, height
            box.add_widget(line)
        box.height = sum(height for _, height in lines) + (theme.margin if theme.board.is_portrait else 0)
        return box

    def _bottom(self) -> Widget:
        theme, ctx = self.theme, self.ctx
        row = horizontal(theme, size_hint_y=None, height=theme.touch)
        words = ctx.words("button.normal" if theme.elder else "button.elder")
        row.add_widget(NightButton(theme, "elder", words, ctx.press(Key.ELDER), icon="text"))
        row.add_widget(NightButton(theme, "startClerk", ctx.words("button.clerk"), ctx.press(Key.START_CLERK), icon="key"))
        return vertical(theme, row, size_hint_y=None, height=theme.touch + theme.mm(3), padding=(0, 0, 0, theme.mm(3)))

    # --- how it is ----------------------------------------------------------------------------------------------------

    def _calm(self, shown: _Shown) -> Widget:
        """Nothing stops anybody: say so, and tell something worth knowing."""
        theme, ctx = self.theme, self.ctx
        well = self._low_paper() if shown.paper_is_low else self._well(starting=shown.starting)
        if theme.elder and not theme.board.is_portrait:
            return vertical(theme, Drawing(scene.paste, scene.UNITS), well)
        told = (*(Slide(ctx.words("attract.slogan"), slogan, scene.paste, scene.UNITS) for slogan in shown.slogans), *slides(ctx))
        return vertical(theme, Slides(theme, told), well)

    def _well(self, *, starting: bool) -> Widget:
        theme = self.theme
        icon, words = ("refresh", "attract.starting") if starting else ("check_circle", "attract.allWell")
        return horizontal(
            theme,
            Icon(icon, theme.note * 1.3, _WELL, size_hint_x=None, width=theme.note * 1.4),
            Text(self.ctx.words(words), theme.note, color=_PALE, bold=True, max_lines=1),
            spacing=theme.mm(1.2),
            size_hint_y=None,
            height=theme.note * 1.5,
        )

    def _low_paper(self) -> Widget:
        """Nobody is stopped yet: one line for whoever looks after the terminal."""
        theme = self.theme
        strip = Card(
            theme,
            color=tokens.AMBER_TINT,
            raised=False,
            orientation="horizontal",
            padding=(theme.mm(2), 0),
            spacing=theme.mm(1.2),
            size_hint_y=None,
            height=theme.note * 2,
        )
        strip.add_widget(Icon("warning", theme.note * 1.2, tokens.AMBER, size_hint_x=None, width=theme.note * 1.4))
        words = self.ctx.words("attract.paperLow")
        strip.add_widget(Text(words, theme.note, color=tokens.AMBER, bold=True, max_lines=1, min_px=round(theme.note * 0.8)))
        return strip

    def _trouble(self, found: tuple[str, ...]) -> Widget:
        theme = self.theme
        card = Card(theme, color=tokens.AMBER_TINT, padding=(theme.pad, theme.mm(2.4)), spacing=theme.mm(1))
        # Elders read fewer, larger words: what stops everything stands alone.
        few = theme.elder and not theme.board.is_portrait
        most = 1 if len(found[0]) >= _LONG else 2
        shown = found[:most] if few else found
        if len(shown) == 1:
            side = theme.mm(7 if few and len(shown[0]) >= _LONG else 13) * theme.board.type_scale
            card.add_widget(Widget())
            card.add_widget(Icon("warning", side, tokens.AMBER, size_hint_y=None, height=side))
            card.add_widget(
                Text(
                    shown[0],
                    theme.question,
                    color=tokens.AMBER,
                    bold=True,
                    align="center",
                    max_lines=3,
                    min_px=theme.note,
                    size_hint_y=None,
                    height=theme.question * 1.36 * (3 if len(shown[0]) >= _LONG else 2),
                )
            )
            card.add_widget(Widget())
            return card
        size = theme.question if len(shown) == 2 else theme.body
        for words in shown:
            row = horizontal(theme, spacing=theme.mm(2), size_hint_y=1 if len(words) < _LONG else 2)
            row.add_widget(Icon("warning", size * 1.2, tokens.AMBER, size_hint_x=None, width=size * 1.4))
            row.add_widget(Text(words, size, color=tokens.AMBER, bold=True, max_lines=3, min_px=theme.note))
            card.add_widget(row)
        return card

    # --- the ways in --------------------------------------------------------------------------------------------------

    def _fill_ways(self, shown: _Shown) -> None:
        theme, ctx = self.theme, self.ctx
        self._ways.clear_widgets()
        self._ways.add_widget(
            self._start(has_paper=shown.has_paper)
            if shown.pause is None
            else paused_panel(self.ctx, shown.pause, has_paper=shown.has_paper)
        )
        camera = "" if shown.has_camera else ctx.words("attract.noCamera")
        rows = [
            ("startLookup", "button.lookup", ctx.words("attract.lookupNote"), Key.START_LOOKUP, "phone"),
            ("startScan", "button.scan", camera or ctx.words("attract.scanNote"), Key.START_SCAN, "camera"),
            ("startCheck", "button.check", camera or ctx.words("attract.checkNote"), Key.START_CHECK, "search"),
        ]
        if shown.pause is not None:
            rows = rows[-1:]  # what still can be done
        if shown.has_paper:
            rows.insert(0, ("reprint", "attract.openPaper", ctx.words("attract.openPaperNote"), Key.REPRINT, "print"))
        for name, words, note, key, icon in rows:
            self._ways.add_widget(
                Row(
                    theme,
                    name,
                    ctx.words(words),
                    "" if theme.elder else note,
                    ctx.press(key),
                    icon=icon,
                    kind="chosen" if name == "reprint" else "quiet",
                    padding=(theme.pad * 0.7, theme.mm(0.4)),
                    size_hint_y=None,
                    height=self._row_height(),
                )
            )

    def _row_height(self) -> float:
        tall = row_height(self.theme, has_note=not self.theme.elder)
        return tall * (1.15 if self.theme.board.is_portrait else 1.0)

    def _start(self, *, has_paper: bool) -> Widget:
        """The one big thing: the picture of what to do, and its words on green."""
        theme, ctx = self.theme, self.ctx
        button = Touchable(
            theme,
            "start",
            ctx.press(Key.START),
            least_mm=tokens.CONFIRM_MM,
            orientation="vertical",
            padding=theme.pad,
            spacing=theme.gap,
        )
        is_crowded = has_paper and theme.board.height_px < LOW * theme.action
        if not is_crowded:
            button.add_widget(Drawing(laid_from_aside, WIDE))
        band = Card(
            theme,
            color=tokens.GREEN,
            raised=False,
            orientation="horizontal",
            padding=(theme.pad, 0),
            size_hint_y=1 if is_crowded else None,
            height=theme.action,
        )
        big = round(theme.question * 1.2)
        words = ctx.words("button.start")
        band.add_widget(Widget())
        band.add_widget(
            Text(
                words,
                big,
                color=tokens.WHITE,
                bold=True,
                align="center",
                max_lines=1,
                size_hint_x=None,
                width=big * (len(words) + 0.4),
            )
        )
        if not theme.elder:
            note = ctx.words("button.startNote")
            band.add_widget(
                Text(
                    note,
                    theme.body,
                    color=_PALE,
                    max_lines=1,
                    size_hint_x=None,
                    width=theme.body * (len(note) + 0.4),
                    min_px=theme.note,
                )
            )
        band.add_widget(Widget())
        button.add_widget(band)
        return button


class _Land(FloatLayout):
    """The hills behind everything, as wide as the screen."""

    def __init__(self, theme: tokens.Theme) -> None:
        super().__init__()
        self._theme = theme
        self.bind(pos=self._draw, size=self._draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        board = self._theme.board
        scale = self._theme.mm(1) * (1.0 if board.is_portrait else board.type_scale)
        with self.canvas:
            scene.land(Pen(scale, (self.x, self.y)), self.width / scale)
