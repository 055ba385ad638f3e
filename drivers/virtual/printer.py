"""A USB printer of class 07/01/02 for the virtual bus: the pipes and the three class requests around an engine.

Source: USB printer class 1.1. GET_DEVICE_ID (A1 00, interface in the high byte of wIndex), GET_PORT_STATUS (A1 01), SOFT_RESET (21 or 23, 02).
A full receive buffer is a pipe that takes nothing more (NAK): the host's time-out ends the transfer, with however many bytes went.
"""

from __future__ import annotations

import time
from typing import Protocol

from drivers.virtual.bus import Stall, Unplugged, VirtualUsbDevice
from drivers.virtual.descriptors import EndpointDescriptor, device
from drivers.virtual.printer_engine import PrinterEngine
from drivers.virtual.tspl_engine import TsplEngine

VENDOR, PRODUCT = 0x0416, 0x5011
ENDPOINT_OUT, ENDPOINT_IN = 0x03, 0x81
_STEP_S = 0.002


class _Manners(Protocol):
    @property
    def stalls_on_soft_reset(self) -> bool: ...


class Engine(Protocol):
    """What is behind the plug."""

    @property
    def profile(self) -> _Manners: ...
    def receive(self, data: bytes) -> int: ...
    def transmit(self, max_bytes: int) -> bytes: ...
    def device_id(self) -> bytes: ...
    def port_status(self) -> int: ...
    def soft_reset(self) -> None: ...
    def power_cycle(self) -> None: ...


class UsbPrinter(VirtualUsbDevice):
    """Plug it into a ``Bus``. A new plug is a power cycle, as the buffers are lost."""

    def __init__(self, engine: Engine, product: str) -> None:
        endpoints = [EndpointDescriptor(ENDPOINT_OUT), EndpointDescriptor(ENDPOINT_IN)]
        names = {1: "Virtual", 2: product}
        super().__init__(device(VENDOR, PRODUCT, interface_class=7, subclass=1, protocol=2, endpoints=endpoints, strings=names))
        self._engine = engine
        self._was_plugged = False
        self._max_transfer: int | None = None
        self._bytes_until_gone: int | None = None

    # ---- faults of the cable ------------------------------------------------------------------------------------------------

    def limit_transfers(self, max_bytes: int | None) -> None:
        """Take at most so many bytes in one transfer and report the short count."""
        self._max_transfer = max_bytes

    def vanish_after(self, data_bytes: int) -> None:
        """Lose the connection when so many more bytes have been taken, in the middle of a transfer."""
        self._bytes_until_gone = data_bytes

    # ---- called by the bus --------------------------------------------------------------------------------------------------

    def plugged(self) -> None:
        """Power: everything received before is forgotten."""
        super().plugged()
        self._bytes_until_gone = None
        if self._was_plugged:
            self._engine.power_cycle()
        self._was_plugged = True

    def transfer_out(self, endpoint: int, data: bytes, timeout_s: float) -> int:
        """Give the engine what it takes within the time."""
        if endpoint != ENDPOINT_OUT:
            raise Stall
        data = data[: self._max_transfer] if self._max_transfer else data
        deadline = time.monotonic() + timeout_s
        taken = 0
        while True:
            if self.is_gone:
                raise Unplugged
            taken += self._hand_over(data[taken:])
            left = deadline - time.monotonic()
            if taken == len(data) or left <= 0:
                return taken
            if self.wait_gone(min(_STEP_S, left)):
                raise Unplugged

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        """What the engine has to say, at most one packet."""
        if endpoint != ENDPOINT_IN:
            raise Stall
        deadline = time.monotonic() + timeout_s
        while True:
            if self.is_gone:
                raise Unplugged
            replies = self._engine.transmit(min(max_bytes, 64))
            left = deadline - time.monotonic()
            if replies or left <= 0:
                return replies
            if self.wait_gone(min(_STEP_S, left)):
                raise Unplugged

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """The printer class' two questions."""
        if (request_type, request) == (0xA1, 0x00):
            text = self._engine.device_id()
            return ((len(text) + 2).to_bytes(2, "big") + text)[:length]
        if (request_type, request) == (0xA1, 0x01):
            return bytes([self._engine.port_status()])[:length]
        return super().control_in(request_type, request, value, index, length)

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """SOFT_RESET."""
        if request_type in (0x21, 0x23) and request == 0x02 and not self._engine.profile.stalls_on_soft_reset:
            self._engine.soft_reset()
            return 0
        return super().control_out(request_type, request, value, index, data)

    def _hand_over(self, data: bytes) -> int:
        if self._bytes_until_gone is None:
            return self._engine.receive(data)
        taken = self._engine.receive(data[: self._bytes_until_gone])
        self._bytes_until_gone -= taken
        if self._bytes_until_gone <= 0:
            self.unplugged()
            raise Unplugged
        return taken


class VirtualPrinter(UsbPrinter):
    """A receipt printer that speaks ESC/POS; make it fail through ``engine``."""

    def __init__(self, engine: PrinterEngine | None = None) -> None:
        self.engine = engine or PrinterEngine()
        super().__init__(self.engine, "Receipt printer")


class VirtualLabelPrinter(UsbPrinter):
    """A label printer that speaks TSPL; make it fail through ``engine``."""

    def __init__(self, engine: TsplEngine | None = None) -> None:
        self.engine = engine or TsplEngine()
        super().__init__(self.engine, "Label printer")
