"""Where a picture lies on the head, and moving it when its bytes would spell a command that printers obey inside pictures.

Rules
- A picture wider than the head is an error; nothing is clipped, scaled or dithered.
- At most ``_MAX_MOVE_DOTS`` to the right, as far as the head has room. Where moving does not help, the original place is as good as any.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from drivers.errors import DriverFault
from drivers.printer.profile import Align, PrinterProfile

_MAX_MOVE_DOTS = 16


def placed(encode: Callable[[int], bytes], width_dots: int, profile: PrinterProfile, harmful: re.Pattern[bytes]) -> bytes:
    """What ``encode`` makes of the picture at so many dots from the left. Raises ``DriverFault('labelTooWide')``."""
    left = (profile.head_dots - width_dots) // 2 if profile.align is Align.CENTRE else profile.left_dots
    room = profile.head_dots - left - width_dots
    if room < 0 or left < 0:
        raise DriverFault("labelTooWide", width_dots=width_dots, left_dots=max(0, left), head_dots=profile.head_dots)
    stream = first = encode(left)
    move = 0
    while harmful.search(stream) and move < min(room, _MAX_MOVE_DOTS):
        move += 1
        stream = encode(left + move)
    return first if harmful.search(stream) else stream
