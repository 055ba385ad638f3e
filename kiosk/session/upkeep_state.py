"""State of the technician's errand, and what every page of it does: turn, leave, remember a check."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from kiosk.domain.quantity import NO_WEIGHT, Weight
from kiosk.session.delays import DELAYS
from kiosk.session.effects import ArmCamera, DisarmCamera, DisarmReader, Effect, Quiet, StartTimer
from kiosk.session.engine import Effects
from kiosk.session.events import CameraFrame, Health, Key, Picture, Pressed, Timer
from kiosk.session.notice import Notice
from kiosk.session.pages import Page
from kiosk.session.upkeep_effects import KeepCheck, LookAtDevices, LookAtMachine, StopWatching
from kiosk.session.upkeep_events import ByteLine, LedgerHealth, MachineFacts, TrialPrinted
from kiosk.upkeep import replacement as steps
from kiosk.upkeep.cards import CardKind
from kiosk.upkeep.health import CheckHealth, CheckLevel, CheckResult, DeviceReport, Part
from kiosk.upkeep.reference import Compared

PAGES = {
    Part.READER: Page.UPKEEP_READER,
    Part.SCALE: Page.UPKEEP_SCALE,
    Part.PRINTER: Page.UPKEEP_PRINTER,
    Part.CAMERA: Page.UPKEEP_CAMERA,
    Part.TOUCH: Page.UPKEEP_TOUCH,
    Part.VOICE: Page.UPKEEP_VOICE,
}
"""Where each part is checked."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """``checks`` are those of this visit, oldest first; ``part`` is the one whose page, bytes or replacement is open.

    ``division`` is the scale's e in kg, None where the station file does not say; ``compared`` the last comparison that was kept; ``card``
    the kind of the card just read; ``code`` "" | test | other; ``trial`` the test label's fate; ``is_watching`` says whether bytes are kept.
    """

    page: Page
    health: Health
    weight: Weight = NO_WEIGHT
    division: Decimal | None = None
    reports: tuple[DeviceReport, ...] = ()
    checks: tuple[CheckHealth, ...] = ()
    part: Part | None = None
    reference: Decimal | None = None
    compared: Compared | None = None
    card: CardKind | None = None
    frame: CameraFrame | None = field(default=None, repr=False)
    code: str = ""
    label: Picture | None = None
    trial: TrialPrinted | None = None
    is_watching: bool = False
    lines: tuple[ByteLine, ...] = ()
    transfers: int = 0
    replacement: steps.Replacement | None = None
    touched: frozenset[str] = frozenset()
    machine: MachineFacts | None = None
    ledger: LedgerHealth | None = None
    notice: Notice | None = None
    busy: bool = False
    finished: bool = False

    def report(self, part: Part) -> DeviceReport | None:
        """How a device is, None before it was looked at and for a part that is no device."""
        return next((report for report in self.reports if report.part is part), None)


Step = tuple[Upkeep, Effects]


def hush(now: Upkeep) -> Effects:
    """End what only this page wanted."""
    by_page: dict[Page, Effect] = {
        Page.UPKEEP_READER: DisarmReader(),
        Page.UPKEEP_CAMERA: DisarmCamera(),
        Page.UPKEEP_BYTES: StopWatching(),
        Page.UPKEEP_VOICE: Quiet(),
    }
    return (by_page[now.page],) if now.page in by_page else ()


def turn(now: Upkeep, page: Page, **changes: object) -> Upkeep:
    """Another page, with nothing left of the one before."""
    clean = replace(
        now,
        page=page,
        reference=None,
        compared=None,
        card=None,
        frame=None,
        code="",
        label=None,
        trial=None,
        is_watching=False,
        lines=(),
        transfers=0,
        touched=frozenset(),
        notice=None,
        busy=False,
    )
    return replace(clean, **changes)  # type: ignore[arg-type]


def overview(now: Upkeep) -> Step:
    effects = (*hush(now), LookAtDevices(), StartTimer(Timer.LOOK, DELAYS[Timer.LOOK]))
    return turn(now, Page.UPKEEP_DEVICES, part=None, replacement=None), effects


def open_part(now: Upkeep, part: Part) -> Step:
    wants: dict[Part, Effect] = {Part.CAMERA: ArmCamera(), Part.VOICE: LookAtMachine()}
    arm: Effects = (wants[part],) if part in wants else ()
    return turn(now, PAGES[part], part=part), (*hush(now), *arm)


def leave(now: Upkeep) -> Step:
    return replace(now, finished=True), hush(now)


def back(now: Upkeep) -> Step:
    """From a check: to the overview, or to the replacement that asked for it."""
    if now.replacement is not None:
        return turn(now, Page.UPKEEP_REPLACE), hush(now)
    return overview(now)


def ended(
    now: Upkeep, level: CheckLevel, result: CheckResult, error: str = "", facts: tuple[tuple[str, str], ...] = (), **changes: object
) -> Step:
    """A check came to its end: remember and keep it."""
    if now.part is None:
        return now, ()
    check = CheckHealth(now.part, level, result, error)
    after = replace(now, checks=(*now.checks, check), **changes)  # type: ignore[arg-type]
    if after.replacement is not None and level is CheckLevel.INTERACTIVE:
        after = replace(after, replacement=steps.checked(after.replacement, good=check.is_good))
    return after, (KeepCheck(check, facts),)


def judged(now: Upkeep, event: Pressed, error: str) -> Step:
    """A person said whether it was good."""
    if event.key is Key.GOT_IT:
        return ended(now, CheckLevel.INTERACTIVE, CheckResult.COMPLETE)
    return ended(now, CheckLevel.INTERACTIVE, CheckResult.FAILED, error)
