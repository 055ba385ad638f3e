"""Serial scales that exist only as bytes: written from the makers' manuals, sharing nothing with our codecs.

Source: Wildcat manual p. 40-41 (Toledo continuous), XK3190-A23p p. 23-26 and XK3190-A26 p. 10-11 (Yaohua).
Rules: a talker turns what the display shows into bytes and hears commands; ``VirtualSerialScale`` gives it a line, the pace of its baud
rate, and the habits of real ones: it may be joined in the middle of a frame and writes in chunks of any size.
"""

from __future__ import annotations

import random
import threading
from decimal import Decimal
from typing import Protocol, runtime_checkable

from drivers.virtual.load_cell import Display, Fault, LoadCell

STX, ETX = 0x02, 0x03
ANSWER_S = 0.03
_CHATTER_FRAMES, _CHATTER_S = 200, 0.002
"""What a chattering scale writes at once, and how often: 100,000 frames a second, whatever its line could carry."""


class Streaming(Protocol):
    """A protocol that talks unasked and listens to nobody: the keys of the indicator (P, T, Z, C) are not for a kiosk to press."""

    @property
    def rate_hz(self) -> float:
        """Frames per second."""
        ...

    def frame(self, display: Display) -> bytes:
        """The frame for what is shown; empty when the scale says nothing."""
        ...


@runtime_checkable
class Answering(Protocol):
    """A protocol that talks only when asked."""

    def hear(self, data: bytes, display: Display) -> bytes:
        """Bytes from the host; what the scale answers."""
        ...


class ToledoContinuous:
    """18 bytes, seven times a second, with every display update. ``checksum`` off makes it 17."""

    def __init__(self, *, unit: str = "kg", tare_divisions: int = 0, checksum: bool = True, rate_hz: float = 7.0) -> None:
        self.rate_hz = rate_hz
        self._unit = unit
        self._tare = tare_divisions
        self._checksum = checksum

    def frame(self, display: Display) -> bytes:
        """One frame of the display."""
        divisions = display.divisions - self._tare
        status_a = 0b0100000 | 0b0001000 | (2 + display.decimals)
        status_b = 0b0100000 | (0b0010000 if self._unit == "kg" else 0)
        status_b |= 0b0000001 if self._tare else 0
        status_b |= 0b0000010 if divisions < 0 else 0
        status_b |= 0b0000100 if display.over else 0
        status_b |= 0b0001000 if display.moving else 0
        status_c = 0b0100000 | (1 if self._unit == "g" else 0)
        weight = "     0" if display.over else f"{abs(divisions):6d}"
        body = bytes([STX, status_a, status_b, status_c]) + f"{weight[-6:]}{self._tare:6d}\r".encode("ascii")
        if not self._checksum:
            return body
        return body + bytes([-sum(body) % 128])


class YaohuaStx:
    """12 bytes at 10 Hz; at overload the indicator shows OL and stops talking."""

    rate_hz = 10.0

    def frame(self, display: Display) -> bytes:
        """One frame of the display, silence at overload."""
        return b"" if display.over else _with_yaohua_check(_yaohua_weight(display))


class YaohuaEquals:
    """``=`` and eight characters at 10 Hz, least significant first when ``reversed_digits``."""

    rate_hz = 10.0

    def __init__(self, *, reversed_digits: bool) -> None:
        self._reversed = reversed_digits

    def frame(self, display: Display) -> bytes:
        """One group of the display, silence at overload."""
        if display.over:
            return b""
        number = str(abs(display.kg)).rjust(7, "0")[-7:]
        text = ("-" if display.divisions < 0 else "0") + number
        return b"=" + (text[::-1] if self._reversed else text).encode("ascii")


class YaohuaCommand:
    """Answers STX address command XOR ETX; A is the hand-shake, B gross, C tare, D net. Other addresses stay silent, and overload too."""

    def __init__(self, *, address: str = "A", tare_divisions: int = 0) -> None:
        self._address = address
        self._tare = tare_divisions
        self._heard = b""

    def hear(self, data: bytes, display: Display) -> bytes:
        """Answer every command that is whole and right."""
        self._heard = (self._heard + data)[-64:]
        answer = b""
        while len(self._heard) >= 6:
            command, rest = self._heard[:6], self._heard[6:]
            if command[0] != STX or command[5] != ETX:
                self._heard = self._heard[1:]
                continue
            self._heard = rest
            answer += self._answer(command, display)
        return answer

    def _answer(self, command: bytes, display: Display) -> bytes:
        if command != _with_yaohua_check(command[1:3]) or chr(command[1]) != self._address:
            return b""
        shown = {
            "B": display.divisions,
            "C": self._tare,
            "D": display.divisions - self._tare,
        }
        letter = chr(command[2])
        if letter == "A":
            return command
        if letter not in shown or display.over:
            return b""
        value = Display(shown[letter], display.division_kg, display.moving, display.over)
        return _with_yaohua_check(command[1:3] + _yaohua_weight(value))


def _yaohua_weight(display: Display) -> bytes:
    sign = "-" if display.divisions < 0 else "+"
    return f"{sign}{abs(display.divisions):06d}{display.decimals}".encode("ascii")


def _with_yaohua_check(body: bytes) -> bytes:
    check = 0
    for byte in body:
        check ^= byte
    return bytes([STX]) + body + f"{check:02X}".encode("ascii") + bytes([ETX])


class Line(Protocol):
    """The scale's end of a wire."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes: ...

    def write(self, data: bytes) -> None: ...


class VirtualSerialScale:
    """A scale on a line. ``serve`` runs in a thread of its own until ``stop``; the other calls may come from anywhere."""

    def __init__(
        self, talker: Streaming | Answering, cell: LoadCell, *, baud: int = 9600, seed: int = 1, mid_frame: bool = True
    ) -> None:
        self.cell = cell
        self._talker = talker
        self._byte_s = 10 / baud
        self._random = random.Random(seed)
        self._mid_frame = mid_frame

    def set_weight(self, kg: Decimal) -> None:
        """Put exactly this on the pan."""
        self.cell.set_weight(kg)

    def set_fault(self, fault: Fault) -> None:
        """Break the scale, or mend it."""
        self.cell.set_fault(fault)

    def serve(self, line: Line, stop: threading.Event) -> None:
        """Talk or answer at the pace of the wire."""
        if isinstance(self._talker, Answering):
            self._answer(self._talker, line, stop)
        else:
            self._stream(self._talker, line, stop)

    def _stream(self, talker: Streaming, line: Line, stop: threading.Event) -> None:
        joined = self._mid_frame
        while not stop.is_set():
            frame = self._broken(talker.frame(self.cell.display()))
            if joined and frame:
                frame, joined = frame[self._random.randrange(len(frame)) :], False
            if self.cell.fault is Fault.CHATTER:
                line.write(frame * _CHATTER_FRAMES)
                stop.wait(_CHATTER_S)
                continue
            self._send(line, frame, stop)
            stop.wait(max(0.0, 1 / talker.rate_hz - len(frame) * self._byte_s))

    def _answer(self, talker: Answering, line: Line, stop: threading.Event) -> None:
        while not stop.is_set():
            heard = line.read(64, 0.05)
            answer = self._broken(talker.hear(heard, self.cell.display())) if heard else b""
            if answer:
                stop.wait(ANSWER_S)
                self._send(line, answer, stop)

    def _broken(self, said: bytes) -> bytes:
        if self.cell.fault is Fault.MUTE:
            return b""
        return self._random.randbytes(12) if self.cell.fault is Fault.GARBAGE else said

    def _send(self, line: Line, data: bytes, stop: threading.Event) -> None:
        while data and not stop.is_set():
            size = self._random.randint(1, 7)
            line.write(data[:size])
            stop.wait(len(data[:size]) * self._byte_s)
            data = data[size:]
