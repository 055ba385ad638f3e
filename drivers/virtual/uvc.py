"""A USB Video Class camera with a bulk stream, for the kernel's own ``uvcvideo`` (``drivers.virtual.usbip``).

Source: USB Device Class Definition for Video Devices 1.1 (3.7-3.9 descriptors, 4.2 control requests, 4.3.1.1 probe and commit, 2.4.3 payloads),
its payload specifications for MJPEG and uncompressed video; what the host really asks: drivers/media/usb/uvc/uvc_{driver,ctrl,video}.c of Linux 6.1.

Rules
- The host pulls: a frame is made when it is due and somebody reads; what nobody reads is never made, as a sensor overwrites its buffer.
- One payload never is a multiple of the packet size unless it is the longest one: its end is its short packet, no empty packet is needed.
- A commit begins a new stream: what was left of the old one is forgotten. UVC has no word for the end of a bulk stream.
- No status endpoint, no clock in the headers (the virtual controller has no frame numbers), JPEG pictures 4:2:2 as cameras make them.
"""

from __future__ import annotations

import math
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import cv2
import numpy as np

from drivers.virtual.bus import Stall, Unplugged, VirtualUsbDevice
from drivers.virtual.camera import Picture
from drivers.virtual.uvc_descriptors import (
    CAMERA_TERMINAL,
    ENDPOINT,
    INTERVAL_UNITS,
    LIGHT_SELECTOR,
    LIGHT_UNIT,
    MAX_PAYLOAD_BYTES,
    MJPEG,
    NEGOTIATION,
    PACKET_BYTES,
    PROCESSING_UNIT,
    RATES,
    SIZES,
    STREAM_INTERFACE,
    Size,
    Stream,
    intervals_of,
    uvc_descriptor,
)

_PROBE, _COMMIT = 1, 2
_ERROR_CODE = 2
_SET_CUR, _GET_CUR, _GET_MIN, _GET_MAX, _GET_RES, _GET_LEN, _GET_INFO, _GET_DEF = 0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87
_OUT_OF_RANGE, _INVALID_UNIT, _INVALID_CONTROL, _INVALID_REQUEST = 4, 5, 6, 7
_CLASS_IN, _CLASS_OUT = 0xA1, 0x21
_EOH, _EOF, _FID = 0x80, 0x02, 0x01
_HEADER_BYTES = 2
_SEEN_MOST = 64


class Fault(StrEnum):
    """What may be wrong. ``TORN``: every frame ends half-way, as if whole; ``HALF``: the stream stops in the middle of a frame."""

    NONE = "none"
    MUTE = "mute"
    TORN = "torn"
    HALF = "half"
    STALL = "stall"


@dataclass(slots=True)
class Setting:
    """One control of a unit, ``length`` bytes, little endian, signed where it may be below zero."""

    length: int
    lowest: int
    highest: int
    step: int
    usual: int
    now: int
    is_writable: bool = True

    def pack(self, value: int) -> bytes:
        """A value as it crosses the wire."""
        return value.to_bytes(self.length, "little", signed=self.lowest < 0)


def _settings() -> dict[tuple[int, int], Setting]:
    """UVC 1.1 tables A-12 and A-13; automatic exposure is a bit a mode, its step says which there are."""
    return {
        (CAMERA_TERMINAL, 0x02): Setting(1, 1, 8, 0x09, 8, 8),
        (CAMERA_TERMINAL, 0x04): Setting(4, 1, 5000, 1, 330, 330),
        (CAMERA_TERMINAL, 0x11): Setting(1, 0, 1, 1, 0, 0, is_writable=False),
        (PROCESSING_UNIT, 0x01): Setting(2, 0, 2, 1, 1, 1),
        (PROCESSING_UNIT, 0x02): Setting(2, -64, 64, 1, 0, 0),
        (PROCESSING_UNIT, 0x03): Setting(2, 0, 95, 1, 32, 32),
        (PROCESSING_UNIT, 0x04): Setting(2, 0, 100, 1, 0, 0),
        (PROCESSING_UNIT, 0x05): Setting(1, 0, 2, 1, 1, 1),
        (LIGHT_UNIT, LIGHT_SELECTOR): Setting(1, 0, 1, 1, 0, 0),
    }


class VirtualUvcCamera(VirtualUsbDevice):
    """Plug it into a ``KernelPort``. ``show`` and ``fault`` may be used from any thread; ``fps`` is its fastest and usual rate.

    ``formats`` without MJPEG is a cheap camera; one without ``has_tables`` leaves the Huffman tables out of its JPEG pictures, as many do.
    """

    def __init__(
        self,
        *,
        fps: int = RATES[0],
        serial: str = "",
        name: str = "Bench Camera",
        formats: tuple[int, ...] = tuple(SIZES),
        has_tables: bool = True,
    ) -> None:
        super().__init__(uvc_descriptor(fps, name, serial, formats))
        self.fault = Fault.NONE
        self.frames_sent = 0
        self.requests: deque[tuple[int, int, int, int]] = deque(maxlen=_SEEN_MOST)
        """The last control requests: request, unit, interface, selector."""
        self.is_half_sent = threading.Event()
        """A frame was left half-way, see ``Fault.HALF``."""
        self._has_tables = has_tables
        self._intervals = intervals_of(fps)
        self._formats = formats
        self._usual = Stream(formats[-1], interval=self._intervals[0])
        self._view: Callable[[], Picture] = _black
        self._encoded: tuple[Picture, Stream, bytes] | None = None
        self._reset()

    def _reset(self) -> None:
        self._settings = _settings()
        self._error = 0
        self._probed = self._usual
        self._committed: Stream | None = None
        self._begin()

    def _begin(self) -> None:
        self._payloads: deque[bytes] = deque()
        self._fid = 0
        self._due_s = 0.0

    def plugged(self) -> None:
        """Power: nothing is negotiated, every control has its usual value."""
        with self._gate:
            self._reset()
        super().plugged()

    # --- what is before it -------------------------------------------------------------------------------------------------

    def show(self, *pictures: Picture) -> None:
        """Hold these before it, one a frame, over and over: 8-bit BGR or grey, any size."""
        self.feed(_in_turn(pictures))

    def feed(self, view: Callable[[], Picture]) -> None:
        """Ask ``view`` for each frame, on the thread that serves the host."""
        with self._gate:
            self._view = view

    def cover(self) -> None:
        """A hand on the lens."""
        self.feed(_black)

    @property
    def stream(self) -> Stream | None:
        """What the host last committed to; None before."""
        with self._gate:
            return self._committed

    @property
    def is_lit(self) -> bool:
        """Whether the host has switched the lamp on."""
        return self.setting(LIGHT_UNIT, LIGHT_SELECTOR) != 0

    def setting(self, unit: int, selector: int) -> int:
        """The value of a control. Raises ``KeyError`` for one that it has not."""
        with self._gate:
            return self._settings[unit, selector].now

    # --- the stream --------------------------------------------------------------------------------------------------------

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        """The next bytes of the payload that is being sent; a transfer never holds parts of two."""
        if endpoint != ENDPOINT or self.fault is Fault.STALL:
            raise Stall
        deadline = time.monotonic() + timeout_s
        while True:
            with self._gate:
                if self._gone:
                    raise Unplugged
                if self._payloads:
                    return self._take(max_bytes)
                stream, view = self._committed, self._view
                now = time.monotonic()
                due_s = self._due_s if self._is_sending else math.inf
                if stream is None or due_s > now:
                    if now >= deadline:
                        return b""
                    self._gate.wait(min(due_s if stream else math.inf, deadline) - now)
                    continue
            self._make(stream, self._encode(view(), stream))

    @property
    def _is_sending(self) -> bool:
        return self.fault is not Fault.MUTE and not (self.fault is Fault.HALF and self.is_half_sent.is_set())

    def _take(self, max_bytes: int) -> bytes:
        payload = self._payloads.popleft()
        if len(payload) > max_bytes:
            self._payloads.appendleft(payload[max_bytes:])
        elif not self._payloads:
            if self.fault is Fault.HALF:
                self.is_half_sent.set()
            else:
                self.frames_sent += 1
        return payload[:max_bytes]

    def _make(self, stream: Stream, data: bytes) -> None:
        """Queue one frame. Being late costs frames, not time."""
        with self._gate:
            if stream is not self._committed or self._gone:
                return
            if self.fault in (Fault.TORN, Fault.HALF):
                data = data[: len(data) // 2]
            self.is_half_sent.clear()
            self._payloads.extend(payloads(data, self._fid, is_whole=self.fault is not Fault.HALF))
            self._fid ^= _FID
            interval_s, now = stream.interval / INTERVAL_UNITS, time.monotonic()
            self._due_s = (self._due_s if now - self._due_s < interval_s else now) + interval_s

    def _encode(self, picture: Picture, stream: Stream) -> bytes:
        if self._encoded is None or self._encoded[0] is not picture or self._encoded[1] != stream:
            framed = fitted(picture, stream.size)
            self._encoded = (picture, stream, self._jpeg(framed) if stream.format == MJPEG else yuy2(framed))
        return self._encoded[2]

    def _jpeg(self, picture: Picture) -> bytes:
        how = (cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422)
        data = cv2.imencode(".jpg", picture, how)[1].tobytes()
        return data if self._has_tables else without_tables(data)

    # --- requests ----------------------------------------------------------------------------------------------------------

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """Class requests to the interfaces and their units; the base knows the rest."""
        if request_type != _CLASS_IN:
            return super().control_in(request_type, request, value, index, length)
        with self._gate:
            self.requests.append((request, index >> 8, index & 0xFF, value >> 8))
            return self._answer(request, index >> 8, index & 0xFF, value >> 8)[:length]

    def _answer(self, request: int, unit: int, interface: int, selector: int) -> bytes:
        if interface == STREAM_INTERFACE and selector in (_PROBE, _COMMIT):
            return self._negotiated(request, selector)
        if unit == 0 and selector == _ERROR_CODE:
            return bytes([3 if request == _GET_INFO else self._error])
        setting = self._setting(unit, selector)
        answers = {
            _GET_CUR: setting.pack(setting.now),
            _GET_MIN: setting.pack(setting.lowest),
            _GET_MAX: setting.pack(setting.highest),
            _GET_RES: setting.pack(setting.step),
            _GET_LEN: setting.length.to_bytes(2, "little"),
            _GET_INFO: bytes([0x03 if setting.is_writable else 0x01]),
            _GET_DEF: setting.pack(setting.usual),
        }
        if request not in answers:
            self._refuse(_INVALID_REQUEST)
        return answers[request]

    def _setting(self, unit: int, selector: int) -> Setting:
        if unit not in {known for known, _ in self._settings}:
            self._refuse(_INVALID_UNIT)
        setting = self._settings.get((unit, selector))
        if setting is None:
            self._refuse(_INVALID_CONTROL)
        return setting

    def _refuse(self, code: int) -> NoReturn:
        """Stall; the host may ask for the reason (4.2.1.2)."""
        self._error = code
        raise Stall

    def _negotiated(self, request: int, selector: int) -> bytes:
        probed, current = self._probed, self._probed
        if selector == _COMMIT:
            current = self._committed or probed
        answers = {
            _GET_CUR: current.pack(),
            _GET_MIN: Stream(probed.format, probed.frame, self._intervals[0]).pack(),
            _GET_MAX: Stream(probed.format, probed.frame, self._intervals[-1]).pack(),
            _GET_RES: bytes(NEGOTIATION.size),
            _GET_LEN: NEGOTIATION.size.to_bytes(2, "little"),
            _GET_INFO: b"\x03",
            _GET_DEF: self._usual.pack(),
        }
        if request not in answers:
            self._refuse(_INVALID_REQUEST)
        return answers[request]

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """``SET_CUR``: a negotiation is answered with the nearest that we have, a control takes what is within its range."""
        unit, interface, selector = index >> 8, index & 0xFF, value >> 8
        with self._gate:
            self.requests.append((request, unit, interface, selector))
            if request_type != _CLASS_OUT or request != _SET_CUR:
                self._refuse(_INVALID_REQUEST)
            if interface == STREAM_INTERFACE and selector in (_PROBE, _COMMIT):
                self._probed = self._nearest(data)
                if selector == _COMMIT:
                    self._committed = self._probed
                    self._begin()
                    self._gate.notify_all()
                return len(data)
            setting = self._setting(unit, selector)
            wanted = int.from_bytes(data, "little", signed=setting.lowest < 0)
            if not setting.is_writable or not setting.lowest <= wanted <= setting.highest:
                self._refuse(_OUT_OF_RANGE)
            setting.now = wanted
            return len(data)

    def _nearest(self, data: bytes) -> Stream:
        """The stream that is nearest to what a host asks for; hosts of UVC 1.0 ask with 26 bytes."""
        if len(data) < 26:
            self._refuse(_OUT_OF_RANGE)
        _, wanted_format, wanted_frame, interval = struct.unpack_from("<HBBI", data)
        known = wanted_format if wanted_format in self._formats else self._usual.format
        frame = wanted_frame if 1 <= wanted_frame <= len(SIZES[known]) else 1
        return Stream(known, frame, min(self._intervals, key=lambda offered: abs(offered - (interval or self._usual.interval))))


def payloads(data: bytes, fid: int, *, is_whole: bool = True) -> Iterator[bytes]:
    """One frame as payloads, each behind its header; the last one has EOF set if the frame ``is_whole``."""
    room = MAX_PAYLOAD_BYTES - _HEADER_BYTES
    parts = [data[at : at + room] for at in range(0, len(data), room)]
    if parts and len(parts[-1]) < room and (len(parts[-1]) + _HEADER_BYTES) % PACKET_BYTES == 0:
        parts[-1:] = [parts[-1][:-1], parts[-1][-1:]]
    for number, part in enumerate(parts, 1):
        end = _EOF if is_whole and number == len(parts) else 0
        yield bytes([_HEADER_BYTES, _EOH | end | fid]) + part


def fitted(picture: Picture, size: Size) -> Picture:
    """A picture in the middle of a frame, as large as it can be: BGR."""
    if picture.ndim == 2:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    height, width = picture.shape[:2]
    if (width, height) == (size.width, size.height):
        return picture
    scale = min(size.width / width, size.height / height)
    small = cv2.resize(picture, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    frame = np.zeros((size.height, size.width, 3), np.uint8)
    top, left = (size.height - small.shape[0]) // 2, (size.width - small.shape[1]) // 2
    frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def yuy2(picture: Picture) -> bytes:
    """Two bytes a pixel: Y0 U Y1 V."""
    return np.ascontiguousarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_YUY2)).tobytes()


def without_tables(jpeg: bytes) -> bytes:
    """A JPEG without its Huffman tables, as motion JPEG has it: the decoder is to know the usual ones (ITU-T T.81, annex K)."""
    kept, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        kept += b"" if jpeg[at + 1] == 0xC4 else jpeg[at : at + length]
        at += length
    return kept + jpeg[at:]


def _in_turn(pictures: tuple[Picture, ...]) -> Callable[[], Picture]:
    waiting = deque(pictures)

    def view() -> Picture:
        picture = waiting[0]
        waiting.rotate(-1)
        return picture

    return view


_BLACK = np.zeros((480, 640, 3), np.uint8)


def _black() -> Picture:
    return _BLACK
