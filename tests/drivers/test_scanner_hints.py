"""What a person is told before the camera: measured on generated pictures, steady in words, never told while codes are read."""

import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as pictures

from drivers.scanner.decode import read_zbar
from drivers.scanner.hints import DARK, LOOKS, HintKeeper, Seen, hint_of, look_at
from drivers.scanner.record import Hint
from drivers.virtual.camera import Look, VirtualCamera

LABEL = "https://hgz.cn/" + "1234567890" * 24


@pytest.fixture(scope="module")
def camera(tmp_path_factory) -> VirtualCamera:
    return VirtualCamera(tmp_path_factory.mktemp("view"))


def grey_of(camera: VirtualCamera, look: Look, payload: str = LABEL):
    return cv2.cvtColor(camera.show(payload, look), cv2.COLOR_BGR2GRAY)


@pytest.mark.parametrize(
    ("look", "hint"),
    [
        (Look(), Hint.NONE),
        (Look(dots=7), Hint.NONE),
        (Look(dots=9), Hint.NONE),
        (Look(tilt_deg=20), Hint.NONE),
        (Look(noise=20), Hint.NONE),
        (Look(perspective=0.2), Hint.NONE),
        (Look(dots=3), Hint.CLOSER),
        (Look(dots=2), Hint.CLOSER),
        (Look(dots=9, blur=4), Hint.FARTHER),
        (Look(blur=4), Hint.STEADY),
        (Look(light=0.15), Hint.DARK),
        (Look(light=0.08, noise=6), Hint.DARK),
        (Look(dots=6, glare=2.5), Hint.GLARE),
        (Look(dots=7, perspective=0.6), Hint.LEVEL),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_code_is_said(camera, look, hint):
    assert hint_of(look_at(grey_of(camera, look))) is hint


def test_an_empty_counter_is_no_reason_for_words(camera):
    camera.clear()
    view = cv2.imread(str(Path(camera._folder) / "view.png"), cv2.IMREAD_GRAYSCALE)
    assert look_at(view).size == 0 and hint_of(look_at(view)) is Hint.NONE


def test_a_code_that_fills_the_picture_is_too_near(camera):
    whole = cv2.resize(grey_of(camera, Look(dots=11))[170:550, 450:830], (720, 720), interpolation=cv2.INTER_CUBIC)
    assert hint_of(look_at(whole)) is Hint.FARTHER


@pytest.mark.parametrize(
    ("seen", "hint"),
    [
        (Seen(DARK - 1, size=0.5), Hint.DARK),
        (Seen(100, size=0.5, glare=0.5, slant=2.0, sharpness=0), Hint.GLARE),
        (Seen(100, size=0.5, slant=2.0, sharpness=0), Hint.LEVEL),
        (Seen(100, size=0.1, slant=2.0), Hint.CLOSER),
        (Seen(100, size=0.95), Hint.FARTHER),
        (Seen(100, size=0.5, sharpness=0), Hint.STEADY),
        (Seen(100, size=0.5), Hint.NONE),
    ],
)
def test_the_first_that_spoils_the_others_is_told(seen, hint):
    assert hint_of(seen) is hint


def test_words_stand_still():
    keeper = HintKeeper()
    told = [keeper.see(hint) for hint in [Hint.CLOSER] * LOOKS + [Hint.NONE, Hint.CLOSER, Hint.GLARE] * 3 + [Hint.GLARE] * LOOKS]
    assert told[LOOKS - 2 : LOOKS] == [Hint.NONE, Hint.CLOSER]
    assert set(told[LOOKS : LOOKS + 9]) == {Hint.CLOSER}
    assert told[-1] is Hint.GLARE
    keeper.read()
    assert keeper.see(Hint.GLARE) is Hint.NONE


@settings(max_examples=60, deadline=None)
@given(pictures.arrays(np.uint8, st.tuples(st.integers(1, 90), st.integers(1, 90))))
def test_any_picture_is_looked_at(picture):
    seen = look_at(picture)
    assert 0 <= seen.brightness <= 255 and seen.size >= 0 and 0 <= seen.glare <= 1 and seen.slant >= 1
    assert hint_of(seen) in Hint


def test_a_look_costs_less_than_one_attempt_of_zbar(camera):
    """It comes with every third picture of which nothing was read, on the camera's own thread."""
    views = [grey_of(camera, look) for look in (Look(dots=3), Look(blur=4), Look(dots=9, blur=3), Look(perspective=0.5))]

    def median_s(work) -> float:
        took = []
        for view in views * 3:
            began = time.perf_counter()
            work(view)
            took.append(time.perf_counter() - began)
        return statistics.median(took)

    assert median_s(look_at) < median_s(read_zbar)
