"""The visit as people walk it, step by step on the real machine."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kiosk.domain.certificate import PaperAnswer, PaperOutcome
from kiosk.domain.form import CertificateForm
from kiosk.domain.promise import EvidenceLevel, Signature
from kiosk.domain.quantity import QuantitySource, Unit, Weight, WeightStatus
from kiosk.domain.subject import SubjectKind, SubjectStatus
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.delays import MOST_RECHECKS
from kiosk.session.events import Key
from kiosk.session.notice import Notice
from kiosk.session.pages import Page
from support import builders as b
from support.walk import PAPER_OUT, READY, Walk, a_known_producer


def at_promise(walk: Walk, copies: int = 1) -> Walk:
    walk.press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.TOMATO), ev.WeightSeen(b.stable()))
    walk.press(Key.TAKE_WEIGHT, Key.NEXT).do(ev.CopiesChanged(copies), ev.Signed(b.INK))
    assert walk.page is Page.PROMISE
    return walk


def test_a_producer_walks_from_attract_to_done() -> None:
    walk = Walk(a_known_producer())
    pages = []
    for event in (
        ev.Pressed(Key.START),
        ev.Pressed(Key.AGREE),
        ev.CardSeen(b.a_card()),
        ev.ProductChosen(b.TOMATO),
        ev.WeightSeen(b.stable()),
        ev.Pressed(Key.TAKE_WEIGHT),
        ev.Pressed(Key.NEXT),
        ev.Signed(b.INK),
        ev.Pressed(Key.ISSUE),
    ):
        walk.do(event)
        pages.append(walk.page)
    assert pages == [
        Page.CONSENT,
        Page.IDENTIFY,
        Page.PRODUCT,
        Page.QUANTITY,
        Page.QUANTITY,
        Page.ORIGIN,
        Page.PROMISE,
        Page.PROMISE,
        Page.DONE,
    ]
    issued = walk.asked(fx.Issue)
    assert len(issued) == 1
    assert issued[0].promise.quantity.amount == Decimal("126.35")  # type: ignore[attr-defined]


def test_the_reader_sleeps_until_consent() -> None:
    walk = Walk(a_known_producer()).press(Key.START)
    assert not walk.asked(fx.ArmReader)
    walk.press(Key.AGREE)
    assert len(walk.asked(fx.ArmReader)) == 1


def test_same_as_last_time_reaches_paper_in_five_touches() -> None:
    walk = Walk(a_known_producer()).press(Key.START)
    walk.touches = 0
    walk.press(Key.AGREE).do(ev.CardSeen(b.a_card())).press(Key.SAME_AGAIN).do(ev.WeightSeen(b.stable()))
    walk.press(Key.TAKE_WEIGHT).do(ev.Signed(b.INK)).press(Key.ISSUE)
    assert walk.page is Page.DONE
    assert walk.touches <= 5


def test_a_second_tap_on_issue_asks_for_nothing() -> None:
    answers = a_known_producer()
    del answers[fx.Issue]
    walk = at_promise(Walk(answers)).press(Key.ISSUE, Key.ISSUE, Key.ISSUE)
    assert walk.page is Page.ISSUING
    assert len(walk.asked(fx.Issue)) == 1


def test_a_refusal_keeps_the_promise_id_so_that_trying_again_cannot_double() -> None:
    answers = a_known_producer()
    answers[fx.Issue] = lambda _: ev.ServiceRefused("diskFull")
    walk = at_promise(Walk(answers)).press(Key.ISSUE)
    assert walk.page is Page.STOPPED
    walk.press(Key.RETRY).press(Key.ISSUE)
    ids = {effect.promise.promise_id for effect in walk.asked(fx.Issue)}  # type: ignore[attr-defined]
    assert len(walk.asked(fx.Issue)) == 2
    assert len(ids) == 1


@pytest.mark.parametrize(
    "weight",
    [
        Weight(Decimal("1.25"), WeightStatus.UNSTABLE),
        Weight(Decimal("-0.02"), WeightStatus.UNDER_ZERO),
        Weight(None, WeightStatus.OVERWEIGHT),
        Weight(None, WeightStatus.NOT_READY),
        Weight(Decimal(0), WeightStatus.ZERO),
        Weight(Decimal(0), WeightStatus.STABLE),
    ],
)
def test_only_a_stable_positive_weight_can_be_taken(weight: Weight) -> None:
    walk = (
        Walk(a_known_producer())
        .press(Key.START, Key.AGREE)
        .do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.TOMATO), ev.WeightSeen(weight))
    )
    walk.press(Key.TAKE_WEIGHT)
    assert walk.page is Page.QUANTITY
    assert walk.visit.draft.quantity is None
    assert walk.visit.notice is not None


def test_a_typed_weight_is_marked_declared() -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.TOMATO))
    walk.press(Key.TYPE_WEIGHT).do(ev.Typed("12.5"))
    assert walk.page is Page.ORIGIN
    assert walk.visit.draft.quantity is not None
    assert walk.visit.draft.quantity.source is QuantitySource.DECLARED
    assert "自报" in walk.visit.draft.quantity.printed


@pytest.mark.parametrize("text", ["0", "", "abc", "0.0001", "9999999", "-3"])
def test_an_impossible_typed_weight_is_answered_and_nothing_is_lost(text: str) -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.TOMATO))
    walk.press(Key.TYPE_WEIGHT).do(ev.Typed(text))
    assert walk.page is Page.TYPE_WEIGHT
    assert walk.visit.notice is not None
    assert walk.visit.draft.product == b.TOMATO


def test_counted_goods_take_whole_numbers_in_their_own_units() -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.EGGS))
    assert walk.page is Page.COUNT
    assert walk.do(ev.Counted("1.5", Unit.EGG)).page is Page.COUNT
    assert walk.do(ev.Counted("300", Unit.HEAD)).page is Page.COUNT
    assert walk.do(ev.Counted("300", Unit.EGG)).page is Page.ORIGIN


def test_goods_out_of_scope_name_the_right_paper() -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.MILLET))
    assert walk.page is Page.ADVICE
    assert walk.visit.advice == ("小米", "grain")
    assert walk.press(Key.BACK).page is Page.PRODUCT


def test_without_a_signature_nothing_is_issued() -> None:
    walk = at_promise(Walk(a_known_producer())).do(ev.Signed(Signature())).press(Key.ISSUE)
    assert walk.page is Page.PROMISE
    assert not walk.asked(fx.Issue)


def test_a_label_that_does_not_fit_is_said_before_anything_is_issued() -> None:
    answers = a_known_producer()
    answers[fx.DrawPreview] = lambda _: ev.PreviewDrawn(None, "label.tooSmall", "80x60")
    walk = at_promise(Walk(answers)).press(Key.ISSUE)
    assert walk.page is Page.PROMISE
    assert not walk.asked(fx.Issue)


def test_an_expired_card_is_told_and_the_reader_goes_on() -> None:
    card = replace(b.a_card(), long_term=False, valid_to=b.TODAY.replace(year=2025))
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(card))
    assert walk.page is Page.IDENTIFY
    assert walk.visit.notice is not None and walk.visit.notice.code == "card.expired"
    assert walk.visit.card is None
    assert len(walk.asked(fx.ArmReader)) == 2


def test_a_card_pulled_early_is_told_in_words() -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardFailed("cardRemoved"))
    assert walk.page is Page.IDENTIFY
    assert walk.visit.notice is not None and walk.visit.notice.code == "card.cardRemoved"


def test_a_suspended_subject_cannot_go_on() -> None:
    answers = a_known_producer()
    answers[fx.FindByCard] = lambda _: ev.SubjectsFound((b.a_subject(status=SubjectStatus.SUSPENDED),), b"h" * 32)
    walk = Walk(answers).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.STOPPED


def test_a_phone_only_preselects_and_the_card_must_be_of_that_subject() -> None:
    walk = Walk(a_known_producer()).press(Key.START_LOOKUP).do(ev.Typed("13800000417"))
    assert walk.page is Page.CHOOSE_SUBJECT
    walk.do(ev.SubjectChosen(b.a_subject()))
    assert walk.page is Page.CONSENT
    assert walk.visit.evidence is None
    walk.press(Key.AGREE)
    assert walk.page is Page.PROVE
    walk.answers[fx.FindByCard] = lambda _: ev.SubjectsFound((), b"x" * 32)
    walk.do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.PROVE
    assert walk.visit.notice is not None and walk.visit.notice.code == "card.otherPerson"
    walk.answers.update(a_known_producer())
    walk.do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.PRODUCT
    assert walk.visit.evidence is EvidenceLevel.CARD


def test_the_station_pin_is_evidence_of_its_own_level() -> None:
    answers = a_known_producer()
    answers[fx.CheckPin] = lambda effect: ev.PinChecked(effect.pin == "314159")  # type: ignore[attr-defined]
    walk = Walk(answers).press(Key.START_LOOKUP).do(ev.Typed("13800000417"), ev.SubjectChosen(b.a_subject()))
    walk.press(Key.AGREE, Key.USE_PIN).do(ev.PinTyped("000000"))
    assert walk.page is Page.PIN and walk.visit.notice is not None
    walk.do(ev.PinTyped("314159"))
    assert walk.page is Page.PRODUCT
    assert walk.visit.evidence is EvidenceLevel.STATION_PIN


def test_an_unknown_farmer_registers_on_the_spot() -> None:
    answers = a_known_producer()
    answers[fx.FindByCard] = lambda _: ev.SubjectsFound((), b"n" * 32)
    answers[fx.Register] = lambda effect: ev.Registered(b.a_subject(kind=effect.kind, phone=effect.phone, base=effect.base))  # type: ignore[attr-defined]
    walk = Walk(answers).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.REGISTER_KIND
    walk.do(ev.KindChosen(SubjectKind.ENTERPRISE))
    assert walk.page is Page.REGISTER_KIND, "organisations register at the counter"
    walk.do(ev.KindChosen(SubjectKind.FARMER), ev.Typed("123"))
    assert walk.page is Page.REGISTER_PHONE
    walk.do(ev.Typed("13800000001"), ev.PlaceChosen(b.VILLAGE)).press(Key.NEXT)
    assert walk.page is Page.PRODUCT


def test_paper_out_at_copy_three_of_eight_goes_on_with_copy_three() -> None:
    answers = a_known_producer()
    outcomes = iter([PaperOutcome.CONFIRMED, PaperOutcome.CONFIRMED, PaperOutcome.FAILED] + [PaperOutcome.CONFIRMED] * 6)
    answers[fx.PrintCopy] = lambda effect: ev.CopyEnded(effect.copy, effect.copy, next(outcomes), "paperOut")  # type: ignore[attr-defined]
    walk = at_promise(Walk(answers), copies=8).press(Key.ISSUE)
    assert walk.page is Page.TROUBLE
    walk.do(ev.HealthChanged(PAPER_OUT))
    assert walk.page is Page.TROUBLE
    walk.do(ev.HealthChanged(READY))
    assert walk.page is Page.DONE
    printed = [(e.copy, e.reprint) for e in walk.asked(fx.PrintCopy)]  # type: ignore[attr-defined]
    assert printed == [(1, False), (2, False), (3, False), (3, False), (4, False), (5, False), (6, False), (7, False), (8, False)]


def test_an_unknown_paper_is_asked_of_the_person_and_the_answer_is_kept() -> None:
    answers = a_known_producer()
    outcomes = iter([PaperOutcome.UNKNOWN, PaperOutcome.CONFIRMED, PaperOutcome.CONFIRMED])
    answers[fx.PrintCopy] = lambda effect: ev.CopyEnded(7, effect.copy, next(outcomes))  # type: ignore[attr-defined]
    walk = at_promise(Walk(answers), copies=2).press(Key.ISSUE)
    assert walk.page is Page.ASK_PAPER
    walk.press(Key.NOT_GOT)
    assert walk.page is Page.DONE
    assert [e.answer for e in walk.asked(fx.KeepAnswer)] == [PaperAnswer.NOT_GOT]  # type: ignore[attr-defined]
    assert [(e.copy, e.reprint) for e in walk.asked(fx.PrintCopy)] == [(1, False), (1, True), (2, False)]  # type: ignore[attr-defined]


def test_a_receipt_that_does_not_match_raises_an_alarm_and_is_never_sent_again() -> None:
    answers = a_known_producer()
    answers[fx.PrintCopy] = lambda effect: ev.CopyEnded(7, effect.copy, PaperOutcome.FAILED, "receiptMismatch")  # type: ignore[attr-defined]
    walk = at_promise(Walk(answers)).press(Key.ISSUE)
    assert walk.page is Page.TROUBLE
    assert walk.asked(fx.RaiseAlarm)
    walk.press(Key.RETRY).do(ev.HealthChanged(READY))
    assert len(walk.asked(fx.PrintCopy)) == 1


def test_idle_warns_then_wipes_everything_personal() -> None:
    walk = at_promise(Walk(a_known_producer())).do(ev.TimerFired(ev.Timer.IDLE))
    assert walk.state.countdown == 20
    for _ in range(20):
        walk.do(ev.TimerFired(ev.Timer.COUNTDOWN))
    assert walk.page is Page.ATTRACT
    assert walk.state.errand is None
    assert walk.asked(fx.Forget)


def test_a_touch_ends_the_countdown() -> None:
    walk = at_promise(Walk(a_known_producer())).do(ev.TimerFired(ev.Timer.IDLE), ev.Touched())
    assert walk.state.countdown is None
    walk.do(ev.TimerFired(ev.Timer.COUNTDOWN))
    assert walk.page is Page.PROMISE


def test_idle_never_wipes_while_paper_moves() -> None:
    answers = a_known_producer()
    del answers[fx.PrintCopy]
    walk = at_promise(Walk(answers)).press(Key.ISSUE)
    assert walk.page is Page.PRINTING
    walk.do(ev.TimerFired(ev.Timer.IDLE))
    assert walk.page is Page.PRINTING
    assert walk.state.countdown is None


def test_a_clock_that_cannot_be_trusted_stops_before_the_card_is_read() -> None:
    walk = Walk(a_known_producer()).do(ev.OpenPaperLoaded((), "clockUntrusted")).press(Key.START)
    assert walk.page is Page.ATTRACT
    assert walk.state.notice is not None and walk.state.notice.code == "clockUntrusted"
    assert not walk.asked(fx.ArmReader)


def test_a_terminal_that_does_not_know_its_numbers_says_so_before_the_card_is_read_and_goes_on_when_it_does() -> None:
    walk = Walk(a_known_producer()).do(ev.OpenPaperLoaded((), "numbersUnknown")).press(Key.START)
    assert walk.page is Page.ATTRACT
    assert walk.state.notice is not None and walk.state.notice.code == "numbersUnknown"
    assert not walk.asked(fx.ArmReader)
    asked = len(walk.asked(fx.LoadOpenPaper))
    walk.do(ev.IssuerTurned())
    assert len(walk.asked(fx.LoadOpenPaper)) == asked + 1
    walk.do(ev.OpenPaperLoaded((), ""))
    assert (walk.state.clock_problem, walk.state.notice) == ("", None)
    assert walk.press(Key.START).page is Page.CONSENT


def test_numbers_that_turn_out_unknown_at_the_last_moment_stop_the_visit_and_keep_the_promise() -> None:
    answers = a_known_producer()
    answers[fx.Issue] = lambda _: ev.ServiceRefused("numbersUnknown")
    walk = at_promise(Walk(answers)).press(Key.ISSUE)
    assert walk.page is Page.STOPPED
    assert walk.state.said is not None and walk.state.said.code == "numbersUnknown"
    answers[fx.Issue] = lambda effect: ev.Issued(b.a_certificate(effect.promise))  # type: ignore[attr-defined]
    assert walk.press(Key.RETRY, Key.ISSUE).page in (Page.PRINTING, Page.DONE)


def test_elder_mode_is_one_touch_and_ends_with_the_visit() -> None:
    walk = Walk(a_known_producer()).press(Key.ELDER, Key.START)
    assert walk.state.elder
    assert any(isinstance(e, fx.StartTimer) and e.seconds == 80 for e in walk.effects)
    walk.press(Key.CANCEL)
    assert not walk.state.elder


@pytest.mark.parametrize("page", [Page.CONSENT, Page.IDENTIFY, Page.PRODUCT, Page.QUANTITY, Page.ORIGIN, Page.PROMISE])
def test_cancel_works_everywhere_before_the_issue(page: Page) -> None:
    walk = Walk(a_known_producer()).press(Key.START)
    events = [
        ev.Pressed(Key.AGREE),
        ev.CardSeen(b.a_card()),
        ev.ProductChosen(b.TOMATO),
        ev.WeightSeen(b.stable()),
        ev.Pressed(Key.TAKE_WEIGHT),
        ev.Pressed(Key.NEXT),
    ]
    while walk.page is not page:
        walk.do(events.pop(0))
    walk.press(Key.CANCEL)
    assert walk.page is Page.ATTRACT
    assert not walk.asked(fx.Issue)


def test_one_more_keeps_the_person_and_nothing_of_the_goods() -> None:
    walk = at_promise(Walk(a_known_producer())).press(Key.ISSUE, Key.ANOTHER)
    assert walk.page is Page.PRODUCT
    assert walk.visit.draft.subject is not None
    assert walk.visit.draft.quantity is None and walk.visit.promise_id == "" and walk.visit.signature.is_empty


def test_an_event_nobody_expected_is_reported_and_changes_nothing() -> None:
    walk = Walk(a_known_producer()).press(Key.START)
    before = walk.state.errand
    walk.do(ev.Registered(b.a_subject()))
    assert walk.state.errand == before
    assert [e.event for e in walk.asked(fx.Unexpected)] == ["Registered"]  # type: ignore[attr-defined]


def test_a_look_up_that_fails_is_told_and_the_card_is_read_again() -> None:
    walk = Walk().press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()))
    assert walk.visit.busy
    walk.do(ev.ServiceRefused("storeBroken"))
    assert (walk.page, walk.visit.busy) == (Page.IDENTIFY, "")
    assert walk.state.said == Notice("storeBroken")
    assert len(walk.asked(fx.ArmReader)) == 2


def a_refused_copy(error: str = "paperOut") -> Walk:
    return (
        at_promise(Walk({**a_known_producer(), fx.PrintCopy: lambda _: None}))
        .press(Key.ISSUE)
        .do(ev.CopyEnded(1, 1, PaperOutcome.FAILED, error))
    )


def test_a_fault_that_came_and_went_between_two_looks_is_tried_again_by_itself() -> None:
    walk = a_refused_copy()
    assert walk.page is Page.TROUBLE
    assert walk.do(ev.TimerFired(ev.Timer.RECHECK)).page is Page.PRINTING
    assert len(walk.asked(fx.PrintCopy)) == 2


def test_a_trouble_that_turns_into_another_is_told_again() -> None:
    walk = a_refused_copy("coverOpen").do(ev.HealthChanged(PAPER_OUT))
    told = [effect.facts for effect in walk.effects if isinstance(effect, fx.Speak) and effect.text_id == "trouble.both"]
    assert [dict(facts)["what"] for facts in told] == ["@trouble.coverOpen", "@trouble.paperOut"]


def test_a_printer_that_is_not_well_is_not_tried_until_it_is() -> None:
    walk = a_refused_copy().do(ev.HealthChanged(PAPER_OUT), ev.TimerFired(ev.Timer.RECHECK))
    assert walk.page is Page.TROUBLE
    assert len(walk.asked(fx.PrintCopy)) == 1
    assert walk.do(ev.HealthChanged(READY)).page is Page.PRINTING


def test_a_printer_that_looks_well_and_always_refuses_waits_for_a_person() -> None:
    walk = a_refused_copy()
    for job in range(2, 12):
        walk.do(ev.TimerFired(ev.Timer.RECHECK), ev.CopyEnded(job, 1, PaperOutcome.FAILED, "paperOut"))
    timers = [e for e in walk.asked(fx.StartTimer) if isinstance(e, fx.StartTimer) and e.timer is ev.Timer.RECHECK]
    assert len(timers) == MOST_RECHECKS
    assert walk.page is Page.TROUBLE


def test_ink_under_one_promise_does_not_count_for_a_changed_one() -> None:
    walk = at_promise(Walk(a_known_producer()))
    walk.press(Key.EDIT_PLACE, Key.EDIT_PLACE).do(ev.Typed("晋中市太谷区明星镇北庄村")).press(Key.NEXT)
    assert walk.page is Page.PROMISE
    assert walk.visit.signature.is_empty
    walk.press(Key.ISSUE)
    assert walk.visit.notice == Notice("signature.missing")


def test_the_promise_page_knows_its_form() -> None:
    assert at_promise(Walk(a_known_producer())).visit.form is CertificateForm.T2026_PRODUCER


def test_counted_goods_can_be_weighed_after_all() -> None:
    walk = Walk(a_known_producer())
    walk.press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.EGGS))
    assert walk.page is Page.COUNT
    walk.press(Key.TAKE_WEIGHT)
    assert walk.page is Page.QUANTITY
    walk.do(ev.WeightSeen(b.stable("12.5"))).press(Key.TAKE_WEIGHT)
    quantity = walk.visit.draft.quantity
    assert quantity is not None
    assert (quantity.amount, quantity.unit, quantity.source) == (Decimal("12.5"), Unit.KG, QuantitySource.WEIGHED)


def test_a_label_without_a_larger_stock_names_none() -> None:
    walk = at_promise(Walk({**a_known_producer(), fx.DrawPreview: lambda _: ev.PreviewDrawn(None, "label.tooSmall", "")}))
    walk.press(Key.ISSUE)
    assert walk.visit.notice == Notice("label.tooSmallHere")
