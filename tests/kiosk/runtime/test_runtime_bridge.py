"""The crossing to the screen's thread, on Kivy's own clock without a window: the newest state wins, and work lets a turning page go first."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from support.states import samples

pytestmark = pytest.mark.screen
STATES = {key: state for key, _, state in samples()}


@pytest.fixture
def clock() -> Any:
    from kivy.clock import Clock

    Clock.tick()
    return Clock


def test_only_the_newest_of_several_states_is_drawn(clock: Any) -> None:
    from kiosk.runtime.bridge import Bridge

    seen: list[Any] = []
    bridge = Bridge(seen.append)
    bridge.publish(STATES["consent-usual"])
    bridge.publish(STATES["product-usual"])
    clock.tick()
    assert seen == [STATES["product-usual"]]


def test_work_waits_until_a_page_that_turns_has_been_drawn(clock: Any) -> None:
    from kiosk.runtime.bridge import Bridge

    two_turns = iter((True, True))
    bridge = Bridge(lambda _: None, lambda: next(two_turns, False))
    bridge.publish(STATES["consent-usual"])
    came_back = threading.Event()
    worker = threading.Thread(target=lambda: (bridge.wait_drawn(), came_back.set()))
    worker.start()
    for _ in range(3):
        clock.tick()
    assert not came_back.is_set(), "put together, not yet drawn"
    clock.tick()
    assert came_back.wait(10.0)
    worker.join()


def test_work_does_not_wait_for_an_update_of_the_same_page(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from kiosk.runtime import bridge as bridge_module
    from kiosk.runtime.bridge import Bridge

    monkeypatch.setattr(bridge_module, "_LONGEST_WAIT_S", 20.0)  # so that having waited is not mistaken for a busy machine
    bridge = Bridge(lambda _: None)
    state = STATES["consent-usual"]
    bridge.publish(state)
    for _ in range(4):
        clock.tick()
    bridge.publish(replace(state, countdown=9))
    begun = time.monotonic()
    bridge.wait_drawn()
    assert time.monotonic() - begun < 10


def test_work_goes_on_when_the_screen_hangs(clock: Any) -> None:
    from kiosk.runtime.bridge import Bridge

    bridge = Bridge(lambda _: None)
    bridge.publish(STATES["consent-usual"])
    bridge.wait_drawn()  # nobody turns the loop
    clock.tick()
