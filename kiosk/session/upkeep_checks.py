"""The checks of the technician's room, each with a person before it."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.certificate import PaperOutcome
from kiosk.session.effects import ArmReader, DisarmReader, Speak
from kiosk.session.engine import Handler, Now, Table
from kiosk.session.events import CameraFrame, CardFailed, CardSeen, CodeSeen, Key, Pressed
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.upkeep_effects import PrintTrial
from kiosk.session.upkeep_events import ReferenceChosen, TargetTouched, TrialDrawn, TrialPrinted
from kiosk.session.upkeep_state import Step, Upkeep, back, ended, judged
from kiosk.upkeep.cards import card_kind
from kiosk.upkeep.health import CheckLevel, CheckResult
from kiosk.upkeep.reference import compare
from kiosk.upkeep.trial import TARGETS, TRIAL_CODE

_SILENT = frozenset({"noDevice", "offline", "timeOut"})


# --- scale -------------------------------------------------------------------------------------------------------------


def _reference(now: Upkeep, event: ReferenceChosen, _: Now) -> Step:
    return replace(now, reference=event.kg, compared=None, notice=None), ()


def _scale_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    if event.key is not Key.CHECK_NOW:
        return now, ()
    if now.reference is None:
        return replace(now, notice=notice("upkeep.noReference")), ()
    compared = compare(now.weight, now.reference, now.division)
    if compared is None:
        return replace(now, notice=notice("upkeep.notAtRest")), ()
    measured = ("reference", "shown", "division", "tolerance")
    facts = tuple((name, format(getattr(compared, name), "f")) for name in measured)
    scale = now.health.scale_identity
    result, error = (CheckResult.COMPLETE, "") if compared.is_within else (CheckResult.FAILED, "outOfTolerance")
    serial = (("serial", scale.serial),) if scale is not None and scale.serial else ()
    return ended(now, CheckLevel.INTERACTIVE, result, error, (*facts, *serial), compared=compared, notice=None)


# --- reader ------------------------------------------------------------------------------------------------------------


def _reader_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    if event.key is not Key.CHECK_NOW or now.busy:
        return now, ()
    return replace(now, busy=True, card=None, notice=None), (ArmReader(),)


def _card(now: Upkeep, event: CardSeen, _: Now) -> Step:
    if not now.busy:
        return now, ()
    kind = card_kind(event.card.number)
    after, effects = ended(now, CheckLevel.INTERACTIVE, CheckResult.COMPLETE, card=kind, busy=False, notice=None)
    return after, (DisarmReader(), *effects)


def _card_failed(now: Upkeep, event: CardFailed, _: Now) -> Step:
    return (replace(now, notice=notice(f"card.{event.code}")), ()) if now.busy else (now, ())


# --- printer -----------------------------------------------------------------------------------------------------------


def _printer_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    match event.key:
        case Key.CHECK_NOW if not now.busy:
            return replace(now, busy=True, trial=None, label=None, notice=None), (PrintTrial(),)
        case Key.GOT_IT | Key.NOT_GOT if now.trial is not None and now.trial.outcome is not PaperOutcome.FAILED:
            return judged(replace(now, trial=None), event, "badPaper")
        case _:
            return now, ()


def _trial_drawn(now: Upkeep, event: TrialDrawn, _: Now) -> Step:
    return replace(now, label=event.picture), ()


def _trial_printed(now: Upkeep, event: TrialPrinted, _: Now) -> Step:
    after = replace(now, busy=False, trial=event)
    match event.outcome:
        case PaperOutcome.CONFIRMED:
            return ended(after, CheckLevel.EXTERNAL, CheckResult.SUCCESSFUL)
        case PaperOutcome.FAILED:
            result = CheckResult.NOT_RESPONDING if event.error in _SILENT else CheckResult.FAILED
            return ended(after, CheckLevel.EXTERNAL, result, event.error)
        case _:
            return after, ()


# --- camera, touch, voice ----------------------------------------------------------------------------------------------


def _frame(now: Upkeep, event: CameraFrame, _: Now) -> Step:
    return replace(now, frame=event), ()


def _code(now: Upkeep, event: CodeSeen, _: Now) -> Step:
    if event.text != TRIAL_CODE:
        return (now if now.code == "test" else replace(now, code="other")), ()
    if now.code == "test":
        return now, ()
    return ended(now, CheckLevel.INTERACTIVE, CheckResult.COMPLETE, code="test")


def _camera_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    if event.key is not Key.NOT_GOT or now.code == "test":
        return now, ()
    return ended(now, CheckLevel.INTERACTIVE, CheckResult.FAILED, "notDecoded")


def _target(now: Upkeep, event: TargetTouched, _: Now) -> Step:
    if event.target not in TARGETS or event.target in now.touched:
        return now, ()
    touched = now.touched | {event.target}
    if len(touched) < len(TARGETS):
        return replace(now, touched=touched), ()
    return ended(now, CheckLevel.INTERACTIVE, CheckResult.COMPLETE, touched=touched)


def _touch_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    missed = " ".join(target for target in TARGETS if target not in now.touched)
    if event.key is not Key.NOT_GOT or not missed:
        return now, ()
    after, effects = ended(now, CheckLevel.INTERACTIVE, CheckResult.FAILED, "notFelt", (("missed", missed),))
    turned, more = back(after)
    return turned, (*effects, *more)


def _voice_pressed(now: Upkeep, event: Pressed, _: Now) -> Step:
    match event.key:
        case Key.CHECK_NOW:
            return replace(now, busy=True), (Speak("upkeep.voiceSample"),)
        case Key.GOT_IT | Key.NOT_GOT if now.busy:
            return judged(replace(now, busy=False), event, "notHeard")
        case _:
            return now, ()


KEYS: dict[Page, Handler[Upkeep]] = {
    Page.UPKEEP_SCALE: _scale_pressed,
    Page.UPKEEP_READER: _reader_pressed,
    Page.UPKEEP_PRINTER: _printer_pressed,
    Page.UPKEEP_CAMERA: _camera_pressed,
    Page.UPKEEP_TOUCH: _touch_pressed,
    Page.UPKEEP_VOICE: _voice_pressed,
}
"""What the keys of each check's own do."""

TABLE: Table[Upkeep] = {
    (Page.UPKEEP_SCALE, ReferenceChosen): _reference,
    (Page.UPKEEP_READER, CardSeen): _card,
    (Page.UPKEEP_READER, CardFailed): _card_failed,
    (Page.UPKEEP_PRINTER, TrialDrawn): _trial_drawn,
    (Page.UPKEEP_PRINTER, TrialPrinted): _trial_printed,
    (Page.UPKEEP_CAMERA, CameraFrame): _frame,
    (Page.UPKEEP_CAMERA, CodeSeen): _code,
    (Page.UPKEEP_TOUCH, TargetTouched): _target,
}
