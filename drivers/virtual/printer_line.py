"""A serial printer: an engine at the end of a line, no faster than the line is.

Source: what serial printers of all makers do: XOFF (13) when the receive buffer runs full, XON (11) when there is room again, every other byte
as it comes. Bytes are read at the line's speed, so that what the host has handed over and what has arrived are two things, as on a wire.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

from drivers.virtual.printer_engine import PrinterEngine
from drivers.virtual.tspl_engine import TsplEngine

_XON, _XOFF = b"\x11", b"\x13"
_STEP_S = 0.01


class Wire(Protocol):
    """The device's end of a line."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes: ...
    def write(self, data: bytes) -> None: ...


class SerialPrinter:
    """Serves ``engine`` on a wire until told to stop; ``says_stop`` is its XON/XOFF handshake."""

    def __init__(self, engine: PrinterEngine | TsplEngine, *, baud: int = 9600, says_stop: bool = True, room: int = 2048) -> None:
        self.engine = engine
        self._bytes_per_s = baud / 10
        self._says_stop = says_stop
        self._room = room
        self._is_stopped = False
        self.most_held = 0
        """The most bytes that waited for the engine: with a handshake no more than ``room`` and what was on the wire."""

    def serve(self, wire: Wire, stop: threading.Event) -> None:
        """Carry bytes both ways."""
        held, carried, began = b"", 0.0, time.monotonic()
        while not stop.is_set():
            now = time.monotonic()
            carried = min(carried + (now - began) * self._bytes_per_s, 2 * _STEP_S * self._bytes_per_s + 1)
            began = now
            if carried >= 1:
                heard = wire.read(int(carried), 0)
                carried -= len(heard)
                held += heard
            held = held[self.engine.receive(held) :] if held else held
            self.most_held = max(self.most_held, len(held))
            self._handshake(wire, len(held))
            replies = self.engine.transmit(64)
            if replies:
                wire.write(replies)
            stop.wait(_STEP_S)

    def _handshake(self, wire: Wire, held: int) -> None:
        if not self._says_stop:
            return
        if not self._is_stopped and held > self._room // 2:
            self._is_stopped = True
            wire.write(_XOFF)
        elif self._is_stopped and held <= self._room // 8:
            self._is_stopped = False
            wire.write(_XON)
