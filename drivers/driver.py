"""What the supervisor runs: a driver owns its device for as long as it is plugged in.

One thread per device. The supervisor finds and opens the transport, then calls ``run``; ``run`` returns when ``stop`` is set and
raises ``DeviceGone`` (found again after a back-off) or another ``DriverError`` (status published, tried again after a back-off).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from drivers.device import DeviceKind
from drivers.transport.base import Transport

Emit = Callable[[object], None]
"""Hands a record (``DeviceStatus`` or one of the family's own frozen dataclasses) to whoever listens. Never blocks."""


class Driver(Protocol):
    """One device family's worker. Commands are thread-safe methods of the concrete class (``arm()``, ``submit(job)`` ...)."""

    @property
    def kind(self) -> DeviceKind: ...

    @property
    def patience_s(self) -> float:
        """Longer than anything that rightly happens between two looks at ``stop`` (or two records), opening included: then the thread hangs."""
        ...

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the device until ``stop`` is set or it goes away. Emits a ``DeviceStatus`` on each change."""
        ...


@runtime_checkable
class MindsHanging(Protocol):
    """A driver of whom somebody waits for an answer: it is told when its thread hangs, on another thread, and when it turns again."""

    def hang(self, emit: Emit) -> None:
        """Answer whatever waits."""
        ...

    def resume(self) -> None: ...
