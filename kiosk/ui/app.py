"""The window: Kivy set up for a kiosk, the stage in it, and nothing else."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.ui.theme import Board

if TYPE_CHECKING:
    from kivy.app import App
    from kivy.uix.widget import Widget


def configure(board: Board, *, fullscreen: bool) -> None:
    """Settle Kivy's options. Must run before anything of Kivy's window is imported."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    # Kivy would write every line of everybody a second time, down to the libraries' debugging.
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    from kivy.config import Config

    settings = {
        ("graphics", "width"): board.width_px,
        ("graphics", "height"): board.height_px,
        ("graphics", "resizable"): 0,
        ("graphics", "borderless"): int(fullscreen),
        ("graphics", "fullscreen"): "auto" if fullscreen else 0,
        ("graphics", "maxfps"): 60,
        # No multisampling: our shapes are smooth by themselves, and weak chips have no spare memory bandwidth.
        ("graphics", "multisamples"): 0,
        # Hiding the cursor has killed touch on some all-in-ones: it stays, and the compositor of the image draws none.
        ("graphics", "show_cursor"): 1,
        ("kivy", "exit_on_escape"): 0,
        ("kivy", "log_level"): "warning",
        ("input", "mouse"): "mouse,disable_multitouch",
    }
    for (section, option), value in settings.items():
        Config.set(section, option, str(value))
    logging.getLogger("kivy").setLevel(logging.WARNING)


def make_app(root: Widget, on_stop: Callable[[], None]) -> App:
    """An app that shows ``root`` until it is stopped."""
    from kivy.app import App

    class KioskApp(App):
        title = "承诺达标合格证"

        def build(self) -> Widget:
            return root

        def on_stop(self) -> None:
            on_stop()

    return KioskApp()
