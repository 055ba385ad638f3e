"""Where each device of the station file is looked for: USB by what it is, serial lines and network addresses by name.

``usb_backend`` None is libusb; the bench gives a bus of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.idcard.profile import ReaderProfile
from drivers.supervisor import Finder
from drivers.transport.base import Transport
from drivers.transport.serial import LineSettings, open_serial
from drivers.transport.tcp import open_tcp
from drivers.transport.usb import UsbMatch, find_usb

_PRINTER_CLASS = 7
_TCP = "tcp:"
_RAW_PORT = 9100


def reader_finder(profile: ReaderProfile, place: str, usb_backend: Any = None) -> Finder:
    """The ID-card reader: by the ids of its profile, or on the serial line ``place``."""
    if profile.transport == "serial":
        return _line_finder(place, LineSettings(baud=profile.baud))
    return lambda: find_usb(UsbMatch(ids=profile.usb_ids, port=place), usb_backend)


def printer_finder(place: str, usb_backend: Any = None) -> Finder:
    """The printer: ``""`` or ``usb:...`` for the first USB printer, ``tcp:ADDRESS[:PORT]``, or a serial line."""
    if place.startswith(_TCP):
        address, _, port = place.removeprefix(_TCP).partition(":")
        return lambda: open_tcp(address, int(port or _RAW_PORT))
    if place.startswith("/"):
        return _line_finder(place, LineSettings(baud=115200))
    return lambda: find_usb(UsbMatch(interface_class=_PRINTER_CLASS, port=place), usb_backend)


def _line_finder(place: str, line: LineSettings) -> Finder:
    def find() -> Transport | None:
        if not place:
            raise NeedsPerson("userError", reason="no line")
        return open_serial(place, line) if Path(place).exists() else None

    return find
