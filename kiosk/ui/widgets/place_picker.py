"""Choosing a place: one touch on a proposal, or county, town and village, or written with our own keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.directory.divisions import County
from kiosk.directory.townships import Town, text_of
from kiosk.domain.promise import MAX_ORIGIN_CHARACTERS
from kiosk.domain.subject import Place
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext
from kiosk.ui.widgets.button import CHOSEN, PRIMARY, QUIET, WAITING, PushButton, Row, Touchable
from kiosk.ui.widgets.drawings_register import VILLAGE_HIGH_UNITS, VILLAGE_UNITS, village, village_high
from kiosk.ui.widgets.pinyin_pad import PinyinPad
from kiosk.ui.widgets.text import Icon, Text
from kiosk.ui.widgets.tiles import Choice, TilePages
from kiosk.ui.widgets.vector import Drawing

PROPOSE, CITY, COUNTY, TOWN, VILLAGE, WRITE = "propose", "city", "county", "town", "village", "write"
_LEAST_CHARACTERS = 2
_SCENE = 0.36
"""Height of the picture on a high screen, beside 1 for what can be touched."""
_FEW = 0.44
"""Names that need less of a high screen leave it to the picture."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place that can be taken with one touch, and the text id of where it comes from."""

    place: Place
    source: str


class PlacePicker(BoxLayout):
    """The body of a place page. ``take`` gets the place, ``ask`` the text id of the sentence on top for the view that is shown."""

    def __init__(
        self,
        ctx: ScreenContext,
        county: str,
        proposals: Sequence[Proposal],
        take: Callable[[Place], None],
        ask: Callable[[str], None],
        *,
        written: str = "",
        **layout: Any,
    ) -> None:
        super().__init__(orientation="vertical", spacing=ctx.theme.gap, **layout)
        self._ctx = ctx
        self._places = ctx.townships
        self._proposals = tuple(proposals)[: 2 if ctx.theme.elder else 3]
        self._take = take
        self._ask = ask
        self._city = ""
        self._county = self._places.divisions.county(county) or self._places.divisions.counties()[0]
        self._town: Town | None = None
        self._village = ""
        self._written = written
        self._way: list[str] = []
        self._tiles: TilePages | None = None
        self._done: PushButton | None = None
        self._go(PROPOSE if self._proposals else TOWN)

    @property
    def view(self) -> str:
        """What is shown now."""
        return self._way[-1]

    def back(self) -> bool:
        """One view back; False when this was the first one."""
        if len(self._way) < 2:
            return False
        self._way.pop()
        self._draw()
        return True

    def _go(self, view: str) -> None:
        if view in self._way:
            del self._way[self._way.index(view) :]
        self._way.append(view)
        self._draw()

    def _draw(self) -> None:
        self.clear_widgets()
        self._tiles = self._done = None
        self._ask("" if self.view == PROPOSE else f"place.ask.{self.view}")
        match self.view:
            case "propose":
                self._draw_proposals()
            case "write":
                self._draw_writing()
            case _:
                self._tiles = TilePages(self._ctx.theme, self._choices(), self._chosen, chosen=self._marked())
                self._draw_scene(self._tiles)
                self.add_widget(self._tiles)
                self.add_widget(self._bar())

    def _draw_scene(self, tiles: TilePages | None = None) -> None:
        """A high screen shows the village on top, where hands do not reach well: the whole of what ``tiles`` leave, if they are few."""
        theme = self._ctx.theme
        if not theme.board.is_portrait:
            return
        wanted = tiles.wanted_height(theme.board.width_px - 2 * theme.margin) if tiles is not None else 0.0
        roomy = wanted < theme.board.height_px * _FEW
        if roomy and tiles is not None:
            tiles.size_hint_y, tiles.height = None, wanted
        units = VILLAGE_HIGH_UNITS if roomy else VILLAGE_UNITS
        self.add_widget(Drawing(village_high if roomy else village, units, size_hint_y=1 if roomy else _SCENE))

    # --- proposals -----------------------------------------------------------------------------------------------------

    def _draw_proposals(self) -> None:
        theme, ctx = self._ctx.theme, self._ctx
        portrait = theme.board.is_portrait
        offered = BoxLayout(orientation="vertical", spacing=theme.gap, size_hint_x=1 if portrait else 1.75)
        if portrait or len(self._proposals) < (2 if theme.elder else 3):
            roomy = portrait and len(self._proposals) < 3
            units = VILLAGE_HIGH_UNITS if roomy else VILLAGE_UNITS
            share = 1.3 if len(self._proposals) == 1 else 0.9
            offered.add_widget(Drawing(village_high if roomy else village, units, size_hint_y=share))
        for number, proposal in enumerate(self._proposals):
            offered.add_widget(self._proposal(number, proposal))
        ways = BoxLayout(orientation="vertical", spacing=theme.gap)
        high: dict[str, Any] = {"size_hint_y": None, "height": theme.action * 1.35}
        choose, write = ctx.words("place.choose"), ctx.words("place.typed")
        ways.add_widget(Row(theme, "choose", choose, ctx.words("place.chooseNote"), lambda: self._go(TOWN), icon="list", **high))
        ways.add_widget(Row(theme, "write", write, ctx.words("place.typedNote"), self._write, icon="edit", **high))
        if portrait:
            ways.size_hint_y, ways.height = None, 2 * high["height"] + theme.gap
        else:
            ways.add_widget(Widget())
        box = BoxLayout(orientation="vertical" if portrait else "horizontal", spacing=theme.gap * 1.4)
        box.add_widget(offered)
        box.add_widget(ways)
        self.add_widget(box)

    def _proposal(self, number: int, proposal: Proposal) -> Widget:
        theme = self._ctx.theme
        first = number == 0
        touch = Touchable(
            theme,
            f"proposal:{number}",
            lambda: self._take(proposal.place),
            kind=CHOSEN if first else QUIET,
            least_mm=tokens.ACTION_MM,
            padding=(theme.pad, theme.mm(1.6)),
        )
        touch.size_hint_max_y = theme.action * 2.8
        ink = tokens.GREEN if first else tokens.INK
        touch.add_widget(Icon("place", theme.question * 1.5, tokens.GREEN, size_hint_x=None, width=theme.question * 1.9))
        parts = self._places.parse(proposal.place.text, proposal.place.county)
        near, far = parts.town + parts.village, parts.county.text if parts.county is not None else ""
        source = self._ctx.words(proposal.source)
        words = BoxLayout(orientation="vertical")
        words.add_widget(Widget(size_hint_y=0.02))
        big = round(theme.question * 1.3)
        name = Text(near or far, big, color=ink, bold=True, valign="bottom", max_lines=2, min_px=round(theme.note * 0.9))
        name.size_hint_max_y = big * 2.7
        words.add_widget(name)
        line = self._ctx.words("place.line", place=far, source=source) if near and far else source
        words.add_widget(
            Text(
                line,
                theme.body,
                color=tokens.SOFT,
                max_lines=1,
                min_px=round(theme.note * 0.9),
                size_hint_y=None,
                height=theme.body * 1.4,
            )
        )
        words.add_widget(Widget(size_hint_y=0.06))
        touch.add_widget(words)
        if not theme.elder:
            touch.add_widget(Icon("right", theme.question, tokens.GREEN, size_hint_x=None, width=theme.question))
        return touch

    # --- county, town, village -----------------------------------------------------------------------------------------

    def _choices(self) -> list[Choice]:
        divisions = self._places.divisions
        match self.view:
            case "city":
                return [Choice(f"city:{city.code}", city.name, "") for city in divisions.cities()]
            case "county":
                return [Choice(f"county:{county.code}", county.name, "") for county in divisions.counties(self._city)]
            case "town":
                towns = self._places.towns(self._county.code)
                return [Choice(f"town:{town.code}", town.name, town.initials) for town in towns]
            case _:
                villages = self._places.villages(self._town.code) if self._town is not None else ()
                return [Choice(f"village:{village.name}", village.name, village.initials) for village in villages]

    def _marked(self) -> str:
        match self.view:
            case "city":
                return f"city:{self._county.city.code}"
            case "county":
                return f"county:{self._county.code}"
            case "town":
                return f"town:{self._town.code}" if self._town is not None else ""
            case _:
                return f"village:{self._village}"

    def _chosen(self, choice: Choice) -> None:
        kind, _, value = choice.key.partition(":")
        match kind:
            case "city":
                self._city = value
                self._go(COUNTY)
            case "county":
                self._choose_county(value)
            case "town":
                self._town = next(town for town in self._places.towns(self._county.code) if town.code == value)
                self._village = ""
                self._go(VILLAGE)
            case _:
                self._choose_village(choice)

    def _choose_county(self, code: str) -> None:
        county = self._places.divisions.county(code)
        if county is not None:
            self._county, self._town, self._village = county, None, ""
            self._way = [view for view in self._way if view == PROPOSE]
            self._go(TOWN)

    def _choose_village(self, choice: Choice) -> None:
        self._village = choice.words
        if self._tiles is not None:
            self._tiles.mark(choice.key)
        self._ask("place.ask.take")
        self.remove_widget(self.children[0])
        self.add_widget(self._bar())

    def _bar(self) -> Widget:
        """What is chosen so far, each part a way back to its choice; writing; and the one green thing."""
        theme, ctx = self._ctx.theme, self._ctx
        bar = BoxLayout(size_hint_y=None, height=theme.action, spacing=theme.gap)
        if self.view in (TOWN, VILLAGE):
            bar.add_widget(self._crumb("crumb:county", self._county.name, lambda: self._go(CITY)))
            if self._town is not None and self.view == VILLAGE:
                bar.add_widget(self._crumb("crumb:town", self._town.name, lambda: self._go(TOWN)))
        bar.add_widget(Widget(size_hint_x=0.001))
        icon = "" if theme.elder else "edit"
        write = PushButton(theme, "write", ctx.words("place.typed"), self._write, icon=icon, size_hint_x=None)
        write.width = theme.body * (5.4 if theme.elder else 7.4)
        bar.add_widget(write)
        if self.view == VILLAGE:
            words = ctx.words("button.useThis")
            self._done = PushButton(theme, "useThis", words, self._use_village, kind=PRIMARY if self._village else WAITING)
            self._done.size_hint_x, self._done.width = None, theme.body * (6 if theme.elder else 7.2)
            bar.add_widget(self._done)
        return bar

    def _crumb(self, name: str, words: str, act: Callable[[], None]) -> Widget:
        """A part that was chosen: as wide as its name, narrower where the bar is short."""
        theme = self._ctx.theme
        touch = Touchable(theme, name, act, kind=CHOSEN, padding=(theme.mm(2.4), theme.mm(0.6)), spacing=theme.mm(1))
        name_text = Text(
            words, theme.body, color=tokens.GREEN, bold=True, align="center", max_lines=2, min_px=round(theme.note * 0.72)
        )
        touch.add_widget(name_text)
        wanted = theme.body * min(len(words), 6) + theme.mm(7)
        if not theme.elder:
            touch.add_widget(Icon("edit", theme.body, tokens.GREEN, size_hint_x=None, width=theme.body))
            wanted += theme.body
        touch.size_hint_max_x = wanted
        return touch

    def _use_village(self) -> None:
        if self._town is not None and self._village:
            self._take(Place(self._county.code, text_of(self._county, self._town.name, self._village)))

    # --- writing -------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        town = self._town.name if self._town is not None else ""
        if self.view != PROPOSE or not self._written:
            self._written = text_of(self._county, town, self._village)
        self._go(WRITE)

    def _draw_writing(self) -> None:
        theme, ctx = self._ctx.theme, self._ctx
        self._done = PushButton(theme, "useThis", ctx.words("button.useThis"), self._use_written, kind=WAITING, size_hint_x=None)
        self._done.width = theme.body * 7.2
        pad = PinyinPad(
            theme,
            self._written,
            MAX_ORIGIN_CHARACTERS,
            self._rewritten,
            done=self._done,
            placeholder=ctx.words("place.placeholder"),
            words=lambda letters: self._places.search(self._county_of(self._written).code, letters) if len(letters) > 1 else (),
            endings=ctx.words("place.endings").split(),
        )
        if theme.board.is_portrait:
            pad.size_hint_y, pad.height = None, 7.6 * theme.action
            self._draw_scene()
        self.add_widget(pad)
        self._rewritten(self._written)

    def _rewritten(self, text: str) -> None:
        self._written = text
        if self._done is not None:
            self._done.become(PRIMARY if len(text.strip()) >= _LEAST_CHARACTERS else WAITING)

    def _use_written(self) -> None:
        text = self._written.strip()
        if len(text) >= _LEAST_CHARACTERS:
            self._take(Place(self._county_of(text).code, text))

    def _county_of(self, text: str) -> County:
        """The county that the words name; the chosen one where they name none."""
        return self._places.parse(text, self._county.code).county or self._county
