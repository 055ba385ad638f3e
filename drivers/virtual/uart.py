"""What a serial wire makes of bytes: bits at one speed, heard at another.

Source: asynchronous serial transmission as every UART does it: the line rests at 1; a character is a start bit (0), its data bits least
significant first, a parity bit if there is one, a stop bit (1). The receiver looks at the middle of each bit after the edge of the start bit.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coding:
    """How one end of the line is set. ``parity`` is N, E or O."""

    baud: int = 9600
    data_bits: int = 8
    parity: str = "N"

    @property
    def bits(self) -> int:
        """Of one character, with start and one stop bit."""
        return 2 + self.data_bits + (self.parity != "N")


def heard(data: bytes, sent: Coding, listening: Coding) -> bytes:
    """What arrives when ``data`` is sent without a pause by one end and the other listens in its own way."""
    if sent == listening:
        mask = (1 << sent.data_bits) - 1
        return bytes(byte & mask for byte in data)
    line = [bit for byte in data for bit in _bits(byte, sent)]
    found = bytearray()
    step = sent.baud / listening.baud
    at = 0.0
    while (start := _falls(line, int(at))) is not None:
        middle = start + step / 2
        value = sum(_level(line, middle + (place + 1) * step) << place for place in range(listening.data_bits))
        found.append(value)
        at = middle + (listening.bits - 1) * step
    return bytes(found)


def _bits(byte: int, coding: Coding) -> list[int]:
    data = [byte >> place & 1 for place in range(coding.data_bits)]
    parity = [] if coding.parity == "N" else [sum(data) % 2 ^ (coding.parity == "O")]
    return [0, *data, *parity, 1]


def _falls(line: list[int], begin: int) -> int | None:
    return next((at for at in range(begin, len(line)) if not line[at]), None)


def _level(line: list[int], at: float) -> int:
    return line[int(at)] if at < len(line) else 1
