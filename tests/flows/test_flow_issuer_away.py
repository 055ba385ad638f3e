"""The issuer's process goes away and comes back: nobody begins what cannot end, and nobody who has begun is torn away."""

from __future__ import annotations

from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.pages import Page
from support import builders as b
from support.walk import Walk, a_known_producer

AWAY, BACK = ev.OpenPaperLoaded((), "issuerAway"), ev.OpenPaperLoaded(())


def said(walk: Walk) -> str:
    return walk.state.said.code if walk.state.said is not None else ""


def test_a_turn_of_the_issuer_is_asked_about_and_told_on_the_first_page() -> None:
    walk = Walk({fx.LoadOpenPaper: lambda _: AWAY})
    walk.do(ev.IssuerTurned())
    assert walk.page is Page.ATTRACT and len(walk.asked(fx.LoadOpenPaper)) == 2  # the start's own, and this one
    walk.press(Key.START)
    assert (walk.page, said(walk)) == (Page.ATTRACT, "issuerAway")
    walk.do(BACK).press(Key.START)
    assert walk.page is Page.CONSENT


def test_who_is_under_way_stays_where_he_is_and_his_idle_clock_runs_on() -> None:
    walk = Walk(a_known_producer()).press(Key.START, Key.AGREE).do(ev.CardSeen(b.a_card()))
    assert walk.page is Page.PRODUCT
    clocks = len(walk.asked(fx.StartTimer))
    walk.do(ev.IssuerTurned()).do(AWAY)
    assert walk.page is Page.PRODUCT and len(walk.asked(fx.StartTimer)) == clocks


def test_a_promise_that_met_it_away_is_issued_under_its_own_id_when_it_is_back() -> None:
    answers = a_known_producer()
    issue = answers.pop(fx.Issue)
    walk = Walk({**answers, fx.Issue: lambda _: ev.ServiceRefused("issuerAway")}).press(Key.START, Key.AGREE)
    walk.do(ev.CardSeen(b.a_card())).do(ev.ProductChosen(b.TOMATO)).do(ev.WeightSeen(b.stable()))
    walk.press(Key.TAKE_WEIGHT, Key.NEXT).do(ev.Signed(b.INK)).press(Key.ISSUE)
    assert (walk.page, said(walk)) == (Page.STOPPED, "issuerAway")
    walk.answers[fx.Issue] = issue
    walk.press(Key.RETRY, Key.ISSUE)
    first, second = walk.asked(fx.Issue)
    assert first.promise == second.promise and walk.visit.certificate is not None
