"""Kivy's ears for touch screens, where no desktop stands between the kernel and the window (graphics chip by KMS).

There, Kivy hears a finger twice (as a mouse that SDL makes up, and by its own provider), and neither finds a screen again that was unplugged for a
moment. This provider is then the only one.
Source: Kivy 2.3 ``kivy.input``.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider

from kiosk.ui.contacts import Change, Screens

NAME = "glass"
_WAIT_S = 0.5


class GlassEvent(MotionEvent):
    """A finger on the glass."""

    def __init__(self, device: str, contact: str, place: tuple[float, float]) -> None:
        super().__init__(device, contact, place, is_touch=True, type_id="touch")

    def depack(self, args: tuple[float, float]) -> None:
        """Kivy counts from the lower left corner."""
        self.profile = ["pos"]
        self.sx, self.sy = args[0], 1.0 - args[1]
        super().depack(args)


class GlassProvider(MotionEventProvider):
    """Kivy's side: a thread reads, the screen's thread takes what it read."""

    def __init__(self, device: str, args: str) -> None:
        super().__init__(device, args)
        self._failure: Exception | None = None
        self._changes: deque[tuple[Path, Change]] = deque()
        self._touches: dict[tuple[Path, int], GlassEvent] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="kiosk-touch", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; within a second."""
        self._ended.set()

    def update(self, dispatch_fn: Callable[[str, GlassEvent], None]) -> None:
        """Hand over what came since the last turn. Raises what ended the reading: nobody could touch anything any more, a new start can help."""
        if self._failure is not None:
            raise self._failure
        while self._changes:
            node, change = self._changes.popleft()
            key = (node, change.contact)
            place = (change.x, change.y)
            if change.action == "begin":
                self._touches[key] = GlassEvent(self.device, f"{node.name}-{change.contact}", place)
            touch = self._touches.get(key)
            if touch is None:
                continue
            if change.action != "begin":
                touch.move(place)
            if change.action == "end":
                del self._touches[key]
                touch.update_time_end()
            dispatch_fn(change.action, touch)

    def _read(self) -> None:
        screens = Screens()
        try:
            while not self._ended.is_set():
                self._changes.extend(screens.read(_WAIT_S))
        except Exception as err:  # noqa: BLE001 - raised again where it ends the app, see update
            self._failure = err
        screens.close()
