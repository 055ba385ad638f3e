"""Says ``drawn`` when its first picture is on the screen, then ends: a bare Kivy window, or the whole terminal on the bench's bus."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """``bare`` or ``terminal STATION BUS``."""
    return _bare() if arguments[0] == "bare" else _terminal(Path(arguments[1]), Path(arguments[2]))


def _terminal(station: Path, bus: Path) -> int:
    # Each side imports only what it needs: what the terminal imports is part of its start, and no part of the floor.
    from drivers.virtual.backend import VirtualBackend
    from drivers.virtual.bus import RemoteBus
    from kiosk.__main__ import run
    from kiosk.config import load_station

    return run(
        load_station(station),
        fullscreen=True,
        usb_backend=VirtualBackend(RemoteBus(bus)),
        on_stage=lambda stage: _when_drawn(lambda: stage.page is not None),
    )


def _bare() -> int:
    """The floor: Kivy, its window, one empty widget."""
    from kivy.config import Config

    for option, value in {"width": 1280, "height": 800, "fullscreen": "auto", "multisamples": 0}.items():
        Config.set("graphics", option, str(value))
    from kivy.app import App
    from kivy.core.window import Window  # noqa: F401 - opens the window
    from kivy.uix.widget import Widget

    class Bare(App):
        def build(self) -> Widget:
            return Widget()

    _when_drawn(lambda: True)
    Bare().run()
    return 0


def _when_drawn(is_there: Callable[[], bool]) -> Callable[[], None]:
    from kivy.app import App
    from kivy.core.window import Window

    def flipped(*_: Any) -> None:
        if is_there():
            print("drawn", flush=True)
            App.get_running_app().stop()

    Window.bind(on_flip=flipped)
    return lambda: Window.unbind(on_flip=flipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
