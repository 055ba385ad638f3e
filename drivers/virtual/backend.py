"""A pyusb backend over a virtual bus: the same ``usb.core`` calls, other hardware.

Source: pyusb 1.3 ``usb.backend.IBackend``; errno values as its libusb1 backend reports them (19 gone, 32 stall, 110 time-out). As there, a
transfer that moved some bytes before its time-out returns the short count without an error.
"""

from __future__ import annotations

from array import array
from typing import Any

import usb.backend
from usb.core import USBError, USBTimeoutError

from drivers.virtual.bus import Attached, Stall, Unplugged, UsbBus
from drivers.virtual.descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor

_FOREVER_S = 3600.0


class VirtualBackend(usb.backend.IBackend):  # type: ignore[misc]
    """Give it to ``usb.core.find(backend=...)``."""

    def __init__(self, bus: UsbBus) -> None:
        super().__init__()
        self._bus = bus

    def enumerate_devices(self) -> list[Attached]:
        return self._bus.attached()

    def get_parent(self, dev: Attached) -> None:
        return None

    def get_device_descriptor(self, dev: Attached) -> DeviceDescriptor:
        return dev.descriptor

    def get_configuration_descriptor(self, dev: Attached, config: int) -> ConfigurationDescriptor:
        return [dev.descriptor.configuration][config]

    def get_interface_descriptor(self, dev: Attached, intf: int, alt: int, config: int) -> InterfaceDescriptor:
        if alt:
            raise IndexError(alt)
        return self.get_configuration_descriptor(dev, config).interfaces[intf]

    def get_endpoint_descriptor(self, dev: Attached, ep: int, intf: int, alt: int, config: int) -> EndpointDescriptor:
        return self.get_interface_descriptor(dev, intf, alt, config).endpoints[ep]

    def open_device(self, dev: Attached) -> Attached:
        if all(item.key != dev.key for item in self._bus.attached()):
            raise _gone()
        return dev

    def close_device(self, dev_handle: Attached) -> None:
        return None

    def set_configuration(self, dev_handle: Attached, config_value: int) -> None:
        return None

    def get_configuration(self, dev_handle: Attached) -> int:
        return dev_handle.descriptor.configuration.bConfigurationValue

    def set_interface_altsetting(self, dev_handle: Attached, intf: int, altsetting: int) -> None:
        return None

    def claim_interface(self, dev_handle: Attached, intf: int) -> None:
        return None

    def release_interface(self, dev_handle: Attached, intf: int) -> None:
        return None

    def bulk_write(self, dev_handle: Attached, ep: int, intf: int, data: array[int], timeout: int) -> int:
        return self._out(dev_handle, ep, data, timeout)

    def intr_write(self, dev_handle: Attached, ep: int, intf: int, data: array[int], timeout: int) -> int:
        return self._out(dev_handle, ep, data, timeout)

    def bulk_read(self, dev_handle: Attached, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        return self._in(dev_handle, ep, buff, timeout)

    def intr_read(self, dev_handle: Attached, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        return self._in(dev_handle, ep, buff, timeout)

    def ctrl_transfer(
        self, dev_handle: Attached, bmRequestType: int, bRequest: int, wValue: int, wIndex: int, data: array[int], timeout: int
    ) -> int:
        setup = (bmRequestType, bRequest, wValue, wIndex)
        try:
            if not bmRequestType & 0x80:
                return self._bus.control_out(dev_handle.key, *setup, data.tobytes())
            answer = self._bus.control_in(dev_handle.key, *setup, len(data))
        except Unplugged as err:
            raise _gone() from err
        except Stall as err:
            raise _stall() from err
        data[: len(answer)] = array("B", answer)
        return len(answer)

    def clear_halt(self, dev_handle: Attached, ep: int) -> None:
        return None

    def reset_device(self, dev_handle: Attached) -> None:
        return None

    def is_kernel_driver_active(self, dev_handle: Attached, intf: int) -> bool:
        return False

    def detach_kernel_driver(self, dev_handle: Attached, intf: int) -> None:
        return None

    def attach_kernel_driver(self, dev_handle: Attached, intf: int) -> None:
        return None

    def _out(self, handle: Attached, endpoint: int, data: array[int], timeout: int) -> int:
        try:
            count = self._bus.transfer_out(handle.key, endpoint, data.tobytes(), _seconds(timeout))
        except Unplugged as err:
            raise _gone() from err
        except Stall as err:
            raise _stall() from err
        if count == 0 and len(data):
            raise USBTimeoutError("Operation timed out", -7, 110)
        return count

    def _in(self, handle: Attached, endpoint: int, buffer: array[int], timeout: int) -> int:
        try:
            data = self._bus.transfer_in(handle.key, endpoint, len(buffer), _seconds(timeout))
        except Unplugged as err:
            raise _gone() from err
        except Stall as err:
            raise _stall() from err
        if not data:
            raise USBTimeoutError("Operation timed out", -7, 110)
        buffer[: len(data)] = array("B", data)
        return len(data)


def _seconds(timeout_ms: Any) -> float:
    return _FOREVER_S if timeout_ms == 0 else timeout_ms / 1000


def _gone() -> USBError:
    return USBError("No such device (it may have been disconnected)", -4, 19)


def _stall() -> USBError:
    return USBError("Pipe error", -9, 32)
