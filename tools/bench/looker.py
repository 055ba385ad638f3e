"""Asks the eyes of a running terminal (``tools.bench.eyes``); knows nothing of Kivy, so that a player needs no screen of its own."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Looker:
    """One connection; every wait is ``patience`` times longer. Raises ``TimeoutError`` when what is waited for does not come, ``OSError`` when the terminal has ended."""

    def __init__(self, path: Path, within_s: float = 60.0, patience: float = 1.0) -> None:
        self._patience = patience
        deadline = time.monotonic() + within_s
        while True:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.connect(str(path))
                break
            except OSError:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no terminal answers at {path}") from None
                time.sleep(0.05)
        self._lines = self._socket.makefile("rw", encoding="utf-8")

    def ask(self, what: str, **more: str) -> dict[str, Any]:
        """One question."""
        self._lines.write(json.dumps({"ask": what, **more}) + "\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline() or "{}")
        return answer

    def wait(self, found: Callable[[dict[str, Any]], bool], what: str, within_s: float = 20.0) -> dict[str, Any]:
        """Look until ``found`` likes what it sees."""
        deadline = time.monotonic() + within_s * self._patience
        while True:
            seen = self.ask("look")
            if seen.get("settled") and found(seen):
                return seen
            if time.monotonic() > deadline:
                names = sorted(t["name"] for t in seen.get("targets", []))
                raise TimeoutError(f"waited for {what}; on page {seen.get('page')} with {names} and {seen.get('texts')}")
            time.sleep(0.04)

    def close(self) -> None:
        """Let the terminal alone."""
        self._lines.close()
        self._socket.close()
