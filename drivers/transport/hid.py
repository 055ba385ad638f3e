"""Finds a HID device by its usage page, asking the kernel before any device is touched.

Rules: libusb has to take a device away from the kernel before it can ask a HID interface what it is, and a touch screen is a HID device
too. So the kernel is asked first (its copy of the report descriptors), and only what has the page, or belongs to no kernel driver, is named; the
latter not while it is new, or we would be quicker than its driver. What was opened here and closed again has no driver either, but is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from drivers.transport.base import Transport
from drivers.transport.id_path import PREFIX, is_at, usb_id_path
from drivers.transport.settling import is_settling, usb_node
from drivers.transport.usb import UsbMatch, find_usb

SYSFS = Path("/sys/bus/usb/devices")
HID_CLASS = 3
_MOST_KNOWN = 32
_opened: dict[tuple[Path, int], int] = {}
"""Node and interface -> usage page. A device that comes back has another node; the oldest are forgotten."""


def find_hid(
    usage_page: int, place: str = "", *, backend: Any = None, sysfs: Path = SYSFS, may_move: bool = False
) -> Transport | None:
    """Open the device of that page at ``place`` (``usb:1-2.3``, ``path:`` and an ``ID_PATH``, empty for the first), or return None.

    ``may_move``: the only one of its kind counts wherever it is while nobody is there. ``backend`` None is libusb. Raises what ``find_usb`` raises.
    """
    if backend is not None:
        return find_usb(UsbMatch(interface_class=HID_CLASS, usage_page=usage_page, port=place, may_move=may_move), backend)
    known = list(_interfaces(usage_page, sysfs))
    here = [(port, number) for port, number in known if place in ("", port) or is_at(usb_id_path(port), place.removeprefix(PREFIX))]
    if not here and may_move and len({port for port, _ in known}) == 1:
        here = known
    for port, number in here:
        match = UsbMatch(interface_class=HID_CLASS, usage_page=usage_page, interface=number, port=port)
        found = find_usb(match, backend)
        if found is not None:
            _remember(sysfs / port.removeprefix("usb:"), number, usage_page)
            return found
    return None


def hid_ports(usage_page: int, sysfs: Path = SYSFS) -> Iterator[str]:
    """Ports (``usb:1-2.3``) at which a device of that usage page is known to be or may be."""
    return (port for port, _ in _interfaces(usage_page, sysfs))


def _interfaces(usage_page: int, sysfs: Path) -> Iterator[tuple[str, int]]:
    """Port and number of the interfaces that have the page or may have it."""
    for interface in sorted(sysfs.glob("*:*")):
        port, _, place = interface.name.partition(":")  # 1-2.3:1.0 is port, configuration and number
        if _text(interface / "bInterfaceClass") == f"{HID_CLASS:02x}":
            number = int(place.rpartition(".")[2])
            if _may_have(interface, number, usage_page):
                yield f"usb:{port}", number


def _may_have(interface: Path, number: int, usage_page: int) -> bool:
    if not (interface / "driver").exists():
        node = _node(interface.parent / interface.name.partition(":")[0])
        if node is None:
            return True
        known = _opened.get((node, number))
        return not is_settling(node) if known is None else known == usage_page
    item = bytes([0x05, usage_page])
    return any(path.read_bytes().startswith(item) for path in interface.glob("*/report_descriptor"))


def _remember(device: Path, number: int, usage_page: int) -> None:
    node = _node(device)
    if node is not None:
        _opened.pop((node, number), None)
        _opened[node, number] = usage_page
        for oldest in list(_opened)[:-_MOST_KNOWN]:
            _opened.pop(oldest, None)


def _node(device: Path) -> Path | None:
    bus, address = _text(device / "busnum"), _text(device / "devnum")
    return usb_node(int(bus), int(address)) if bus.isdigit() and address.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
