"""The devices on the bus as the kernel knows them now, through libusb.

libusb lists devices when a context begins and then goes by what udev tells. Where udev cannot be heard (a service with a network of its own) its
list stays what it was at the start: what was plugged in later would never be found. So the list is held against the kernel's nodes, and a new
context is begun when they differ; an old one lives as long as something opened in it. One context for each set of nodes: what libusb does not list
after that it will not list the next time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import usb.core
from usb.backend import libusb1

from drivers.errors import NeedsPerson, TryAgain
from drivers.transport.settling import USB_NODES

_gate = threading.Lock()
_context: Any = None
_begun_for: frozenset[tuple[int, int]] | None = None


def usb_devices(backend: Any = None) -> list[Any]:
    """Every device as pyusb's ``Device``. ``backend`` None is libusb. Any thread may call.

    Raises ``NeedsPerson`` without libusb, ``TryAgain`` when it cannot look.
    """
    if backend is not None:
        return list(usb.core.find(find_all=True, backend=backend) or ())
    global _context, _begun_for
    with _gate:
        first = _context or libusb1.get_backend()
        if first is None:
            raise NeedsPerson("hardwareError", reason="libusb is missing")
        try:
            found = list(usb.core.find(find_all=True, backend=first) or ())
            nodes = frozenset(_nodes())
            if nodes in ({(device.bus, device.address) for device in found}, _begun_for):
                return found
            _context, _begun_for = type(first)(first.lib), nodes
            return list(usb.core.find(find_all=True, backend=_context) or ())
        except usb.core.USBError as err:
            raise TryAgain("hardwareError", errno=err.errno) from err


def _nodes() -> Iterator[tuple[int, int]]:
    for node in USB_NODES.glob("*/*"):
        if node.name.isdigit() and node.parent.name.isdigit():
            yield int(node.parent.name), int(node.name)
