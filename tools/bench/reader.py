"""The ID-card reader on the bench: one card at a time, and what the host was seen to ask."""

from __future__ import annotations

import time

from drivers.virtual.bus import PlugBoard
from drivers.virtual.reader import VirtualReader
from tools.bench.errors import BenchError
from tools.bench.people import Person

FAULTS = ("mute", "bad-checksum", "refuse", "pull-early", "well")
_READ = b"\x30\x01"
_FIND = b"\x20\x01"
_PULL_AT_BYTE = 700
_REFUSED = 0x31
_ASKING_S = 1.5


class ReaderOnBench:
    """``person`` is whose card lies on it. ``pull-early`` takes the next card away in the middle of being read."""

    def __init__(self, bus: PlugBoard) -> None:
        self._bus = bus
        self._reader = VirtualReader()
        self._asked_s = float("-inf")
        self.person: Person | None = None
        self.fault = ""
        self.place = ""

    def plug(self, port: int) -> None:
        """Into that port of the bus."""
        self._bus.plug(self._reader, port)
        self.place = f"usb:1-{port}"

    def unplug(self) -> None:
        """Out; a card may go on lying there."""
        self._bus.unplug(self._reader)
        self.place = ""

    def lay(self, person: Person) -> None:
        """Lay this card down, in place of another."""
        self._reader.put_card(person.card)
        self.person = person

    def take(self) -> None:
        """Take the card away."""
        self._reader.remove_card()
        self.person = None

    def set_fault(self, name: str) -> None:
        """One of ``FAULTS``. Raises ``BenchError``."""
        if name not in FAULTS:
            raise BenchError("no-such-fault", device="the reader", name=name, known=" ".join(FAULTS))
        faults = self._reader.faults
        faults.mute = name == "mute"
        faults.bad_checksum = name == "bad-checksum"
        faults.sw3 = {_READ[0]: _REFUSED} if name == "refuse" else {}
        faults.pull_at_byte = _PULL_AT_BYTE if name == "pull-early" else None
        self.fault = "" if name == "well" else name

    @property
    def is_asking(self) -> bool:
        """Whether the host has looked for a card just now: it may not before somebody agreed."""
        return time.monotonic() - self._asked_s < _ASKING_S

    def watch(self) -> list[str]:
        """What happened since the last call: ``card-read``, ``card-pulled``, in order."""
        asked = self._reader.commands[:]
        del self._reader.commands[: len(asked)]
        if _FIND in asked:
            self._asked_s = time.monotonic()
        happened = []
        for command in asked:
            if command != _READ or self.person is None:
                continue
            if self.fault == "pull-early":
                self.take()  # returns when the reader has broken off its answer
                self.set_fault("well")
                happened.append("card-pulled")
            elif not self.fault:
                happened.append("card-read")
        return happened
