"""A virtual ID-card reader, written from the module's documentation: it answers, it never speaks unasked, and its card can be pulled at any byte.

Source: GA/T 467 module documentation, as for the codec, but nothing is shared with it: frames are built here byte by byte.
States: idle -> found -> selected -> read. Select without find answers 81, read without select 41.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from drivers.virtual import descriptors
from drivers.virtual.bus import VirtualUsbDevice
from drivers.virtual.descriptors import EndpointDescriptor

VENDOR, PRODUCT = 0x0400, 0xC35A
_OUT, _IN, _BODY_OUT, _BODY_IN = 0x02, 0x81, 0x06, 0x85
_HEADER = b"\xaa\xaa\xaa\x96\x69"


@dataclass(frozen=True)
class VirtualCard:
    """A card by its fields, as printed on it. ``letter`` tells the layout (" " resident, "J", "I", "Y"); dates are YYYYMMDD or 长期."""

    name: str = field(repr=False)
    number: str = field(repr=False)
    sex: str = "1"
    nation: str = "01"
    born: str = ""
    address: str = field(default="", repr=False)
    authority: str = ""
    valid_from: str = "20150101"
    valid_to: str = "长期"
    new_address: str = field(default="", repr=False)
    letter: str = " "

    def block(self) -> bytes:
        """The 256 bytes of text."""
        born = self.born or self.number[6:14]
        if self.letter == "I":
            parts = [
                (self.name, 120),
                (self.sex, 2),
                (self.number, 30),
                ("CHN", 6),
                ("", 30),
                (self.valid_from, 16),
                (self.valid_to, 16),
            ]
            parts += [(born, 16), ("", 4), ("", 8), ("I", 2), ("", 6)]
        else:
            parts = [(self.name, 30), (self.sex, 2), (self.nation, 4), (born, 16), (self.address, 70), (self.number, 36)]
            parts += [(self.authority, 30), (self.valid_from, 16), (self.valid_to, 16), ("", 28), (self.letter, 2), ("", 6)]
        return b"".join(_pad(text, size) for text, size in parts)


def _pad(text: str, size: int) -> bytes:
    raw = text.encode("utf-16-le")[:size]
    return raw + b" \0" * ((size - len(raw)) // 2)


@dataclass
class ReaderFaults:
    """How the reader may misbehave. ``pull_at_byte``: the card leaves after so many bytes of the read's answer; ``sw3`` overrides by command."""

    mute: bool = False
    bad_checksum: bool = False
    junk_before: bytes = b""
    pull_at_byte: int | None = None
    sw3: dict[int, int] = field(default_factory=dict)
    find_after_read: int = 0x80
    self_test_s: float = 0.0


class VirtualReader(VirtualUsbDevice):
    """One bulk pair, frames as on the UART in 64-byte packets, or ``two_pairs``: headers on the first, bodies on the second.

    ``pace`` scales all latencies (0 for tests).
    """

    def __init__(self, pace: float = 1.0, *, two_pairs: bool = False) -> None:
        pipes = (_OUT, _IN, _BODY_OUT, _BODY_IN) if two_pairs else (_OUT, _IN)
        super().__init__(
            descriptors.device(
                VENDOR,
                PRODUCT,
                interface_class=0xFF,
                endpoints=[EndpointDescriptor(address) for address in pipes],
                strings={1: "SDT", 2: "ID card reader"},
            )
        )
        self.faults = ReaderFaults()
        self.commands: list[bytes] = []
        self._pace = pace
        self._has_two_pairs = two_pairs
        self._lock = threading.RLock()
        self._card: VirtualCard | None = None
        self._state = "idle"
        self._read_once = False
        self._received = b""
        self._power_on = time.monotonic()

    def plugged(self) -> None:
        super().plugged()
        with self._lock:
            self._state, self._received, self._power_on = "idle", b"", time.monotonic()
            self._read_once = False  # a module without power forgets the card

    def put_card(self, card: VirtualCard) -> None:
        """Lay a card down."""
        with self._lock:
            self._card, self._state, self._read_once = card, "idle", False

    def remove_card(self) -> None:
        """Take it away."""
        with self._lock:
            self._card, self._state, self._read_once = None, "idle", False

    def transfer_out(self, endpoint: int, data: bytes, timeout_s: float) -> int:
        with self._lock:
            self._received = (self._received + data)[-4096:]
            while True:
                at = self._received.find(_HEADER)
                if at < 0 or len(self._received) < at + 7:
                    break
                end = at + 7 + int.from_bytes(self._received[at + 5 : at + 7], "big")
                if len(self._received) < end:
                    break
                frame, self._received = self._received[at:end], self._received[end:]
                self._obey(frame)
        return len(data)

    def _obey(self, frame: bytes) -> None:
        code, parameter = frame[7], frame[8]
        self.commands.append(bytes([code, parameter]))
        if self.faults.mute:
            return
        total = 0
        for byte in frame[5:-1]:
            total ^= byte
        if total != frame[-1]:
            self._say(0x10)
        elif time.monotonic() - self._power_on < self.faults.self_test_s and code != 0x10:
            self._say(0x60)
        elif code in self.faults.sw3:
            self._say(self.faults.sw3[code])
        else:
            self._answer(code, parameter)

    def _answer(self, code: int, parameter: int) -> None:
        match (code, parameter):
            case (0x10, 0xFF):
                self._state, self._read_once = "idle", False
                self._say(0x90)
            case (0x11, 0xFF) | (0x61, 0xFF):
                self._say(0x90)
            case (0x12, 0xFF):
                self._say(0x90, bytes.fromhex("05000300352933014E61BC00B168DE3A"))
            case (0x20, 0x01):
                self._find()
            case (0x20, 0x02):
                self._select()
            case (0x30, 0x01):
                self._read()
            case (0x30, 0x03):
                address = self._card.new_address if self._card is not None else ""
                self._say(0x90, _pad(address, 70)) if address else self._say(0x91)
            case _:
                self._say(0x21)

    def _find(self) -> None:
        self._wait(0.06)
        if self._card is None or (self._read_once and self.faults.find_after_read == 0x80):
            self._say(0x80)
            return
        self._state = "found"
        self._say(0x9F, bytes(4))

    def _select(self) -> None:
        self._wait(0.06)
        if self._card is None or self._state != "found":
            self._say(0x81)
            return
        self._state = "selected"
        self._say(0x90, bytes(8))

    def _read(self) -> None:
        self._wait(0.6)
        if self._card is None or self._state != "selected":
            self._say(0x41)
            return
        self._state, self._read_once = "idle", True
        self._say(0x90, bytes.fromhex("01000400") + self._card.block() + bytes(1024))

    def _say(self, sw3: int, data: bytes = b"") -> None:
        body = (4 + len(data)).to_bytes(2, "big") + bytes([0, 0, sw3]) + data
        total = 0
        for byte in body:
            total ^= byte
        frame = self.faults.junk_before + _HEADER + body + bytes([total ^ (0xFF if self.faults.bad_checksum else 0)])
        if self.faults.pull_at_byte is not None and len(data) > 1000:
            frame = frame[: self.faults.pull_at_byte]
            self._card, self._read_once = None, False
        head = len(self.faults.junk_before) + 7 if self._has_two_pairs else len(frame)
        for pipe, part in ((_IN, frame[:head]), (_BODY_IN, frame[head:])):
            for start in range(0, len(part), 64):
                self.push_in(pipe, part[start : start + 64])

    def _wait(self, seconds: float) -> None:
        if self._pace > 0:
            time.sleep(seconds * self._pace)
