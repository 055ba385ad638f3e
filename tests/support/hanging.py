"""A USB backend whose transfers ignore their time-out: what a wedged controller does to whoever waits for it."""

from __future__ import annotations

import threading
from array import array

from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Attached, UsbBus


class HangingBackend(VirtualBackend):
    """While ``hold`` is in force, transfers of the device with this vendor do not come back; ``let_go`` lets them end with what they had.

    Writes of fewer than ``least_bytes`` do.
    """

    def __init__(self, bus: UsbBus, vendor: int, least_bytes: int = 0) -> None:
        super().__init__(bus)
        self._vendor = vendor
        self._least_bytes = least_bytes
        self._free = threading.Event()
        self._free.set()
        self.caught = threading.Event()

    def hold(self) -> None:
        """From the next transfer on."""
        self.caught.clear()
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()

    def intr_read(self, dev_handle: Attached, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        count = super().intr_read(dev_handle, ep, intf, buff, timeout)
        self._hang(dev_handle)
        return count

    def bulk_write(self, dev_handle: Attached, ep: int, intf: int, data: array[int], timeout: int) -> int:
        if len(data) >= self._least_bytes:
            self._hang(dev_handle)
        return super().bulk_write(dev_handle, ep, intf, data, timeout)

    def _hang(self, device: Attached) -> None:
        if device.descriptor.idVendor == self._vendor and not self._free.is_set():
            self.caught.set()
            assert self._free.wait(60)
