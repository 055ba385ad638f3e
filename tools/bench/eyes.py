"""Eyes on a running terminal: what is on the screen and where, and pictures of it, over a Unix socket.

Only looks: touches come from outside, as a finger's would. Part of the bench, never of an installed terminal.
Protocol: one JSON object a line. ``{"ask": "look"}`` -> ``{"page", "targets": [{"name", "x", "y", "width", "height", "enabled"}]}`` (pixels, from the upper
left); ``{"ask": "shot", "file": PATH}`` -> ``{"file"}``; ``{"ask": "pulse"}`` -> ``{"gaps_ms": [[page, kept, away]]}``, see ``Pulse``, since the last
question; ``{"ask": "close"}`` ends the terminal as closing its window would.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.ui.stage import Stage
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.signature import SignaturePad
from kiosk.ui.widgets.text import Text

_ANSWER_S = 60.0


class Eyes:
    """The terminal's side: serves looks at ``stage`` until ``close``."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self._stage = stage
        self._path = path
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._pulse = Pulse(stage)
        threading.Thread(target=self._accept, name="eyes", daemon=True).start()

    def close(self) -> None:
        """Stop looking."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), name="eyes-client", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rw", encoding="utf-8") as lines:
            for line in lines:
                answer = self._on_screen_thread(json.loads(line))
                lines.write(json.dumps(answer, ensure_ascii=False) + "\n")
                lines.flush()

    def _on_screen_thread(self, order: dict[str, str]) -> dict[str, Any]:
        done = threading.Event()
        answer: dict[str, Any] = {}

        def act(_elapsed_s: float) -> None:
            answer.update(self._obey(order))
            self._pulse.forgive()
            done.set()

        # What changed in this turn is laid out at its end: a look in the next one sees it where it lies.
        Clock.schedule_once(lambda _: Clock.schedule_once(act, 0), 0)
        return answer if done.wait(_ANSWER_S) else {"error": "the screen did not answer"}

    def _obey(self, order: dict[str, str]) -> dict[str, Any]:
        match order["ask"]:
            case "look":
                return look(self._stage)
            case "shot":
                self._stage.export_to_png(order["file"])
                return {"file": order["file"]}
            case "pulse":
                return {"gaps_ms": self._pulse.take()}
            case "close":
                App.get_running_app().stop()
                return {}
            case other:
                return {"error": f"unknown: {other}"}


class Pulse:
    """Feels the screen's thread, page by page: how long our code kept it between two turns of its loop, and how long it was away in all.

    Waiting for the next turn is neither. The difference is drawing and showing: a graphics chip's work, which a software renderer does here.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._last_s = self._draw_s = time.perf_counter()
        self._drawing_s = self._waiting_s = 0.0
        self._longest: dict[str, tuple[float, float]] = {}
        self._idle, self._flip = Clock.idle, Window.flip
        # No event tells of either: the loop waits and the buffers change inside these calls.
        Clock.idle, Window.flip = self._waits, self._shows
        Clock.schedule_interval(self._beat, 0)
        Window.bind(on_draw=self._draws)

    def take(self) -> list[tuple[str, float, float]]:
        """Page, longest time kept by our code and longest time away (ms), since the last call."""
        gaps, self._longest = sorted(self._longest.items()), {}
        return [(page, round(kept, 1), round(away, 1)) for page, (kept, away) in gaps]

    def forgive(self) -> None:
        """The gap that ends now was the eyes' own doing."""
        self._last_s = time.perf_counter()
        self._drawing_s = self._waiting_s = 0.0

    def _waits(self) -> Any:
        begun_s = time.perf_counter()
        answer = self._idle()
        self._waiting_s += time.perf_counter() - begun_s
        return answer

    def _draws(self, *_: object) -> None:
        self._draw_s = time.perf_counter()

    def _shows(self) -> None:
        self._flip()
        self._drawing_s += time.perf_counter() - self._draw_s

    def _beat(self, _elapsed_s: float) -> None:
        now_s = time.perf_counter()
        page = self._stage.page.value if self._stage.page else ""
        away_ms = (now_s - self._last_s - self._waiting_s) * 1000
        kept, away = self._longest.get(page, (0.0, 0.0))
        self._longest[page] = max(kept, away_ms - self._drawing_s * 1000), max(away, away_ms)
        self._last_s, self._drawing_s, self._waiting_s = now_s, 0.0, 0.0


def look(stage: Stage) -> dict[str, Any]:
    """What is on the stage: its page, every target with its place, every sentence."""
    targets, texts = [], []
    for widget in _shown(stage):
        if isinstance(widget, Touchable):
            targets.append({"name": widget.name, "enabled": not widget.disabled, **_place(widget)})
        elif isinstance(widget, SignaturePad):
            targets.append({"name": widget.name, "enabled": True, **_place(widget)})
        elif isinstance(widget, Text) and widget.text:
            texts.append(widget.text)
    return {"page": stage.page.value if stage.page else "", "targets": targets, "texts": texts, "settled": stage.is_settled}


def _shown(widget: Any) -> Iterator[Any]:
    if getattr(widget, "opacity", 1) == 0:
        return
    yield widget
    for child in widget.children:
        yield from _shown(child)


def _place(widget: Any) -> dict[str, float]:
    left, bottom = widget.to_window(widget.x, widget.y)
    return {"x": left, "y": Window.height - bottom - widget.height, "width": widget.width, "height": widget.height}
