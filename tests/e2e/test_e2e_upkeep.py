"""The technician's room on real drivers and the bench's bytes: the PIN, a test print, raw bytes, a replacement, a reference weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from kiosk.domain.certificate import PaperOutcome
from kiosk.session import events as ev
from kiosk.session import upkeep_events as uev
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.upkeep_state import Upkeep
from kiosk.upkeep.health import CheckResult, Part
from kiosk.upkeep.replacement import Step
from kiosk.upkeep.trial import TRIAL_CODE
from support.terminals import PERSON, Desk, a_desk
from tools.bench.station import TECHNICIAN_PIN


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as found:
        yield found


def inside(desk: Desk) -> Desk:
    desk.healthy().at(Page.ATTRACT).press(Key.START_CLERK).at(Page.CLERK_PIN).press(Key.DEVICES).at(Page.UPKEEP_PIN)
    return desk.send(ev.PinTyped(TECHNICIAN_PIN)).at(Page.UPKEEP_DEVICES)


def room(desk: Desk) -> Upkeep:
    errand = desk.state.errand
    assert isinstance(errand, Upkeep), errand
    return errand


def until(desk: Desk, found: Callable[[Upkeep], bool], what: str) -> Upkeep:
    def looks(state: Terminal) -> bool:
        return isinstance(state.errand, Upkeep) and found(state.errand)

    desk.wait(looks, what)
    return room(desk)


def type_pin(desk: Desk, pin: str) -> None:
    """Type it and wait for the answer: the page is busy in between."""
    began = len(desk._states)
    desk.send(ev.PinTyped(pin))

    def answered(state: Terminal) -> bool:
        since = [late.errand for late in desk._states[began:]]
        was_busy = any(isinstance(errand, Upkeep) and errand.busy for errand in since)
        return was_busy and isinstance(state.errand, Upkeep) and not state.errand.busy

    desk.wait(answered, "an answer to the PIN")


def test_wrong_pins_lock_the_room_and_not_the_clerk(desk: Desk) -> None:
    desk.healthy().press(Key.START_CLERK).at(Page.CLERK_PIN).press(Key.DEVICES).at(Page.UPKEEP_PIN)
    for _ in range(5):
        type_pin(desk, "000000")
    notice = room(desk).notice
    assert notice is not None
    assert notice.code == "pinLocked"
    type_pin(desk, TECHNICIAN_PIN)
    assert desk.state.page is Page.UPKEEP_PIN, "not even the right one while it is locked"
    desk.press(Key.BACK).at(Page.ATTRACT).press(Key.START_CLERK).at(Page.CLERK_PIN)
    desk.send(ev.PinTyped(desk.config.station.clerk_pin)).at(Page.CLERK_TODAY)


def test_the_clerks_pin_does_not_open_the_room(desk: Desk) -> None:
    desk.healthy().press(Key.START_CLERK).at(Page.CLERK_PIN).press(Key.DEVICES).at(Page.UPKEEP_PIN)
    type_pin(desk, desk.config.station.clerk_pin)
    assert desk.state.page is Page.UPKEEP_PIN


def test_every_device_is_shown_live(desk: Desk) -> None:
    inside(desk)
    now = until(desk, lambda now: len(now.reports) == 4 and all(report.is_well for report in now.reports), "all well")
    assert all(report.port for report in now.reports)
    desk.bench.unplug("scale")
    until(desk, lambda now: any(r.part is Part.SCALE and not r.is_there for r in now.reports), "the scale gone")
    desk.bench.printer("paper-out")
    until(desk, lambda now: any(r.part is Part.PRINTER and r.error == "paperOut" for r in now.reports), "no paper")


def test_a_test_print_comes_out_and_can_be_taken_for_nothing_else(desk: Desk) -> None:
    inside(desk).send(uev.PartChosen(Part.PRINTER)).at(Page.UPKEEP_PRINTER).press(Key.CHECK_NOW)
    now = until(desk, lambda now: now.trial is not None, "the printer's word")
    assert now.trial == uev.TrialPrinted(PaperOutcome.CONFIRMED)
    [label] = desk.bench.labels()
    codes = zxingcpp.read_barcodes(np.asarray(Image.open(label.png).convert("L")))
    assert [code.text for code in codes] == [TRIAL_CODE]
    desk.press(Key.GOT_IT)
    until(desk, lambda now: now.trial is None, "the answer kept")
    desk.press(Key.BACK).at(Page.UPKEEP_DEVICES).send(uev.PartChosen(Part.CAMERA)).at(Page.UPKEEP_CAMERA)
    desk.bench.show_label(1)
    until(desk, lambda now: now.code == "test", "the test label before the camera")
    desk.press(Key.CANCEL).at(Page.ATTRACT)
    assert desk.parts.services is not None
    desk.press(Key.START_CHECK).at(Page.CHECK).at(Page.VERDICT)
    verdict = desk.state.errand
    assert getattr(verdict, "verdict").outcome == "notGenuine"  # noqa: B009


def test_a_test_print_without_paper_says_so(desk: Desk) -> None:
    desk.bench.printer("paper-out")
    desk.wait(lambda state: state.health.printer_trouble == "paperOut", "no paper")
    desk.at(Page.ATTRACT).press(Key.START_CLERK).at(Page.CLERK_PIN).press(Key.DEVICES).at(Page.UPKEEP_PIN)
    desk.send(ev.PinTyped(TECHNICIAN_PIN)).at(Page.UPKEEP_DEVICES)
    desk.send(uev.PartChosen(Part.PRINTER)).at(Page.UPKEEP_PRINTER).press(Key.CHECK_NOW)
    now = until(desk, lambda now: now.trial is not None, "the printer's word")
    assert now.trial == uev.TrialPrinted(PaperOutcome.FAILED, "paperOut")
    assert not desk.bench.labels()


def test_bytes_of_the_scale_are_seen_while_switched_on_only(desk: Desk) -> None:
    inside(desk).send(uev.PartChosen(Part.SCALE)).at(Page.UPKEEP_SCALE).press(Key.WATCH_BYTES).at(Page.UPKEEP_BYTES)
    assert not room(desk).lines
    desk.press(Key.WATCH_BYTES)
    desk.bench.set_weight(Decimal("3.21"))
    now = until(desk, lambda now: now.transfers >= 3, "bytes of the scale")
    assert all(bytes.fromhex(line.text.replace("…", "")) for line in now.lines if line.way == "in")
    desk.press(Key.BACK).at(Page.UPKEEP_SCALE)
    transfers, total = desk.parts.devices.watched(next(iter(desk.parts.devices._taps)))
    assert (transfers, total) == ((), 0)


def test_the_scale_is_compared_and_the_result_is_in_the_legal_log(desk: Desk) -> None:
    desk.bench.set_weight(Decimal("5"))
    inside(desk).send(uev.PartChosen(Part.SCALE), uev.ReferenceChosen(Decimal(5))).at(Page.UPKEEP_SCALE)
    until(desk, lambda now: now.weight.can_be_taken and now.weight.kg == Decimal(5), "5 kg at rest")
    desk.press(Key.CHECK_NOW)
    now = until(desk, lambda now: now.compared is not None, "the comparison")
    assert now.compared is not None
    assert now.compared.is_within
    desk.press(Key.BACK).at(Page.UPKEEP_DEVICES).send(uev.MachineChosen()).at(Page.UPKEEP_MACHINE)
    now = until(desk, lambda now: now.ledger is not None and now.machine is not None, "the machine's own facts")
    assert now.ledger == uev.LedgerHealth()
    assert now.machine is not None
    assert now.machine.disk_free > 0


def test_a_card_is_read_and_nothing_of_it_is_kept(desk: Desk) -> None:
    inside(desk).send(uev.PartChosen(Part.READER)).at(Page.UPKEEP_READER).press(Key.CHECK_NOW)
    desk.bench.tap_card(PERSON)
    now = until(desk, lambda now: now.card is not None, "the card")
    assert now.checks[-1].result is CheckResult.COMPLETE
    assert PERSON not in repr(desk.state)


def test_a_printer_is_replaced_on_another_port(desk: Desk) -> None:
    inside(desk).send(uev.PartChosen(Part.PRINTER)).at(Page.UPKEEP_PRINTER).press(Key.REPLACE).at(Page.UPKEEP_REPLACE)
    old = room(desk).replacement
    assert old is not None
    assert old.step is Step.UNPLUG
    desk.bench.unplug("printer")
    until(desk, lambda now: now.replacement is not None and now.replacement.step is Step.PLUG, "unplugged")
    desk.bench.plug("printer", 9)
    now = until(desk, lambda now: now.replacement is not None and now.replacement.step is Step.FOUND, "found")
    assert now.replacement is not None
    assert now.replacement.new is not None
    assert old.old is not None
    assert now.replacement.new.port != old.old.port
    desk.press(Key.NEXT).at(Page.UPKEEP_PRINTER).press(Key.CHECK_NOW)
    until(desk, lambda now: now.trial is not None, "the printer's word")
    desk.press(Key.GOT_IT, Key.BACK).at(Page.UPKEEP_REPLACE)
    assert room(desk).replacement.step is Step.DONE  # type: ignore[union-attr]
