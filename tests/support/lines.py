"""Pseudo-terminals for tests of serial devices: one end for the host by its path, the other for the virtual device."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import select


class PtyLine:
    """The device's end of a pty."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        ready, _, _ = select([self._fd], [], [], timeout_s)
        return os.read(self._fd, max_bytes) if ready else b""

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)


@contextmanager
def pty_with(serve: Callable[[PtyLine, threading.Event], None]) -> Iterator[str]:
    """The path of a line at whose other end ``serve`` runs in a thread of its own."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    stop = threading.Event()
    serving = threading.Thread(target=serve, args=(PtyLine(ours), stop))
    serving.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        serving.join(5)
        os.close(ours)
        os.close(theirs)
