"""The runner: events in order, effects carried out, timers that a wipe cannot race, crashes that are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from kiosk.domain.certificate import ClockQuality
from kiosk.issuing.issuer import TrustedTime
from kiosk.runtime.runner import Runner
from kiosk.runtime.timers import Timers
from kiosk.runtime.workers import Desk, Workers
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key, Timer
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Rules
from support import builders as b
from support.walk import READY


class FixedClock:
    def read(self) -> TrustedTime:
        return TrustedTime(b.NOON, ClockQuality.NTP)


class FakeDevices:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[[], None]:
        return lambda: self.calls.append(name)


class FakeVoice:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text_id: str, facts: tuple[tuple[str, str], ...]) -> None:
        self.said.append(text_id)

    def quiet(self) -> None:
        self.said.append("(quiet)")


class FakeServices:
    def __init__(self) -> None:
        self.asked: list[fx.Effect] = []

    def carry_out(self, effect: fx.Effect) -> None:
        self.asked.append(effect)


class Rig:
    def __init__(self) -> None:
        self.devices, self.voice, self.services = FakeDevices(), FakeVoice(), FakeServices()
        self.pages: list[Page] = []
        self.turned = threading.Condition()
        state = Terminal("站", True, Rules("140703"), health=READY)
        self.runner = Runner(state, FixedClock(), self.devices, self.voice, self._show)

    def _show(self, state: Terminal) -> None:
        with self.turned:
            self.pages.append(state.page)
            self.turned.notify_all()

    def until(self, page: Page) -> None:
        with self.turned:
            assert self.turned.wait_for(lambda: bool(self.pages) and self.pages[-1] is page, timeout=5), self.pages


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    made.runner.start(made.services)
    yield made
    made.runner.stop()


def test_touches_become_pages_devices_and_speech(rig: Rig) -> None:
    rig.runner.send(ev.Pressed(Key.START))
    rig.until(Page.CONSENT)
    assert "arm_reader" not in rig.devices.calls
    rig.runner.send(ev.Pressed(Key.AGREE))
    rig.until(Page.IDENTIFY)
    rig.runner.send(ev.CardSeen(b.a_card()))
    rig.runner.send(ev.Pressed(Key.CANCEL))
    rig.until(Page.ATTRACT)
    rig.runner.stop()
    assert rig.devices.calls.count("arm_reader") == 1
    assert "forget" in rig.devices.calls
    assert {"say.consent", "say.identify"} <= set(rig.voice.said)
    assert any(isinstance(effect, fx.FindByCard) for effect in rig.services.asked)


def test_timers_are_told_once_and_restart_from_now() -> None:
    time = [0.0]
    timers = Timers(lambda: time[0])
    timers.start(Timer.IDLE, 40)
    time[0] = 30
    timers.start(Timer.IDLE, 40)
    time[0] = 45
    assert timers.due() == []
    assert timers.wait_s(100) == 25
    time[0] = 71
    assert timers.due() == [Timer.IDLE]
    assert timers.due() == []


def test_a_stopped_timer_never_fires() -> None:
    time = [0.0]
    timers = Timers(lambda: time[0])
    timers.start(Timer.COUNTDOWN, 1)
    timers.stop(Timer.COUNTDOWN)
    time[0] = 9
    assert timers.due() == []


def test_work_that_crashes_is_answered_and_the_desk_goes_on() -> None:
    workers = Workers()
    crashed, done = threading.Event(), threading.Event()

    def broken() -> None:
        raise ZeroDivisionError

    workers.post(Desk.LEDGER, broken, crashed.set)
    workers.post(Desk.LEDGER, done.set, lambda: None)
    assert crashed.wait(5) and done.wait(5)
    workers.close()
