"""Scanners that exist only as bytes: a keyboard wedge as the kernel's events, a HID point-of-sale scanner for the USB bus.

Source: HID usage tables (keyboard page, boot report) and the kernel's own table from keyboard usages to key codes (hid-input.c); HID
point-of-sale page 0x8C, layout as in the manuals of Honeywell and Access-IS. Shares nothing with our codecs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from drivers.virtual.bus import VirtualUsbDevice
from drivers.virtual.descriptors import INTERRUPT, EndpointDescriptor, device, hid_class

VENDOR, PRODUCT = 0x0C2E, 0x0B61
ENDPOINT = 0x81
CHUNK = 56

REPORT_DESCRIPTOR = bytes.fromhex(
    "05 8C 09 02 A1 01"
    "09 12 A1 02 85 02 15 00 26 FF 00 75 08"
    "95 01 05 01 09 3B 81 02"
    "05 8C 95 03 09 FB 09 FC 09 FD 81 02"
    "95 38 09 FE 82 02 01"
    "06 66 FF 95 02 09 04 09 05 81 02"
    "05 8C 75 01 95 01 25 01 09 FF 81 02 75 07 95 01 81 03"
    "C0 C0"
)
_CLASS_DESCRIPTOR = hid_class(REPORT_DESCRIPTOR)


class VirtualHidPosScanner(VirtualUsbDevice):
    """Plug it into a ``Bus``; ``scan`` queues the reports of a code."""

    def __init__(self) -> None:
        endpoint = EndpointDescriptor(ENDPOINT, bmAttributes=INTERRUPT, wMaxPacketSize=64, bInterval=1)
        names = {1: "Virtual", 2: "HID-POS scanner"}
        extra = list(_CLASS_DESCRIPTOR)
        super().__init__(device(VENDOR, PRODUCT, interface_class=3, endpoints=[endpoint], strings=names, extra=extra))

    def scan(self, payload: bytes, *, aim: bytes = b"]Q1") -> None:
        """A code is held before the scanner."""
        for report in reports(payload, aim=aim):
            self.push_in(ENDPOINT, report)

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


def reports(payload: bytes, *, aim: bytes = b"]Q1") -> Iterator[bytes]:
    """The 64-byte input reports of one code."""
    chunks = [payload[start : start + CHUNK] for start in range(0, len(payload), CHUNK)] or [b""]
    for chunk in chunks:
        more = 0 if chunk is chunks[-1] else 1
        yield bytes([2, len(chunk)]) + aim + chunk.ljust(CHUNK, b"\0") + b"s\0" + bytes([more])


# ---- keyboard wedge -----------------------------------------------------------------------------------------------------------

_PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890\n\x1b\b\t -=[]\\\0;'`,./"
_SHIFTED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\n\x1b\b\t _+{}|\0:"~<>?'
_FIRST_USAGE = 0x04
_LETTER_CODES = (30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50, 49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44)
_DIGIT_CODES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_KEYCODES = (*_LETTER_CODES, *_DIGIT_CODES, 28, 1, 14, 15, 57, 12, 13, 26, 27, 43, 43, 39, 40, 41, 51, 52, 53)
_KEYPAD_USAGE, _KEYPAD_CODES = 0x59, (79, 80, 81, 75, 76, 77, 71, 72, 73, 82)
_LEFT_SHIFT, _LEFT_ALT = (0xE1, 42), (0xE2, 56)
_EV_SYN, _EV_KEY, _EV_MSC, _MSC_SCAN, _SYN_DROPPED = 0, 1, 4, 4, 3


def wedge_events(text: str, *, end: str = "\n", encoding: str = "gb18030") -> bytes:
    """The ``struct input_event`` stream of a scanner that types ``text``; what a keyboard lacks comes as Alt and keypad digits, byte by byte."""
    events = b""
    for character in text + end:
        if character in _PLAIN:
            events += _tap(*_usage(_PLAIN.index(character)))
        elif character in _SHIFTED:
            events += _key(*_LEFT_SHIFT, 1) + _tap(*_usage(_SHIFTED.index(character))) + _key(*_LEFT_SHIFT, 0)
        else:
            events += b"".join(_alt(byte) for byte in character.encode(encoding))
    return events


def usage_of(character: str) -> tuple[bool, int]:
    """Whether shift is held for a character, and its key on the keyboard page. Raises ``ValueError`` for one that no key types."""
    if character in _PLAIN:
        return False, _FIRST_USAGE + _PLAIN.index(character)
    return True, _FIRST_USAGE + _SHIFTED.index(character)


def dropped() -> bytes:
    """The kernel's ring ran over."""
    return struct.pack("@qqHHi", 0, 0, _EV_SYN, _SYN_DROPPED, 0)


def _usage(place: int) -> tuple[int, int]:
    return _FIRST_USAGE + place, _KEYCODES[place]


def _alt(byte: int) -> bytes:
    digits = b"".join(_tap(_KEYPAD_USAGE + (int(d) - 1) % 10, _KEYPAD_CODES[(int(d) - 1) % 10]) for d in f"{byte:04d}")
    return _key(*_LEFT_ALT, 1) + digits + _key(*_LEFT_ALT, 0)


def _tap(usage: int, code: int) -> bytes:
    return _key(usage, code, 1) + _key(usage, code, 0)


def _key(usage: int, code: int, value: int) -> bytes:
    """Scan code, key, end of packet: what one change in a boot report makes."""
    parts = ((_EV_MSC, _MSC_SCAN, 0x70000 | usage), (_EV_KEY, code, value), (_EV_SYN, 0, 0))
    return b"".join(struct.pack("@qqHHi", 0, 0, *part) for part in parts)
