"""What the service manager wants to hear: that we are ready, that we still live, that we are ending.

Source: sd_notify(3), sd_watchdog_enabled(3): datagrams to the socket that ``NOTIFY_SOCKET`` names; nothing happens where there is none.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def notify(state: str) -> None:
    """Tell it. A service manager that does not hear is no reason to fail: the watchdog is its own judge."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(state.encode("ascii"), target)


class Heartbeat:
    """For a loop that turns often: ``beat`` at every turn, told at a third of the watchdog's time."""

    def __init__(self) -> None:
        limit_s = watchdog_s()
        self._pause_s = None if limit_s is None else limit_s / 3
        self._next = 0.0

    def beat(self) -> None:
        """We live."""
        now = time.monotonic()
        if self._pause_s is not None and now >= self._next:
            self._next = now + self._pause_s
            notify(ALIVE)


def watchdog_s() -> float | None:
    """How long we may be silent; None when nobody watches this process."""
    watched = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    limit = os.environ.get("WATCHDOG_USEC", "")
    return int(limit) / 1_000_000 if watched and limit.isdecimal() and int(limit) else None
