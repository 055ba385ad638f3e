"""Finds the scale of a profile: a serial line by its path, a HID scale by its usage page, asking the kernel before any device is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.scale.profile import ScaleProfile
from drivers.transport.base import Transport
from drivers.transport.hid import SYSFS, find_hid
from drivers.transport.id_path import line_at
from drivers.transport.serial import open_serial

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
            return find_hid(USAGE_PAGE, place, backend=backend, sysfs=sysfs, may_move=may_move)
        if profile.line is None or not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no line")
        line = line_at(place)
        return open_serial(line, profile.line) if line and Path(line).exists() else None

    return find
