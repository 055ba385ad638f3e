"""What the console needs to know, and the seams that it asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

Clock = Callable[[], datetime]
"""Gives the present moment, aware UTC."""


class JobRefused(Exception):
    """The job was not sent. ``code``: badArguments | noSuchTerminal | retired."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class JobSender(Protocol):
    """Signs a job, keeps it and gets it to the terminal when that can be reached."""

    def send(self, terminal: str, kind: str, args: Mapping[str, object], by: str) -> str:
        """The id of the new job. Raises ``JobRefused``. Called from a worker thread."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """``secret`` signs the cookies (32 bytes or more, the same for all processes, kept over restarts). ``closing`` ends the streams of events."""

    secret: bytes = field(repr=False)
    prefix: str = "/console"
    secure_cookie: bool = True  # False only where the console is served over plain HTTP on this machine
    session: timedelta = timedelta(hours=12)
    beat_s: float = 2.0
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("the secret needs 32 bytes")
        if not self.prefix.startswith("/") or self.prefix.endswith("/"):
            raise ValueError("the prefix begins with a slash and ends without one")
