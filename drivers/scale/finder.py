"""Finds the scale of a profile: a serial line by its path, a HID scale by its usage page, asking the kernel before any device is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.scale.profile import ScaleProfile
from drivers.transport.base import Transport
from drivers.transport.hid import HID_CLASS, SYSFS, hid_ports
from drivers.transport.id_path import PREFIX, is_at, line_at, usb_id_path
from drivers.transport.serial import open_serial
from drivers.transport.usb import UsbMatch, find_usb

USAGE_PAGE = 0x8D


def scale_finder(
    profile: ScaleProfile, place: str = "", *, backend: Any = None, sysfs: Path = SYSFS, may_move: bool = False
) -> Callable[[], Transport | None]:
    """A finder for the supervisor.

    ``place`` is the path of the line, or for HID the port (``usb:1-2.3``), empty for the first one found; ``path:`` and an ``ID_PATH`` for either.
    ``may_move``: a HID scale plugged in elsewhere is taken while nobody is there. ``backend`` None is libusb.
    The finder raises what ``open_serial`` and ``find_usb`` raise, and ``NeedsPerson`` for a serial scale without a line.
    """

    def find() -> Transport | None:
        if profile.protocol == "hid":
            return _find_hid(place, backend, sysfs, may_move)
        if profile.line is None or not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no line")
        line = line_at(place)
        return open_serial(line, profile.line) if line and Path(line).exists() else None

    return find


def _find_hid(place: str, backend: Any, sysfs: Path, may_move: bool) -> Transport | None:
    if backend is not None:
        match = UsbMatch(interface_class=HID_CLASS, usage_page=USAGE_PAGE, port=place, may_move=may_move)
        return find_usb(match, backend)
    known = list(hid_ports(USAGE_PAGE, sysfs))
    ports = [port for port in known if place in ("", port) or is_at(usb_id_path(port), place.removeprefix(PREFIX))]
    if not ports and may_move and len(known) == 1:
        ports = known
    for port in ports:
        found = find_usb(UsbMatch(interface_class=HID_CLASS, usage_page=USAGE_PAGE, port=port), backend)
        if found is not None:
            return found
    return None
