"""Keyboard scanners on the real kernel: usbhid or uinput, evdev, the grab."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import evdev
import pytest
from evdev import UInput, ecodes
from usb_rig import SLOW_S, App, app, devices, driver_of, kernel_stays_well, plug, settle, wait_until, whole_app

from drivers.virtual.wedge import VirtualWedge

__all__ = ["app", "devices", "kernel_stays_well", "plug", "whole_app"]  # fixtures

CODE = "https://q.sxnc.cn/" + "7391" * 60 + "7"
UNHURRIED_S = 0.012
"""Between two reports: a terminal keeps up with one each millisecond, an emulated one with this."""
BY_PATH = "/dev/input/by-path/platform-vhci_hcd.0-usb-0:{}:1.0-event-kbd"


def a_place(port: int) -> Path:
    """udev's name of the event device of a port, when it is there."""
    place = Path(BY_PATH.format(port + 1))
    wait_until(lambda: place.exists() and place.stat().st_gid != 0, f"udev never made {place}")
    settle()
    return place


class Eavesdropper:
    """Another program that reads the same event device, as a text console or a desktop would."""

    def __init__(self, node: str) -> None:
        self._device = evdev.InputDevice(node)

    def heard(self) -> list[int]:
        """The keys that reached it since the last call."""
        found = []
        while select.select([self._device.fd], [], [], 0.3)[0]:
            found += [event.code for event in self._device.read() if event.type == ecodes.EV_KEY and event.value == 1]
        return found

    def close(self) -> None:
        self._device.close()


@contextmanager
def overheard(place: Path) -> Iterator[Eavesdropper]:
    with closing(Eavesdropper(str(place.resolve()))) as ear:
        yield ear


def meet(app: App, name: str, scanner: VirtualWedge) -> None:
    """Until a first code came whole: from then on it is known that this scanner ends its codes by a key, and may pause in them."""
    place = app.now
    deadline = time.monotonic() + SLOW_S
    while not any(record.get("code") == "1234" for record in app.since(place, name)):
        assert time.monotonic() < deadline, "no code ever came"
        app.do("arm", name=name)
        scanner.scan("1234")
        time.sleep(1)


def test_a_long_code_reaches_us_and_nobody_else(app, devices, plug):
    scanner = VirtualWedge()
    port = plug(scanner)
    place = a_place(0)
    assert driver_of(port) == "usbhid"
    with overheard(place) as ear:
        scanner.scan("AB1")
        wait_until(lambda: ecodes.KEY_ENTER in ear.heard(), "a keyboard that nobody grabs is heard by everybody")
        devices.start("wedge", "scanner", profile="wedge", place=str(place))
        app.wait("wedge", state="online")
        meet(app, "wedge", scanner)
        begin = app.now
        app.do("arm", name="wedge")
        scanner.scan(CODE)
        app.wait("wedge", begin, code=CODE)
        assert ear.heard() == []
        devices.stop("wedge")
        scanner.scan("AB1")
        wait_until(lambda: ecodes.KEY_ENTER in ear.heard(), "the grab outlived its owner")


def test_long_codes_come_whole_one_after_another(app, devices, plug):
    scanner = VirtualWedge(period_s=UNHURRIED_S)
    plug(scanner)
    devices.start("unhurried", "scanner", profile="wedge", place=str(a_place(0)))
    app.wait("unhurried", state="online")
    meet(app, "unhurried", scanner)
    begin = app.now
    wanted = [f"{CODE}{number}" for number in range(4)]
    for text in wanted:
        app.do("arm", name="unhurried")
        scanner.scan(text)
        app.wait("unhurried", begin, code=text)
    assert [record["code"] for record in app.since(begin, "unhurried") if "code" in record] == wanted


@pytest.mark.parametrize("period_s", [0.001, 0.0])
def test_what_is_typed_faster_than_this_machine_reads_is_whole_or_nothing(app, devices, plug, period_s):
    scanner = VirtualWedge(period_s=period_s)
    plug(scanner)
    devices.start("fast", "scanner", profile="wedge", place=str(a_place(0)))
    app.wait("fast", state="online")
    meet(app, "fast", scanner)
    begin = app.now
    sent = [f"{CODE}{number:03d}" for number in range(12)]
    for text in sent:
        app.do("arm", name="fast")
        scanner.scan(text)
        wait_until(lambda: scanner.is_still, "it was never read")
    scanner.scan("the end")  # nothing of the last one is told with it
    meet(app, "fast", scanner)
    told = [record["code"] for record in app.since(begin, "fast") if "code" in record]
    assert set(told) <= {*sent, "the end", "1234"}, told


def test_a_wedge_that_is_pulled_is_missed_and_found_again(app, devices, plug):
    scanner = VirtualWedge()
    port = plug(scanner)
    devices.start("pulled wedge", "scanner", profile="wedge", place=str(a_place(0)))
    app.wait("pulled wedge", state="online")
    for _ in range(2):
        begin = app.now
        meet(app, "pulled wedge", scanner)
        scanner.scan("half a code that never en", end="")
        port.unplug(SLOW_S)
        app.wait("pulled wedge", begin, state="noDevice")
        begin = app.now
        port.plug(SLOW_S)
        app.wait("pulled wedge", begin, state="online")
    told = app.since(0, "pulled wedge")
    assert {record["error"] for record in told if "error" in record} <= {"", "noDevice"}, told
    assert {record["code"] for record in told if "code" in record} == {"1234"}


def test_a_keyboard_of_the_kernels_own_making_is_grabbed_alike(app, devices):
    keys = [ecodes.KEY_A, ecodes.KEY_7, ecodes.KEY_LEFTSHIFT, ecodes.KEY_ENTER]
    with closing(UInput({ecodes.EV_KEY: keys}, name="virtual wedge")) as keyboard:
        place = Path(keyboard.device.path)
        wait_until(lambda: place.stat().st_gid != 0, "udev never gave it to anybody")
        devices.start("uinput", "scanner", profile="wedge", place=str(place))
        app.wait("uinput", state="online")
        app.do("arm", name="uinput")
        with overheard(place) as ear:
            for key in (ecodes.KEY_LEFTSHIFT, ecodes.KEY_A, ecodes.KEY_7, ecodes.KEY_ENTER):
                for value in (1, 0):
                    keyboard.write(ecodes.EV_KEY, key, value)
                    keyboard.syn()
            app.wait("uinput", code="a7")
            assert ear.heard() == []
        begin = app.now
    app.wait("uinput", begin, state="noDevice")


def test_the_second_owner_of_a_wedge_is_told_that_it_is_taken(app, devices, plug):
    plug(VirtualWedge())
    place = a_place(0)
    with closing(evdev.InputDevice(str(place.resolve()))) as other:
        other.grab()
        devices.start("second", "scanner", profile="wedge", place=str(place))
        app.wait("second", error="deviceBusy")
        other.ungrab()
        app.wait("second", state="online")
