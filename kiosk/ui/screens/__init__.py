"""One file a screen. A class tells by ``@draws(Page...)`` which pages it draws; ``screen_for`` finds it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from kiosk.session.pages import Page
from kiosk.ui.screen import Screen

_DRAWN: dict[Page, type[Screen]] = {}


def draws(*pages: Page) -> Callable[[type[Screen]], type[Screen]]:
    """Class decorator: this screen draws these pages. Raises ``ValueError`` when another one does already."""

    def register(screen: type[Screen]) -> type[Screen]:
        for page in pages:
            if page in _DRAWN:
                raise ValueError(f"{page.value} is drawn by {_DRAWN[page].__name__}")
            _DRAWN[page] = screen
        return screen

    return register


@lru_cache(maxsize=1)
def all_screens() -> dict[Page, type[Screen]]:
    """Every page with its screen; imports all files of this folder once."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(_DRAWN)


def screen_for(page: Page) -> type[Screen]:
    """The screen of a page. Raises ``KeyError`` for a page without one: our own mistake, found by a test."""
    if page not in _DRAWN:
        # Most files are named after their page: a start needs one of them, not all.
        name = re.sub(r"(?<=[a-z])[A-Z]", lambda found: f"_{found[0].lower()}", page.value)
        if find_spec(f"{__name__}.{name}") is not None:
            importlib.import_module(f"{__name__}.{name}")
    return _DRAWN[page] if page in _DRAWN else all_screens()[page]
