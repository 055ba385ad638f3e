"""What the technician's pages share: their errand, a device's state in words, and the card that shows it live."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kivy.uix.boxlayout import BoxLayout

from kiosk.session.events import Key
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_state import Upkeep
from kiosk.ui import theme as tokens
from kiosk.ui.screen import ScreenContext, horizontal
from kiosk.ui.steady import Steady
from kiosk.ui.widgets.button import PushButton
from kiosk.ui.widgets.facts import Facts
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Icon, Text
from kiosk.upkeep.health import CheckHealth, DeviceReport, Part, has_bytes, internal_check, latest

ICONS = {
    Part.READER: "card",
    Part.SCALE: "scale",
    Part.PRINTER: "print",
    Part.CAMERA: "camera",
    Part.TOUCH: "edit",
    Part.VOICE: "speaker",
}
_NEVER = DeviceReport(Part.CAMERA, "noDevice")


@dataclass(frozen=True, slots=True)
class Look:
    """A word with its sign and colours."""

    words: str
    icon: str
    ink: tokens.Color
    ground: tokens.Color


def upkeep_of(state: Terminal) -> Upkeep:
    """The technician's errand. Raises ``TypeError`` on any other: a screen on the wrong page."""
    if not isinstance(state.errand, Upkeep):
        raise TypeError(type(state.errand).__name__)
    return state.errand


def state_look(ctx: ScreenContext, upkeep: Upkeep, part: Part) -> Look:
    """How a device is, at a glance."""
    report = upkeep.report(part) if upkeep.reports else DeviceReport(part, "starting")
    if report is None:
        return Look(ctx.words("upkeep.noCamera"), "block", tokens.SOFT, tokens.LINE)
    words = ctx.words(f"upkeep.state.{report.state}")
    if report.is_well:
        return Look(words, "check_circle", tokens.GREEN, tokens.GREEN_TINT)
    if report.state == "starting":
        return Look(words, "refresh", tokens.AMBER, tokens.AMBER_TINT)
    return Look(words, "error" if report.is_there else "warning", tokens.RED, tokens.RED_TINT)


def error_words(ctx: ScreenContext, code: str) -> str:
    """What to do about an error code."""
    known = f"upkeep.error.{code}"
    return ctx.words(known) if known in ctx.texts else ctx.words("upkeep.error.other", code=code)


def check_look(ctx: ScreenContext, checks: tuple[CheckHealth, ...], part: Part) -> Look:
    """How the last check of this visit ended."""
    check = latest(checks, part)
    if check is None:
        return Look(ctx.words("upkeep.notChecked"), "blank", tokens.SOFT, tokens.CARD)
    if check.is_good:
        return Look(ctx.words("upkeep.checkedGood"), "ticked", tokens.GREEN, tokens.CARD)
    return Look(ctx.words("upkeep.checkedBad"), "warning", tokens.RED, tokens.CARD)


def place_of(report: DeviceReport | None) -> str:
    """Where it is and what it is taken for, "" while nothing is there."""
    return f"{report.port}\n{report.model}" if report is not None and report.port else ""


class UpkeepFramed(Steady):
    """A technician's page: the bar says so, and large type is for others."""

    def __init__(self, ctx: ScreenContext, state: Terminal) -> None:
        super().__init__(replace(ctx, theme=replace(ctx.theme, elder=False)), state)

    def who(self, state: Terminal) -> str:
        return self.ctx.words("upkeep.who")


class StateChip(Card):
    """State of a device: sign and word on a tint."""

    def __init__(self, theme: tokens.Theme, size_px: int) -> None:
        height = size_px * 1.75
        super().__init__(
            theme,
            color=tokens.LINE,
            raised=False,
            radius=height / 2,
            orientation="horizontal",
            padding=(size_px * 0.6, 0),
            spacing=size_px * 0.3,
            size_hint_y=None,
            height=height,
        )
        self._icon = Icon("refresh", size_px * 1.15, tokens.SOFT, size_hint_x=None, width=size_px * 1.2)
        self._words = Text("", size_px, bold=True, max_lines=1, min_px=round(size_px * 0.75))
        self.add_widget(self._icon)
        self.add_widget(self._words)
        self._look: Look | None = None

    def show(self, look: Look) -> None:
        """Follow; nothing is drawn anew while it stays."""
        if look != self._look:
            self._look = look
            self.paint(look.ground)
            self._icon.show(look.icon)
            self._icon.paint(look.ink)
            self._words.say(look.words, look.ink)


class DeviceCard(Card):
    """One device live: state, what to do, where it is, its counters, the last checks in UnifiedPOS words, and the side roads."""

    def __init__(self, ctx: ScreenContext, part: Part, upkeep: Upkeep) -> None:
        theme = ctx.theme
        super().__init__(theme, spacing=theme.mm(2), padding=(theme.pad * 0.8, theme.pad * 0.8))
        self._ctx = ctx
        self._part = part
        self._chip = StateChip(theme, theme.note)
        self._do = Text(
            "", round(theme.note * 0.9), bold=True, color=tokens.RED, max_lines=2, min_px=round(theme.note * 0.7), size_hint_y=None
        )
        self._facts_box = BoxLayout()
        self._shown: tuple[object, ...] | None = None
        for child in (self._chip, self._do, self._facts_box):
            self.add_widget(child)
        roads = self._roads(upkeep)
        if roads:
            self.add_widget(horizontal(theme, *roads, size_hint_y=None, height=theme.touch))

    def _roads(self, upkeep: Upkeep) -> list[PushButton]:
        ctx, theme = self._ctx, self._ctx.theme
        size = round(theme.note * 0.95)
        roads: list[PushButton] = []
        if has_bytes(self._part, upkeep.report(self._part)):
            watch = ctx.press(Key.WATCH_BYTES)
            words = ctx.words("button.watchBytes")
            roads.append(PushButton(theme, Key.WATCH_BYTES.value, words, watch, rank="touch", size_px=size, padding=(2, 2)))
        if upkeep.replacement is None:
            words = ctx.words("button.replaceDevice")
            change = ctx.press(Key.REPLACE)
            roads.append(
                PushButton(theme, Key.REPLACE.value, words, change, rank="touch", icon="swap", size_px=size, padding=(2, 2))
            )
        return roads

    def show(self, upkeep: Upkeep) -> None:
        """Follow the errand."""
        report = upkeep.report(self._part)
        check = latest(upkeep.checks, self._part)
        if (report, check) == self._shown:
            return
        self._shown = (report, check)
        self._chip.show(state_look(self._ctx, upkeep, self._part))
        code = report.error if report is not None and report.is_there and not report.is_well else ""
        self._do.say(error_words(self._ctx, code) if code else "")
        self._do.height = self._ctx.theme.note * 2.6 if code else 0
        self._facts_box.clear_widgets()
        rows = self._rows(report or replace(_NEVER, part=self._part), check)
        theme = self._ctx.theme
        largest = theme.note * (1.15 if theme.board.is_portrait else 0.88)
        self._facts_box.add_widget(Facts(theme, rows, size_px=round(largest), min_px=round(theme.note * 0.55)))

    def _rows(self, report: DeviceReport, check: CheckHealth | None) -> list[tuple[str, str]]:
        words = self._ctx.words
        rows = [(words(f"upkeep.fact.{name}"), value) for name, value in (("port", report.port), ("model", report.model)) if value]
        rows.append((words("upkeep.fact.state"), " ".join(word for word in (report.state, report.error) if word)))
        if self._part is Part.PRINTER:
            both = words(
                "upkeep.fact.both", paper=words(f"upkeep.paper.{report.paper}"), cover=words(f"upkeep.cover.{report.cover}")
            )
            rows.append((words("upkeep.fact.paper"), both))
        counted = [f"{self._counter(name)} {count}" for name, count in report.counters if count]
        if counted:
            rows.append((words("upkeep.fact.counters"), "，".join(counted)))
        rows.append((words("upkeep.fact.last"), (check or internal_check(report)).text))
        return rows

    def _counter(self, name: str) -> str:
        known = f"upkeep.counter.{name}"
        return self._ctx.words(known) if known in self._ctx.texts else name
