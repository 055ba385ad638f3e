"""The camera for real: the kernel's ``uvcvideo`` over a virtual USB camera, V4L2 nodes by udev, pictures through OpenCV, and our driver on top.

Rules: time-outs are generous, the machine is emulated; the camera gives five pictures a second. ``vivid`` is the kernel's own test camera, of other
people's making. With $KIOSK_PICTURES a folder, one picture of each kind of stream is kept there.
"""

import errno
import fcntl
import json
import os
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.health import HealthChecked, HealthLevel
from drivers.scanner.camera import Camera
from drivers.scanner.nodes import Kernel, captures, refusal
from drivers.scanner.record import CodeScanned, Hint, PreviewFrame
from drivers.scanner.source import CameraSource, find_camera
from drivers.scanner.torch import torch_of
from drivers.supervisor import Supervisor
from drivers.virtual.camera import Look, VirtualCamera
from drivers.virtual.usbip import KernelPort
from drivers.virtual.uvc import Fault, VirtualUvcCamera
from drivers.virtual.uvc_descriptors import LIGHT_GUID, LIGHT_SELECTOR, MJPEG, YUY2

LONG_S = 120.0
VECTORS = json.loads(Path("/src/tests/vectors/vectors.json").read_text(encoding="utf-8"))
SIGNED = next(vector["text"] for vector in VECTORS["vectors"] if len(vector["text"].rpartition("/")[2]) == 241)
SHORT = "https://q.test/1"
PICTURES = os.environ.get("KIOSK_PICTURES", "")


@pytest.fixture(scope="module", autouse=True)
def kernel():
    subprocess.run(["systemctl", "stop", "kiosk-app"], check=False)  # nobody else is to look
    subprocess.run(["modprobe", "-a", "vhci-hcd", "uvcvideo"], check=True)
    return Kernel()


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """What lies before the camera: a telephone with a code, on a counter."""
    bench = VirtualCamera(tmp_path_factory.mktemp("view"))
    return {
        "signed": bench.show(SIGNED, Look(dots=6, tilt_deg=4, noise=3)),
        "short": bench.show(SHORT, Look(dots=8, tilt_deg=-9, noise=3)),
    }


def wait_for(is_true, what: str, timeout_s: float = LONG_S):
    until = time.monotonic() + timeout_s
    while not (found := is_true()):
        assert time.monotonic() < until, what
        time.sleep(0.1)
    return found


def node_at(port: int) -> str | None:
    """The camera of a port of the virtual controller, once udev has given it to its group."""
    wanted = f"platform-vhci_hcd.0-usb-0:{port + 1}:"
    here = [str(camera.node) for camera in Kernel().cameras() if camera.id_path.startswith(wanted)]
    return here[0] if here and Path(here[0]).group() == "video" else None


@contextmanager
def plugged(camera: VirtualUvcCamera, port: int = 0):
    with KernelPort(camera, port) as socket:
        socket.node = wait_for(lambda: node_at(port), "the kernel makes a video node")
        yield socket


@contextmanager
def gone(socket: KernelPort, port: int):
    """Pull it out, do something, plug it in: in this port or in another one."""
    socket.unplug()
    yield
    socket._port = port
    socket.plug(LONG_S)


class Told:
    """The product's own camera: found as the app finds it, under its supervisor."""

    def __init__(self, place: str) -> None:
        self.records: list[object] = []
        self.camera = Camera()
        self.supervisor = Supervisor(self.camera, find_camera(place, may_move=True), self.records.append)

    def wait(self, wanted, since: int = 0, timeout_s: float = LONG_S):
        return wait_for(
            lambda: next((record for record in self.records[since:] if wanted(record)), None), repr(self.statuses), timeout_s
        )

    def read(self, text: str, timeout_s: float = LONG_S) -> None:
        """A code is told, however often it was told before."""
        since = len(self.records)
        self.camera.arm()
        self.wait(lambda record: isinstance(record, CodeScanned) and record.text == text, since, timeout_s)

    def becomes(self, state: DeviceState, error: str = "", since: int = 0) -> DeviceStatus:
        return self.wait(lambda record: isinstance(record, DeviceStatus) and record.state is state and record.error == error, since)

    @property
    def statuses(self) -> list[tuple[str, str, str]]:
        return [(r.state.value, r.error, r.port) for r in self.records if isinstance(r, DeviceStatus)]

    @property
    def now(self) -> DeviceState:
        return [r.state for r in self.records if isinstance(r, DeviceStatus)][-1]


@contextmanager
def product(place: str = "0"):
    told = Told(place)
    told.supervisor.start()
    try:
        yield told
    finally:
        began = time.monotonic()
        told.supervisor.stop()
        assert time.monotonic() - began < LONG_S
        assert not told.supervisor._thread.is_alive(), "the driver hangs"


def drivers(*words: str, user: tuple[str, ...] = (), expect: int = 0) -> list[dict]:
    """``python -m drivers`` as a technician calls it; its lines."""
    done = subprocess.run(
        [*user, sys.executable, "-m", "drivers", *words, "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd="/src",
        env={**os.environ, "PYTHONPATH": "/src", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    drivers.said = done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def keep(told: Told, name: str) -> None:
    frame = next(r for r in reversed(told.records) if isinstance(r, PreviewFrame))
    picture = np.frombuffer(frame.rgb, np.uint8).reshape(frame.height, frame.width, 3)
    if PICTURES:
        cv2.imwrite(f"{PICTURES}/{name}.png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


# --- the kernel and our driver -------------------------------------------------------------------------------------------------


def test_the_kernel_makes_two_nodes_and_one_of_them_is_the_camera(kernel):
    with plugged(VirtualUvcCamera(fps=5)) as socket:
        nodes = sorted(Path("/sys/class/video4linux").glob("video*"))
        assert len(nodes) == 2
        (camera,) = kernel.cameras()
        assert captures(camera.node) and not any(captures(Path("/dev", n.name)) for n in nodes if n.name != camera.node.name)
        assert Path("/dev/v4l/by-path", camera.place).resolve() == camera.node
        assert camera.id_path == "platform-vhci_hcd.0-usb-0:1:1.0" and socket.place.endswith("-1")


@pytest.mark.parametrize(
    ("name", "options", "stream"),
    [
        ("signed", {}, (MJPEG, 1280, 720)),
        ("short", {"has_tables": False}, (MJPEG, 1280, 720)),
        ("short", {"formats": (YUY2,)}, (YUY2, 640, 480)),
    ],
)
def test_a_code_is_read_through_the_kernel(photographs, name, options, stream):
    camera = VirtualUvcCamera(fps=5, **options)
    camera.show(photographs[name])
    with plugged(camera), product() as told:
        told.becomes(DeviceState.ONLINE)
        told.read({"signed": SIGNED, "short": SHORT}[name])
        assert (camera.stream.format, camera.stream.size.width, camera.stream.size.height) == stream
        keep(told, f"{name}-{'mjpeg' if stream[0] == MJPEG else 'yuy2'}")


def test_disarmed_the_camera_is_dark_and_free_for_others(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera) as socket, product() as told:
        told.read(SHORT)
        assert refusal(Path(socket.node)) == errno.EBUSY
        told.camera.disarm()
        wait_for(lambda: refusal(Path(socket.node)) == 0, "the camera is let go")
        sent = camera.frames_sent
        time.sleep(1)
        assert camera.frames_sent == sent


# --- the technician --------------------------------------------------------------------------------------------------------------


def test_the_technician_s_command_line_sees_reads_and_checks_it(photographs):
    camera = VirtualUvcCamera(fps=5, name="Doc Camera")
    camera.show(photographs["signed"])
    with plugged(camera):
        listed = [facts for facts in drivers("list") if "video" in facts["port"]]
        place = "/dev/v4l/by-path/platform-vhci_hcd.0-usb-0:1:1.0-video-index0"
        assert listed == [{"port": place, "kind": "scanner", "ids": None, "name": "Doc Camera: Doc Camera"}]
        drivers("probe")
        assert [facts["text"] for facts in drivers("read", "scanner", "--timeout", "120")] == [SIGNED]
        (checked,) = drivers("health", "scanner", "--level", "external", "--timeout", "120")
        assert checked["check"] == "External HCheck: Successful"
        assert (checked["width"], checked["height"], checked["port"]) == ("1280", "720", place)
        (checked,) = drivers("health", "scanner")
        assert checked["state"] == "online"


def test_a_covered_camera_is_blind_and_a_mute_one_does_not_answer(photographs):
    camera = VirtualUvcCamera(fps=5)
    with plugged(camera):
        (checked,) = drivers("health", "scanner", "--level", "external", "--timeout", "120", expect=1)
        assert (checked["error"], checked["brightness"]) == ("blind", "0")
        camera.show(np.full((720, 1280), 128, np.uint8))
        (checked,) = drivers("health", "scanner", "--level", "external", "--timeout", "120", expect=1)
        assert checked["error"] == "blind"
        camera.fault = Fault.MUTE
        (checked,) = drivers("health", "scanner", "--level", "external", "--timeout", "120", expect=1)
        assert checked["check"] == "External HCheck: Not Responding (timeOut)"
        drivers("read", "scanner", "--timeout", "60", expect=1)
        assert "timeOut" in drivers.said


def test_the_app_s_user_may_use_it_by_its_group_and_is_told_when_not(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    may = ("setpriv", "--reuid", "kiosk", "--regid", "kiosk", "--groups", "video")
    may_not = ("setpriv", "--reuid", "kiosk", "--regid", "kiosk", "--clear-groups")
    with plugged(camera):
        assert drivers("read", "scanner", "--timeout", "120", user=may)[0]["text"] == SHORT
        time.sleep(6)  # what has just come is not there yet for whom it is not given to
        drivers("read", "scanner", "--timeout", "60", user=may_not, expect=2)
        assert "no permission" in drivers.said


# --- trouble -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "errors"), [(Fault.MUTE, {"timeOut"}), (Fault.STALL, {"timeOut", "hardwareError"})])
def test_a_camera_that_falls_silent_is_told_so_and_believed_again_when_it_speaks(photographs, fault, errors):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera), product() as told:
        told.read(SHORT)
        since = len(told.records)
        camera.fault = fault
        status = told.wait(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.HARDWARE_ERROR, since)
        assert status.error in errors
        told.supervisor.check_health(HealthLevel.EXTERNAL)
        checked = told.wait(lambda record: isinstance(record, HealthChecked), since)
        assert checked.error in errors
        online = [r for r in told.records[told.records.index(status) :] if isinstance(r, DeviceStatus) and r.is_ready]
        assert not online
        camera.fault = Fault.NONE
        told.read(SHORT)
        assert told.now is DeviceState.ONLINE
        assert not [r for r in told.records if isinstance(r, DeviceStatus) and r.state is DeviceState.NO_DEVICE]


def test_torn_frames_tell_nothing_and_break_nothing(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["signed"])
    camera.fault = Fault.TORN
    with plugged(camera), product() as told:
        told.camera.arm()
        wait_for(lambda: camera.frames_sent >= 15, "torn frames are sent")
        assert not [record for record in told.records if isinstance(record, CodeScanned)]
        camera.fault = Fault.NONE
        told.read(SIGNED)


@pytest.mark.parametrize("port", [0, 3])
def test_a_camera_pulled_out_within_a_frame_is_missed_and_found_again_in_any_port(photographs, port):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera) as socket, product() as told:
        told.read(SHORT)
        since = len(told.records)
        camera.fault = Fault.HALF
        assert camera.is_half_sent.wait(LONG_S)
        with gone(socket, port):
            told.becomes(DeviceState.NO_DEVICE, "noDevice", since)
            camera.fault = Fault.NONE
        told.read(SHORT)
        assert told.now is DeviceState.ONLINE


def test_a_camera_that_comes_back_under_another_number_is_found_by_its_socket(photographs):
    camera, other = VirtualUvcCamera(fps=5), VirtualUvcCamera(fps=5, name="Another one")
    camera.show(photographs["short"])
    with plugged(camera) as socket, plugged(other, 4), product() as told:
        told.read(SHORT)
        before = told.statuses[-1][2]
        assert before == "/dev/video0"
        held = os.open(before, os.O_RDWR)  # somebody keeps the old node: its number is not free
        try:
            since = len(told.records)
            with gone(socket, 0):
                told.becomes(DeviceState.NO_DEVICE, "noDevice", since)
                time.sleep(3)
                assert told.now is DeviceState.NO_DEVICE, "the other camera is not ours"
            told.read(SHORT)
            assert told.statuses[-1][2] == wait_for(lambda: node_at(0), "it is there") != before
        finally:
            os.close(held)


def test_a_camera_that_comes_back_within_a_moment_is_read_again(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera) as socket, product() as told:
        for _ in range(3):
            told.read(SHORT)
            with gone(socket, 0):
                pass
        told.read(SHORT)


def test_a_camera_that_comes_back_while_nobody_looks_is_the_same_to_the_person(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera) as socket, product() as told:
        told.becomes(DeviceState.ONLINE)
        since = len(told.records)
        with gone(socket, 2):
            told.becomes(DeviceState.NO_DEVICE, "noDevice", since)
        told.becomes(DeviceState.ONLINE, since=since)
        told.read(SHORT)


def test_a_camera_that_another_program_holds_is_busy_until_it_is_let_go(photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera) as socket, product() as told:
        other = cv2.VideoCapture(socket.node, cv2.CAP_V4L2)
        try:
            assert other.read()[0]
            told.camera.arm()
            told.becomes(DeviceState.HARDWARE_ERROR, "deviceBusy")
            drivers("read", "scanner", "--timeout", "60", expect=2)
            assert "is in use by another program" in drivers.said
        finally:
            other.release()
        told.read(SHORT)


# --- light -------------------------------------------------------------------------------------------------------------------------


def map_lamp(node: str) -> None:
    """Give the maker's lamp a V4L2 name, as uvcdynctrl does with a maker's file.

    Source: linux/uvcvideo.h: UVCIOC_CTRL_MAP C0607520, struct uvc_xu_control_mapping; V4L2_CID_ILLUMINATORS_1, V4L2_CTRL_TYPE_BOOLEAN 2,
    UVC_CTRL_DATA_TYPE_BOOLEAN 3.
    """
    mapping = struct.pack("=I32s16sBBBxIIQI16xI", 0x00980925, b"Lamp", LIGHT_GUID, LIGHT_SELECTOR, 8, 0, 2, 3, 0, 0, 0)
    descriptor = os.open(node, os.O_RDWR)
    try:
        fcntl.ioctl(descriptor, 0xC0607520, mapping)
    finally:
        os.close(descriptor)


def test_in_the_dark_the_camera_s_own_lamp_comes_on_and_goes_out_with_it(photographs):
    camera = VirtualUvcCamera(fps=5)
    lit = photographs["short"]
    dark = np.zeros_like(lit)
    camera.feed(lambda: lit if camera.is_lit else dark)
    with plugged(camera) as socket:
        assert torch_of("", Path(socket.node)) is None
        map_lamp(socket.node)
        assert torch_of("", Path(socket.node)) is not None and torch_of("off", Path(socket.node)) is None
        with product() as told:
            told.read(SHORT)
            assert camera.is_lit
            told.camera.disarm()
            wait_for(lambda: not camera.is_lit, "the lamp goes out")


def test_without_a_lamp_the_person_is_told_that_it_is_too_dark():
    camera = VirtualUvcCamera(fps=5)
    with plugged(camera), product() as told:
        told.camera.arm()
        told.wait(lambda record: isinstance(record, PreviewFrame) and record.hint is Hint.DARK)


# --- a stranger's camera -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def vivid(kernel):
    """A webcam among outputs, radios and touch pads, all of one device."""
    subprocess.run(["modprobe", "vivid", "n_devs=1"], check=True)
    try:
        yield wait_for(lambda: [camera for camera in kernel.cameras() if Path(camera.node).group() == "video"], "vivid is there")[0]
    finally:
        wait_for(lambda: subprocess.run(["rmmod", "vivid"], check=False).returncode == 0, "vivid is let go")


def test_a_stranger_s_camera_gives_pictures_without_a_code_and_without_trouble(vivid):
    assert [facts["port"] for facts in drivers("list") if facts["kind"] == "scanner"] == [
        "/dev/v4l/by-path/platform-vivid.0-video-index0"
    ]
    (checked,) = drivers("health", "scanner", "--level", "external", "--timeout", "120")
    assert checked["check"] == "External HCheck: Successful"
    with product(vivid.node.name.removeprefix("video")) as told:
        told.camera.arm()
        wait_for(lambda: sum(isinstance(record, PreviewFrame) for record in told.records) >= 8, "pictures")
        keep(told, "vivid")
        assert told.now is DeviceState.ONLINE
        assert not [record for record in told.records if isinstance(record, CodeScanned)]


def test_beside_a_stranger_s_camera_ours_is_named_by_its_socket(vivid, photographs):
    camera = VirtualUvcCamera(fps=5)
    camera.show(photographs["short"])
    with plugged(camera, 5) as socket, product("path:platform-vhci_hcd.0-usb-0:6") as told:
        told.read(SHORT)
        assert told.statuses[-1][2] == socket.node != str(vivid.node)


def test_a_node_without_pictures_cannot_be_opened_and_says_so(kernel):
    with plugged(VirtualUvcCamera(fps=5)) as socket:
        other = next(f"/dev/{n.name}" for n in Path("/sys/class/video4linux").glob("video*") if f"/dev/{n.name}" != socket.node)
        source = find_camera(other)()
        assert isinstance(source, CameraSource)
        drivers("read", "scanner", "--port", other, "--timeout", "60", expect=1)
        assert "hardwareError" in drivers.said
