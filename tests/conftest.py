"""Shared by all tests: no thread left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

_GRACE_S = 2.0

# A build must say the same twice about the same code; new examples are for people at their desks.
settings.register_profile("ci", derandomize=True, deadline=None)
# No deadline for one example: a machine that does something else for a moment is no fault of the code.
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """A test that leaves one of our threads running would fail the next one in ways nobody understands."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _GRACE_S
    while True:
        left = [
            t for t in set(threading.enumerate()) - before if t.is_alive() and t.name.startswith(("kiosk", "driver", "virtual"))
        ]
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    assert not left, f"threads left running: {[t.name for t in left]}"
