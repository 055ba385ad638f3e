"""The runner: one thread that applies events to the session and carries out its effects.

Rules: state is touched by this thread alone; effects run in order; slow work goes to a desk (``workers``) and comes back as an event; an
effect that crashes is logged and answered, never lost.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable
from typing import Protocol

from kiosk import log
from kiosk.domain.certificate import beijing_date
from kiosk.issuing.issuer import Clock
from kiosk.runtime.memory import TIDY_AFTER_S, tidy
from kiosk.runtime.timers import Timers
from kiosk.session import effects as fx
from kiosk.session.engine import Now
from kiosk.session.events import Event, TimerFired
from kiosk.session.terminal import Terminal, step, wake

_IDLE_WAIT_S = 1.0


class Devices(Protocol):
    """What the sessions can ask of the devices."""

    def arm_reader(self) -> None: ...
    def disarm_reader(self) -> None: ...
    def arm_camera(self) -> None: ...
    def disarm_camera(self) -> None: ...
    def forget(self) -> None: ...


class Voice(Protocol):
    """Speaks sentences by text id."""

    def say(self, text_id: str, facts: tuple[tuple[str, str], ...]) -> None: ...
    def quiet(self) -> None: ...


class Services(Protocol):
    """Ledger, directory, drawing, printing: every call answers later with exactly one event (or none where the effect says so)."""

    def carry_out(self, effect: fx.Effect) -> None: ...


class Runner:
    """Owns the terminal's state. ``on_state`` is called on the runner's thread after each change, ``on_rest`` once a new page is being read."""

    def __init__(
        self,
        state: Terminal,
        clock: Clock,
        devices: Devices,
        voice: Voice,
        on_state: Callable[[Terminal], None],
        on_rest: Callable[[], None] = tidy,
    ) -> None:
        self._state = state
        self._clock = clock
        self._devices = devices
        self._voice = voice
        self._on_state = on_state
        self._on_rest = on_rest
        self._services: Services | None = None
        self._timers = Timers()
        self._tidy_at: float | None = None
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="kiosk-session", daemon=True)

    def send(self, event: Event) -> None:
        """Queue an event; any thread may call it."""
        self._events.put(event)

    def start(self, services: Services) -> None:
        """Wake the session up."""
        self._services = services
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued and end the thread."""
        self._events.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        self._on_state(self._state)  # a picture at once, whatever the ledger will say
        self._become(*wake(self._state))
        while True:
            try:
                event = self._events.get(timeout=self._timers.wait_s(self._longest_wait_s()))
            except queue.Empty:
                event = None
            else:
                if event is None:
                    return
                self._apply(event)
            for timer in self._timers.due():
                self._apply(TimerFired(timer))
            if self._tidy_at is not None and time.monotonic() >= self._tidy_at:
                self._tidy_at = None
                self._on_rest()

    def _longest_wait_s(self) -> float:
        return _IDLE_WAIT_S if self._tidy_at is None else max(0.0, min(_IDLE_WAIT_S, self._tidy_at - time.monotonic()))

    def _apply(self, event: Event) -> None:
        moment = self._clock.read().now
        now = Now(at=moment, today=beijing_date(moment), fresh_id=secrets.token_hex(16), monotonic_s=time.monotonic())
        self._become(*step(self._state, event, now))

    def _become(self, state: Terminal, effects: tuple[fx.Effect, ...]) -> None:
        changed = state is not self._state and state != self._state  # an equal weight again, only newer, is nothing to draw
        turned = state.page is not self._state.page
        self._state = state
        if turned:
            log.event("page", page=state.page)
            self._tidy_at = time.monotonic() + TIDY_AFTER_S
        if changed or not effects:
            self._on_state(state)
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: fx.Effect) -> None:
        match effect:
            case fx.StartTimer(timer, seconds):
                self._timers.start(timer, seconds)
            case fx.StopTimer(timer):
                self._timers.stop(timer)
            case fx.ArmReader():
                self._devices.arm_reader()
            case fx.DisarmReader():
                self._devices.disarm_reader()
            case fx.ArmCamera():
                self._devices.arm_camera()
            case fx.DisarmCamera():
                self._devices.disarm_camera()
            case fx.Speak(text_id, facts):
                self._voice.say(text_id, facts)
            case fx.Quiet():
                self._voice.quiet()
            case fx.Forget():
                self._devices.forget()
            case fx.Unexpected(page, name):
                log.event("unexpected-event", page=page, event=name)
            case fx.RaiseAlarm(code):
                log.event("alarm", code=code)
            case _ if self._services is not None:
                self._services.carry_out(effect)
            case _:
                raise RuntimeError(f"no service for {type(effect).__name__}")
