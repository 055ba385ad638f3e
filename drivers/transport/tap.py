"""A look at what crosses a device's wire right now, for the technician: the last transfers as hex, bounded, kept only while switched on.

Rules
- Off until ``start``, and ``stop`` forgets what was kept. Never put on an ID-card reader, whose bytes are somebody's card.
- A tap outlives the transports it is put on: a device that is plugged in again is still watched.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from drivers.recording import Recorded, RecordedUsb, UsbLike
from drivers.supervisor import Finder
from drivers.transport.base import Transport

MAX_TRANSFERS = 64
MAX_BYTES_SHOWN = 24
_INWARDS = ("read", "control_in")


@dataclass(frozen=True, slots=True)
class Transfer:
    """``at_s`` since watching began; ``inwards`` from the device; ``head`` its first ``MAX_BYTES_SHOWN`` bytes, ``size`` all of them.

    ``request`` are the four numbers of a USB control request, () for plain bytes; ``error`` is set when the device left instead.
    """

    at_s: float
    inwards: bool
    head: bytes
    size: int
    request: tuple[int, ...] = ()
    error: str = ""


class Tap:
    """Any thread may switch it and read it; transfers come from the device's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._is_on = False
        self._began_s = 0.0
        self._transfers: deque[Transfer] = deque(maxlen=MAX_TRANSFERS)
        self._total = 0

    def start(self) -> None:
        """Keep transfers from now on, beginning with none."""
        with self._lock:
            self._is_on, self._began_s, self._total = True, self._clock(), 0
            self._transfers.clear()

    def stop(self) -> None:
        """Keep none, and forget all."""
        with self._lock:
            self._is_on, self._total = False, 0
            self._transfers.clear()

    def seen(self) -> tuple[tuple[Transfer, ...], int]:
        """The last transfers, oldest first, and how many there were since ``start``."""
        with self._lock:
            return tuple(self._transfers), self._total

    def put_on(self, transport: Transport) -> Transport:
        """The same transport, watched."""
        return RecordedUsb(transport, transport, self) if isinstance(transport, UsbLike) else Recorded(transport, self)

    def tell(self, op: str, **facts: object) -> None:
        """A transfer, in the words of ``drivers.recording``."""
        if not self._is_on:
            return
        data = bytes.fromhex(str(facts.get("data", "")))
        setup = facts.get("setup", ())
        request = tuple(int(number) for number in setup) if isinstance(setup, (list, tuple)) else ()
        error = str(facts.get("error", ""))
        with self._lock:
            if self._is_on:
                at_s = self._clock() - self._began_s
                self._transfers.append(Transfer(at_s, op in _INWARDS, data[:MAX_BYTES_SHOWN], len(data), request, error))
                self._total += 1

    def close(self) -> None:
        """A transport closed; the next one goes on here."""


def tapped(finder: Finder, tap: Tap) -> Finder:
    """A finder whose transports are watched by ``tap``."""

    def find() -> Transport | None:
        transport = finder()
        return None if transport is None else tap.put_on(transport)

    return find
