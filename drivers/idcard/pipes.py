"""Readers with two pairs of USB pipes: the seven bytes of the header travel on the first pair, the body on the second.

Source: module documentation (out 0x02 and 0x06, in 0x81 and 0x85); retail readers have one pair and whole frames on it.
Worked find: first pair AA AA AA 96 69 00 03, second pair 20 01 22; answer AA AA AA 96 69 00 04 and 00 00 80 84.
Rules: the stream is put together again in the order header, body, so that the codec sees what it sees on a line; a body whose header was
lost comes alone and is noise to the codec.
"""

from __future__ import annotations

from drivers.transport.base import Transport
from drivers.transport.usb import UsbTransport

_HEADER_BYTES = 7
_GLANCE_S = 0.001


def whole_frames(transport: UsbTransport) -> Transport:
    """The transport itself with one pair of pipes, else one that splits and joins frames."""
    return SplitFrames(transport) if transport.pairs >= 2 else transport


class SplitFrames:
    """A ``Transport`` over two pairs of pipes. Owned by one thread."""

    def __init__(self, first: UsbTransport) -> None:
        self._first = first
        self._second = first.second_pair()
        self._header = b""
        self._body_left = 0

    @property
    def port(self) -> str:
        return self._first.port

    def write(self, data: bytes, timeout_s: float) -> int:
        """One whole frame a call."""
        taken = self._first.write(data[:_HEADER_BYTES], timeout_s)
        if taken < min(_HEADER_BYTES, len(data)):
            return taken
        return taken + (self._second.write(data[_HEADER_BYTES:], timeout_s) if data[_HEADER_BYTES:] else 0)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if self._body_left:
            body = self._second.read(min(max_bytes, self._body_left), timeout_s)
            self._body_left = 0 if not body else max(0, self._body_left - len(body))
            return body
        data = self._first.read(max_bytes, timeout_s)
        if not data:
            self._header = b""
            return self._second.read(max_bytes, _GLANCE_S)
        self._header += data
        if len(self._header) >= _HEADER_BYTES:
            self._body_left = int.from_bytes(self._header[5:_HEADER_BYTES], "big")
            self._header = b""
        return data

    def close(self) -> None:
        self._first.close()
