"""The technician's errand behind a PIN of its own: every device live, each checked with a person, replaced step by step.

Rules
- What is kept of a card is its kind, of a code whether it is the test label's.
- Raw bytes are watched only while their page is open and switched on.
- Each check that ended goes into the legal log.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kiosk.domain.quantity import Weight
from kiosk.session.delays import DELAYS
from kiosk.session.effects import StartTimer
from kiosk.session.engine import Effects, Handler, Machine, Now
from kiosk.session.events import (
    CameraFrame,
    CardFailed,
    CardSeen,
    CodeSeen,
    CopyEnded,
    Event,
    Health,
    HealthChanged,
    Key,
    LabelDrawn,
    OpenPaperLoaded,
    PinChecked,
    PinTyped,
    Pressed,
    ServiceRefused,
    Timer,
    TimerFired,
    TodayLoaded,
    WeightSeen,
)
from kiosk.session.notice import notice, refusal
from kiosk.session.pages import Page
from kiosk.session.upkeep_checks import KEYS, TABLE
from kiosk.session.upkeep_effects import (
    CheckLedger,
    CheckTechnicianPin,
    LookAtBytes,
    LookAtDevices,
    LookAtMachine,
    StopWatching,
    WatchBytes,
)
from kiosk.session.upkeep_events import (
    BytesSeen,
    DevicesSeen,
    LedgerChecked,
    MachineChosen,
    MachineSeen,
    PartChosen,
    TrialDrawn,
    TrialPrinted,
)
from kiosk.session.upkeep_state import Step, Upkeep, back, hush, leave, open_part, overview, turn
from kiosk.upkeep import replacement as steps
from kiosk.upkeep.health import has_bytes


def start(health: Health, weight: Weight, division: Decimal | None) -> Step:
    """Ask for the PIN first."""
    return Upkeep(Page.UPKEEP_PIN, health, weight, division), ()


# --- the PIN -----------------------------------------------------------------------------------------------------------


def _pin(now: Upkeep, event: PinTyped, _: Now) -> Step:
    return (now, ()) if now.busy else (replace(now, busy=True, notice=None), (CheckTechnicianPin(event.pin),))


def _pin_checked(now: Upkeep, event: PinChecked, _: Now) -> Step:
    if not event.fits:
        return replace(now, busy=False, notice=notice("pin.wrong")), ()
    return overview(now)


def _refused(now: Upkeep, event: ServiceRefused, _: Now) -> Step:
    return replace(now, busy=False, notice=refusal(event.code, event.wait_s)), ()


# --- from page to page -------------------------------------------------------------------------------------------------


def _chosen(now: Upkeep, event: PartChosen, _: Now) -> Step:
    return open_part(now, event.part)


def _machine_chosen(now: Upkeep, event: MachineChosen, _: Now) -> Step:
    return turn(now, Page.UPKEEP_MACHINE, busy=True, machine=None, ledger=None), (LookAtMachine(), CheckLedger())


def _overview_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    return leave(now) if event.key in (Key.BACK, Key.CANCEL, Key.FINISH) else (now, ())


def _pressed(now: Upkeep, event: Pressed, moment: Now) -> Step:
    """Any check's page: its own keys first, then those that all of them have."""
    match event.key:
        case Key.CANCEL:
            return leave(now)
        case Key.BACK | Key.FINISH:
            return back(now)
        case Key.WATCH_BYTES if now.part is not None and has_bytes(now.part, now.report(now.part)):
            return turn(now, Page.UPKEEP_BYTES), hush(now)
        case Key.REPLACE if now.part is not None and now.replacement is None:
            return turn(now, Page.UPKEEP_REPLACE, replacement=steps.begin(now.part, now.report(now.part))), hush(now)
        case _:
            own = KEYS.get(now.page)
            return own(now, event, moment) if own is not None else (now, ())


# --- what all pages follow ---------------------------------------------------------------------------------------------


def _fired(now: Upkeep, event: TimerFired, _: Now) -> Step:
    if event.timer is not Timer.LOOK:
        return now, ()
    bytes_too: Effects = (LookAtBytes(now.part),) if now.is_watching and now.part is not None else ()
    return now, (LookAtDevices(), *bytes_too, StartTimer(Timer.LOOK, DELAYS[Timer.LOOK]))


def _seen(now: Upkeep, event: DevicesSeen, _: Now) -> Step:
    known = replace(now, reports=event.reports)
    report = known.report(known.replacement.part) if known.replacement is not None else None
    if known.replacement is None or report is None:
        return known, ()
    return replace(known, replacement=steps.follow(known.replacement, report)), ()


# --- bytes, replacement, machine ---------------------------------------------------------------------------------------


def _bytes_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    match event.key:
        case Key.WATCH_BYTES if now.is_watching:
            return replace(now, is_watching=False), (StopWatching(),)
        case Key.WATCH_BYTES if now.part is not None:
            return replace(now, is_watching=True, lines=(), transfers=0), (WatchBytes(now.part),)
        case Key.BACK if now.part is not None:
            return open_part(now, now.part)
        case Key.CANCEL:
            return leave(now)
        case _:
            return now, ()


def _bytes(now: Upkeep, event: BytesSeen, _: Now) -> Step:
    return (replace(now, lines=event.lines, transfers=event.total) if now.is_watching else now), ()


def _replace_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    change = now.replacement
    match event.key:
        case Key.NEXT if change is not None and change.may_be_said:
            return replace(now, replacement=steps.said(change, now.report(change.part))), ()
        case Key.NEXT if change is not None and change.step in (steps.Step.FOUND, steps.Step.CHECK):
            return open_part(replace(now, replacement=replace(change, step=steps.Step.CHECK)), change.part)
        case Key.BACK | Key.FINISH:
            return overview(now)
        case Key.CANCEL:
            return leave(now)
        case _:
            return now, ()


def _machine_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    match event.key:
        case Key.CHECK_NOW if not now.busy:
            return replace(now, busy=True, ledger=None), (LookAtMachine(), CheckLedger())
        case Key.BACK | Key.FINISH:
            return overview(now)
        case Key.CANCEL:
            return leave(now)
        case _:
            return now, ()


def _machine_seen(now: Upkeep, event: MachineSeen, _: Now) -> Step:
    return replace(now, machine=event.facts), ()


def _ledger_checked(now: Upkeep, event: LedgerChecked, _: Now) -> Step:
    return replace(now, ledger=event.health, busy=False), ()


_INSIDE = tuple(page for page in Page if page.value.startswith("upkeep") and page is not Page.UPKEEP_PIN)
_EVERYWHERE: dict[type[Event], Handler[Upkeep]] = {TimerFired: _fired, DevicesSeen: _seen, ServiceRefused: _refused}

MACHINE: Machine[Upkeep] = Machine(
    {
        **{(page, kind): handler for page in _INSIDE for kind, handler in _EVERYWHERE.items()},
        **TABLE,
        **{(page, Pressed): _pressed for page in KEYS},
        (Page.UPKEEP_PIN, PinTyped): _pin,
        (Page.UPKEEP_PIN, PinChecked): _pin_checked,
        (Page.UPKEEP_PIN, ServiceRefused): _refused,
        (Page.UPKEEP_PIN, Pressed): _overview_pressed,
        (Page.UPKEEP_DEVICES, PartChosen): _chosen,
        (Page.UPKEEP_DEVICES, MachineChosen): _machine_chosen,
        (Page.UPKEEP_DEVICES, Pressed): _overview_pressed,
        (Page.UPKEEP_BYTES, Pressed): _bytes_pressed,
        (Page.UPKEEP_BYTES, BytesSeen): _bytes,
        (Page.UPKEEP_REPLACE, Pressed): _replace_pressed,
        (Page.UPKEEP_MACHINE, Pressed): _machine_pressed,
        (Page.UPKEEP_MACHINE, MachineSeen): _machine_seen,
        (Page.UPKEEP_VOICE, MachineSeen): _machine_seen,
        (Page.UPKEEP_MACHINE, LedgerChecked): _ledger_checked,
    },
    # Late answers of devices and services, and of the clerk's page before.
    ignored=frozenset(
        {
            BytesSeen,
            CameraFrame,
            CardFailed,
            CardSeen,
            CodeSeen,
            CopyEnded,
            DevicesSeen,
            HealthChanged,
            LabelDrawn,
            LedgerChecked,
            MachineSeen,
            OpenPaperLoaded,
            PinChecked,
            TimerFired,
            TodayLoaded,
            TrialDrawn,
            TrialPrinted,
            WeightSeen,
        }
    ),
)
