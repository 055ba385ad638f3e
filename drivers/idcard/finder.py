"""Opens the ID-card reader of a profile: a USB one by its ids, a serial one by the path of its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.idcard.pipes import whole_frames
from drivers.idcard.profile import ReaderProfile
from drivers.transport.base import Transport
from drivers.transport.serial import LineSettings, open_serial
from drivers.transport.usb import UsbMatch, find_usb


def reader_finder(profile: ReaderProfile, place: str = "", *, backend: Any = None) -> Callable[[], Transport | None]:
    """A finder for the supervisor. ``place`` is the path of the line, or for USB the port (``usb:1-2.3``), empty for the first one found.

    The finder raises what ``open_serial`` and ``find_usb`` raise, and ``NeedsPerson`` for a serial reader without a line.
    """

    def find() -> Transport | None:
        if profile.transport == "usb":
            found = find_usb(UsbMatch(ids=profile.usb_ids, port=place), backend)
            return None if found is None else whole_frames(found)
        if not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no line")
        return open_serial(place, LineSettings(profile.baud)) if Path(place).exists() else None

    return find
