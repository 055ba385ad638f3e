"""Touches as the kernel tells them: slots, one absolute pointer, lost events, a screen that is pulled out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from evdev import ecodes as e
from hypothesis import given
from hypothesis import strategies as st

from kiosk import log
from kiosk.ui import contacts as kernel
from kiosk.ui.contacts import Change, Contacts, Screens

REPORT = (e.EV_SYN, e.SYN_REPORT, 0)


def changes(contacts: Contacts, *events: tuple[int, int, int]) -> list[Change]:
    return [change for event in events for change in contacts.feed(*event)]


def slots() -> Contacts:
    return Contacts((0, 1000), (0, 500), has_slots=True)


def mt(code: int, value: int) -> tuple[int, int, int]:
    return (e.EV_ABS, code, value)


def down(number: int, x: int, y: int) -> list[tuple[int, int, int]]:
    return [mt(e.ABS_MT_TRACKING_ID, number), mt(e.ABS_MT_POSITION_X, x), mt(e.ABS_MT_POSITION_Y, y), REPORT]


UP = [mt(e.ABS_MT_TRACKING_ID, -1), REPORT]


def test_a_finger_comes_moves_and_leaves() -> None:
    screen = slots()
    assert changes(screen, *down(7, 250, 250)) == [Change("begin", 1, 0.25, 0.5)]
    assert changes(screen, mt(e.ABS_MT_POSITION_X, 500), REPORT) == [Change("update", 1, 0.5, 0.5)]
    assert changes(screen, *UP) == [Change("end", 1, 0.5, 0.5)]


def test_two_fingers_are_two_contacts() -> None:
    screen = slots()
    first = changes(screen, *down(7, 100, 100))
    second = changes(screen, mt(e.ABS_MT_SLOT, 1), *down(8, 900, 400))
    assert [change.contact for change in first + second] == [1, 2]
    assert changes(screen, mt(e.ABS_MT_SLOT, 0), *UP) == [Change("end", 1, 0.1, 0.2)]
    assert changes(screen, mt(e.ABS_MT_SLOT, 1), *UP) == [Change("end", 2, 0.9, 0.8)]


def test_a_second_touch_at_the_same_place_is_where_the_kernel_did_not_say_it_is() -> None:
    screen = slots()
    changes(screen, *down(7, 250, 250), *UP)
    assert changes(screen, mt(e.ABS_MT_TRACKING_ID, 8), REPORT) == [Change("begin", 2, 0.25, 0.5)]


def test_the_first_touch_after_opening_is_where_the_last_one_before_it_was() -> None:
    screen = slots()
    screen.learn(1, [(0, 0), (250, 250)])
    assert changes(screen, mt(e.ABS_MT_TRACKING_ID, 8), REPORT) == [Change("begin", 1, 0.25, 0.5)]


def test_a_finger_that_lay_there_before_opening_does_nothing_until_it_comes_again() -> None:
    assert changes(slots(), mt(e.ABS_MT_POSITION_X, 10), REPORT, *UP) == []


@pytest.mark.parametrize("button", [e.BTN_TOUCH, e.BTN_LEFT])
def test_an_old_panel_and_one_that_pretends_to_be_a_mouse_are_touched_too(button: int) -> None:
    screen = Contacts((0, 1000), (0, 500), has_slots=False)
    place = [mt(e.ABS_X, 250), mt(e.ABS_Y, 250)]
    assert changes(screen, *place, REPORT) == []
    assert changes(screen, (e.EV_KEY, button, 1), REPORT) == [Change("begin", 1, 0.25, 0.5)]
    assert changes(screen, (e.EV_KEY, button, 0), REPORT) == [Change("end", 1, 0.25, 0.5)]


def test_lost_events_lift_every_finger_and_the_rest_of_the_group_is_not_believed() -> None:
    screen = slots()
    changes(screen, *down(7, 250, 250))
    assert changes(screen, (e.EV_SYN, e.SYN_DROPPED, 0)) == [Change("end", 1, 0.25, 0.5)]
    assert changes(screen, *down(9, 10, 10)) == []
    assert changes(screen, *down(10, 500, 250)) == [Change("begin", 2, 0.5, 0.5)]


def test_a_pulled_screen_leaves_no_finger_down() -> None:
    screen = slots()
    changes(screen, *down(7, 250, 250), mt(e.ABS_MT_SLOT, 1), *down(8, 500, 250))
    assert [change.action for change in screen.lift_all()] == ["end", "end"]
    assert screen.lift_all() == []


def test_a_finger_that_takes_anothers_slot_within_one_report_is_another_contact() -> None:
    screen = slots()
    changes(screen, *down(1, 250, 250))
    assert changes(screen, mt(e.ABS_MT_TRACKING_ID, -1), *down(2, 500, 250)) == [
        Change("end", 1, 0.5, 0.5),
        Change("begin", 2, 0.5, 0.5),
    ]
    assert changes(screen, *down(3, 750, 250)) == [Change("end", 2, 0.75, 0.5), Change("begin", 3, 0.75, 0.5)]
    assert changes(screen, *UP) == [Change("end", 3, 0.75, 0.5)]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    events: list[str] = []
    monkeypatch.setattr(log, "event", lambda name, /, **fields: events.append(name))
    return events


def test_a_terminal_without_a_touch_screen_says_so_once(tmp_path: Path, told: list[str]) -> None:
    now = [0.0]
    screens = Screens(tmp_path, clock=lambda: now[0])
    for now[0] in (0.0, 5.0, 11.0, 20.0):
        assert screens.read(0) == []
    assert told == ["touch-screen-none"]


@pytest.mark.parametrize(
    ("error", "tries"),
    [(PermissionError(13, "not yet"), 2), (UnicodeDecodeError("utf-8", b"x", 0, 1, "a name"), 1)],
    ids=["rights that may come", "a name that does not change"],
)
def test_a_node_that_cannot_be_opened_ends_nothing(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception, tries: int
) -> None:
    (tmp_path / "event0").touch()
    asked = []

    def opened(node: Path) -> None:
        asked.append(node)
        raise error

    monkeypatch.setattr(kernel, "_opened", opened)
    now = [0.0]
    screens = Screens(tmp_path, clock=lambda: now[0])
    for now[0] in (0.0, 2.0):
        assert screens.read(0) == []
    assert len(asked) == tries


def test_reading_that_fails_ends_the_app_so_that_it_is_begun_anew(tmp_path: Path) -> None:
    said = """
import time
from kiosk.ui.app import configure
from kiosk.ui.theme import load_board
configure(load_board("landscape-10"), fullscreen=True)
from kiosk.ui import touch
class Broken:
    def read(self, timeout_s): raise RuntimeError("broken")
    def close(self): pass
touch.Screens = Broken
provider = touch.GlassProvider("glass", "")
provider.start()
time.sleep(0.3)
try:
    provider.update(lambda *_: None)
except RuntimeError as err:
    print("raised", err)
"""
    assert in_kivy(said, tmp_path) == "raised broken"


EVENTS = st.one_of(
    st.just(REPORT),
    st.just((e.EV_SYN, e.SYN_DROPPED, 0)),
    st.tuples(st.just(e.EV_ABS), st.just(e.ABS_MT_SLOT), st.integers(0, 9)),
    st.tuples(st.just(e.EV_ABS), st.just(e.ABS_MT_TRACKING_ID), st.integers(-1, 5)),
    st.tuples(st.just(e.EV_ABS), st.sampled_from([e.ABS_MT_POSITION_X, e.ABS_MT_POSITION_Y]), st.integers(-5000, 5000)),
    st.tuples(st.integers(0, 20), st.integers(0, 800), st.integers(-(2**31), 2**31 - 1)),
)


@given(st.lists(EVENTS, max_size=60))
def test_whatever_comes_every_contact_begins_once_ends_once_and_stays_on_the_glass(events: list[tuple[int, int, int]]) -> None:
    screen = slots()
    seen = [*changes(screen, *events), *screen.lift_all()]
    for contact in {change.contact for change in seen}:
        actions = [change.action for change in seen if change.contact == contact]
        assert actions[0] == "begin" and actions[-1] == "end"
        assert set(actions[1:-1]) <= {"update"}
    assert all(0 <= change.x <= 1 and 0 <= change.y <= 1 for change in seen)


def test_without_a_desktop_one_provider_hears_touches_and_with_one_the_mouse(tmp_path: Path) -> None:

    said = """
from kiosk.ui.app import configure
from kiosk.ui.theme import load_board
configure(load_board("landscape-10"), fullscreen=True)
from kivy.config import Config
print(Config.items("input"), Config.get("graphics", "show_cursor"))
"""
    seen = [in_kivy(said, tmp_path, **more) for more in ({}, {"DISPLAY": ":9"}, {"WAYLAND_DISPLAY": "w"})]
    assert seen == [
        "[('glass', 'glass')] 0",
        "[('mouse', 'mouse,disable_multitouch')] 1",
        "[('mouse', 'mouse,disable_multitouch')] 1",
    ]


def in_kivy(said: str, home: Path, **more: str) -> str:
    """What a program says that has Kivy, without a desktop unless ``more`` names one."""
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env = {**bare, "KIVY_HOME": str(home), **more}
    done = subprocess.run([sys.executable, "-c", said], env=env, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()
