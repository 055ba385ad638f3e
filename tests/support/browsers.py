"""The real browser of this machine for tests of pages; they are skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from tools.bench.browser import a_browser, find_browser


@contextmanager
def chromium() -> Iterator[Browser]:
    """A chromium without a window. Skips the test where none is installed; Ubuntu has it as a snap only, which is not let into our folders."""
    path = find_browser()
    if not path:
        pytest.skip("chromium is not installed, or is a snap")
    with a_browser(path) as browser:
        yield browser
