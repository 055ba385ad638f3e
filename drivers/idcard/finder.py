"""Opens the ID-card reader of a profile: a USB one by its ids, a serial one by the path of its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.idcard.pipes import whole_frames
from drivers.idcard.profile import ReaderProfile
from drivers.transport.base import Transport
from drivers.transport.id_path import line_at
from drivers.transport.serial import LineSettings, open_serial
from drivers.transport.usb import UsbMatch, find_usb


def reader_finder(
    profile: ReaderProfile, place: str = "", *, backend: Any = None, may_move: bool = False
) -> Callable[[], Transport | None]:
    """A finder for the supervisor. ``place`` is the path of the line, or for USB the port (``usb:1-2.3``), empty for the first one found;
    ``path:`` and an ``ID_PATH`` for either. ``may_move``: a USB reader plugged in elsewhere is taken while nobody is there.

    The finder raises what ``open_serial`` and ``find_usb`` raise, and ``NeedsPerson`` for a serial reader without a line.
    """

    def find() -> Transport | None:
        if profile.transport == "usb":
            found = find_usb(UsbMatch(ids=profile.usb_ids, port=place, may_move=may_move), backend)
            return None if found is None else whole_frames(found)
        if not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no line")
        line = line_at(place)
        return open_serial(line, LineSettings(profile.baud)) if line and Path(line).exists() else None

    return find
