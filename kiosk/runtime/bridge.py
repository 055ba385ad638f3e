"""The one crossing from the runner's thread to the screen's thread: the only caller of Kivy's Clock.

Rules: the newest state wins (states in between are not drawn), events of devices never wait for the screen. A label is drawn once
the page that is being turned is on show (``wait_drawn``): two threads that compute share one Python, and the person looks at the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from kivy.clock import Clock

from kiosk.session.terminal import Terminal

_LONGEST_WAIT_S = 0.15
"""A page takes a third of it; work never waits for a screen that hangs."""


class Bridge:
    """Hands states to ``show`` on the screen's thread; ``is_turning``: the page shown last is still being put together. Any thread may call ``publish``."""

    def __init__(self, show: Callable[[Terminal], None], is_turning: Callable[[], bool] = lambda: False) -> None:
        self._show = show
        self._is_turning = is_turning
        self._lock = threading.Lock()
        self._newest: Terminal | None = None
        self._look: tuple[object, bool] | None = None
        self._drawn = threading.Event()
        self._drawn.set()
        self._trigger = Clock.create_trigger(self._deliver, 0)

    def publish(self, state: Terminal) -> None:
        """Remember the newest state and wake the screen."""
        look = (state.page, state.elder)
        with self._lock:
            self._newest = state
            if look != self._look:
                self._look = look
                self._drawn.clear()
        self._trigger()

    def wait_drawn(self) -> None:
        """Come back once the page published last is on show, or after ``_LONGEST_WAIT_S``. Never on the screen's thread."""
        self._drawn.wait(_LONGEST_WAIT_S)

    def call(self, act: Callable[[], None]) -> None:
        """Do something on the screen's thread. Any thread may call it."""
        Clock.schedule_once(lambda _elapsed_s: act(), 0)

    def _deliver(self, _elapsed_s: float) -> None:
        with self._lock:
            state, self._newest = self._newest, None
        if state is not None:
            self._show(state)
            self._settle()

    def _settle(self) -> None:
        """The turn after the one that shows the page finds it drawn."""
        self.call(self._settle if self._is_turning() else self._drawn.set)
