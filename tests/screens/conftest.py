"""Screens under a virtual screen of their own: one Xvfb and one Kivy window for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tools.bench.display import VirtualDisplay


@pytest.fixture(scope="session", autouse=True)
def a_display() -> Iterator[None]:
    """Kivy's window needs one before it is imported."""
    with VirtualDisplay(1280, 800) as display:
        wanted = {name: display.environment()[name] for name in ("DISPLAY", "LIBGL_ALWAYS_SOFTWARE", "SDL_VIDEODRIVER")}
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        from support.gallery import prepare

        prepare()
        yield
        from kivy.core.window import Window

        Window.close()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
