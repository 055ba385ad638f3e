"""Which USB ports have a HID device of one usage page, as far as the kernel knows: no device is touched.

Rules: libusb has to take a device away from the kernel before it can ask a HID interface what it is, and a touch screen is a HID device
too. So the kernel is asked first (its copy of the report descriptors), and only what has the page, or belongs to no kernel driver, is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SYSFS = Path("/sys/bus/usb/devices")
HID_CLASS = 3


def hid_ports(usage_page: int, sysfs: Path = SYSFS) -> Iterator[str]:
    """Ports (``usb:1-2.3``) at which a device of that usage page is known to be or may be."""
    for interface in sorted(sysfs.glob("*:*")):
        if _text(interface / "bInterfaceClass") == f"{HID_CLASS:02x}" and _may_have(interface, usage_page):
            yield f"usb:{interface.name.partition(':')[0]}"


def _may_have(interface: Path, usage_page: int) -> bool:
    if not (interface / "driver").exists():
        return True
    item = bytes([0x05, usage_page])
    return any(path.read_bytes().startswith(item) for path in interface.glob("*/report_descriptor"))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
