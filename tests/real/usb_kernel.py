"""The kernel's part of a real USB path: answers libusb's usbfs calls for devices of a virtual bus. Runs under the system's Python with gi.

    usb_kernel.py SOCKET     SOCKET serves the virtual bus; commands come as JSON lines on stdin, answers go to stdout; needs umockdev's preload

Source: linux/usbdevice_fs.h (64-bit), UMockdev.IoctlBase. What real usbfs does and is done here: URBs wait until the device answers, is pulled
(ENODEV) or the host discards them (ENOENT, with what went so far); a full packet does not end a transfer, a short one does; an interface has
one owner and belongs to a kernel driver until that is sent away. Plain standard library besides gi: the virtual devices live elsewhere.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import sys
import threading
from pathlib import Path

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # noqa: E402

from drivers.virtual.bus import Attached, RemoteBus, Stall, Unplugged  # noqa: E402
from drivers.virtual.descriptors import ConfigurationDescriptor, DeviceDescriptor  # noqa: E402

HOST = "/devices/pci0000:00/0000:00:14.0"
_SLICE_S = 0.05
_URB_BYTES = 56
_INTERRUPT, _CONTROL, _BULK = 1, 2, 3
_OK = 0

GET_CAPABILITIES = 0x8004551A
CLAIM, RELEASE, SET_CONFIGURATION, CLEAR_HALT = 0x8004550F, 0x80045510, 0x80045505, 0x80045515
GET_DRIVER, DRIVER_IOCTL, DISCONNECT = 0x41045508, 0xC0105512, 0x5516
SUBMIT, DISCARD = 0x8038550A, 0x550B
EVIOCGRAB = 0x40044590
REAP, REAP_NO_DELAY = 0x4008550C, 0x4008550D


class Urb:
    """One transfer on its way."""

    def __init__(self, data: UMockdev.IoctlData, address: int) -> None:
        self.data = data
        self.address = address
        raw = bytes(data.retrieve())
        self.type, self.endpoint = raw[0], raw[1]
        (self.length,) = struct.unpack_from("<i", raw, 24)
        self.buffer = data.resolve(16, self.length) if self.length else None
        self.payload = bytes(self.buffer.retrieve()) if self.buffer is not None else b""
        self.is_discarded = threading.Event()
        self.done = b""
        self.moved = 0
        self.status = _OK


class OpenFile:
    """What one opening of the device node holds."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: dict[int, Urb] = {}
        self.finished: list[Urb] = []
        self.claimed: set[int] = set()


class Device(UMockdev.IoctlBase):
    """usbfs for one plugged device."""

    def __init__(self, bus: RemoteBus, attached: Attached, driver: str) -> None:
        super().__init__()
        self.bus = bus
        self.key = attached.key
        self.packet_bytes = {
            endpoint.bEndpointAddress: endpoint.wMaxPacketSize
            for interface in attached.descriptor.configuration.interfaces
            for endpoint in interface.endpoints
        }
        self.kernel_driver = driver
        self.is_gone = threading.Event()
        self.files: dict[UMockdev.IoctlClient, OpenFile] = {}

    def do_client_connected(self, client: UMockdev.IoctlClient) -> None:
        self.files[client] = OpenFile()

    def do_client_vanished(self, client: UMockdev.IoctlClient) -> None:
        file = self.files.pop(client, None)
        if file is not None:
            for urb in list(file.waiting.values()):
                urb.is_discarded.set()

    def do_handle_ioctl(self, client: UMockdev.IoctlClient) -> bool:
        try:
            result, error = self._obey(client, client.get_request(), client.get_arg())
        except Exception as err:  # noqa: BLE001 - an exception must not end in the C code that called
            sys.stderr.write(f"usb_kernel: {err!r}\n")
            result, error = -1, errno.EIO
        client.complete(result, error)
        return True

    def _obey(self, client: UMockdev.IoctlClient, request: int, arg: UMockdev.IoctlData) -> tuple[int, int]:
        file = self.files.setdefault(client, OpenFile())
        if request in (REAP, REAP_NO_DELAY):
            return self._reap(file, arg)
        if self.is_gone.is_set():
            return -1, errno.ENODEV
        match request:
            case _ if request == GET_CAPABILITIES:
                arg.resolve(0, 4).update(0, struct.pack("<I", 0))
            case _ if request == CLAIM:
                return self._claim(file, self._number(arg))
            case _ if request == RELEASE:
                file.claimed.discard(self._number(arg))
            case _ if request == SUBMIT:
                return self._submit(file, arg)
            case _ if request == DISCARD:
                return self._discard(file, arg)
            case _ if request == GET_DRIVER:
                return self._driver(file, arg)
            case _ if request == DRIVER_IOCTL:
                return self._driver_ioctl(arg)
            case _ if request in (SET_CONFIGURATION, CLEAR_HALT):
                pass
            case _:
                return -1, errno.ENOTTY
        return 0, 0

    def _number(self, arg: UMockdev.IoctlData) -> int:
        return struct.unpack("<i", bytes(arg.resolve(0, 4).retrieve()))[0]

    def _claim(self, file: OpenFile, number: int) -> tuple[int, int]:
        others = any(number in other.claimed for other in self.files.values() if other is not file)
        if self.kernel_driver or others:
            return -1, errno.EBUSY
        file.claimed.add(number)
        return 0, 0

    def _driver(self, file: OpenFile, arg: UMockdev.IoctlData) -> tuple[int, int]:
        name = self.kernel_driver or ("usbfs" if any(other.claimed for other in self.files.values()) else "")
        if not name:
            return -1, errno.ENODATA
        arg.resolve(0, 260).update(4, name.encode() + b"\0")
        return 0, 0

    def _driver_ioctl(self, arg: UMockdev.IoctlData) -> tuple[int, int]:
        _interface, code = struct.unpack_from("<ii", bytes(arg.resolve(0, 16).retrieve()))
        if code != DISCONNECT or not self.kernel_driver:
            return -1, errno.ENODATA
        self.kernel_driver = ""
        return 0, 0

    # ---- transfers --------------------------------------------------------------------------------------------------------------

    def _submit(self, file: OpenFile, arg: UMockdev.IoctlData) -> tuple[int, int]:
        address = self._address(arg)  # resolving puts an address of this process in its place
        urb = Urb(arg.resolve(0, _URB_BYTES), address)
        with file.lock:
            file.waiting[urb.address] = urb
        threading.Thread(target=self._transfer, args=(file, urb), daemon=True).start()
        return 0, 0

    def _address(self, arg: UMockdev.IoctlData) -> int:
        return struct.unpack("<Q", bytes(arg.retrieve())[:8])[0]

    def _discard(self, file: OpenFile, arg: UMockdev.IoctlData) -> tuple[int, int]:
        with file.lock:
            urb = file.waiting.get(self._address(arg))
        if urb is None:
            return -1, errno.EINVAL
        urb.is_discarded.set()
        return 0, 0

    def _reap(self, file: OpenFile, arg: UMockdev.IoctlData) -> tuple[int, int]:
        with file.lock:
            urb = file.finished.pop(0) if file.finished else None
        if urb is None:
            return -1, errno.ENODEV if self.is_gone.is_set() else errno.EAGAIN
        if urb.buffer is not None and urb.done:
            urb.buffer.update(8 if urb.type == _CONTROL else 0, urb.done)
        urb.data.update(4, struct.pack("<i", -urb.status))
        urb.data.update(28, struct.pack("<i", urb.moved))
        arg.resolve(0, 8).set_ptr(0, urb.data)
        return 0, 0

    def _transfer(self, file: OpenFile, urb: Urb) -> None:
        try:
            if urb.type == _CONTROL:
                self._control(urb)
            elif urb.endpoint & 0x80:
                self._in(urb)
            else:
                self._out(urb)
        except Stall:
            urb.status = errno.EPIPE
        except Unplugged:
            urb.status = errno.ENODEV
        with file.lock:
            file.waiting.pop(urb.address, None)
            file.finished.append(urb)

    def _is_over(self, urb: Urb) -> bool:
        if self.is_gone.is_set():
            raise Unplugged
        if urb.is_discarded.is_set():
            urb.status = errno.ENOENT
        return urb.is_discarded.is_set()

    def _in(self, urb: Urb) -> None:
        packet_bytes = self.packet_bytes.get(urb.endpoint, 64)
        while len(urb.done) < urb.length and not self._is_over(urb):
            packet = self.bus.transfer_in(self.key, urb.endpoint, min(packet_bytes, urb.length - len(urb.done)), _SLICE_S)
            urb.done += packet
            urb.moved = len(urb.done)
            if packet and len(packet) < packet_bytes:
                return

    def _out(self, urb: Urb) -> None:
        while urb.moved < urb.length and not self._is_over(urb):
            urb.moved += self.bus.transfer_out(self.key, urb.endpoint, urb.payload[urb.moved :], _SLICE_S)

    def _control(self, urb: Urb) -> None:
        kind, request, value, index, length = struct.unpack_from("<BBHHH", urb.payload)
        if kind & 0x80:
            urb.done = self.bus.control_in(self.key, kind, request, value, index, length)
            urb.moved = len(urb.done)
        else:
            self.bus.control_out(self.key, kind, request, value, index, urb.payload[8 : 8 + length])
            urb.moved = length


class Keyboard(UMockdev.IoctlBase):
    """evdev for one keyboard: who it is, which keys it has, and the one who grabbed it."""

    NAME, PHYS, IDS = b"Virtual Wedge", b"usb-0000:00:14.0-1/input0", struct.pack("<HHHH", 3, 0x0C2E, 0x0200, 0x0111)

    def __init__(self) -> None:
        super().__init__()
        self.grabber: UMockdev.IoctlClient | None = None

    def do_client_vanished(self, client: UMockdev.IoctlClient) -> None:
        if self.grabber is client:
            self.grabber = None

    def do_handle_ioctl(self, client: UMockdev.IoctlClient) -> bool:
        request, arg = client.get_request(), client.get_arg()
        number, size = request & 0xFF, (request >> 16) & 0x3FFF
        if request == EVIOCGRAB:
            wanted = self._address(arg) != 0
            if wanted and self.grabber not in (None, client):
                client.complete(-1, errno.EBUSY)
                return True
            self.grabber = client if wanted else None
            client.complete(0, 0)
            return True
        answer = self._answers(number)
        if answer is None:
            client.complete(-1, errno.ENOTTY)
            return True
        arg.resolve(0, size).update(0, answer[:size])
        client.complete(len(answer[:size]), 0)
        return True

    def _address(self, arg: UMockdev.IoctlData) -> int:
        return struct.unpack("<Q", bytes(arg.retrieve())[:8])[0]

    def _answers(self, number: int) -> bytes | None:
        keys = bytes(0xFF if place < 16 else 0 for place in range(96))
        known = {0x01: struct.pack("<i", 0x010001), 0x02: self.IDS, 0x06: self.NAME + b"\0", 0x07: self.PHYS + b"\0", 0x08: b"\0"}
        known |= {0x20: bytes([0b10011]), 0x21: keys, 0x24: bytes([0b10000]), 0x84: bytes(4)}
        return known.get(number, b"" if 0x20 <= number < 0x40 else None)


class Camera(UMockdev.IoctlBase):
    """V4L2 for one camera: the light it has, switched by whom. Source: linux/videodev2.h (v4l2_queryctrl 68 bytes, v4l2_control 8)."""

    QUERY, SET = 0xC0445624, 0xC008561C

    def __init__(self, control: int, maximum: int) -> None:
        super().__init__()
        self.control, self.maximum = control, maximum
        self.orders: list[int] = []

    def do_handle_ioctl(self, client: UMockdev.IoctlClient) -> bool:
        request, arg = client.get_request(), client.get_arg()
        if request not in (self.QUERY, self.SET):
            client.complete(-1, errno.ENOTTY)
            return True
        data = arg.resolve(0, 68 if request == self.QUERY else 8)
        control, value = struct.unpack_from("=Ii", bytes(data.retrieve()))
        if control != self.control:
            client.complete(-1, errno.EINVAL)
        elif request == self.QUERY:
            data.update(0, struct.pack("=II32siiiiI", control, 3, b"LED Mode", 0, self.maximum, 1, 0, 0))
            client.complete(0, 0)
        else:
            self.orders.append(value)
            client.complete(0, 0)
        return True


def device_bytes(descriptor: DeviceDescriptor) -> bytes:
    """The 18 bytes of a device descriptor."""
    return struct.pack(
        "<BBHBBBBHHHBBBB",
        18,
        1,
        descriptor.bcdUSB,
        descriptor.bDeviceClass,
        descriptor.bDeviceSubClass,
        descriptor.bDeviceProtocol,
        descriptor.bMaxPacketSize0,
        descriptor.idVendor,
        descriptor.idProduct,
        descriptor.bcdDevice,
        descriptor.iManufacturer,
        descriptor.iProduct,
        descriptor.iSerialNumber,
        1,
    )


def configuration_bytes(configuration: ConfigurationDescriptor) -> bytes:
    """The configuration with its interfaces and endpoints."""
    body = b""
    for interface in configuration.interfaces:
        body += bytes([9, 4, interface.bInterfaceNumber, 0, len(interface.endpoints), interface.bInterfaceClass])
        body += bytes([interface.bInterfaceSubClass, interface.bInterfaceProtocol, 0]) + bytes(interface.extra_descriptors)
        for endpoint in interface.endpoints:
            body += struct.pack(
                "<BBBBHB", 7, 5, endpoint.bEndpointAddress, endpoint.bmAttributes, endpoint.wMaxPacketSize, endpoint.bInterval
            )
    count, value = len(configuration.interfaces), configuration.bConfigurationValue
    return (
        struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), count, value, 0, configuration.bmAttributes, configuration.bMaxPower) + body
    )


class Kernel:
    """The machine's USB: plug and unplug devices of the bus at a port."""

    def __init__(self, socket_path: Path) -> None:
        self.testbed = UMockdev.Testbed.new()
        self.bus = RemoteBus(socket_path)
        self.plugged: dict[str, tuple[Device, list[str]]] = {}
        self.number = 1
        self.hubs: set[str] = set()
        self.keyboards: dict[int, int] = {}
        self.cameras: dict[int, Camera] = {}
        self._add_hub(f"{HOST}/usb1")

    def plug(self, key: int, port: str, driver: str, report_descriptor: str) -> None:
        """Give a device a number, a node and its place in sysfs; ``driver`` owns it until it is sent away."""
        attached = next(item for item in self.bus.attached() if item.key == key)
        paths = [self._place(port)]
        node = f"/dev/bus/usb/001/{self.number:03d}"
        self.number += 1
        self._add(paths[0], self._device_text(paths[0], node, attached.descriptor))
        for interface in attached.descriptor.configuration.interfaces:
            paths.append(f"{paths[0]}/{port}:1.{interface.bInterfaceNumber}")
            text = f"E: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceClass={interface.bInterfaceClass:02x}\\n\n"
            if driver:
                text += f"E: DRIVER={driver}\nL: driver=../../../../../../bus/usb/drivers/{driver}\n"
                Path(self.testbed.get_root_dir(), "sys/bus/usb/drivers", driver).mkdir(parents=True, exist_ok=True)
            self._add(paths[-1], text)
        if report_descriptor:
            ids = f"0003:{attached.descriptor.idVendor:04X}:{attached.descriptor.idProduct:04X}.0001"
            paths.append(f"{paths[-1]}/{ids}")
            self._add(paths[-1], f"E: SUBSYSTEM=hid\nH: report_descriptor={report_descriptor}\n")
        device = Device(self.bus, attached, driver)
        self.testbed.attach_ioctl(node, device)
        self.plugged[port] = (device, paths)
        for path in paths:
            self.testbed.uevent(f"/sys{path}", "add")

    def unplug(self, port: str) -> None:
        """Pull it: waiting transfers end, the node and sysfs entries go."""
        device, paths = self.plugged.pop(port)
        device.is_gone.set()
        for path in reversed(paths):
            self.testbed.uevent(f"/sys{path}", "remove")
            self.testbed.remove_device(f"/sys{path}")

    def add_keyboard(self, number: int) -> None:
        """An event device. Its node is a FIFO: what is written there is read as events."""
        path, node = f"/devices/virtual/input/input{number}/event{number}", f"/dev/input/event{number}"
        self._add(path, f"N: input/event{number}\nE: DEVNAME={node}\nE: SUBSYSTEM=input\nE: MAJOR=13\nE: MINOR={64 + number}\n")
        file = Path(self.testbed.get_root_dir() + node)
        file.unlink()
        os.mkfifo(file)
        self.testbed.attach_ioctl(node, Keyboard())
        self.keyboards[number] = os.open(file, os.O_RDWR)

    def add_camera(self, number: int, control: int, maximum: int) -> None:
        """A video node whose camera has one control."""
        node = f"/dev/video{number}"
        text = f"N: video{number}\nE: DEVNAME={node}\nE: SUBSYSTEM=video4linux\nE: MAJOR=81\nE: MINOR={number}\n"
        self._add(f"/devices/virtual/video4linux/video{number}", text)
        self.cameras[number] = Camera(control, maximum)
        self.testbed.attach_ioctl(node, self.cameras[number])

    def type_keys(self, number: int, events: bytes) -> None:
        """Keys are pressed."""
        os.write(self.keyboards[number], events)

    def remove_keyboard(self, number: int) -> None:
        """Pull it out."""
        os.close(self.keyboards.pop(number))
        Path(f"{self.testbed.get_root_dir()}/dev/input/event{number}").unlink()

    def _place(self, port: str) -> str:
        """Where sysfs has it: ``1-3.4`` lies below the hub ``1-3``, which is put there when it is missing."""
        hub, dot, _ = port.rpartition(".")
        if not dot:
            return f"{HOST}/usb1/{port}"
        above = self._place(hub)
        if hub not in self.hubs:
            self.hubs.add(hub)
            self._add_hub(above)
        return f"{above}/{port}"

    def _add_hub(self, path: str) -> None:
        hub = DeviceDescriptor(0x1D6B, 0x0002, ConfigurationDescriptor([]), bDeviceClass=9)
        self._add(path, self._device_text(path, f"/dev/bus/usb/001/{self.number:03d}", hub))
        self.testbed.uevent(f"/sys{path}", "add")
        self.number += 1

    def _device_text(self, path: str, node: str, descriptor: DeviceDescriptor) -> str:
        number = int(node[-3:])
        raw = device_bytes(descriptor) + configuration_bytes(descriptor.configuration)
        return (
            f"N: {node.removeprefix('/dev/')}\nE: DEVNAME={node}\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: MAJOR=189\n"
            f"E: MINOR={number - 1}\nE: BUSNUM=001\nE: DEVNUM={number:03d}\nA: busnum=1\\n\nA: devnum={number}\\n\nA: speed=12\\n\n"
            f"A: bConfigurationValue=1\\n\nA: idVendor={descriptor.idVendor:04x}\\n\nA: idProduct={descriptor.idProduct:04x}\\n\n"
            f"H: descriptors={raw.hex().upper()}\n"
        )

    def _add(self, path: str, text: str) -> None:
        self.testbed.add_from_string(f"P: {path}\n{text}\n")


def say(**facts: object) -> None:
    """One answer, one line."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    kernel = Kernel(Path(sys.argv[1]))
    say(root=kernel.testbed.get_root_dir())
    for line in sys.stdin:
        command = json.loads(line)
        owner, orders = "", []
        match command["op"]:
            case "plug":
                kernel.plug(command["key"], command["port"], command["driver"], command["report_descriptor"])
            case "unplug":
                kernel.unplug(command["port"])
            case "add_keyboard":
                kernel.add_keyboard(command["number"])
            case "type_keys":
                kernel.type_keys(command["number"], bytes.fromhex(command["events"]))
            case "remove_keyboard":
                kernel.remove_keyboard(command["number"])
            case "add_camera":
                kernel.add_camera(command["number"], command["control"], command["maximum"])
            case "light_orders":
                orders = kernel.cameras[command["number"]].orders
            case "owner":
                owner = kernel.plugged[command["port"]][0].kernel_driver
        say(done=command["op"], owner=owner, orders=orders)


if __name__ == "__main__":
    main()
