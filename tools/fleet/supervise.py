"""Keeps the processes of a centre running: begun again when they end, with growing patience; all ended with their parent."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

log = logging.getLogger("fleet.supervise")

_STEADY_S = 30.0
_LONGEST_S = 30.0
_END_S = 15.0
PARENT = "FLEET_PARENT_PIPE"
"""Set for children that shall end when their standard input does: then the parent is gone, however it went."""


@dataclass(slots=True)
class _Child:
    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0
    again_at: float = 0
    patience: float = 0.5
    starts: int = field(default=0)


class Supervisor:
    """Some commands, kept running until ``end``."""

    def __init__(self, commands: Sequence[tuple[str, list[str]]]) -> None:
        self._children = [_Child(name, command) for name, command in commands]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def begin(self) -> None:
        """Start them all."""
        for child in self._children:
            self._start(child)
        self._thread.start()

    def end(self) -> None:
        """Ask them to end, in reverse order; then make them."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5)
        for child in reversed(self._children):  # the broker began first and goes last
            self._end(child)

    def pids(self) -> dict[str, int]:
        """Who runs."""
        return {child.name: child.process.pid for child in self._children if child.process is not None}

    @staticmethod
    def _end(child: _Child) -> None:
        if child.process is None:
            return
        if child.process.poll() is None:
            child.process.terminate()
            try:
                child.process.wait(_END_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        if child.process.stdin is not None:
            child.process.stdin.close()

    def _start(self, child: _Child) -> None:
        child.began = time.monotonic()
        child.starts += 1
        child.process = subprocess.Popen(child.command, stdin=subprocess.PIPE, env={**os.environ, PARENT: "1"})

    def _keep(self) -> None:
        while not self._stop.wait(0.2):
            now = time.monotonic()
            for child in self._children:
                if child.process is None or child.process.poll() is None:
                    continue
                if not child.again_at:
                    child.patience = 0.5 if now - child.began > _STEADY_S else min(child.patience * 2, _LONGEST_S)
                    child.again_at = now + child.patience
                    log.warning("%s ended (%s), again in %.0f s", child.name, child.process.returncode, child.patience)
                elif now >= child.again_at:
                    child.again_at = 0
                    self._start(child)


def when_parent_ends(do: Callable[[], None]) -> None:
    """In a child: call ``do`` when the parent is gone. Does nothing for a process that somebody started by hand."""
    if os.environ.get(PARENT) != "1":
        return

    def wait() -> None:
        while os.read(0, 1024):
            pass
        do()

    threading.Thread(target=wait, name="parent", daemon=True).start()
