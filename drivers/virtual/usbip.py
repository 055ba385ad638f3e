"""A virtual USB device on the real kernel: our device behind Linux' own virtual host controller (``vhci_hcd``), over USB/IP.

The kernel enumerates it like a thing on a cable: usbfs, usbhid, usblp, cdc-acm and uvcvideo find it there. Needs root and the module::

    with KernelPort(VirtualPrinter(), port=0) as there:     # plugged
        ...                                                  # there.place is "3-1": bus and port
                                                             # pulled

Source: Documentation/usb/usbip_protocol.rst and drivers/usb/usbip/vhci_{rx,sysfs}.c of Linux 6.1; USB 2.0 chapter 9 for the requests that
every device answers.
"""

from __future__ import annotations

import errno
import queue
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from drivers.virtual.bus import Stall, Unplugged, VirtualUsbDevice
from drivers.virtual.descriptors import ConfigurationDescriptor, DeviceDescriptor

CONTROLLER = Path("/sys/devices/platform/vhci_hcd.0")
_SUBMIT, _UNLINK, _RET_SUBMIT, _RET_UNLINK = 1, 2, 3, 4
_HEAD = struct.Struct(">5I")
_SUBMIT_BODY = struct.Struct(">Iiiii8s")
_RET_SUBMIT_BODY = struct.Struct(">iiiii8x")
_UNLINK_BODY = struct.Struct(">I24x")
_RET_UNLINK_BODY = struct.Struct(">i24x")
_HEAD_BYTES = 48
_SLICE_S = 0.05
_PATIENCE_S = 5.0
_DEVICE, _CONFIGURATION = 1, 2
_GET_STATUS, _CLEAR_FEATURE, _SET_FEATURE, _GET_DESCRIPTOR, _GET_CONFIGURATION = 0, 1, 3, 6, 8
_SET_CONFIGURATION, _GET_INTERFACE, _SET_INTERFACE = 9, 10, 11
_TO_ENDPOINT = 2


@dataclass(eq=False)
class _Urb:
    """One transfer on its way."""

    number: int
    endpoint: int
    length: int
    setup: bytes
    data: bytes
    is_begun: bool = False
    is_cancelled: threading.Event = field(default_factory=threading.Event)
    is_done: threading.Event = field(default_factory=threading.Event)


class _Pulled(Exception):
    """The wire is gone: the kernel closed it, or the device was pulled."""


class UsbIpWire:
    """Answers the kernel's transfers for one device until either side closes. One thread reads, one works for each endpoint in use."""

    def __init__(self, device: VirtualUsbDevice, connection: socket.socket) -> None:
        self._device = device
        self._connection = connection
        self._send_lock = threading.Lock()
        self._lock = threading.Lock()
        self._pending: dict[int, _Urb] = {}
        self._queues: dict[int, queue.SimpleQueue[_Urb | None]] = {}
        self._left_over: dict[int, bytes] = {}
        self._packet_bytes = {
            endpoint.bEndpointAddress: endpoint.wMaxPacketSize
            for interface in device.descriptor.configuration.interfaces
            for endpoint in interface.endpoints
        }
        self._configured = 0
        self._halted: set[int] = set()
        self._reader = threading.Thread(target=self._read, name="usbip", daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Pull the wire; every transfer ends. May be called twice."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._reader.join(5)
        self._connection.close()

    # --- the kernel's words ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            while True:
                self._take(self._receive(_HEAD_BYTES))
        except _Pulled:
            with self._lock:
                waiting, queues = list(self._pending.values()), list(self._queues.values())
                self._pending.clear()
            for urb in waiting:
                urb.is_cancelled.set()
            for line in queues:
                line.put(None)

    def _take(self, head: bytes) -> None:
        command, number, _, is_in, endpoint = _HEAD.unpack_from(head)
        if command == _UNLINK:
            (unlinked,) = _UNLINK_BODY.unpack_from(head, _HEAD.size)
            self._unlink(number, unlinked)
            return
        if command != _SUBMIT:
            raise _Pulled
        _, length, _, _, _, setup = _SUBMIT_BODY.unpack_from(head, _HEAD.size)
        data = b"" if is_in else self._receive(length)
        address = endpoint | (0x80 if is_in and endpoint else 0)
        urb = _Urb(number, address, length, setup, data)
        with self._lock:
            self._pending[number] = urb
            line = self._queues.get(address)
            if line is None:
                line = self._queues[address] = queue.SimpleQueue()
                threading.Thread(target=self._work, args=(line,), name=f"usbip-{address:02x}", daemon=True).start()
        line.put(urb)

    def _unlink(self, number: int, unlinked: int) -> None:
        """The host takes a transfer back: what it moved so far is told with it, so the worker answers; a finished one is told as finished.

        One that waits in line, or whose worker hangs in its device, is given back as it is.
        """
        status = 0
        with self._lock:
            urb = self._pending.get(unlinked)
            if urb is not None and not urb.is_begun:
                del self._pending[unlinked]
                status, urb = -errno.ECONNRESET, None
        if urb is not None:
            urb.is_cancelled.set()
            if not urb.is_done.wait(_PATIENCE_S):
                with self._lock:
                    status = -errno.ECONNRESET if self._pending.pop(unlinked, None) is not None else 0
        self._send(_HEAD.pack(_RET_UNLINK, number, 0, 0, 0) + _RET_UNLINK_BODY.pack(status))

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                piece = self._connection.recv(count - len(data))
            except OSError as err:
                raise _Pulled from err
            if not piece:
                raise _Pulled
            data += piece
        return data

    def _send(self, data: bytes) -> None:
        with self._send_lock, suppress(OSError):  # a wire that is gone is seen by the reader
            self._connection.sendall(data)

    # --- the device's answers ----------------------------------------------------------------------------------------------

    def _work(self, line: queue.SimpleQueue[_Urb | None]) -> None:
        while (urb := line.get()) is not None:
            with self._lock:
                urb.is_begun = self._pending.get(urb.number) is urb
            if not urb.is_begun:
                continue  # taken back while it waited
            data, moved, status = b"", 0, 0
            try:
                if urb.endpoint in self._halted:
                    raise Stall
                if urb.endpoint == 0:
                    data = self._control(urb)
                    moved = len(data) or len(urb.data)
                elif urb.endpoint & 0x80:
                    data = self._in(urb)
                    moved = len(data)
                else:
                    moved = self._out(urb)
            except Stall:
                status = -errno.EPIPE
                if urb.endpoint:
                    self._halted.add(urb.endpoint)  # until the host clears it (USB 2.0, 9.4.5)
            except Unplugged:
                self._finish(urb, b"", 0, -errno.ESHUTDOWN)
                continue
            if urb.is_cancelled.is_set():
                status = -errno.ECONNRESET
            self._finish(urb, data, moved, status)

    def _finish(self, urb: _Urb, data: bytes, moved: int, status: int) -> None:
        head = _HEAD.pack(_RET_SUBMIT, urb.number, 0, 0, 0)
        with self._lock:
            if self._pending.get(urb.number) is not urb:
                return  # taken back while the device hung
            self._send(head + _RET_SUBMIT_BODY.pack(status, moved, 0, 0, 0) + data)
            del self._pending[urb.number]
        urb.is_done.set()

    def _in(self, urb: _Urb) -> bytes:
        """Packets until the transfer is full, one is short, or the host takes it back."""
        packet_bytes = self._packet_bytes[urb.endpoint]
        got = self._left_over.pop(urb.endpoint, b"")
        is_short = bool(got) and len(got) % packet_bytes != 0
        while not is_short and len(got) < urb.length and not urb.is_cancelled.is_set():
            packet = self._device.transfer_in(urb.endpoint, urb.length - len(got), _SLICE_S)
            got += packet
            is_short = bool(packet) and len(packet) % packet_bytes != 0
        if len(got) > urb.length:
            self._left_over[urb.endpoint] = got[urb.length :]
        return got[: urb.length]

    def _out(self, urb: _Urb) -> int:
        taken = 0
        while taken < len(urb.data) and not urb.is_cancelled.is_set():
            taken += self._device.transfer_out(urb.endpoint, urb.data[taken:], _SLICE_S)
        return taken

    def _control(self, urb: _Urb) -> bytes:
        kind, request, value, index, length = struct.unpack("<BBHHH", urb.setup)
        if kind & 0x60 == 0:
            known = self._standard(kind, request, value, index, length)
            if known is not None:
                return known
        if kind & 0x80:
            return self._device.control_in(kind, request, value, index, length)[:length]
        self._device.control_out(kind, request, value, index, urb.data)
        return b""

    def _standard(self, kind: int, request: int, value: int, index: int, length: int) -> bytes | None:
        """What every device answers by itself; None for what is the device's own business."""
        descriptor = self._device.descriptor
        match kind & 0x80, request:
            case 0x80, _ if request == _GET_DESCRIPTOR and kind == 0x80 and value >> 8 == _DEVICE:
                return device_bytes(descriptor)[:length]
            case 0x80, _ if request == _GET_DESCRIPTOR and kind == 0x80 and value >> 8 == _CONFIGURATION:
                return configuration_bytes(descriptor.configuration)[:length]
            case 0x80, _ if request == _GET_STATUS:
                return b"\0\0"[:length]
            case 0x80, _ if request == _GET_CONFIGURATION:
                return bytes([self._configured])
            case 0x80, _ if request == _GET_INTERFACE:
                return b"\0"
            case 0, _ if request == _SET_CONFIGURATION:
                self._configured = value
                return b""
            case 0, _ if request in (_SET_INTERFACE, _CLEAR_FEATURE, _SET_FEATURE):
                if request == _CLEAR_FEATURE and kind == _TO_ENDPOINT:
                    self._halted.discard(index)
                return b""
        return None


class KernelPort:
    """A port of the kernel's virtual controller with a device in it. Raises OSError where there is no controller, or no right to it."""

    def __init__(self, device: VirtualUsbDevice, port: int = 0) -> None:
        self._device = device
        self._port = port
        self._wire: UsbIpWire | None = None

    def __enter__(self) -> KernelPort:
        self.plug()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.unplug()

    @property
    def place(self) -> str:
        """Bus and port as the kernel names them, such as 3-1."""
        bus = _high_speed_hub()
        return f"{bus.name.removeprefix('usb')}-{self._port + 1}"

    def plug(self, timeout_s: float = 10.0) -> None:
        """Plug it in, and wait until the kernel has made its device. Raises TimeoutError when the kernel does not like it."""
        self._device.plugged()
        ours, kernels = socket.socketpair()
        with kernels:
            attach = f"{self._port} {kernels.fileno()} {self._port + 1} {self._device.descriptor.speed}"
            self._wire = UsbIpWire(self._device, ours)
            try:
                (CONTROLLER / "attach").write_text(attach, encoding="ascii")
                self._wait(there=True, timeout_s=timeout_s)
            except OSError:
                self.unplug()
                raise

    def unplug(self, timeout_s: float = 10.0) -> None:
        """Pull it out, and wait until the kernel has noticed. May be called twice."""
        if self._wire is None:
            return
        self._device.unplugged()
        self._wire.close()
        self._wire = None
        self._wait(there=False, timeout_s=timeout_s)

    def _wait(self, *, there: bool, timeout_s: float) -> None:
        path = _high_speed_hub() / self.place / "bConfigurationValue"
        deadline = time.monotonic() + timeout_s
        while path.exists() is not there or (not there and not self._is_free()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the kernel has {'not made' if there else 'kept'} the device of port {self.place}")
            time.sleep(0.02)

    def _is_free(self) -> bool:
        rows = (row.split() for row in (CONTROLLER / "status").read_text(encoding="ascii").splitlines()[1:])
        return any(row[0] == "hs" and int(row[1]) == self._port and row[2] == "004" for row in rows)


def _high_speed_hub() -> Path:
    """The controller's first root hub; the second is for SuperSpeed."""
    return min(CONTROLLER.glob("usb[0-9]*"), key=lambda hub: int(hub.name.removeprefix("usb")))


def device_bytes(device: DeviceDescriptor) -> bytes:
    """The device descriptor as it crosses the wire (USB 2.0, table 9-8)."""
    return struct.pack(
        "<BBHBBBBHHHBBBB",
        device.bLength,
        device.bDescriptorType,
        device.bcdUSB,
        device.bDeviceClass,
        device.bDeviceSubClass,
        device.bDeviceProtocol,
        device.bMaxPacketSize0,
        device.idVendor,
        device.idProduct,
        device.bcdDevice,
        device.iManufacturer,
        device.iProduct,
        device.iSerialNumber,
        device.bNumConfigurations,
    )


def configuration_bytes(configuration: ConfigurationDescriptor) -> bytes:
    """The configuration with all that belongs to it, each interface's class descriptors before its endpoints (USB 2.0, 9.4.3)."""
    body = bytes(configuration.extra_descriptors)
    for interface in configuration.interfaces:
        numbers = (interface.bInterfaceNumber, interface.bAlternateSetting, interface.bNumEndpoints)
        kind = (interface.bInterfaceClass, interface.bInterfaceSubClass, interface.bInterfaceProtocol, interface.iInterface)
        body += bytes([interface.bLength, interface.bDescriptorType, *numbers, *kind]) + bytes(interface.extra_descriptors)
        for endpoint in interface.endpoints:
            head = (endpoint.bLength, endpoint.bDescriptorType, endpoint.bEndpointAddress, endpoint.bmAttributes)
            body += struct.pack("<BBBBHB", *head, endpoint.wMaxPacketSize, endpoint.bInterval) + bytes(endpoint.extra_descriptors)
    own = (configuration.bConfigurationValue, configuration.iConfiguration, configuration.bmAttributes, configuration.bMaxPower)
    count = len({interface.bInterfaceNumber for interface in configuration.interfaces})
    head_bytes = configuration.bLength
    return struct.pack("<BBHBBBBB", head_bytes, configuration.bDescriptorType, head_bytes + len(body), count, *own) + body


class KernelBus:
    """The kernel's USB in place of a ``Bus``: the same plug and unplug, ports counted from 1."""

    def __init__(self) -> None:
        self._ports: dict[VirtualUsbDevice, KernelPort] = {}

    def plug(self, device: VirtualUsbDevice, port: int = 1) -> None:
        """Plug a device into a port of the virtual controller. Raises OSError."""
        if device not in self._ports:
            there = KernelPort(device, port - 1)
            there.plug()
            self._ports[device] = there

    def unplug(self, device: VirtualUsbDevice) -> None:
        """Pull it out."""
        there = self._ports.pop(device, None)
        if there is not None:
            there.unplug()

    def close(self) -> None:
        """Pull everything out."""
        for device in list(self._ports):
            self.unplug(device)
