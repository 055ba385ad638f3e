"""``list`` and ``probe``: what is plugged in, and what it seems to be, without opening anything that a kernel driver owns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import evdev
import usb.core
import usb.util
from serial.tools import list_ports

from drivers.cli.desk import Desk, Refused
from drivers.device import DeviceKind
from drivers.errors import NeedsPerson
from drivers.idcard.profile import reader_profile
from drivers.printer.finder import PRINTER_CLASS
from drivers.scale.finder import USAGE_PAGE as SCALE_PAGE
from drivers.scanner.finder import USAGE_PAGE as SCANNER_PAGE
from drivers.scanner.nodes import Kernel
from drivers.transport.hid import HID_CLASS, hid_ports
from drivers.transport.libusb import usb_devices as bus_devices
from drivers.transport.usb import UsbMatch, find_usb, port_of

_HUB_CLASS = 9
_LETTERS = range(16, 26)  # KEY_Q to KEY_P


def list_devices(desk: Desk) -> int:
    """One object a device: where it is, its ids and name, and the family it seems to belong to (null: none of ours or not known)."""
    for facts in (*usb_devices(desk), *_serial_ports(desk), *_input_devices(), *_cameras()):
        desk.tell(facts)
    return 0


def usb_devices(desk: Desk) -> Iterator[Mapping[str, object]]:
    """Everything on the bus but its hubs. Raises ``Refused`` without libusb."""
    try:
        devices = bus_devices(desk.backend)
    except NeedsPerson:
        raise Refused("libusb is not installed") from None
    for device in devices:
        if device.bDeviceClass == _HUB_CLASS:
            continue
        yield {
            "port": port_of(device),
            "kind": _family(desk, device),
            "ids": f"{device.idVendor:04x}:{device.idProduct:04x}",
            "name": " ".join(filter(None, _names(desk, device))),
        }


def _family(desk: Desk, device: Any) -> str | None:
    if (device.idVendor, device.idProduct) in reader_profile("sam_usb").usb_ids:
        return DeviceKind.ID_READER.value
    classes = {interface.bInterfaceClass for configuration in device for interface in configuration}
    if PRINTER_CLASS in classes:
        return DeviceKind.PRINTER.value
    if HID_CLASS in classes:
        port = port_of(device)
        if _has_page(desk, port, SCALE_PAGE):
            return DeviceKind.SCALE.value
        if _has_page(desk, port, SCANNER_PAGE):
            return DeviceKind.SCANNER.value
    return None


def _has_page(desk: Desk, port: str, usage_page: int) -> bool:
    """The kernel knows what a HID device is; on an injected bus nobody minds being asked."""
    if desk.backend is None:
        return port in hid_ports(usage_page, desk.sysfs)
    found = find_usb(UsbMatch(interface_class=HID_CLASS, usage_page=usage_page, port=port), desk.backend)
    if found is not None:
        found.close()
    return found is not None


def _names(desk: Desk, device: Any) -> tuple[str, str]:
    """Maker and product: the kernel asked when the device came, so that nobody needs to open it, or wait for one that hangs."""
    known = desk.sysfs / port_of(device).removeprefix("usb:")
    parts = (("manufacturer", device.iManufacturer), ("product", device.iProduct))
    maker, product = (
        (known / name).read_text(encoding="utf-8", errors="replace").strip()
        if desk.backend is None and (known / name).exists()
        else _string(device, index)
        for name, index in parts
    )
    return maker, product


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
        yield {
            "port": _linked(path, "/dev/serial/by-path"),
            "kind": None,
            "ids": ids,
            "name": port.description if port is not None else "",
        }


def _linked(path: str, folder: str) -> str:
    """The by-path link of a device where udev made one: it survives a change of numbers."""
    links = Path(folder).glob("*")
    return next((str(link) for link in sorted(links) if link.resolve() == Path(path).resolve()), path)


def _input_devices() -> Iterator[Mapping[str, object]]:
    """Event devices with a full keyboard: one of them may be a wedge scanner, nobody can tell which from here."""
    for path in sorted(evdev.list_devices()):
        try:
            device = evdev.InputDevice(path)
        except OSError:
            continue  # it left while we looked
        with closing(device):
            if set(_LETTERS) <= set(device.capabilities().get(evdev.ecodes.EV_KEY, ())):
                ids = f"{device.info.vendor:04x}:{device.info.product:04x}"
                yield {"port": _linked(path, "/dev/input/by-path"), "kind": None, "ids": ids, "name": device.name}


def cameras() -> Sequence[str]:
    """Cameras by their stable names where there are any; a node that gives no pictures is none."""
    return [_linked(str(camera.node), "/dev/v4l/by-path") for camera in Kernel().cameras()]


def _cameras() -> Iterator[Mapping[str, object]]:
    for place in cameras():
        name = Path("/sys/class/video4linux", Path(place).resolve().name, "name")
        yield {
            "port": place,
            "kind": DeviceKind.SCANNER.value,
            "ids": None,
            "name": name.read_text().strip() if name.exists() else "",
        }
