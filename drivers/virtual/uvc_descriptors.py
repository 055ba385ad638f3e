"""What a USB Video Class camera says about itself: its descriptors and the streams it offers.

Source: USB Device Class Definition for Video Devices 1.1, chapter 3 (table numbers below are its own), and its payload specifications for MJPEG
and uncompressed video; which of it the kernel insists on: drivers/media/usb/uvc/uvc_driver.c of Linux 6.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from drivers.virtual.descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor

VENDOR, PRODUCT = 0x1D6B, 0x0102
ENDPOINT = 0x81
PACKET_BYTES = 512
MAX_PAYLOAD_BYTES = 32 * PACKET_BYTES
"""One transfer of the host (``UVC_MAX_PACKETS`` in uvcvideo.h)."""
INTERVAL_UNITS = 10_000_000
"""Frame intervals are counted in 100 ns."""
RATES = (30, 15, 10, 5)

CAMERA_TERMINAL, PROCESSING_UNIT, OUTPUT_TERMINAL, LIGHT_UNIT = 1, 2, 3, 4
LIGHT_SELECTOR = 1
LIGHT_GUID = bytes.fromhex("6B696F736B2D6C616D702D756E697431")
"""A maker's own unit that switches a lamp, as cameras with one have it: UVC itself knows no torch."""
YUY2, MJPEG = 1, 2
CONTROL_INTERFACE, STREAM_INTERFACE = 0, 1
NEGOTIATION = struct.Struct("<HBBIHHHHHIIIBBBB")

_HIGH_SPEED = 3
_VIDEO, _CONTROL, _STREAMING, _COLLECTION = 0x0E, 1, 2, 3
_CS_INTERFACE, _ASSOCIATION = 0x24, 0x0B
_CLOCK_HZ = 10_000_000
_YUY2_GUID = bytes.fromhex("5955593200001000800000AA00389B71")


@dataclass(frozen=True, slots=True)
class Size:
    """One frame descriptor."""

    width: int
    height: int


SIZES = {YUY2: (Size(640, 480), Size(320, 240)), MJPEG: (Size(1280, 720), Size(640, 480))}
"""Frame index 1 and up of each format index; the first is the default."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What was negotiated: format and frame by their indices, the interval in 100 ns."""

    format: int = MJPEG
    frame: int = 1
    interval: int = INTERVAL_UNITS // RATES[0]

    @property
    def size(self) -> Size:
        """Pixels."""
        return SIZES[self.format][self.frame - 1]

    @property
    def frame_bytes(self) -> int:
        """The longest frame: two bytes a pixel."""
        return 2 * self.size.width * self.size.height

    def pack(self) -> bytes:
        """The 34 bytes of probe and commit (table 4-47)."""
        head = (1, self.format, self.frame, self.interval, 0, 0, 0, 0, 0)
        return NEGOTIATION.pack(*head, self.frame_bytes, MAX_PAYLOAD_BYTES, _CLOCK_HZ, 0, 0, 0, 0)


def intervals_of(fps: int) -> tuple[int, ...]:
    """The frame intervals of a camera whose fastest rate is ``fps``, the shortest first. Raises ``ValueError`` for none of ``RATES``."""
    if fps not in RATES:
        raise ValueError(fps)
    return tuple(INTERVAL_UNITS // rate for rate in RATES if rate <= fps)


def uvc_descriptor(fps: int, name: str, serial: str, formats: tuple[int, ...]) -> DeviceDescriptor:
    """The whole device. Raises as ``intervals_of``."""
    intervals = intervals_of(fps)
    strings = {1: "Bench", 2: name} | ({3: serial} if serial else {})
    control = InterfaceDescriptor(
        [], CONTROL_INTERFACE, _VIDEO, _CONTROL, iInterface=2, extra_descriptors=list(_control_descriptors())
    )
    endpoint = EndpointDescriptor(ENDPOINT, wMaxPacketSize=PACKET_BYTES)
    stream_descriptors = list(_stream_descriptors(intervals, formats))
    stream = InterfaceDescriptor([endpoint], STREAM_INTERFACE, _VIDEO, _STREAMING, extra_descriptors=stream_descriptors)
    together = [8, _ASSOCIATION, CONTROL_INTERFACE, 2, _VIDEO, _COLLECTION, 0, 2]
    configuration = ConfigurationDescriptor([control, stream], bMaxPower=250, extra_descriptors=together)
    return DeviceDescriptor(
        VENDOR,
        PRODUCT,
        configuration,
        strings,
        bDeviceClass=0xEF,
        bDeviceSubClass=2,
        bDeviceProtocol=1,
        speed=_HIGH_SPEED,
    )


def _unit(*body: int) -> bytes:
    return bytes([len(body) + 2, _CS_INTERFACE, *body])


def _bits(unit: int, length: int) -> bytes:
    """Which controls a unit has: UVC 1.1 tables 3-6 and 3-8, the bit of each selector."""
    bit_of = {
        (CAMERA_TERMINAL, 0x02): 1,
        (CAMERA_TERMINAL, 0x04): 3,
        (CAMERA_TERMINAL, 0x11): 18,
        (PROCESSING_UNIT, 0x01): 8,
        (PROCESSING_UNIT, 0x02): 0,
        (PROCESSING_UNIT, 0x03): 1,
        (PROCESSING_UNIT, 0x04): 9,
        (PROCESSING_UNIT, 0x05): 10,
        (LIGHT_UNIT, LIGHT_SELECTOR): 0,
    }
    return sum(1 << bit for (owner, _), bit in bit_of.items() if owner == unit).to_bytes(length, "little")


def _control_descriptors() -> bytes:
    """UVC 1.1, 3.7.2: a sensor, a processing unit, the maker's lamp, and the way to the host."""
    units = (
        _unit(2, CAMERA_TERMINAL, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3, *_bits(CAMERA_TERMINAL, 3))
        + _unit(5, PROCESSING_UNIT, CAMERA_TERMINAL, 0, 0, 2, *_bits(PROCESSING_UNIT, 2), 0, 0)
        + _unit(6, LIGHT_UNIT, *LIGHT_GUID, 1, 1, PROCESSING_UNIT, 1, *_bits(LIGHT_UNIT, 1), 0)
        + _unit(3, OUTPUT_TERMINAL, 0x01, 0x01, 0, LIGHT_UNIT, 0)
    )
    head = struct.pack("<BBBHHIBB", 13, _CS_INTERFACE, 1, 0x0110, 13 + len(units), _CLOCK_HZ, 1, STREAM_INTERFACE)
    return head + units


def _stream_descriptors(intervals: tuple[int, ...], formats: tuple[int, ...]) -> bytes:
    """UVC 1.1, 3.9.2, and the descriptors of the two payload formats."""
    body = b""
    for known in formats:
        count = len(SIZES[known])
        if known == MJPEG:
            body += _unit(6, MJPEG, count, 0, 1, 16, 9, 0, 0)
        else:
            body += _unit(4, YUY2, count, *_YUY2_GUID, 16, 1, 4, 3, 0, 0)
        body += b"".join(_frame(Stream(known, frame + 1, intervals[0]), intervals) for frame in range(count))
        body += _unit(0x0D, 1, 1, 4)
    head_bytes = 13 + len(formats)
    head = struct.pack("<BBBBHB", head_bytes, _CS_INTERFACE, 1, len(formats), head_bytes + len(body), ENDPOINT)
    return head + bytes([0, OUTPUT_TERMINAL, 0, 0, 0, 1, *(0 for _ in formats)]) + body


def _frame(stream: Stream, intervals: tuple[int, ...]) -> bytes:
    rates = [8 * stream.frame_bytes * INTERVAL_UNITS // interval for interval in (intervals[-1], intervals[0])]
    size = (stream.size.width, stream.size.height)
    body = struct.pack("<BBHHIIIIB", stream.frame, 0, *size, *rates, stream.frame_bytes, stream.interval, len(intervals))
    return _unit(7 if stream.format == MJPEG else 5, *body, *struct.pack(f"<{len(intervals)}I", *intervals))
