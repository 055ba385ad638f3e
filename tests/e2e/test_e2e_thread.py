"""The whole thread without a screen: card bytes to a printed label whose QR verifies, and what happens when the world gets in the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import Status, verify_url
from kiosk.domain.identity import mask_id_number
from kiosk.domain.quantity import WeightStatus
from kiosk.domain.subject import SubjectKind
from kiosk.issuing.clock import SystemClock
from kiosk.session import events as ev
from kiosk.session.check import Check
from kiosk.session.clerk import Clerk
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.session.recovery import Recovery
from kiosk.session.visit import Visit
from support import builders as b
from support.terminals import TOMATO, Desk, a_desk
from tools.bench.people import everybody


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path) as found:
        yield found


def code_on(png: Path) -> str:
    codes = zxingcpp.read_barcodes(np.asarray(Image.open(png).convert("L")))
    assert len(codes) == 1
    return codes[0].text


def issue(desk: Desk, copies: int = 1) -> Desk:
    desk.identified().weighed()
    if copies > 1:
        desk.send(ev.CopiesChanged(copies))
    return desk.press(Key.ISSUE)


def test_a_card_becomes_a_label_whose_code_verifies_offline(desk: Desk) -> None:
    issue(desk).at(Page.DONE)
    certificate = desk.visit.certificate
    assert certificate is not None
    [label] = desk.bench.labels()
    verdict = verify_url(code_on(label.png), load_key_list(desk.config.paths.keys), SystemClock().read().now)
    assert verdict.status is Status.VALID
    assert verdict.demo
    assert verdict.number == certificate.number
    assert code_on(label.png) == certificate.labels[0].url


def test_every_copy_has_a_code_of_its_own(desk: Desk) -> None:
    issue(desk, copies=3).at(Page.DONE, within_s=40)
    certificate = desk.visit.certificate
    assert certificate is not None
    assert [code_on(label.png) for label in desk.bench.labels()] == [label.url for label in certificate.labels]
    assert len({label.url for label in certificate.labels}) == 3


def test_a_second_tap_on_issue_makes_no_second_certificate(desk: Desk) -> None:
    desk.identified().weighed().press(Key.ISSUE, Key.ISSUE, Key.ISSUE).at(Page.DONE)
    assert len(desk.bench.labels()) == 1
    assert desk.visit.certificate is not None and desk.visit.certificate.number.counter == 1


def test_paper_that_runs_out_at_copy_three_of_eight_goes_on_where_it_was(desk: Desk) -> None:
    desk.identified().weighed().send(ev.CopiesChanged(8))
    desk.bench.printer("paper-out-after-rows", 640 * 2 + 300)
    desk.press(Key.ISSUE).at(Page.TROUBLE, within_s=40)
    assert desk.visit.paper is not None and desk.visit.paper.copy == 3
    desk.bench.printer("well")
    desk.at(Page.DONE, within_s=60)
    certificate = desk.visit.certificate
    assert certificate is not None
    whole = [code_on(label.png) for label in desk.bench.labels() if label.ended_by == "cut" and label.height_dots >= 600]
    assert whole == [label.url for label in certificate.labels]


def test_a_printer_that_is_unplugged_in_mid_label_is_asked_of_the_person(desk: Desk) -> None:
    issue(desk, copies=2).wait(lambda s: s.page is Page.PRINTING, "printing")
    desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.label is not None, "a drawn label")
    desk.bench.unplug("printer")
    desk.wait(lambda s: s.page in (Page.ASK_PAPER, Page.TROUBLE), "a question or trouble", within_s=30)
    desk.bench.plug("printer")
    if desk.state.page is Page.ASK_PAPER:
        desk.press(Key.NOT_GOT)
    desk.at(Page.DONE, within_s=60)


def test_a_card_pulled_early_is_told_and_read_at_the_second_try(desk: Desk) -> None:
    desk.healthy().press(Key.START).at(Page.CONSENT).press(Key.AGREE).at(Page.IDENTIFY)
    desk.bench.reader_fault("pull-early")
    desk.bench.tap_card("王建国")
    desk.wait(lambda s: s.said is not None and s.said.code.startswith("card."), "a word about the card")
    desk.bench.remove_card()
    desk.bench.reader_fault("well")
    desk.bench.tap_card("王建国")
    desk.at(Page.PRODUCT)


def test_nothing_personal_stays_after_a_visit(desk: Desk) -> None:
    issue(desk).at(Page.DONE).press(Key.FINISH).at(Page.ATTRACT)
    assert desk.state.errand is None
    assert "王建国" not in repr(desk.state)
    assert mask_id_number("142421196804123019") not in repr(desk.state)


def test_same_as_last_time_takes_five_touches_at_most(desk: Desk) -> None:
    issue(desk).at(Page.DONE).press(Key.ANOTHER).at(Page.PRODUCT)
    desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.last is not None, "his last time")
    # 同意 was the first touch; these are the other four: same again, take, sign, issue.
    desk.press(Key.SAME_AGAIN).at(Page.QUANTITY)
    desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight.can_be_taken, "a weight")
    desk.press(Key.TAKE_WEIGHT).at(Page.PROMISE).send(ev.Signed(ev.Signature((((0, 0), (500, 500), (900, 100)),)))).press(Key.ISSUE)
    desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.certificate is not None and s.page is Page.DONE, "done")
    assert desk.visit.certificate is not None and desk.visit.certificate.number.counter == 2


def test_after_a_power_cut_the_copy_is_offered_again_under_its_number(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.bench.printer("stuck")
        issue(desk).wait(lambda s: isinstance(s.errand, Visit) and s.errand.certificate is not None, "a certificate")
        certificate = desk.visit.certificate
        assert certificate is not None
        desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.label is not None, "a drawn label")
    with a_desk(tmp_path) as again:
        again.at(Page.OPEN_PAPER).healthy()
        errand = again.state.errand
        assert isinstance(errand, Recovery) and errand.open.number == certificate.number
        again.press(Key.REPRINT).wait(lambda s: s.page is Page.ATTRACT, "paper", within_s=40)
        assert code_on(again.bench.labels()[-1].png) == certificate.labels[0].url


def test_a_void_certificate_is_red_at_the_next_check(desk: Desk) -> None:
    issue(desk).at(Page.DONE)
    label = desk.bench.labels()[-1]
    desk.press(Key.FINISH).at(Page.ATTRACT).press(Key.START_CLERK).at(Page.CLERK_PIN).send(
        ev.PinTyped(desk.config.station.clerk_pin)
    )
    desk.at(Page.CLERK_TODAY).wait(lambda s: isinstance(s.errand, Clerk) and bool(s.errand.rows), "today's list")
    assert isinstance(desk.state.errand, Clerk)
    desk.send(ev.RowChosen(desk.state.errand.rows[0].number)).at(Page.CLERK_CERTIFICATE).press(Key.VOID).at(Page.CLERK_REASON)
    desk.send(ev.ReasonChosen("wrongWeight")).at(Page.CLERK_TODAY).press(Key.BACK).at(Page.ATTRACT)
    desk.press(Key.START_CHECK).at(Page.CHECK)
    desk.bench.show_qr(label.png)
    desk.at(Page.VERDICT)
    assert isinstance(desk.state.errand, Check) and desk.state.errand.verdict is not None
    assert desk.state.errand.verdict.outcome == "revoked"


def test_a_stranger_is_registered_on_the_spot_and_issues(desk: Desk) -> None:
    [stranger] = [person for person in everybody() if "名录里没有" in person.note]
    desk.identified(stranger.name).at(Page.REGISTER_KIND).send(ev.KindChosen(SubjectKind.FARMER)).at(Page.REGISTER_PHONE)
    desk.send(ev.Typed("13800000555")).at(Page.REGISTER_PLACE).send(ev.PlaceChosen(b.VILLAGE)).at(Page.REGISTER_CONFIRM)
    desk.press(Key.NEXT).at(Page.PRODUCT).weighed().press(Key.ISSUE).at(Page.DONE)
    certificate = desk.visit.certificate
    assert certificate is not None and certificate.promise.subject.name == stranger.name
    # The next time the card is enough.
    desk.press(Key.FINISH).identified(stranger.name).at(Page.PRODUCT)


def test_an_expired_card_is_told_and_nothing_begins(desk: Desk) -> None:
    [late] = [person for person in everybody() if "过期" in person.note]
    desk.identified(late.name).wait(lambda s: s.said is not None and s.said.code == "card.expired", "the reason")
    assert desk.state.page is Page.IDENTIFY


def test_an_unstable_weight_is_not_taken(desk: Desk) -> None:
    tomato = desk.parts.catalogue.get(TOMATO)
    assert tomato is not None
    desk.identified().at(Page.PRODUCT).send(ev.ProductChosen(tomato)).at(Page.QUANTITY)
    desk.bench.scale_fault("unstable")
    desk.bench.set_weight("8.5")
    desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.weight.status is WeightStatus.UNSTABLE, "a moving weight")
    desk.press(Key.TAKE_WEIGHT).wait(lambda s: s.said is not None and s.said.code == "weight.unstable", "the reason")
    assert desk.state.page is Page.QUANTITY
