"""A touch screen as a USB HID device: one finger, for the kernel's own hid-multitouch.

Source: HID usage tables, digitizer page 0x0D; the shape that Linux' Documentation/input/multi-touch-protocol.rst and hid-multitouch.c ask for.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence

from drivers.virtual.bus import VirtualUsbDevice
from drivers.virtual.descriptors import INTERRUPT, EndpointDescriptor, device, hid_class

VENDOR, PRODUCT = 0x0EEF, 0x7200
ENDPOINT = 0x81
RANGE = 0x7FFF
"""The panel's own units across its width, and down its height."""
_INPUT_ID, _FEATURE_ID = 1, 2
_FINGERS = 2

_FINGER = (
    "09 22 A1 02 09 42 15 00 25 01 75 01 95 01 81 02 95 07 81 03"
    "09 51 26 FF 00 75 08 95 01 81 02"
    "05 01 09 30 26 FF 7F 75 10 81 02 09 31 81 02 05 0D C0"
)
REPORT_DESCRIPTOR = bytes.fromhex(
    f"05 0D 09 04 A1 01 85 01 {_FINGER * _FINGERS} 09 54 25 7F 75 08 95 01 81 02 85 02 09 55 25 02 B1 02 C0".replace(" ", "")
)
_CLASS_DESCRIPTOR = hid_class(REPORT_DESCRIPTOR)


class VirtualTouchscreen(VirtualUsbDevice):
    """Plug it in; ``touch`` and ``drag`` take places as parts of width and height, 0 to 1 from the upper left corner."""

    def __init__(self) -> None:
        endpoint = EndpointDescriptor(ENDPOINT, bmAttributes=INTERRUPT, wMaxPacketSize=64, bInterval=4)
        names = {1: "Virtual", 2: "Touch screen"}
        extra = list(_CLASS_DESCRIPTOR)
        super().__init__(device(VENDOR, PRODUCT, interface_class=3, endpoints=[endpoint], strings=names, extra=extra))
        self._contact = 0

    def touch(self, x: float, y: float, *, hold_s: float = 0.06) -> None:
        """Put the finger down and lift it."""
        self.drag([(x, y)], pause_s=hold_s)

    def drag(self, points: Sequence[tuple[float, float]], *, pause_s: float = 0.012) -> None:
        """Put the finger down on the first point, move through the others, lift it on the last."""
        for x, y in points:
            self._report(x, y, is_down=True)
            time.sleep(pause_s)
        self._report(*points[-1], is_down=False)
        self._contact = (self._contact + 1) % 256

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Report and class descriptor, and how many fingers it knows, besides the strings."""
        match request_type, request, value:
            case 0x81, 0x06, 0x2200:
                return REPORT_DESCRIPTOR[:length]
            case 0x81, 0x06, 0x2100:
                return _CLASS_DESCRIPTOR[:length]
            case 0xA1, 0x01, _ if value == 0x300 | _FEATURE_ID:
                return bytes([_FEATURE_ID, _FINGERS])[:length]
            case 0xA1, 0x01, _ if value == 0x100 | _INPUT_ID:
                return bytes(2 + 6 * _FINGERS)[:length]
        return super().control_in(request_type, request, value, index, length)

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """SET_IDLE and SET_REPORT are taken."""
        if (request_type, request) in ((0x21, 0x0A), (0x21, 0x09)):
            return len(data)
        return super().control_out(request_type, request, value, index, data)

    def _report(self, x: float, y: float, *, is_down: bool) -> None:
        place = (round(min(max(part, 0.0), 1.0) * RANGE) for part in (x, y))
        finger = struct.pack("<BBHH", int(is_down), self._contact, *place)
        self.push_in(ENDPOINT, bytes([_INPUT_ID]) + finger + bytes(6 * (_FINGERS - 1)) + b"\x01")
