"""A farmer nobody knows yet: from the first touch to his first certificate, every touch counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.directory.townships import load_townships
from kiosk.domain.promise import EvidenceLevel
from kiosk.domain.subject import Place, SubjectKind
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.pages import Page
from support import builders as b
from support.walk import Answer, Walk, a_known_producer

SECONDS_A_TOUCH = 2.5
"""A slow finger that has to look for each key; digits go faster."""

PHONE = "13800000001"
HOME = load_townships().base_of(b.a_card().address)


def nobody_knows_him() -> dict[type[fx.Effect], Answer]:
    answers = a_known_producer()
    answers[fx.FindByCard] = lambda _: ev.SubjectsFound((), b"n" * 32)
    answers[fx.LoadHabits] = lambda _: ev.HabitsLoaded(None, ())
    answers[fx.Register] = lambda effect: ev.Registered(  # type: ignore[attr-defined]
        b.a_subject(kind=effect.kind, name=effect.card.name, phone=effect.phone, base=effect.base, credit_code="")
    )
    return answers


def at_kind(answers: dict[type[fx.Effect], Answer] | None = None) -> Walk:
    walk = Walk(answers or nobody_knows_him()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.REGISTER_KIND
    return walk


def at_confirm(answers: dict[type[fx.Effect], Answer] | None = None) -> Walk:
    assert HOME is not None
    walk = at_kind(answers).do(ev.KindChosen(SubjectKind.FARMER), ev.Typed(PHONE), ev.PlaceChosen(HOME))
    assert walk.page is Page.REGISTER_CONFIRM
    return walk


def test_registration_takes_fifteen_touches_and_less_than_two_minutes() -> None:
    assert HOME == b.VILLAGE, "the card's address is offered, so the place takes one touch"
    touches = {
        Page.REGISTER_KIND: (1, ev.KindChosen(SubjectKind.FARMER)),
        Page.REGISTER_PHONE: (len(PHONE) + 1, ev.Typed(PHONE)),
        Page.REGISTER_PLACE: (1, ev.PlaceChosen(HOME)),
        Page.REGISTER_CONFIRM: (1, ev.Pressed(Key.NEXT)),
    }
    walk, count = at_kind(), 0
    for page, (fingers, event) in touches.items():
        assert walk.page is page
        walk.do(event)
        count += fingers
    assert walk.page is Page.PRODUCT
    assert count == 15
    assert count * SECONDS_A_TOUCH < 120


def test_what_he_said_is_what_is_registered_and_then_promised() -> None:
    walk = at_confirm().press(Key.NEXT)
    (order,) = walk.asked(fx.Register)
    assert isinstance(order, fx.Register)
    assert (order.kind, order.phone, order.base, order.card) == (SubjectKind.FARMER, PHONE, HOME, b.a_card())
    assert walk.visit.evidence is EvidenceLevel.CARD
    assert (walk.visit.draft.origin, walk.visit.draft.phone) == (HOME, PHONE)
    walk.do(ev.ProductChosen(b.TOMATO), ev.WeightSeen(b.stable())).press(Key.TAKE_WEIGHT, Key.NEXT).do(ev.Signed(b.INK))
    walk.press(Key.ISSUE)
    assert walk.page is Page.DONE


@pytest.mark.parametrize("kind", [kind for kind in SubjectKind if kind not in (SubjectKind.FARMER, SubjectKind.FAMILY_FARM)])
def test_organisations_are_told_to_go_to_the_counter(kind: SubjectKind) -> None:
    walk = at_kind().do(ev.KindChosen(kind))
    assert walk.page is Page.REGISTER_KIND
    assert walk.visit.notice is not None and walk.visit.notice.code == "register.atCounter"
    assert walk.do(ev.KindChosen(SubjectKind.FAMILY_FARM)).page is Page.REGISTER_PHONE
    assert walk.visit.notice is None


@pytest.mark.parametrize("typed", ["", "1380000000", "23800000001", "138000000011", "0354123"])
def test_a_wrong_phone_is_told_and_can_be_typed_again(typed: str) -> None:
    walk = at_kind().do(ev.KindChosen(SubjectKind.FARMER), ev.Typed(typed))
    assert walk.page is Page.REGISTER_PHONE
    assert walk.visit.notice is not None and walk.visit.notice.code == "phone.wrong"
    assert walk.do(ev.Typed(PHONE)).page is Page.REGISTER_PLACE


def test_going_back_keeps_what_was_said() -> None:
    walk = at_confirm()
    pages = []
    for _ in range(3):
        walk.press(Key.BACK)
        pages.append(walk.page)
    assert pages == [Page.REGISTER_PLACE, Page.REGISTER_PHONE, Page.REGISTER_KIND]
    assert (walk.visit.new.phone, walk.visit.new.place) == (PHONE, HOME)
    assert not walk.asked(fx.Register)
    assert walk.press(Key.BACK).page is Page.ATTRACT


@pytest.mark.parametrize("text", ["", "村", "  ", "长" * 61])
def test_a_place_that_no_label_could_carry_is_refused_at_once(text: str) -> None:
    walk = at_kind().do(ev.KindChosen(SubjectKind.FARMER), ev.Typed(PHONE), ev.PlaceChosen(Place("140703", text)))
    assert walk.page is Page.REGISTER_PLACE
    assert walk.visit.notice is not None and walk.visit.notice.code == "place.wrong"


def test_a_second_tap_registers_once() -> None:
    answers = nobody_knows_him()
    del answers[fx.Register]
    walk = at_confirm(answers).press(Key.NEXT, Key.NEXT, Key.NEXT)
    assert walk.page is Page.REGISTER_CONFIRM
    assert walk.visit.busy == "registering"
    assert len(walk.asked(fx.Register)) == 1


def test_nobody_leaves_the_page_while_the_ledger_writes() -> None:
    answers = nobody_knows_him()
    del answers[fx.Register]
    walk = at_confirm(answers).press(Key.NEXT, Key.BACK)
    assert walk.page is Page.REGISTER_CONFIRM
    walk.do(ev.Registered(b.a_subject()))
    assert walk.page is Page.PRODUCT


def test_a_refusal_is_told_and_can_be_tried_again() -> None:
    answers = nobody_knows_him()
    good = answers[fx.Register]
    answers[fx.Register] = lambda _: ev.ServiceRefused("diskFull")
    walk = at_confirm(answers).press(Key.NEXT)
    assert walk.page is Page.REGISTER_CONFIRM and not walk.visit.busy
    assert walk.visit.notice is not None and walk.visit.notice.code == "diskFull"
    walk.answers[fx.Register] = good
    assert walk.press(Key.NEXT).page is Page.PRODUCT


def test_cancelling_forgets_the_card() -> None:
    walk = at_confirm().press(Key.CANCEL)
    assert walk.page is Page.ATTRACT
    assert walk.asked(fx.Forget)


def test_a_card_from_another_province_offers_no_base() -> None:
    card = replace(b.a_card(), address="河北省石家庄市长安区建北街道12号")
    assert load_townships().base_of(card.address) is None
