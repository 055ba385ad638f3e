"""The light: on when it was dark for a while, off with the camera, and no trouble where there is none."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.scanner.camera import Camera
from drivers.scanner.record import CodeScanned, Hint, PreviewFrame
from drivers.scanner.source import CameraSource
from drivers.scanner.torch import DARK_S, LedTorch, Light, torch_of
from drivers.virtual.camera import code_picture


class Lamp:
    def __init__(self, obeys: bool = True) -> None:
        self.obeys, self.orders = obeys, []

    def switch(self, *, is_on: bool) -> bool:
        self.orders.append(is_on)
        return self.obeys


def test_darkness_has_to_last_before_the_light_comes_on():
    lamp = Lamp()
    light = Light(lamp, 42)
    for now, brightness in [(0.0, 20), (0.5, 20), (0.6, 90), (0.7, 20), (1.6, 20)]:
        light.see(brightness, now)
    assert lamp.orders == []
    light.see(20, 0.7 + DARK_S)
    light.see(200, 5)
    assert lamp.orders == [True] and light.is_on
    light.off()
    light.off()
    assert lamp.orders == [True, False]


def test_a_light_that_does_not_obey_is_asked_once():
    lamp = Lamp(obeys=False)
    light = Light(lamp, 42)
    for now in range(9):
        light.see(0, now)
    light.off()
    assert lamp.orders == [True] and not light.is_on


def test_an_led_of_the_kernel_is_lit_as_bright_as_it_can(tmp_path):
    folder = tmp_path / "lamp"
    folder.mkdir()
    (folder / "max_brightness").write_text("255\n")
    (folder / "brightness").write_text("0")
    torch = torch_of("led:lamp", Path("/dev/video9"), leds=tmp_path)
    assert isinstance(torch, LedTorch)
    assert torch.switch(is_on=True) and (folder / "brightness").read_text() == "255"
    assert torch.switch(is_on=False) and (folder / "brightness").read_text() == "0"
    assert not LedTorch(tmp_path / "none").switch(is_on=True)


@pytest.mark.parametrize("place", ["", "off"])
def test_what_has_no_light_gives_none(place, tmp_path):
    (tmp_path / "video9").write_bytes(b"")
    assert torch_of(place, tmp_path / "video9") is None
    assert torch_of(place, tmp_path) is None


class DarkRoom(CameraSource):
    """Black pictures until the lamp is lit, then ``lit`` for ever."""

    def __init__(self, lamp: Lamp, lit: np.ndarray, frames: int) -> None:
        super().__init__("/dev/video99")
        self.lamp, self.lit, self.frames = lamp, lit, frames
        self.now, self.stop = 0.0, threading.Event()

    @property
    def is_there(self) -> bool:
        return True

    def torch(self):
        return self.lamp

    def open(self):
        return self

    def read(self, *_):
        self.now += 0.1
        self.frames -= 1
        if self.frames <= 0:
            self.stop.set()
            return None
        return self.lit if self.lamp.orders[-1:] == [True] else (self.lit // 16).astype(np.uint8)


def test_in_a_dark_room_the_person_is_told_then_the_light_helps_and_goes_out_with_the_camera():
    blank = cv2.cvtColor(np.pad(code_picture("x", 1), 200, constant_values=120), cv2.COLOR_GRAY2BGR)
    blank[:, :, :] = np.random.default_rng(1).integers(60, 140, blank.shape, dtype=np.uint8)
    room = DarkRoom(Lamp(), blank, 40)
    told: list[object] = []
    camera = Camera(clock=lambda: room.now)
    camera.arm()
    camera.run(room, told.append, room.stop)
    hints = [frame.hint for frame in told if isinstance(frame, PreviewFrame)]
    assert Hint.DARK in hints and hints[-1] is not Hint.DARK
    assert room.lamp.orders == [True, False]


def test_a_code_that_is_read_takes_the_words_away():
    code = cv2.cvtColor(np.pad(code_picture("https://one.cn/", 6), 120, constant_values=255), cv2.COLOR_GRAY2BGR)
    room = DarkRoom(Lamp(), code, 60)
    room.lamp.orders = [True]
    dim = (code // 16).astype(np.uint8)
    room.read = iter_pictures(room, [dim * 0] * 12 + [code] * 3)  # type: ignore[method-assign]
    told: list[object] = []
    camera = Camera(clock=lambda: room.now)
    camera.arm()
    camera.run(room, told.append, room.stop)
    hints = [frame.hint for frame in told if isinstance(frame, PreviewFrame)]
    assert Hint.DARK in hints and hints[-1] is Hint.NONE
    assert [record.text for record in told if isinstance(record, CodeScanned)] == ["https://one.cn/"]


def iter_pictures(room: DarkRoom, pictures: list):
    left = iter(pictures)

    def read(*_):
        room.now += 0.1
        picture = next(left, None)
        if picture is None:
            room.stop.set()
        return picture

    return read
