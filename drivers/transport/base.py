"""The one seam between drivers and wires."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Transport(Protocol):
    """An open byte pipe, owned by one thread.

    Both calls raise ``DeviceGone`` when the other end has left. A transport never retries and never logs content.
    """

    @property
    def port(self) -> str:
        """Where it is, for people and for finding it again: ``usb:1-2.3``, ``/dev/ttyUSB0``, ``tcp:192.0.2.7:9100``."""
        ...

    def write(self, data: bytes, timeout_s: float) -> int:
        """Hand over ``data``; return how many bytes the device took within ``timeout_s`` (0..len, short is normal)."""
        ...

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Return what has arrived (1..max_bytes), or ``b""`` when nothing came within ``timeout_s``."""
        ...

    def close(self) -> None:
        """Let go of the wire. Safe to call twice, also after ``DeviceGone``."""
        ...


@runtime_checkable
class HasSpeed(Protocol):
    """A transport whose wire is slow enough to count."""

    @property
    def bytes_per_s(self) -> float:
        """What the wire carries; infinity where it is faster than any device."""
        ...
