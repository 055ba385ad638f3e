"""Issuing paused by the centre, at every page of a visit: nobody is torn away, nothing is issued, what is issued reaches paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.options import Options
from kiosk.session.pages import Page
from support import builders as b
from support.walk import Walk, a_known_producer

REASON = "停电检修，下午两点恢复"
PAUSE, RESUME = ev.PauseSeen(True, REASON), ev.PauseSeen(False)

TO_PROMISE: tuple[tuple[ev.Event, Page], ...] = (
    (ev.Pressed(Key.START), Page.CONSENT),
    (ev.Pressed(Key.AGREE), Page.IDENTIFY),
    (ev.CardSeen(b.a_card()), Page.PRODUCT),
    (ev.ProductChosen(b.TOMATO), Page.QUANTITY),
    (ev.WeightSeen(b.stable()), Page.QUANTITY),
    (ev.Pressed(Key.TAKE_WEIGHT), Page.ORIGIN),
    (ev.Pressed(Key.NEXT), Page.PROMISE),
    (ev.Signed(b.INK), Page.PROMISE),
)


def walked(steps: int, answers: dict[type[fx.Effect], Callable[[fx.Effect], ev.Event | None]] | None = None) -> Walk:
    walk = Walk(a_known_producer() if answers is None else answers)
    for event, page in TO_PROMISE[:steps]:
        assert walk.do(event).page is page
    return walk


def code(walk: Walk) -> str:
    return walk.state.said.code if walk.state.said is not None else ""


@pytest.mark.parametrize("key", [Key.START, Key.START_LOOKUP, Key.START_SCAN])
def test_whoever_starts_is_told_why_and_no_device_wakes(key: Key) -> None:
    walk = Walk(a_known_producer()).do(PAUSE)
    assert walk.page is Page.ATTRACT
    walk.press(key)
    assert walk.page is Page.PAUSED
    assert walk.state.said is not None and dict(walk.state.said.facts)["reason"] == REASON
    assert not walk.asked(fx.ArmReader) and not walk.asked(fx.ArmCamera)
    assert walk.press(Key.FINISH).page is Page.ATTRACT


@pytest.mark.parametrize(
    ("key", "page"), [(Key.START, Page.CONSENT), (Key.START_LOOKUP, Page.LOOKUP), (Key.START_SCAN, Page.SCAN_SUBJECT)]
)
def test_who_waits_on_the_page_goes_on_when_issuing_comes_back(key: Key, page: Page) -> None:
    walk = Walk(a_known_producer()).do(PAUSE).press(key).do(RESUME)
    assert walk.page is page
    assert len(walk.asked(fx.ArmCamera)) == (key is Key.START_SCAN)
    assert code(walk) == ""


@pytest.mark.parametrize("steps", range(1, len(TO_PROMISE)))
def test_a_pause_tears_nobody_away_and_stops_before_the_promise(steps: int) -> None:
    walk = walked(steps)
    page = walk.page
    walk.do(PAUSE)
    assert walk.page is page
    assert code(walk) == "pausedMeanwhile"
    for event, _ in TO_PROMISE[steps:]:
        walk.do(event)
    walk.press(Key.ISSUE)
    assert walk.page is Page.PAUSED
    assert not walk.asked(fx.Issue)


@pytest.mark.parametrize("steps", range(3, len(TO_PROMISE)))
def test_what_was_chosen_is_still_there_when_issuing_comes_back(steps: int) -> None:
    walk = walked(steps).do(PAUSE)
    for event, _ in TO_PROMISE[steps:]:
        walk.do(event)
    walk.press(Key.ISSUE).do(RESUME)
    assert walk.page is Page.PROMISE
    assert walk.visit.preview is not None
    walk.do(ev.Signed(b.INK)).press(Key.ISSUE)
    assert walk.page is Page.DONE
    assert len(walk.asked(fx.Issue)) == 1


def test_a_pause_that_ends_in_mid_visit_leaves_nothing_behind() -> None:
    walk = walked(3).do(PAUSE, RESUME)
    assert code(walk) == ""
    for event, _ in TO_PROMISE[3:]:
        walk.do(event)
    assert walk.press(Key.ISSUE).page is Page.DONE


def test_what_the_issuer_has_in_hand_is_printed() -> None:
    answers = a_known_producer()
    del answers[fx.Issue]
    walk = walked(len(TO_PROMISE), answers).press(Key.ISSUE)
    assert walk.page is Page.ISSUING
    made = walk.asked(fx.Issue)[0].promise  # type: ignore[attr-defined]
    walk.do(PAUSE)
    assert (walk.page, code(walk)) == (Page.ISSUING, "")
    walk.do(ev.Issued(b.a_certificate(made)))
    assert (walk.page, code(walk)) == (Page.DONE, "")
    assert walk.press(Key.ANOTHER).page is Page.PAUSED
    assert walk.do(RESUME).page is Page.PRODUCT


def test_a_refusal_of_the_issuer_itself_is_a_pause_and_the_same_promise_may_come_again() -> None:
    refused: list[bool] = []
    answers = a_known_producer()
    issue = answers[fx.Issue]

    def once_refused(effect: fx.Effect) -> ev.Event | None:
        if not refused:
            refused.append(True)
            return ev.ServiceRefused("paused")
        return issue(effect)

    answers[fx.Issue] = once_refused
    walk = walked(len(TO_PROMISE), answers).press(Key.ISSUE)
    assert (walk.page, code(walk)) == (Page.PAUSED, "pausedWithoutReason")
    assert code(walk.do(PAUSE)) == "paused"
    walk.do(RESUME).press(Key.ISSUE)
    assert walk.page is Page.DONE
    assert len({effect.promise.promise_id for effect in walk.asked(fx.Issue)}) == 1  # type: ignore[attr-defined]


def test_paper_of_before_and_checks_go_on_during_a_pause() -> None:
    walk = Walk(a_known_producer()).do(PAUSE).press(Key.START_CHECK)
    assert walk.page is Page.CHECK
    walk.press(Key.BACK).press(Key.START_CLERK)
    assert walk.page is Page.CLERK_PIN


def test_nobody_on_the_paused_page_is_wiped_after_the_idle_time() -> None:
    walk = Walk(a_known_producer()).do(PAUSE).press(Key.START).do(ev.TimerFired(ev.Timer.IDLE))
    for _ in range(30):
        walk.do(ev.TimerFired(ev.Timer.COUNTDOWN))
    assert walk.page is Page.ATTRACT


def test_options_hold_from_the_next_visit_on() -> None:
    chosen = ev.OptionsSet(Options(signature_required=False, max_copies=3, idle_s=90, elder_first=True))
    walk = walked(len(TO_PROMISE) - 1).do(chosen)
    assert walk.visit.rules.signature_required
    assert not walk.state.elder
    walk.press(Key.CANCEL)
    assert walk.state.elder
    walk.effects.clear()
    walk.press(Key.START)
    assert walk.visit.rules.max_copies == 3
    assert not walk.visit.rules.signature_required
    assert any(isinstance(e, fx.StartTimer) and e.timer is ev.Timer.IDLE and e.seconds == 180 for e in walk.effects)
    assert walk.press(Key.ELDER, Key.CANCEL).state.elder


def test_the_elder_default_counts_at_once_where_nobody_is_served() -> None:
    walk = Walk(a_known_producer()).do(ev.OptionsSet(Options(elder_first=True)))
    assert walk.state.elder
    assert not walk.do(ev.OptionsSet(Options())).state.elder
