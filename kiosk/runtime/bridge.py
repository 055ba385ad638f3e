"""The one crossing from the runner's thread to the screen's thread: the only caller of Kivy's Clock.

Rules: the newest state wins (states in between are not drawn), events of devices never wait for the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from kivy.clock import Clock

from kiosk.session.terminal import Terminal


class Bridge:
    """Hands states to ``show`` on the screen's thread. Any thread may call ``publish``."""

    def __init__(self, show: Callable[[Terminal], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._newest: Terminal | None = None
        self._trigger = Clock.create_trigger(self._deliver, 0)

    def publish(self, state: Terminal) -> None:
        """Remember the newest state and wake the screen."""
        with self._lock:
            self._newest = state
        self._trigger()

    def call(self, act: Callable[[], None]) -> None:
        """Do something on the screen's thread. Any thread may call it."""
        Clock.schedule_once(lambda _elapsed_s: act(), 0)

    def _deliver(self, _elapsed_s: float) -> None:
        with self._lock:
            state, self._newest = self._newest, None
        if state is not None:
            self._show(state)
