"""Finds the scale of a profile: a serial line by its path, a HID scale by its usage page.

Rules: libusb has to take a device away from the kernel before it can ask a HID interface what it is, and a touch screen is a HID device
too. So the kernel is asked first (its copy of the report descriptors), and only what is a scale, or belongs to no kernel driver, is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drivers.errors import NeedsPerson
from drivers.scale.profile import ScaleProfile
from drivers.transport.base import Transport
from drivers.transport.serial import open_serial
from drivers.transport.usb import UsbMatch, find_usb

USAGE_PAGE = 0x8D
_HID_CLASS = 3
_PAGE_ITEM = bytes([0x05, USAGE_PAGE])
_SYSFS = Path("/sys/bus/usb/devices")


def scale_finder(
    profile: ScaleProfile, place: str = "", *, backend: Any = None, sysfs: Path = _SYSFS
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
    ports = [place] if backend is not None else [port for port in hid_scale_ports(sysfs) if place in ("", port)]
    for port in ports:
        found = find_usb(UsbMatch(interface_class=_HID_CLASS, usage_page=USAGE_PAGE, port=port), backend)
        if found is not None:
            return found
    return None


def hid_scale_ports(sysfs: Path = _SYSFS) -> Iterator[str]:
    """Ports (``usb:1-2.3``) at which a HID scale is known to be or may be, without touching any device."""
    for interface in sorted(sysfs.glob("*:*")):
        if _text(interface / "bInterfaceClass") == "03" and _may_be_scale(interface):
            yield f"usb:{interface.name.partition(':')[0]}"


def _may_be_scale(interface: Path) -> bool:
    if not (interface / "driver").exists():
        return True
    descriptors = (path.read_bytes() for path in interface.glob("*/report_descriptor"))
    return any(descriptor.startswith(_PAGE_ITEM) for descriptor in descriptors)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
