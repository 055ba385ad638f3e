"""``python -m kiosk [--station FILE] [--window]``: the terminal. Exit code 2: the station file or a secret cannot be used, and why."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.config import DEFAULT_STATION, ConfigError, StationConfig, load_station
from kiosk.log import to_journal
from kiosk.runtime.memory import sparing
from kiosk.texts import Texts
from kiosk.ui.app import configure, make_app
from kiosk.ui.theme import load_board

if TYPE_CHECKING:
    from kiosk.ui.stage import Stage


def main(arguments: list[str] | None = None) -> int:
    """Run the terminal of a station file."""
    parser = argparse.ArgumentParser(prog="python -m kiosk", description=__doc__)
    parser.add_argument("--station", type=Path, default=DEFAULT_STATION)
    parser.add_argument("--window", action="store_true", help="a window instead of the whole screen")
    chosen = parser.parse_args(arguments)
    to_journal()
    try:
        config = load_station(chosen.station)
    except ConfigError as err:
        print(err, file=sys.stderr)
        return 2
    return run(config, fullscreen=not chosen.window)


def run(
    config: StationConfig,
    *,
    fullscreen: bool,
    usb_backend: Any = None,
    on_stage: Callable[[Stage], Callable[[], None]] | None = None,
) -> int:
    """Show the terminal until its window closes.

    ``usb_backend`` None is libusb. ``on_stage`` gets the root widget once it exists and returns what to call at the end.
    """
    gc.disable()  # a start makes nothing but what stays; ``settle`` lets it search again
    sparing()
    board, texts = load_board(config.station.board), Texts.load()
    configure(board, fullscreen=fullscreen)
    # Only now: importing the window opens it with the options just set.
    from kivy.core.window import Window

    from kiosk.directory.catalogue import load_catalogue
    from kiosk.opening import Opening, first_state
    from kiosk.runtime.bridge import Bridge
    from kiosk.ui.stage import Stage

    bridge = Bridge(lambda state: stage.show(state), lambda: stage.is_turning)
    opening = Opening(config, texts, bridge, usb_backend, on_failure=lambda: app.stop())
    stage = Stage(board, texts, load_catalogue(), opening.send, opening.say, later=bridge.call)
    stage.show(first_state(config))
    end = on_stage(stage) if on_stage is not None else None
    app = make_app(stage, lambda: None)

    def first_picture(*_: object) -> None:
        Window.unbind(on_flip=first_picture)
        opening.begin(stage.rehearse)

    Window.bind(on_flip=first_picture)
    try:
        app.run()
    finally:
        if end is not None:
            end()
        refused = opening.end()
    if refused is not None:
        print(texts.get(refused.text_id, [(name, str(fact)) for name, fact in refused.facts.items()]), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
