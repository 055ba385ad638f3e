"""The virtual UVC camera without a kernel: what it says about itself, how it negotiates, and that its payloads make whole frames."""

import struct
import time

import cv2
import numpy as np
import pytest

from drivers.virtual.bus import Stall, Unplugged
from drivers.virtual.usbip import configuration_bytes, device_bytes
from drivers.virtual.uvc import Fault, VirtualUvcCamera, fitted, payloads, without_tables
from drivers.virtual.uvc_descriptors import (
    CAMERA_TERMINAL,
    ENDPOINT,
    LIGHT_SELECTOR,
    LIGHT_UNIT,
    MAX_PAYLOAD_BYTES,
    MJPEG,
    NEGOTIATION,
    PACKET_BYTES,
    PROCESSING_UNIT,
    YUY2,
    Size,
    Stream,
)

SET, CUR, MIN, MAX, RES, LEN, INFO, DEF = 0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87
PROBE, COMMIT = 0x0100, 0x0200
STREAMING = 1
CHESS = np.kron(np.indices((9, 16)).sum(axis=0) % 2 * 255, np.ones((80, 80))).astype(np.uint8)


@pytest.fixture
def camera():
    there = VirtualUvcCamera(fps=30)
    there.plugged()
    yield there
    there.unplugged()


def ask(camera, request: int, value: int, index: int = STREAMING, length: int = 64) -> bytes:
    return camera.control_in(0xA1, request, value, index, length)


def tell(camera, value: int, data: bytes, index: int = STREAMING) -> int:
    return camera.control_out(0x21, SET, value, index, data)


def stream(camera, wanted: Stream) -> None:
    tell(camera, PROBE, wanted.pack())
    tell(camera, COMMIT, ask(camera, CUR, PROBE))


def read_payload(camera, timeout_s: float = 2.0) -> bytes:
    """As the host reads: whole packets until a short one, or as much as a payload may have."""
    until, got = time.monotonic() + timeout_s, b""
    while len(got) < MAX_PAYLOAD_BYTES and (not got or len(got) % PACKET_BYTES == 0) and time.monotonic() < until:
        got += camera.transfer_in(ENDPOINT, min(4096, MAX_PAYLOAD_BYTES - len(got)), 0.05)
    return got


def read_frame(camera) -> tuple[bytes, int]:
    """One frame and its FID."""
    data = b""
    while True:
        payload = read_payload(camera)
        assert payload[0] == 2 and payload[1] & 0x80
        data += payload[2:]
        if payload[1] & 0x02:
            return data, payload[1] & 1


def split(raw: bytes) -> list[bytes]:
    parts = []
    while raw:
        assert 2 < raw[0] <= len(raw)
        parts.append(raw[: raw[0]])
        raw = raw[raw[0] :]
    return parts


def test_its_descriptors_are_whole_and_their_lengths_agree(camera):
    raw = configuration_bytes(camera.descriptor.configuration)
    parts = split(raw)
    assert struct.unpack_from("<H", raw, 2) == (len(raw),) and raw[4] == 2
    assert device_bytes(camera.descriptor)[4:7] == bytes([0xEF, 2, 1])
    assert parts[1] == bytes([8, 0x0B, 0, 2, 0x0E, 3, 0, 2])
    interfaces = [at for at, part in enumerate(parts) if part[1] == 4]
    assert [parts[at][2:8] for at in interfaces] == [bytes([0, 0, 0, 0x0E, 1, 0]), bytes([1, 0, 1, 0x0E, 2, 0])]
    control, streaming = parts[interfaces[0] + 1 : interfaces[1]], parts[interfaces[1] + 1 : -1]
    assert [part[2] for part in control] == [1, 2, 5, 6, 3]
    assert struct.unpack_from("<H", control[0], 5) == (sum(map(len, control)),)
    assert [len(part) for part in control] == [13, 18, 12, 26, 9]
    assert struct.unpack_from("<H", streaming[0], 4) == (sum(map(len, streaming)),)
    assert [part[2] for part in streaming] == [1, 4, 5, 5, 13, 6, 7, 7, 13]
    assert all(part[0] == 26 + 4 * part[25] for part in streaming if part[2] in (5, 7))
    assert parts[-1] == bytes([7, 5, ENDPOINT, 2, 0, 2, 0])


def test_every_unit_is_fed_by_one_that_is_there(camera):
    units = {
        part[3]: part
        for part in split(bytes(camera.descriptor.configuration.interfaces[0].extra_descriptors))
        if part[2] in (2, 3, 5, 6)
    }
    assert units[PROCESSING_UNIT][4] == CAMERA_TERMINAL
    assert units[LIGHT_UNIT][22] == PROCESSING_UNIT
    assert units[3][7] == LIGHT_UNIT


def test_a_negotiation_is_answered_with_the_nearest_that_it_has(camera):
    assert len(ask(camera, DEF, PROBE)) == NEGOTIATION.size == 34
    assert ask(camera, LEN, PROBE) == b"\x22\0" and ask(camera, INFO, PROBE) == b"\x03"
    tell(camera, PROBE, NEGOTIATION.pack(1, 9, 9, 1_050_000, *[0] * 12))
    _, chosen, frame, interval, *_, frame_bytes, payload_bytes, _, _, _, _, _ = NEGOTIATION.unpack(ask(camera, CUR, PROBE))
    assert (chosen, frame, interval, frame_bytes, payload_bytes) == (MJPEG, 1, 1_000_000, 1280 * 720 * 2, MAX_PAYLOAD_BYTES)
    assert NEGOTIATION.unpack(ask(camera, MIN, PROBE))[3] < NEGOTIATION.unpack(ask(camera, MAX, PROBE))[3]
    assert camera.stream is None
    stream(camera, Stream(YUY2, 2, 2_000_000))
    assert camera.stream == Stream(YUY2, 2, 2_000_000)


def test_controls_keep_their_range_and_say_why_they_refuse(camera):
    brightness, unit = 0x0200, PROCESSING_UNIT << 8
    assert [int.from_bytes(ask(camera, what, brightness, unit), "little", signed=True) for what in (MIN, MAX, DEF)] == [-64, 64, 0]
    tell(camera, brightness, struct.pack("<h", -7), unit)
    assert camera.setting(PROCESSING_UNIT, 2) == -7
    for value, index, why in [(brightness, unit, 4), (0x0900, unit, 6), (brightness, 0x0900, 5), (0x1100, CAMERA_TERMINAL << 8, 4)]:
        with pytest.raises(Stall):
            tell(camera, value, struct.pack("<h", 65), index)
        assert ask(camera, CUR, 0x0200, 0) == bytes([why])
    assert camera.setting(PROCESSING_UNIT, 2) == -7
    camera.plugged()
    assert camera.setting(PROCESSING_UNIT, 2) == 0


def test_the_maker_s_unit_switches_the_lamp(camera):
    assert not camera.is_lit
    tell(camera, LIGHT_SELECTOR << 8, b"\1", LIGHT_UNIT << 8)
    assert camera.is_lit


@pytest.mark.parametrize("has_tables", [True, False])
def test_a_frame_of_jpeg_comes_whole_and_fid_turns_with_each(has_tables):
    camera = VirtualUvcCamera(has_tables=has_tables)
    camera.plugged()
    camera.show(CHESS)
    stream(camera, Stream(MJPEG, 1))
    (first, fid), (second, other) = read_frame(camera), read_frame(camera)
    assert first == second and {fid, other} == {0, 1}
    assert first.startswith(b"\xff\xd8") and first.endswith(b"\xff\xd9")
    assert (b"\xff\xc4" in first[:700]) is has_tables
    picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == (720, 1280) and np.abs(picture.astype(int) - CHESS).mean() < 3


def test_a_frame_of_yuy2_is_two_bytes_a_pixel(camera):
    camera.show(np.full((480, 640), 200, np.uint8), np.full((480, 640), 20, np.uint8))
    stream(camera, Stream(YUY2, 1))
    bright, dark = (np.frombuffer(read_frame(camera)[0], np.uint8) for _ in range(2))
    assert len(bright) == len(dark) == 2 * 640 * 480
    assert bright[::2].mean() > 150 > 60 > dark[::2].mean() and abs(int(bright[1]) - 128) <= 1


@pytest.mark.parametrize("size", [1, 509, 510, 511, 1022, MAX_PAYLOAD_BYTES - 2, MAX_PAYLOAD_BYTES - 1, MAX_PAYLOAD_BYTES + 508])
def test_every_payload_ends_by_being_short_or_full(size):
    cut = list(payloads(bytes(size), 1))
    assert sum(len(payload) - 2 for payload in cut) == size
    assert all(len(payload) % PACKET_BYTES or len(payload) == MAX_PAYLOAD_BYTES for payload in cut)
    assert [payload[1] & 2 for payload in cut] == [0] * (len(cut) - 1) + [2]


def test_frames_are_made_when_they_are_due_and_none_is_made_up_for(camera):
    camera.show(CHESS)
    stream(camera, Stream(MJPEG, 2, 2_000_000))
    began = time.monotonic()
    for _ in range(3):
        read_frame(camera)
    assert time.monotonic() - began >= 0.35
    assert camera.frames_sent == 3


def test_its_faults_are_those_of_a_camera(camera):
    camera.show(CHESS)
    assert camera.transfer_in(ENDPOINT, 512, 0.02) == b""
    stream(camera, Stream(MJPEG, 1))
    camera.fault = Fault.MUTE
    assert read_payload(camera, 0.1) == b""
    camera.fault = Fault.TORN
    assert not read_frame(camera)[0].endswith(b"\xff\xd9")
    camera.fault = Fault.HALF
    while (payload := read_payload(camera, 0.2)) and not payload[1] & 2:
        pass
    assert camera.is_half_sent.is_set() and payload == b""
    camera.fault = Fault.STALL
    with pytest.raises(Stall):
        read_payload(camera)
    camera.fault = Fault.NONE
    assert read_frame(camera)[0].endswith(b"\xff\xd9")
    camera.unplugged()
    with pytest.raises(Unplugged):
        read_payload(camera)


def test_a_new_commit_forgets_the_rest_of_the_old_stream(camera):
    camera.show(CHESS)
    stream(camera, Stream(YUY2, 1))
    assert len(camera.transfer_in(ENDPOINT, 512, 1)) == 512
    stream(camera, Stream(MJPEG, 1))
    assert read_payload(camera)[2:4] == b"\xff\xd8"


def test_a_picture_is_fitted_without_being_stretched():
    frame = fitted(np.full((100, 100), 255, np.uint8), Size(64, 32))
    assert frame.shape == (32, 64, 3)
    assert frame[:, :16].max() == 0 and frame[:, 16:48].min() == 255 and frame[:, 48:].max() == 0


def test_a_jpeg_without_tables_is_the_same_picture():
    data = cv2.imencode(".jpg", CHESS)[1].tobytes()
    bare = without_tables(data)
    assert len(bare) < len(data)
    assert (cv2.imdecode(np.frombuffer(bare, np.uint8), 0) == cv2.imdecode(np.frombuffer(data, np.uint8), 0)).all()
