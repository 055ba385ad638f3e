"""The technician's room as lists of steps: its PIN, each check, raw bytes, a replacement, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kiosk.domain.certificate import PaperOutcome
from kiosk.domain.quantity import Weight, WeightStatus
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session import upkeep_effects as ufx
from kiosk.session import upkeep_events as uev
from kiosk.session.delays import UPKEEP_IDLE_S
from kiosk.session.events import Key, Timer
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.upkeep_state import Upkeep
from kiosk.upkeep.cards import CardKind
from kiosk.upkeep.health import CheckHealth, CheckLevel, CheckResult, DeviceReport, Part
from kiosk.upkeep.replacement import Step
from kiosk.upkeep.trial import TARGETS, TRIAL_CODE
from support import builders as b
from support.walk import Walk

WELL = tuple(DeviceReport(part, "online", model="m", port=f"usb:1-{n}") for n, part in enumerate(list(Part)[:4], start=1))


def gone(part: Part) -> uev.DevicesSeen:
    return uev.DevicesSeen(tuple(DeviceReport(part, "noDevice", "noDevice") if r.part is part else r for r in WELL))


def before_the_pin() -> Walk:
    answers: dict[type[fx.Effect], object] = {
        ufx.CheckTechnicianPin: lambda effect: ev.PinChecked(effect.pin == "314159"),
        ufx.LookAtDevices: lambda _: uev.DevicesSeen(WELL),
    }
    return Walk(answers).press(Key.START_CLERK, Key.DEVICES)  # type: ignore[arg-type]


def inside() -> Walk:
    return before_the_pin().do(ev.PinTyped("314159"))


def at(part: Part) -> Walk:
    return inside().do(uev.PartChosen(part))


def upkeep_of(walk: Walk) -> Upkeep:
    assert isinstance(walk.state.errand, Upkeep)
    return walk.state.errand


def kept(walk: Walk) -> list[CheckHealth]:
    return [effect.check for effect in walk.asked(ufx.KeepCheck)]  # type: ignore[attr-defined]


def test_the_room_is_entered_by_the_technicians_pin_only() -> None:
    walk = before_the_pin()
    assert walk.page is Page.UPKEEP_PIN
    walk.do(ev.PinTyped("271828"))
    assert walk.page is Page.UPKEEP_PIN
    assert upkeep_of(walk).notice == notice("pin.wrong")
    walk.do(ev.PinTyped("314159"))
    assert walk.page is Page.UPKEEP_DEVICES
    assert upkeep_of(walk).reports == WELL


def test_a_locked_pin_says_how_long_and_opens_nothing() -> None:
    walk = before_the_pin()
    walk.answers[ufx.CheckTechnicianPin] = lambda _: ev.ServiceRefused("pinLocked", 30)
    walk.do(ev.PinTyped("314159"))
    assert walk.page is Page.UPKEEP_PIN
    assert upkeep_of(walk).notice == notice("pinLocked", wait=30)


def test_nobody_gets_in_from_another_page() -> None:
    assert Walk().press(Key.DEVICES).page is Page.ATTRACT
    assert Walk().press(Key.START, Key.DEVICES).page is Page.CONSENT


def test_the_technician_has_time_and_is_wiped_in_the_end() -> None:
    walk = at(Part.SCALE)
    idle = [effect.seconds for effect in walk.asked(fx.StartTimer) if effect.timer is Timer.IDLE]  # type: ignore[attr-defined]
    assert idle[-1] == UPKEEP_IDLE_S
    asked = len(walk.asked(fx.StartTimer))
    walk.do(uev.DevicesSeen(WELL))
    assert len(walk.asked(fx.StartTimer)) == asked, "looking at devices is no touch"
    walk.do(ev.TimerFired(Timer.IDLE))
    assert walk.state.countdown is not None
    walk.do(*[ev.TimerFired(Timer.COUNTDOWN)] * 20)
    assert walk.page is Page.ATTRACT
    assert walk.asked(fx.Forget)


def test_devices_are_looked_at_again_and_again() -> None:
    walk = inside().do(ev.TimerFired(Timer.LOOK))
    walk.answers[ufx.LookAtDevices] = lambda _: gone(Part.SCALE)
    walk.do(ev.TimerFired(Timer.LOOK))
    report = upkeep_of(walk).report(Part.SCALE)
    assert report is not None
    assert not report.is_there
    assert [e.timer for e in walk.asked(fx.StartTimer)][-1] is Timer.LOOK  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("shown", "is_good"), [("10.000", True), ("10.005", True), ("9.990", True), ("10.015", False), ("9.985", False)]
)
def test_a_scale_is_compared_with_a_reference_weight(shown: str, is_good: bool) -> None:
    walk = at(Part.SCALE)
    walk.state = replace(walk.state, errand=replace(upkeep_of(walk), division=Decimal("0.005")))
    walk.do(ev.WeightSeen(Weight(Decimal(shown), WeightStatus.STABLE)), uev.ReferenceChosen(Decimal(10))).press(Key.CHECK_NOW)
    compared = upkeep_of(walk).compared
    assert compared is not None
    assert compared.tolerance == Decimal("0.010"), "2000 e: one division, twice that in service"
    assert compared.is_within is is_good
    [keep] = walk.asked(ufx.KeepCheck)
    assert keep.check.is_good is is_good  # type: ignore[attr-defined]
    assert dict(keep.facts)["shown"] == shown  # type: ignore[attr-defined]
    assert dict(keep.facts)["serial"] == "0417"  # type: ignore[attr-defined]


def test_a_scale_that_moves_or_has_no_reference_is_not_judged() -> None:
    walk = at(Part.SCALE).press(Key.CHECK_NOW)
    assert upkeep_of(walk).notice == notice("upkeep.noReference")
    moving = ev.WeightSeen(Weight(Decimal("4.998"), WeightStatus.UNSTABLE))
    walk.do(uev.ReferenceChosen(Decimal(5)), moving).press(Key.CHECK_NOW)
    assert upkeep_of(walk).notice == notice("upkeep.notAtRest")
    assert not kept(walk)


def test_what_lay_on_the_scale_before_is_known_at_once() -> None:
    resting = Weight(Decimal("5.000"), WeightStatus.STABLE)
    walk = Walk().do(ev.WeightSeen(resting)).press(Key.START_CLERK, Key.DEVICES)
    assert upkeep_of(walk).weight == resting
    assert Walk().do(ev.WeightSeen(resting)).press(Key.START).visit.weight == resting
    assert Walk().press(Key.START).do(ev.WeightSeen(resting)).visit.weight == resting


def test_of_a_card_only_its_kind_is_kept() -> None:
    walk = at(Part.READER)
    assert not walk.asked(fx.ArmReader)
    walk.press(Key.CHECK_NOW)
    assert walk.asked(fx.ArmReader)
    walk.do(ev.CardFailed("cardRemoved"))
    assert upkeep_of(walk).notice == notice("card.cardRemoved")
    card = b.a_card()
    walk.do(ev.CardSeen(card))
    assert upkeep_of(walk).card is CardKind.RESIDENT
    assert card.number not in repr(walk.state)
    assert card.name not in repr(walk.state)
    assert kept(walk) == [CheckHealth(Part.READER, CheckLevel.INTERACTIVE, CheckResult.COMPLETE)]
    assert fx.DisarmReader() in walk.effects


def test_a_card_that_nobody_asked_for_is_not_looked_at() -> None:
    walk = at(Part.READER).do(ev.CardSeen(b.a_card()))
    assert upkeep_of(walk).card is None
    assert not kept(walk)


def test_the_test_print_tells_the_truth_and_asks_a_person() -> None:
    walk = at(Part.PRINTER).press(Key.CHECK_NOW, Key.CHECK_NOW)
    assert len(walk.asked(ufx.PrintTrial)) == 1
    walk.do(uev.TrialDrawn(ev.Picture(8, 1, b"\x80")), uev.TrialPrinted(PaperOutcome.CONFIRMED))
    assert kept(walk) == [CheckHealth(Part.PRINTER, CheckLevel.EXTERNAL, CheckResult.SUCCESSFUL)]
    walk.press(Key.NOT_GOT)
    assert kept(walk)[-1] == CheckHealth(Part.PRINTER, CheckLevel.INTERACTIVE, CheckResult.FAILED, "badPaper")


@pytest.mark.parametrize(
    ("error", "result"),
    [("paperOut", CheckResult.FAILED), ("noDevice", CheckResult.NOT_RESPONDING), ("receiptMismatch", CheckResult.FAILED)],
)
def test_a_test_print_that_failed_is_no_success_and_asks_nobody(error: str, result: CheckResult) -> None:
    walk = at(Part.PRINTER).press(Key.CHECK_NOW).do(uev.TrialPrinted(PaperOutcome.FAILED, error)).press(Key.GOT_IT)
    assert kept(walk) == [CheckHealth(Part.PRINTER, CheckLevel.EXTERNAL, result, error)]


def test_a_test_print_of_unknown_fate_is_settled_by_the_person_alone() -> None:
    walk = at(Part.PRINTER).press(Key.CHECK_NOW).do(uev.TrialPrinted(PaperOutcome.UNKNOWN, "timeOut"))
    assert not kept(walk)
    walk.press(Key.GOT_IT)
    assert [check.text for check in kept(walk)] == ["Interactive HCheck: Complete"]


def test_the_camera_is_proved_by_the_test_labels_code_only() -> None:
    walk = at(Part.CAMERA)
    assert walk.asked(fx.ArmCamera)
    walk.do(ev.CameraFrame(2, 1, bytes(6)), ev.CodeSeen("https://q.example/1"))
    assert upkeep_of(walk).code == "other"
    assert not kept(walk)
    walk.do(ev.CodeSeen(TRIAL_CODE), ev.CodeSeen(TRIAL_CODE))
    assert [check.is_good for check in kept(walk)] == [True]
    walk.press(Key.BACK)
    assert walk.asked(fx.DisarmCamera)
    assert upkeep_of(walk).frame is None


def test_touch_is_good_when_every_target_was_felt() -> None:
    walk = at(Part.TOUCH).do(*(uev.TargetTouched(target) for target in TARGETS[:-1]))
    assert not kept(walk)
    walk.do(uev.TargetTouched(TARGETS[0]), uev.TargetTouched(TARGETS[-1]))
    assert [check.is_good for check in kept(walk)] == [True]


def test_a_dead_corner_is_named() -> None:
    walk = at(Part.TOUCH).do(uev.TargetTouched("middle")).press(Key.NOT_GOT)
    [keep] = walk.asked(ufx.KeepCheck)
    assert keep.facts == (("missed", "topLeft topRight bottomLeft bottomRight"),)  # type: ignore[attr-defined]
    assert walk.page is Page.UPKEEP_DEVICES


def test_the_voice_is_judged_only_after_it_spoke() -> None:
    walk = at(Part.VOICE).press(Key.GOT_IT)
    assert not kept(walk)
    walk.press(Key.CHECK_NOW, Key.GOT_IT)
    assert fx.Speak("upkeep.voiceSample") in walk.effects
    assert [check.is_good for check in kept(walk)] == [True]


def test_bytes_are_watched_only_when_switched_on_and_never_after_the_page() -> None:
    walk = at(Part.SCALE).press(Key.WATCH_BYTES)
    assert walk.page is Page.UPKEEP_BYTES
    walk.do(ev.TimerFired(Timer.LOOK))
    assert not walk.asked(ufx.WatchBytes)
    assert not walk.asked(ufx.LookAtBytes)
    walk.press(Key.WATCH_BYTES)
    line = uev.ByteLine(0.5, "in", "02 31", 2)
    walk.answers[ufx.LookAtBytes] = lambda _: uev.BytesSeen((line,), 7)
    walk.do(ev.TimerFired(Timer.LOOK))
    assert (upkeep_of(walk).lines, upkeep_of(walk).transfers) == ((line,), 7)
    walk.press(Key.BACK)
    assert walk.page is Page.UPKEEP_SCALE
    assert walk.effects.index(ufx.WatchBytes(Part.SCALE)) < walk.effects.index(ufx.StopWatching())
    assert upkeep_of(walk).lines == ()


@pytest.mark.parametrize("part", [Part.READER, Part.CAMERA])
def test_nobody_sees_the_bytes_of_a_card_reader(part: Part) -> None:
    walk = at(part).do(uev.DevicesSeen((*WELL[:3], replace(WELL[3], model="camera")))).press(Key.WATCH_BYTES)
    assert walk.page is not Page.UPKEEP_BYTES


def test_a_scanner_in_the_cameras_place_has_bytes_while_it_is_there() -> None:
    walk = at(Part.CAMERA).do(gone(Part.CAMERA)).press(Key.WATCH_BYTES)
    assert walk.page is Page.UPKEEP_CAMERA
    walk.do(uev.DevicesSeen((*WELL[:3], replace(WELL[3], model="wedge")))).press(Key.WATCH_BYTES)
    assert walk.page is Page.UPKEEP_BYTES
    walk.press(Key.WATCH_BYTES)
    assert ufx.WatchBytes(Part.CAMERA) in walk.effects


def test_a_replacement_follows_what_is_plugged_and_ends_with_a_check() -> None:
    walk = at(Part.PRINTER).press(Key.REPLACE)
    change = upkeep_of(walk).replacement
    assert change is not None
    assert change.step is Step.UNPLUG
    walk.do(gone(Part.PRINTER))
    assert upkeep_of(walk).replacement.step is Step.PLUG  # type: ignore[union-attr]
    new = replace(WELL[2], model="other", port="usb:1-7")
    walk.do(uev.DevicesSeen((new,)))
    found = upkeep_of(walk).replacement
    assert found is not None
    assert (found.step, found.new, found.old) == (Step.FOUND, new, WELL[2])
    walk.press(Key.NEXT)
    assert walk.page is Page.UPKEEP_PRINTER
    walk.press(Key.CHECK_NOW).do(uev.TrialPrinted(PaperOutcome.CONFIRMED)).press(Key.GOT_IT, Key.BACK)
    assert walk.page is Page.UPKEEP_REPLACE
    assert upkeep_of(walk).replacement.step is Step.DONE  # type: ignore[union-attr]
    walk.press(Key.FINISH)
    assert walk.page is Page.UPKEEP_DEVICES
    assert upkeep_of(walk).replacement is None


def test_a_device_on_a_plain_line_is_replaced_by_saying_so() -> None:
    line = replace(WELL[2], port="tcp:192.0.2.7:9100")
    walk = at(Part.PRINTER).do(uev.DevicesSeen((*WELL[:2], line, WELL[3]))).press(Key.REPLACE)

    def step() -> Step:
        change = upkeep_of(walk).replacement
        assert change is not None
        return change.step

    seen = uev.DevicesSeen((*WELL[:2], line, WELL[3]))
    walk.do(seen)
    assert step() is Step.UNPLUG
    walk.press(Key.NEXT).do(seen, seen)
    assert step() is Step.PLUG
    walk.press(Key.NEXT)
    assert step() is Step.FOUND
    walk.press(Key.NEXT)
    assert walk.page is Page.UPKEEP_PRINTER


def test_a_check_that_was_left_can_be_made_again() -> None:
    walk = at(Part.PRINTER).press(Key.REPLACE).do(gone(Part.PRINTER), uev.DevicesSeen(WELL)).press(Key.NEXT, Key.BACK)
    assert walk.page is Page.UPKEEP_REPLACE
    walk.press(Key.NEXT)
    assert walk.page is Page.UPKEEP_PRINTER


def test_a_new_device_that_leaves_again_leads_back_to_plugging_in() -> None:
    walk = at(Part.SCALE).press(Key.REPLACE).do(gone(Part.SCALE), uev.DevicesSeen(WELL), gone(Part.SCALE))
    change = upkeep_of(walk).replacement
    assert change is not None
    assert change.step is Step.PLUG
    assert change.new is None


def test_the_machines_page_checks_the_ledger_again_when_asked() -> None:
    walk = inside().do(uev.MachineChosen())
    assert walk.page is Page.UPKEEP_MACHINE
    walk.do(uev.LedgerChecked(uev.LedgerHealth("", 7)))
    ledger = upkeep_of(walk).ledger
    assert ledger is not None
    assert not ledger.is_whole
    walk.press(Key.CHECK_NOW)
    assert len(walk.asked(ufx.CheckLedger)) == 2
    assert upkeep_of(walk).ledger is None


def test_leaving_goes_home_and_stops_everything() -> None:
    walk = at(Part.CAMERA).press(Key.CANCEL)
    assert walk.page is Page.ATTRACT
    assert fx.StopTimer(Timer.LOOK) in walk.effects
    assert walk.asked(fx.DisarmCamera)
