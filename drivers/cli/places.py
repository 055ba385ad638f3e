"""``list`` and ``probe``: what is plugged in, and what it seems to be, without opening anything that a kernel driver owns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import usb.core
import usb.util
from serial.tools import list_ports

from drivers.cli.desk import Desk, Refused
from drivers.cli.scanner import cameras
from drivers.device import DeviceKind
from drivers.idcard.profile import reader_profile
from drivers.printer.finder import PRINTER_CLASS
from drivers.scale.finder import hid_scale_ports
from drivers.transport.usb import UsbMatch, find_usb, port_of

_HID_CLASS, _HUB_CLASS = 3, 9
_SCALE_PAGE = 0x8D


def list_devices(desk: Desk) -> int:
    """One object a device: where it is, its ids and name, and the family it seems to belong to (null: none of ours or not known)."""
    for facts in (*usb_devices(desk), *_serial_ports(desk), *_cameras()):
        desk.tell(facts)
    return 0


def usb_devices(desk: Desk) -> Iterator[Mapping[str, object]]:
    """Everything on the bus but its hubs. Raises ``Refused`` without libusb."""
    try:
        devices = list(usb.core.find(find_all=True, backend=desk.backend) or ())
    except usb.core.NoBackendError:
        raise Refused("libusb is not installed") from None
    for device in devices:
        if device.bDeviceClass == _HUB_CLASS:
            continue
        yield {
            "port": port_of(device),
            "kind": _family(desk, device),
            "ids": f"{device.idVendor:04x}:{device.idProduct:04x}",
            "name": " ".join(filter(None, (_string(device, device.iManufacturer), _string(device, device.iProduct)))),
        }


def _family(desk: Desk, device: Any) -> str | None:
    if (device.idVendor, device.idProduct) in reader_profile("sam_usb").usb_ids:
        return DeviceKind.ID_READER.value
    classes = {interface.bInterfaceClass for configuration in device for interface in configuration}
    if PRINTER_CLASS in classes:
        return DeviceKind.PRINTER.value
    if _HID_CLASS in classes and _is_scale(desk, port_of(device)):
        return DeviceKind.SCALE.value
    return None


def _is_scale(desk: Desk, port: str) -> bool:
    """The kernel knows what a HID device is; on an injected bus nobody minds being asked."""
    if desk.backend is None:
        return port in hid_scale_ports(desk.sysfs)
    found = find_usb(UsbMatch(interface_class=_HID_CLASS, usage_page=_SCALE_PAGE, port=port), desk.backend)
    if found is not None:
        found.close()
    return found is not None


def _string(device: Any, index: int) -> str:
    """A device's own words; a device that may not be opened, or that lies about having some, says nothing."""
    if not index:
        return ""
    try:
        return str(usb.util.get_string(device, index) or "")
    except (usb.core.USBError, ValueError):
        return ""
    finally:
        usb.util.dispose_resources(device)


def _serial_ports(desk: Desk) -> Iterator[Mapping[str, object]]:
    known = {port.device: port for port in list_ports.comports()}
    for path in desk.serial_ports():
        port = known.get(path)
        ids = f"{port.vid:04x}:{port.pid:04x}" if port is not None and port.vid is not None else None
        yield {"port": _stable_name(path), "kind": None, "ids": ids, "name": port.description if port is not None else ""}


def _stable_name(path: str) -> str:
    """The by-path link of a port where udev made one: it survives a change of numbers."""
    links = Path("/dev/serial/by-path").glob("*")
    return next((str(link) for link in sorted(links) if link.resolve() == Path(path).resolve()), path)


def _cameras() -> Iterator[Mapping[str, object]]:
    for place in cameras():
        name = Path("/sys/class/video4linux", Path(place).resolve().name, "name")
        yield {
            "port": place,
            "kind": DeviceKind.SCANNER.value,
            "ids": None,
            "name": name.read_text().strip() if name.exists() else "",
        }
