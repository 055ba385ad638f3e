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
        # Hiding it has killed touch on some desktops, where touches come as a mouse; without one they come by our own provider.
        ("graphics", "show_cursor"): int(has_desktop()),
        ("kivy", "exit_on_escape"): 0,
    }
    for (section, option), value in settings.items():
        Config.set(section, option, str(value))
    logging.getLogger("kivy").setLevel(logging.WARNING)
    _settle_input()


def _settle_input() -> None:
    """One way for a touch to come, and no more: by default Kivy on Linux hears one finger as two."""
    from kivy.config import Config

    Config.remove_section("input")
    Config.add_section("input")
    if has_desktop():
        Config.set("input", "mouse", "mouse,disable_multitouch")
        return
    from kivy.input.factory import MotionEventFactory

    from kiosk.ui import touch

    os.environ["SDL_TOUCH_MOUSE_EVENTS"] = "0"
    MotionEventFactory.register(touch.NAME, touch.GlassProvider)
    Config.set("input", touch.NAME, touch.NAME)


def has_desktop() -> bool:
    """Whether a display server shows the window and hands it touches; without one the graphics chip does (KMS), and the kernel."""
    return bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


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
