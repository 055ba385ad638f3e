"""A USB HID scale for the virtual bus, written from the usage tables (page 0x8D); shares nothing with our codec.

Source: USB HID usage tables, page 0x8D; HID 1.11 for the class descriptor and requests. The report descriptor is made up, no dump.
Habits of real ones that it keeps: one report each ``period_s`` and no faster; after a pause the host first gets the report that was
left in the endpoint, which is the previous weighing; nothing is ever heard from the host.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from enum import IntEnum

from drivers.virtual.bus import Stall, Unplugged, VirtualUsbDevice
from drivers.virtual.descriptors import INTERRUPT, EndpointDescriptor, device, hid_class
from drivers.virtual.load_cell import Display, Fault, LoadCell

VENDOR, PRODUCT = 0x0922, 0x8003
ENDPOINT = 0x81

REPORT_DESCRIPTOR = bytes.fromhex(
    "05 8D 09 01 A1 01 09 20 A1 02"
    "85 03 09 32 A1 02"
    "09 70 A1 02 19 71 29 78 15 01 25 08 75 08 95 01 81 00 C0"
    "09 50 A1 02 19 51 29 5C 15 01 25 0C 75 08 95 01 81 00 C0"
    "09 41 15 81 25 7F 75 08 95 01 81 02"
    "09 40 15 00 27 FF FF 00 00 75 10 95 01 81 02"
    "C0"
    "85 02 09 31 A1 02 09 81 09 80 15 00 25 01 75 01 95 02 91 02 75 06 95 01 91 03 C0"
    "C0 C0"
)
_CLASS_DESCRIPTOR = hid_class(REPORT_DESCRIPTOR)


class Status(IntEnum):
    """The status byte of the data report."""

    FAULT = 1
    ZERO = 2
    MOTION = 3
    STABLE = 4
    UNDER_ZERO = 5
    OVER_LIMIT = 6
    CALIBRATE = 7
    REZERO = 8


class VirtualHidScale(VirtualUsbDevice):
    """Plug it into a ``Bus``. ``set_weight`` and ``set_fault`` may come from any thread."""

    def __init__(
        self,
        cell: LoadCell | None = None,
        *,
        period_s: float = 0.1,
        report_id: int = 3,
        unit: int = 3,
        clock: Callable[[], float] = time.monotonic,
        seed: int = 1,
    ) -> None:
        endpoint = EndpointDescriptor(ENDPOINT, bmAttributes=INTERRUPT, wMaxPacketSize=8, bInterval=10)
        names = {1: "Virtual", 2: "HID scale", 3: "VS-0001"}
        super().__init__(
            device(VENDOR, PRODUCT, interface_class=3, endpoints=[endpoint], strings=names, extra=list(_CLASS_DESCRIPTOR))
        )
        self.cell = cell or LoadCell(clock=clock)
        self.unit = unit
        self.forced_status: Status | None = None
        self._period_s = period_s
        self._report_id = report_id
        self._clock = clock
        self._random = random.Random(seed)
        self._left_behind = self._report()
        self._read_s = float("-inf")

    def set_weight(self, kg: Decimal) -> None:
        """Put exactly this on the pan."""
        self.cell.set_weight(kg)

    def set_fault(self, fault: Fault) -> None:
        """Break the scale, or mend it."""
        self.cell.set_fault(fault)

    def force_status(self, status: Status | None) -> None:
        """Make every report carry this status: fault, calibrate and re-zero are not the load cell's."""
        self.forced_status = status

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        """One report, at the scale's own pace; nothing within the time when mute."""
        if endpoint != ENDPOINT:
            raise Stall
        if self.is_gone:
            raise Unplugged
        period_s = 0.0 if self.cell.fault is Fault.CHATTER else self._period_s
        wait_s = self._read_s + period_s - self._clock()
        if wait_s > timeout_s or self.cell.fault is Fault.MUTE:
            self._sleep(timeout_s)
            return b""
        paused = wait_s < -self._period_s
        self._sleep(max(0.0, wait_s))
        fresh = self._report()
        report, self._left_behind, self._read_s = self._left_behind if paused else fresh, fresh, self._clock()
        return report[:max_bytes]

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Report and class descriptor besides the strings."""
        if (request_type, request) == (0x81, 0x06) and value in (0x2200, 0x2100):
            return (REPORT_DESCRIPTOR if value == 0x2200 else _CLASS_DESCRIPTOR)[:length]
        return super().control_in(request_type, request, value, index, length)

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """SET_IDLE is taken, everything else is refused."""
        if (request_type, request) == (0x21, 0x0A):
            return 0
        return super().control_out(request_type, request, value, index, data)

    def _sleep(self, seconds: float) -> None:
        if self.wait_gone(seconds):
            raise Unplugged

    def _report(self) -> bytes:
        if self.cell.fault is Fault.GARBAGE:
            return self._random.randbytes(6)
        display = self.cell.display()
        over = display.over or abs(display.divisions) > 0xFFFF
        status = self.forced_status or (Status.OVER_LIMIT if over else _status(display))
        magnitude = 0 if over else abs(display.divisions)
        head = bytes([self._report_id, status, self.unit, -display.decimals % 256])
        return head + magnitude.to_bytes(2, "little")


def _status(display: Display) -> Status:
    if display.moving:
        return Status.MOTION
    if display.divisions == 0:
        return Status.ZERO
    return Status.UNDER_ZERO if display.divisions < 0 else Status.STABLE
