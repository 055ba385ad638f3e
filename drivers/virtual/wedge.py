"""A keyboard wedge as a USB device: a HID boot keyboard that types what it scans; the kernel's ``usbhid`` makes an event device of it.

Source: HID 1.11 appendix B.1 (report descriptor and 8-byte report of a boot keyboard), usage tables page 7; SET_IDLE, SET_PROTOCOL and the report
with the lights (SET_REPORT) are taken and change nothing, as in scanners. Worked report: 02 00 04 00 00 00 00 00 -> shift and A are down.
"""

from __future__ import annotations

import time

from drivers.virtual.bus import Stall, Unplugged, VirtualUsbDevice
from drivers.virtual.descriptors import INTERRUPT, EndpointDescriptor, device, hid_class
from drivers.virtual.scanner import usage_of

VENDOR, PRODUCT = 0x05F9, 0x2216
ENDPOINT = 0x81
REPORT_DESCRIPTOR = bytes.fromhex(
    "05 01 09 06 A1 01 05 07 19 E0 29 E7 15 00 25 01 75 01 95 08 81 02 95 01 75 08 81 01"
    "95 05 75 01 05 08 19 01 29 05 91 02 95 01 75 03 91 01 95 06 75 08 15 00 25 65 05 07 19 00 29 65 81 00 C0"
)
_CLASS_DESCRIPTOR = hid_class(REPORT_DESCRIPTOR)
_SHIFT = 0x02
_RELEASED = bytes(8)
_SET_REPORT, _SET_IDLE, _SET_PROTOCOL = 0x09, 0x0A, 0x0B


class VirtualWedge(VirtualUsbDevice):
    """``scan`` types a code. ``period_s`` is the time between two reports: a full-speed keyboard may send one each millisecond."""

    def __init__(self, *, period_s: float = 0.001) -> None:
        endpoint = EndpointDescriptor(ENDPOINT, bmAttributes=INTERRUPT, wMaxPacketSize=8, bInterval=1)
        names = {1: "Virtual", 2: "Barcode scanner"}
        super().__init__(
            device(
                VENDOR,
                PRODUCT,
                interface_class=3,
                subclass=1,
                protocol=1,
                endpoints=[endpoint],
                strings=names,
                extra=list(_CLASS_DESCRIPTOR),
            )
        )
        self._period_s = period_s
        self._sent_s = 0.0

    def scan(self, text: str, *, end: str = "\n") -> None:
        """A code is held before the scanner."""
        for character in text + end:
            has_shift, usage = usage_of(character)
            self.push_in(ENDPOINT, bytes([_SHIFT if has_shift else 0, 0, usage, 0, 0, 0, 0, 0]))
            self.push_in(ENDPOINT, _RELEASED)

    @property
    def is_still(self) -> bool:
        """Whether the host has taken every report."""
        with self._gate:
            return not self._queues.get(ENDPOINT)

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        """One report, no sooner than the scanner sends it."""
        if endpoint != ENDPOINT:
            raise Stall
        wait_s = self._sent_s + self._period_s - time.monotonic()
        if wait_s > 0 and self.wait_gone(wait_s):
            raise Unplugged
        report = super().transfer_in(endpoint, max_bytes, timeout_s)
        if report:
            self._sent_s = time.monotonic()
        return report

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Report and class descriptor besides the strings."""
        if (request_type, request) == (0x81, 0x06) and value in (0x2200, 0x2100):
            return (REPORT_DESCRIPTOR if value == 0x2200 else _CLASS_DESCRIPTOR)[:length]
        return super().control_in(request_type, request, value, index, length)

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """Lights, idle rate and protocol."""
        if request_type == 0x21 and request in (_SET_REPORT, _SET_IDLE, _SET_PROTOCOL):
            return len(data)
        return super().control_out(request_type, request, value, index, data)
