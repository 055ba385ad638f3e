"""Finds the scale of a profile: a serial line by its path, a HID scale by its usage page, asking the kernel before any device is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.scale.profile import ScaleProfile
from drivers.transport.base import Transport
from drivers.transport.hid import HID_CLASS, SYSFS, hid_ports
from drivers.transport.serial import open_serial
from drivers.transport.usb import UsbMatch, find_usb

USAGE_PAGE = 0x8D


def scale_finder(
    profile: ScaleProfile, place: str = "", *, backend: Any = None, sysfs: Path = SYSFS
) -> Callable[[], Transport | None]:
    """A finder for the supervisor.

    ``place`` is the path of the line, or for HID the port (``usb:1-2.3``), empty for the first one found. ``backend`` None is libusb.
    The finder raises what ``open_serial`` and ``find_usb`` raise, and ``NeedsPerson`` for a serial scale without a line.
    """

    def find() -> Transport | None:
        if profile.protocol == "hid":
            return _find_hid(place, backend, sysfs)
        if profile.line is None or not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no line")
        return open_serial(place, profile.line) if Path(place).exists() else None

    return find


def _find_hid(place: str, backend: Any, sysfs: Path) -> Transport | None:
    ports = [place] if backend is not None else [port for port in hid_ports(USAGE_PAGE, sysfs) if place in ("", port)]
    for port in ports:
        found = find_usb(UsbMatch(interface_class=HID_CLASS, usage_page=USAGE_PAGE, port=port), backend)
        if found is not None:
            return found
    return None
