"""The camera driver: dark when disarmed, one event a code, pictures to aim by, and leaving."""

import errno
import threading
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.errors import DeviceGone, DriverFault, NeedsPerson, TryAgain
from drivers.scanner import source as source_module
from drivers.scanner.camera import DEBOUNCE_S, PREVIEW_WIDTH, Camera, preview
from drivers.scanner.nodes import refusal
from drivers.scanner.record import CodeScanned, PreviewFrame
from drivers.scanner.source import SILENT_S, CameraSource, FolderPictures, V4l2Pictures, find_camera
from drivers.supervisor import Supervisor
from drivers.virtual.camera import Look, VirtualCamera, code_picture

ONE, TWO = (cv2.cvtColor(code_picture(f"https://{name}.cn/", 5), cv2.COLOR_GRAY2BGR) for name in ("one", "two"))
BLANK = np.full((240, 320, 3), 90, np.uint8)


class Script(CameraSource):
    """Gives pictures by the second; ends the run with the last."""

    def __init__(self, pictures, step_s: float = 0.1) -> None:
        super().__init__("/dev/video99")
        self.now = 0.0
        self.stop = threading.Event()
        self.opened = self.closed = 0
        self._pictures, self._step_s = iter(pictures), step_s

    @property
    def is_there(self) -> bool:
        return True

    def open(self):
        self.opened += 1
        script = self

        class Pictures:
            def read(self):
                script.now += script._step_s
                picture = next(script._pictures, script)
                if picture is script:
                    script.stop.set()
                    return None
                return picture

            def close(self):
                script.closed += 1

        return Pictures()


def codes(source: Script) -> list[str]:
    told: list[object] = []
    camera = Camera(clock=lambda: source.now)
    camera.arm()
    camera.run(source, told.append, source.stop)
    return [record.text for record in told if isinstance(record, CodeScanned)]


def test_a_code_held_still_for_thirty_pictures_is_told_once():
    assert codes(Script([ONE] * 30)) == ["https://one.cn/"]


def test_a_code_that_was_away_is_told_again():
    away = [BLANK] * (int(DEBOUNCE_S / 0.1) + 1)
    assert codes(Script([ONE, *away, ONE])) == ["https://one.cn/"] * 2
    assert codes(Script([ONE, BLANK, BLANK, ONE])) == ["https://one.cn/"]


def test_another_code_is_told_at_once():
    assert codes(Script([ONE, ONE, TWO])) == ["https://one.cn/", "https://two.cn/"]


def test_missing_pictures_are_waited_for():
    assert codes(Script([None, None, ONE])) == ["https://one.cn/"]


def test_arming_again_tells_the_same_code_again():
    source = Script([ONE, ONE])
    camera, told = Camera(clock=lambda: source.now), []

    def emit(record) -> None:
        told.append(record)
        if isinstance(record, CodeScanned):
            camera.disarm()
            camera.arm()

    camera.arm()
    camera.run(source, emit, source.stop)
    assert len([record for record in told if isinstance(record, CodeScanned)]) == 2


def test_the_camera_is_closed_on_every_way_out():
    def gone():
        yield BLANK
        raise DeviceGone

    source = Script(gone())
    camera = Camera(clock=lambda: source.now)
    camera.arm()
    with pytest.raises(DeviceGone):
        camera.run(source, lambda record: None, source.stop)
    assert (source.opened, source.closed) == (1, 1)


def test_a_byte_pipe_is_no_camera():
    class Pipe:
        port = "pipe:1"

    with pytest.raises(DriverFault):
        Camera().run(Pipe(), lambda record: None, threading.Event())
    with pytest.raises(DriverFault):
        CameraSource("0").read(1, 0)
    with pytest.raises(DriverFault):
        CameraSource("0").write(b"x", 0)


def test_a_plain_number_is_a_video_node():
    assert CameraSource("3").port == "/dev/video3"
    assert find_camera("/dev/no-such-camera")() is None


@pytest.mark.parametrize(
    ("shape", "size"), [((720, 1280, 3), (640, 360)), ((100, 200, 3), (200, 100)), ((2000, 1000, 3), (640, 1280))]
)
def test_previews_are_rgb_and_at_most_so_wide(shape, size):
    picture = np.zeros(shape, np.uint8)
    picture[:, :, 0] = 255
    frame = preview(picture)
    assert (frame.width, frame.height) == size
    assert frame.width <= PREVIEW_WIDTH
    assert frame.rgb == bytes([0, 0, 255]) * (frame.width * frame.height)


@contextmanager
def running(place: str):
    camera, told = Camera(), []
    supervisor = Supervisor(camera, find_camera(place), told.append, poll_s=0.05)
    supervisor.start()

    def wait_for(wanted, since: int = 0, timeout_s: float = 4.0) -> None:
        until = time.monotonic() + timeout_s
        while not any(wanted(record) for record in told[since:]):
            assert time.monotonic() < until, told[since:]
            time.sleep(0.01)

    try:
        yield camera, told, wait_for
    finally:
        supervisor.stop()


def is_code(text: str):
    return lambda record: isinstance(record, CodeScanned) and record.text == text


def test_a_code_shown_on_the_bench_is_read_only_while_armed(tmp_path):
    bench = VirtualCamera(tmp_path / "view")
    with running(f"pictures:{tmp_path / 'view'}") as (camera, told, wait_for):
        wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.ONLINE)
        bench.show("https://one.cn/", Look(tilt_deg=10))
        time.sleep(0.25)
        assert not [record for record in told if isinstance(record, CodeScanned | PreviewFrame)]
        camera.arm()
        wait_for(is_code("https://one.cn/"))
        bench.clear()
        bench.show("https://two.cn/")
        wait_for(is_code("https://two.cn/"))
        camera.disarm()
        time.sleep(0.25)
        quiet = len(told)
        time.sleep(0.25)
        assert len(told) == quiet


def test_a_camera_that_leaves_is_missed_and_found_again(tmp_path):
    folder = tmp_path / "view"
    bench = VirtualCamera(folder)
    with running(f"pictures:{folder}") as (camera, told, wait_for):
        camera.arm()
        bench.clear()
        wait_for(lambda record: isinstance(record, PreviewFrame))
        bench.cover()
        folder.rmdir()
        wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
        since = len(told)
        VirtualCamera(folder).show("https://one.cn/")
        wait_for(is_code("https://one.cn/"), since)


def test_the_newest_picture_of_a_folder_is_the_view(tmp_path):
    pictures = FolderPictures(tmp_path)
    assert pictures.read() is None
    cv2.imwrite(str(tmp_path / "a.png"), ONE)
    assert pictures.read().shape == ONE.shape
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert pictures.read().shape == ONE.shape
    (tmp_path / "notes.txt").write_text("no picture either")
    cv2.imwrite(str(tmp_path / "c.bmp"), BLANK)
    assert pictures.read().shape == BLANK.shape
    VirtualCamera(tmp_path).cover()
    assert pictures.read() is None


class FakeCapture:
    """Stands in for a V4L2 camera; the real ones are in tests/vm. A frame that is "mute" or "error" is one for which nobody need wait."""

    opens, frames = True, []

    def __init__(self, path: str, api: int) -> None:
        self.settings: dict[int, float] = {}
        self.released = False
        assert api == cv2.CAP_V4L2

    @staticmethod
    def waitAny(streams, timeout_ns):
        assert len(streams) == 1 and 0 < timeout_ns <= 1e9
        if FakeCapture.frames[:1] == ["error"]:
            raise cv2.error("Error is reported for camera stream")
        return (False, ()) if FakeCapture.frames[:1] in ([], ["mute"]) else (True, (0,))

    def isOpened(self) -> bool:
        return self.opens

    def set(self, setting: int, value: float) -> None:
        self.settings[setting] = value

    def read(self):
        return self.frames.pop(0)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def node(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "frames", [])
    node = tmp_path / "video0"
    node.touch()
    return node


def test_a_camera_whose_frames_are_bad_is_there_but_out_of_order(node):
    pictures = CameraSource(str(node)).open()
    FakeCapture.frames += [(True, BLANK), (False, None), (True, BLANK), (False, None), (False, None), (False, None)]
    assert [picture is not None for picture in (pictures.read() for _ in range(5))] == [True, False, True, False, False]
    with pytest.raises(TryAgain, match="hardwareError"):
        pictures.read()


def test_a_camera_that_gives_nothing_is_there_but_mute(node):
    now = [0.0]
    pictures = V4l2Pictures(node, clock=lambda: now[0])
    FakeCapture.frames.append("mute")
    assert pictures.read() is None
    now[0] = SILENT_S
    with pytest.raises(TryAgain, match="timeOut"):
        pictures.read()
    FakeCapture.frames[:] = [(True, BLANK)]
    assert pictures.read() is not None
    assert pictures.read() is None


@pytest.mark.parametrize("is_back", [False, True])
def test_a_camera_that_was_pulled_out_has_gone_even_if_another_has_its_number(node, is_back):
    pictures = CameraSource(str(node)).open()
    FakeCapture.frames.append("error")
    if is_back:
        (node.parent / "new").touch()
        (node.parent / "new").replace(node)
    else:
        node.unlink()
    with pytest.raises(DeviceGone):
        pictures.read()


class Silent(Script):
    """There, but mute: as many runs as ``times``, then it gives a picture."""

    def __init__(self, times: int) -> None:
        super().__init__([])
        self.times, self.plugged = times, 1

    @property
    def identity(self):
        return self.plugged

    def open(self):
        source = self

        class Pictures:
            def read(self):
                source.times -= 1
                if source.times >= 0:
                    raise TryAgain("timeOut")
                source.stop.set()
                return BLANK

            def close(self):
                source.closed += 1

        return Pictures()


def test_a_silent_camera_is_not_online_until_it_gives_a_picture():
    source, camera, told = Silent(2), Camera(), []
    camera.arm()
    for _ in range(2):
        with pytest.raises(TryAgain):
            camera.run(source, told.append, source.stop)
    camera.run(source, told.append, source.stop)
    states = [(record.state, record.error) for record in told if isinstance(record, DeviceStatus)]
    silent, good = (DeviceState.HARDWARE_ERROR, "timeOut"), (DeviceState.ONLINE, "")
    assert states == [good, silent, silent, good, good]
    assert source.closed == 3


def test_a_silent_camera_that_is_plugged_in_anew_is_believed_again():
    source, camera, told = Silent(1), Camera(), []
    camera.arm()
    with pytest.raises(TryAgain):
        camera.run(source, told.append, source.stop)
    source.plugged = 2
    source.stop.set()
    camera.run(source, told.append, source.stop)
    assert [record.state for record in told] == [DeviceState.ONLINE] * 2


@pytest.mark.parametrize(
    ("number", "error", "code"),
    [
        (errno.EBUSY, TryAgain, "deviceBusy"),
        (errno.ENODEV, DeviceGone, "noDevice"),
        (errno.ENOTTY, NeedsPerson, "hardwareError"),
        (0, NeedsPerson, "hardwareError"),
    ],
)
def test_a_camera_that_will_not_open_says_why(node, monkeypatch, number, error, code):
    monkeypatch.setattr(FakeCapture, "opens", False)
    monkeypatch.setattr(source_module, "refusal", lambda at: number)
    with pytest.raises(error, match=code):
        CameraSource(str(node)).open()


def test_a_camera_that_is_not_there_cannot_be_opened(tmp_path):
    with pytest.raises(DeviceGone):
        CameraSource(str(tmp_path / "video0")).open()


def test_a_node_that_is_no_video_device_refuses(tmp_path):
    (tmp_path / "video0").touch()
    assert refusal(tmp_path / "video0") == errno.ENOTTY
    assert refusal(tmp_path / "video1") == errno.ENOENT
