"""The camera driver: dark when disarmed, one event a code, pictures to aim by, and leaving."""

import threading
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.errors import DeviceGone, DriverFault, NeedsPerson
from drivers.scanner.camera import DEBOUNCE_S, PREVIEW_WIDTH, Camera, preview
from drivers.scanner.record import CodeScanned, PreviewFrame
from drivers.scanner.source import CameraSource, FolderPictures, find_camera
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
    """Stands in for a V4L2 camera: no machine of ours has one."""

    opens, frames = True, []

    def __init__(self, path: str, api: int) -> None:
        self.settings: dict[int, float] = {}
        self.released = False
        assert api == cv2.CAP_V4L2

    def isOpened(self) -> bool:
        return self.opens

    def set(self, setting: int, value: float) -> None:
        self.settings[setting] = value

    def read(self):
        return self.frames.pop(0) if self.frames else (False, None)

    def release(self) -> None:
        self.released = True


def test_a_camera_that_stops_giving_frames_has_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "frames", [(True, BLANK), (False, None), (True, BLANK), (False, None), (False, None)])
    node = tmp_path / "video0"
    node.touch()
    pictures = CameraSource(str(node)).open()
    assert [picture is not None for picture in (pictures.read() for _ in range(5))] == [True, False, True, False, False]
    with pytest.raises(DeviceGone):
        pictures.read()


def test_a_camera_that_will_not_open_needs_a_person(tmp_path, monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "opens", False)
    node = tmp_path / "video0"
    with pytest.raises(DeviceGone):
        CameraSource(str(node)).open()
    node.touch()
    with pytest.raises(NeedsPerson):
        CameraSource(str(node)).open()
