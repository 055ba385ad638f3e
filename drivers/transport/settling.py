"""A device that has just come: the kernel tells of it first, then udev gives its node an owner and the kernel its driver.

Rules: who is woken by the kernel's word looks before udev has done its part. What may not be opened in that moment is not there yet, which is no
reason to call anybody; and a HID interface without a driver is about to get one, so it is nobody's to take.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

SETTLE_S = 5.0
"""udev needs some hundredths of a second, on a small board that is starting up a few seconds."""
USB_NODES = Path("/dev/bus/usb")


def is_settling(node: Path, now: Callable[[], float] = time.time) -> bool:
    """Whether a device node was made, or given to somebody, a moment ago."""
    try:
        changed_s = node.stat().st_ctime
    except OSError:
        return False
    return 0 <= now() - changed_s < SETTLE_S


def usb_node(bus: int, address: int, nodes: Path = USB_NODES) -> Path:
    """The node through which libusb opens a device."""
    return nodes / f"{bus:03d}" / f"{address:03d}"
