"""Where a device is plugged in, in udev's own words (``ID_PATH``): the same socket has the same name after every start, whatever number the bus got.

Source: systemd ``udev-builtin-path_id.c``: from the device up, a USB interface or device gives ``usb-0:PORTS[:CONFIG.INTERFACE]``, the nearest PCI
function ``pci-ADDRESS``, a platform device ``platform-NAME``; the parts stand from the outermost in, with ``-`` between them.
Worked: /sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.0 -> ``pci-0000:00:14.0-usb-0:2.3:1.0``.
Rules: it is read off sysfs, because udev's database does not reach a service of its own namespace; without sysfs there is no name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SYSFS_ROOT = Path("/sys")
PREFIX = "path:"
"""A place given as ``path:`` and an ID_PATH, with or without the interface at its end."""

_USB = re.compile(r"\d+-(?P<ports>\d+(?:\.\d+)*)(?P<interface>:\d+\.\d+)?")
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")


def id_path(device: Path) -> str:
    """``ID_PATH`` of a device by its directory in sysfs, "" when nothing of it names a place."""
    parts: list[str] = []
    place = device.resolve()
    has_usb = False
    for name in (place.name, *(parent.name for parent in place.parents)):
        usb = _USB.fullmatch(name)
        if usb is not None:
            if not has_usb:
                parts.append(f"usb-0:{usb['ports']}{usb['interface'] or ''}")
            has_usb = True
        elif _PCI.fullmatch(name):
            parts.append(f"pci-{name}")
            break
    if len(parts) == has_usb:
        platform = _platform(place)
        parts += [f"platform-{platform}"] if platform else []
    return "-".join(reversed(parts))


def _platform(place: Path) -> str:
    """The outermost platform device above a place, "" when it is none."""
    names = place.parts
    return names[names.index("platform") + 1] if "platform" in names[:-1] else ""


def usb_id_path(port: str, sysfs: Path = SYSFS_ROOT) -> str:
    """``ID_PATH`` of the device at a port such as ``usb:1-2.3``, "" when the kernel does not know it."""
    device = sysfs / "bus/usb/devices" / port.removeprefix("usb:")
    return id_path(device) if device.exists() else ""


def line_at(place: str, sysfs: Path = SYSFS_ROOT) -> str:
    """The node of the serial line at a place: of ``path:...`` whichever ``/dev/tty*`` is there now, "" for none; of a node itself."""
    if not place.startswith(PREFIX):
        return place
    wanted = place.removeprefix(PREFIX)
    return next((f"/dev/{name}" for name, path in _lines(sysfs) if is_at(path, wanted)), "")


def is_at(path: str, wanted: str) -> bool:
    """Whether a device of that ``ID_PATH`` is at the wanted one, which may leave out the interface."""
    return bool(path) and (path == wanted or path.startswith(f"{wanted}:"))


def _lines(sysfs: Path) -> Iterator[tuple[str, str]]:
    for line in sorted((sysfs / "class/tty").glob("*")):
        if (line / "device").exists():
            yield line.name, id_path(line / "device")
