"""USB pipes over pyusb: bulk or interrupt, found by what a device is, never by guessed endpoints.

Source: pyusb 1.3. Traps that shaped this file: a time-out after a partial transfer returns the short count without an error, a time-out of 0
waits for ever, GET_DEVICE_ID carries the interface in the high byte, ``reset()`` renumbers clones and is never called, two errors in a row
that are no time-out mean that the device has left.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import usb.core
import usb.util

from drivers.errors import DeviceGone, NeedsPerson, TryAgain
from drivers.transport.id_path import PREFIX, is_at, usb_id_path
from drivers.transport.libusb import usb_devices
from drivers.transport.settling import is_settling, usb_node

_HID_CLASS = 0x03
_REPORT_DESCRIPTOR = 0x2200
_GONE = frozenset({errno.ENODEV, errno.EIO, errno.EPIPE, errno.ENOENT, errno.ESHUTDOWN})
_LEFT = frozenset({errno.ENODEV, errno.ENOENT})
_MIN_TIMEOUT_MS = 1


@dataclass(frozen=True)
class UsbMatch:
    """What to look for; all given conditions must hold.

    ``ids`` are VID:PID pairs, ``interface_class`` a USB class (7 printer, 3 HID), ``usage_page`` the first usage page of a HID report
    descriptor (0x8D scale), ``interface`` the number of the one that has it where that is known (a scanner may be a keyboard too, which stays the
    kernel's), ``port`` a remembered port such as ``usb:1-2.3``, or ``path:`` and its ``ID_PATH`` (the same socket after every start).
    With ``may_move`` a device that was plugged in elsewhere counts too, while nobody is at that port and it is the only one of its kind.
    """

    ids: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    interface_class: int | None = None
    usage_page: int | None = None
    interface: int | None = None
    port: str = ""
    may_move: bool = False


def port_of(device: Any) -> str:
    """``usb:<bus>-<port path>``: stays the same when the device is plugged into the same socket again."""
    path = ".".join(str(number) for number in (device.port_numbers or ())) or str(device.address)
    return f"usb:{device.bus}-{path}"


def find_usb(match: UsbMatch, backend: Any = None) -> UsbTransport | None:
    """Open the first device that matches, or return None. ``backend`` None is libusb.

    Raises ``NeedsPerson('permissionDenied')`` or ``TryAgain('deviceBusy')`` when it is there but cannot be opened.
    """
    devices = usb_devices(backend)
    likely = [device for device in devices if not match.ids or (device.idVendor, device.idProduct) in match.ids]
    there = [device for device in likely if not match.port or sits_at(device, match.port)]
    found = _first(there, match)
    if found is not None or not match.port or not match.may_move:
        return found
    # Nobody is where it was. Of several others nobody can tell which one was carried over: none is taken.
    moved = [device for device in likely if device not in there and _may_be(device, match)]
    return _first(moved, match) if len(moved) == 1 else None


def sits_at(device: Any, place: str) -> bool:
    """Whether a device is at ``usb:1-2.3`` or ``path:ID_PATH``."""
    port = port_of(device)
    return is_at(usb_id_path(port), place.removeprefix(PREFIX)) if place.startswith(PREFIX) else port == place


def _first(devices: Sequence[Any], match: UsbMatch) -> UsbTransport | None:
    for device in devices:
        try:
            transport = _open(device, match)
        except usb.core.USBError as err:
            if err.errno in _LEFT or (err.errno == errno.EACCES and is_settling(usb_node(device.bus, device.address))):
                continue
            _raise_open(err)
        if transport is not None:
            return transport
    return None


def _may_be(device: Any, match: UsbMatch) -> bool:
    """Whether its interfaces are of the wanted class, without opening it."""
    return match.interface_class is None or any(interface.bInterfaceClass == match.interface_class for interface in device[0])


def _open(device: Any, match: UsbMatch) -> UsbTransport | None:
    for interface in device[0]:
        if match.interface_class is not None and interface.bInterfaceClass != match.interface_class:
            continue
        number = int(interface.bInterfaceNumber)
        if match.interface not in (None, number):
            continue
        _take_interface(device, number)
        if match.usage_page is not None and _usage_page(device, number) != match.usage_page:
            usb.util.dispose_resources(device)
            continue
        ins = [e for e in interface if e.bEndpointAddress & 0x80]
        outs = [e for e in interface if not e.bEndpointAddress & 0x80]
        if ins or outs:
            return UsbTransport(device, number, ins, outs)
    return None


def _take_interface(device: Any, number: int) -> None:
    try:
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
    except NotImplementedError:
        pass  # not on this platform: nothing to detach
    try:
        current = device.get_active_configuration().bConfigurationValue
    except usb.core.USBError:
        current = None
    if current != device[0].bConfigurationValue:
        device.set_configuration(device[0].bConfigurationValue)
    usb.util.claim_interface(device, number)


def _usage_page(device: Any, interface: int) -> int | None:
    """First usage page of the HID report descriptor, None when there is none."""
    try:
        head = bytes(device.ctrl_transfer(0x81, 0x06, _REPORT_DESCRIPTOR, interface, 256, 500))
    except usb.core.USBError:
        return None
    match head[:1]:
        case b"\x05":
            return head[1]
        case b"\x06":
            return int.from_bytes(head[1:3], "little")
        case _:
            return None


def _raise_open(err: Any) -> None:
    if err.errno == errno.EACCES:
        raise NeedsPerson("permissionDenied") from err
    if err.errno == errno.EBUSY:
        raise TryAgain("deviceBusy") from err
    raise TryAgain("hardwareError", errno=err.errno) from err


class UsbTransport:
    """One claimed interface. Owned by one thread; ``close`` may come from the same thread only (pyusb gives no other guarantee)."""

    def __init__(self, device: Any, interface: int, ins: Sequence[Any], outs: Sequence[Any]) -> None:
        self._device = device
        self._interface = interface
        self._ins = ins
        self._outs = outs
        self._in: Any = ins[0] if ins else None
        self._out: Any = outs[0] if outs else None
        self._errors = 0
        self._lock = threading.Lock()
        self._closed = False
        self._port = port_of(device)

    @property
    def port(self) -> str:
        return self._port

    @property
    def ids(self) -> tuple[int, int]:
        """VID and PID."""
        return int(self._device.idVendor), int(self._device.idProduct)

    @property
    def interface(self) -> int:
        """Number of the claimed interface."""
        return self._interface

    @property
    def pairs(self) -> int:
        """How many pairs of pipes the interface has."""
        return min(len(self._ins), len(self._outs))

    def second_pair(self) -> UsbTransport:
        """The other two pipes of an interface with two pairs. It shares the claim: only this transport is closed."""
        return UsbTransport(self._device, self._interface, self._ins[1:], self._outs[1:])

    @property
    def packet_bytes(self) -> int:
        """wMaxPacketSize of the IN pipe: reads should be multiples of it."""
        return int(self._in.wMaxPacketSize) if self._in is not None else 64

    def write(self, data: bytes, timeout_s: float) -> int:
        """Raises ``DeviceGone``; returns fewer bytes than given when the pipe was full (NAK) until the time-out."""
        if self._out is None:
            raise NeedsPerson("unsupportedCommand", reason="no OUT pipe")
        return int(self._guard(lambda: self._out.write(data, _ms(timeout_s)), 0, pipe=self._out))

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if self._in is None:
            raise NeedsPerson("unsupportedCommand", reason="no IN pipe")
        # Less than a packet would overflow: always ask for whole packets.
        packet = self.packet_bytes
        size = max(packet, max_bytes // packet * packet)
        return bytes(self._guard(lambda: self._in.read(size, _ms(timeout_s)), b"", pipe=self._in))

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes:
        """A control read (GET_PORT_STATUS, GET_DEVICE_ID, HID GET_REPORT). ``b""`` when the device refuses or stays silent."""
        return bytes(
            self._guard(
                lambda: self._device.ctrl_transfer(request_type, request, value, index, length, _ms(timeout_s)), b"", stall=True
            )
        )

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes, timeout_s: float = 0.5) -> int:
        """A control write (SOFT_RESET, HID SET_REPORT). 0 when the device refuses."""
        return int(
            self._guard(
                lambda: self._device.ctrl_transfer(request_type, request, value, index, data, _ms(timeout_s)), 0, stall=True
            )
        )

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
        usb.util.dispose_resources(self._device)

    def _guard(self, call: Callable[[], Any], nothing: Any, *, stall: bool = False, pipe: Any = None) -> Any:
        if self._closed:
            raise DeviceGone
        try:
            result = call()
        except usb.core.USBTimeoutError:
            self._errors = 0
            return nothing
        except usb.core.USBError as err:
            if err.errno == errno.ETIMEDOUT:
                self._errors = 0
                return nothing
            if stall and err.errno == errno.EPIPE:
                return nothing
            return self._trouble(err, nothing, pipe)
        self._errors = 0
        return result

    def _trouble(self, err: Any, nothing: Any, pipe: Any) -> Any:
        self._errors += 1
        if err.errno == errno.EPIPE and pipe is not None:
            # A pipe that stalled stays so, over every closing and opening, until somebody clears it.
            with suppress(usb.core.USBError):
                pipe.clear_halt()
        if err.errno == errno.ENODEV or (err.errno in _GONE and self._errors >= 2) or self._errors >= 5:
            raise DeviceGone(errno=err.errno) from err
        return nothing


def _ms(seconds: float) -> int:
    return max(_MIN_TIMEOUT_MS, round(seconds * 1000))
