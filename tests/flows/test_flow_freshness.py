"""A weight lives for a second from the moment it was read; whatever becomes of the scale's wire, an older one is neither shown nor taken."""

from dataclasses import replace

import pytest

from kiosk.domain.quantity import FRESH_S, NO_WEIGHT
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key, Timer
from kiosk.session.pages import Page
from kiosk.session.upkeep_state import Upkeep
from support import builders as b
from support.walk import Walk, a_known_producer


def seen(kg: str, read_s: float) -> ev.WeightSeen:
    return ev.WeightSeen(replace(b.stable(kg), read_s=read_s))


def at_the_scale(now_s: float = 100.0) -> Walk:
    walk = Walk(a_known_producer(), now_s=now_s).press(Key.START, Key.AGREE)
    return walk.do(ev.CardSeen(b.a_card()), ev.ProductChosen(b.TOMATO), seen("126.35", now_s))


def watches(walk: Walk) -> list[float]:
    return [effect.seconds for effect in walk.effects if isinstance(effect, fx.StartTimer) and effect.timer is Timer.WEIGHT]


def test_the_number_goes_away_by_itself_when_no_newer_one_comes() -> None:
    walk = at_the_scale()
    assert walk.visit.weight == b.stable("126.35") and watches(walk) == [pytest.approx(FRESH_S + 0.01)]
    walk.now_s += watches(walk)[-1]
    walk.do(ev.TimerFired(Timer.WEIGHT))
    assert walk.visit.weight == NO_WEIGHT == walk.state.weight
    assert walk.press(Key.TAKE_WEIGHT).page is Page.QUANTITY
    assert walk.state.said is not None and walk.state.said.code == "weight.notReady"
    assert walk.visit.draft.quantity is None


@pytest.mark.parametrize(("age_s", "page"), [(0.99, Page.ORIGIN), (1.0, Page.QUANTITY), (3600.0, Page.QUANTITY)])
def test_an_old_weight_is_not_taken_even_when_no_timer_has_fired(age_s: float, page: Page) -> None:
    walk = at_the_scale()
    walk.now_s += age_s
    assert walk.press(Key.TAKE_WEIGHT).page is page


def test_the_same_weight_read_again_goes_on_living() -> None:
    walk = at_the_scale()
    for _ in range(20):
        walk.now_s += 0.35
        walk.do(seen("126.35", walk.now_s - 0.05))
    assert walk.visit.weight == b.stable("126.35")
    assert watches(walk)[-1] == pytest.approx(FRESH_S - 0.05 + 0.01)
    assert walk.press(Key.TAKE_WEIGHT).page is Page.ORIGIN


def test_a_weight_that_comes_late_is_none() -> None:
    walk = at_the_scale()
    walk.do(seen("99.95", walk.now_s - 1.5))
    assert walk.visit.weight == NO_WEIGHT
    assert walk.press(Key.TAKE_WEIGHT).page is Page.QUANTITY


def test_an_old_weight_does_not_wait_for_the_next_person() -> None:
    walk = at_the_scale().press(Key.CANCEL)
    assert walk.page is Page.ATTRACT
    assert fx.StopTimer(Timer.WEIGHT) not in walk.effects  # its end is watched over also when the visit ends
    walk.now_s += 1.5
    walk.press(Key.START)
    assert walk.visit.weight == NO_WEIGHT == walk.state.weight


def test_a_technician_compares_no_old_weight_either() -> None:
    walk = Walk(now_s=50.0)
    walk.do(seen("5.000", 50.0)).press(Key.START_CLERK, Key.DEVICES)
    assert isinstance(walk.state.errand, Upkeep) and walk.state.errand.weight == b.stable("5.000")
    walk.now_s += 1.2
    walk.do(ev.Touched())
    assert walk.state.errand.weight == NO_WEIGHT


def test_silence_has_no_age() -> None:
    walk = at_the_scale()
    walk.do(ev.WeightSeen(NO_WEIGHT))
    before = watches(walk)
    walk.now_s += 900
    assert walk.do(ev.Touched()).visit.weight == NO_WEIGHT and watches(walk) == before
