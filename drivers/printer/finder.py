"""Opens the printer at a place: a USB printer by its class, a serial one by its path, one on the network by its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.transport.base import Transport
from drivers.transport.id_path import line_at
from drivers.transport.serial import LineSettings, open_serial
from drivers.transport.tcp import open_tcp
from drivers.transport.usb import UsbMatch, find_usb

PRINTER_CLASS = 7
RAW_PORT = 9100
_NAMES_A_LINE = re.compile(r"path:.*:\d+\.\d+")


def printer_finder(
    place: str = "", *, baud: int = 115200, flow: str = "xonxoff", backend: Any = None, may_move: bool = False
) -> Callable[[], Transport | None]:
    """A finder for the supervisor. ``place``: ``usb:1-2.3``, ``tcp:192.0.2.7`` with or without port, a path; empty is the first USB printer.

    ``path:`` and an ``ID_PATH`` name a socket, for a serial one with its interface (``...:1.0``). ``baud`` and ``flow`` are for a line.
    ``may_move``: the only USB printer counts wherever it is while nobody is at its place.

    The finder raises what the transports raise, and ``NeedsPerson`` for an address that is none.
    """

    def find() -> Transport | None:
        if place.startswith("tcp:"):
            host, _, port = place.removeprefix("tcp:").partition(":")
            if not host or (port and not port.isdigit()):
                raise NeedsPerson("userError", port=place, reason="no address")
            return open_tcp(host, int(port or RAW_PORT))
        line = line_at(place)
        if not line and _NAMES_A_LINE.fullmatch(place):
            return None
        if line and not line.startswith("usb:"):
            return open_serial(line, LineSettings(baud, flow=flow), is_paced=True) if Path(line).exists() else None
        return find_usb(UsbMatch(interface_class=PRINTER_CLASS, port=place, may_move=may_move), backend)

    return find
