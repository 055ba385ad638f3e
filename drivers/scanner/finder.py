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
from drivers.transport.hid import SYSFS, find_hid
from drivers.transport.id_path import line_at
from drivers.transport.serial import LineSettings, open_serial

USAGE_PAGE = 0x8C


def scanner_finder(
    profile: ScannerProfile, place: str = "", *, backend: Any = None, sysfs: Path = SYSFS, may_move: bool = False
) -> Callable[[], Transport | None]:
    """A finder for the supervisor. ``place``: event device, line, or USB port (empty: the first HID-POS scanner); of the latter two also ``path:``
    and an ``ID_PATH``. ``may_move``: a HID-POS scanner plugged in elsewhere is taken while nobody is there.

    The finder raises what the transports raise, and ``NeedsPerson`` for a wedge or a line without a place.
    """

    def find() -> Transport | None:
        if profile.way is Way.HID_POS:
            return find_hid(USAGE_PAGE, place, backend=backend, sysfs=sysfs, may_move=may_move)
        if not place:
            raise NeedsPerson("userError", profile=profile.name, reason="no place")
        node = place if profile.way is Way.WEDGE else line_at(place)
        if not node or not Path(node).exists():
            return None
        return open_evdev(node) if profile.way is Way.WEDGE else open_serial(node, LineSettings(profile.baud))

    return find
