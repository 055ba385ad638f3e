"""Opens the scanner of a profile: a keyboard wedge by its event device, a HID-POS scanner by its usage page, a serial one by its path.

Rules: a wedge looks like any keyboard, so nobody guesses which one it is: its place must be named. A serial line likewise.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.scanner.profile import ScannerProfile, Way
from drivers.transport.base import Transport
from drivers.transport.evdev import open_evdev
from drivers.transport.hid import HID_CLASS, SYSFS, hid_ports
from drivers.transport.serial import LineSettings, open_serial
from drivers.transport.usb import UsbMatch, find_usb

USAGE_PAGE = 0x8C


def scanner_finder(
    profile: ScannerProfile, place: str = "", *, backend: Any = None, sysfs: Path = SYSFS
) -> Callable[[], Transport | None]:
    """A finder for the supervisor. ``place``: event device, line, or USB port (empty: the first HID-POS scanner).

    The finder raises what the transports raise, and ``NeedsPerson`` for a wedge or a line without a place.
    """

    def find() -> Transport | None:
        if profile.way is Way.HID_POS:
            return _find_hid(place, backend, sysfs)
        if not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no place")
        if not Path(place).exists():
            return None
        return open_evdev(place) if profile.way is Way.WEDGE else open_serial(place, LineSettings(profile.baud))

    return find


def _find_hid(place: str, backend: Any, sysfs: Path) -> Transport | None:
    ports = [place] if backend is not None else [port for port in hid_ports(USAGE_PAGE, sysfs) if place in ("", port)]
    for port in ports:
        found = find_usb(UsbMatch(interface_class=HID_CLASS, usage_page=USAGE_PAGE, port=port), backend)
        if found is not None:
            return found
    return None
