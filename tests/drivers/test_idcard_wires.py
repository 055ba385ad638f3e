"""The reader over its other wires: a serial line at true pace, cut anywhere, hanging up; and USB readers with two pairs of pipes."""

from __future__ import annotations

import os
import queue
import threading
import tty
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.idcard.device import IdCardReader, identify
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import ReaderProfile, reader_profile
from drivers.idcard.record import CardFailed, CardRead, CardTrouble
from drivers.supervisor import Finder, Supervisor
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.reader import VirtualCard, VirtualReader
from drivers.virtual.reader_line import serve_reader
from tests.support.lines import PtyLine, pty_with

CARD = VirtualCard(name="王建国", number="142421196804123019", address="山西省晋中市太谷区明星镇南庄村")
SERIAL = replace(reader_profile("sam_serial"), poll_s=0.02, command_timeout_s=0.3, read_timeout_s=0.8)
USB = replace(reader_profile("sam_usb"), poll_s=0.02, command_timeout_s=0.3, read_timeout_s=0.5)
T = TypeVar("T")


class Watched:
    """A supervised reader and what it told."""

    def __init__(self, profile: ReaderProfile, finder: Finder) -> None:
        self.events: queue.Queue[object] = queue.Queue()
        self.driver = IdCardReader(profile)
        self.supervisor = Supervisor(self.driver, finder, self.events.put, poll_s=0.05, jitter=lambda: 0.0)
        self.supervisor.start()

    def wait_for(self, kind: type[T], fits: Callable[[T], bool] = lambda _: True) -> T:
        while True:
            event = self.events.get(timeout=10)
            if isinstance(event, kind) and fits(event):
                return event

    def online(self) -> DeviceStatus:
        return self.wait_for(DeviceStatus, lambda status: status.state is DeviceState.ONLINE)


@pytest.fixture
def watch() -> Iterator[Callable[[ReaderProfile, Finder], Watched]]:
    all_of_them: list[Watched] = []

    def start(profile: ReaderProfile, finder: Finder) -> Watched:
        all_of_them.append(Watched(profile, finder))
        return all_of_them[-1]

    yield start
    for one in all_of_them:
        one.supervisor.stop()


def on_a_line(reader: VirtualReader, baud: int = 115200):
    def serve(line: PtyLine, stop: threading.Event) -> None:
        serve_reader(reader, line, stop, baud=baud)

    return pty_with(serve)


@pytest.mark.parametrize(("name", "baud"), [("sam_serial", 115200), ("sam_serial_9600", 9600)])
def test_a_card_is_read_on_a_line_at_its_true_pace(watch, name, baud):
    reader = VirtualReader(pace=0)
    profile = reader_profile(name)
    with on_a_line(reader, baud) as path:
        watched = watch(profile, reader_finder(profile, path))
        assert watched.online().port == path
        assert b"\x20\x01" not in reader.commands
        watched.driver.arm()
        reader.put_card(CARD)
        assert watched.wait_for(CardRead).card.number == CARD.number
        watched.supervisor.stop()


@pytest.mark.parametrize("at", [0, 5, 11, 64, 271, 1293, 1294])
def test_a_card_pulled_at_any_byte_of_the_line_is_no_half_card(watch, at):
    reader = VirtualReader(pace=0)
    with on_a_line(reader) as path:
        watched = watch(SERIAL, reader_finder(SERIAL, path))
        watched.online()
        reader.faults.pull_at_byte = at
        reader.put_card(CARD)
        watched.driver.arm()
        assert watched.wait_for(CardFailed).trouble is CardTrouble.REMOVED
        reader.faults.pull_at_byte = None
        reader.put_card(CARD)
        assert watched.wait_for(CardRead).card.name == CARD.name
        watched.supervisor.stop()


def test_junk_and_wrong_checksums_on_the_line_are_survived(watch):
    reader = VirtualReader(pace=0)
    with on_a_line(reader) as path:
        watched = watch(SERIAL, reader_finder(SERIAL, path))
        watched.online()
        reader.faults.junk_before = b"\x00\xaa\xaa\xaa\xaa\x96"
        reader.put_card(CARD)
        watched.driver.arm()
        assert watched.wait_for(CardRead)
        reader.faults.junk_before = b""
        reader.faults.bad_checksum = True
        watched.driver.arm()
        watched.wait_for(DeviceStatus, lambda status: status.error == "timeOut")
        reader.faults.bad_checksum = False
        assert watched.online()
        watched.supervisor.stop()


def test_a_line_that_hangs_up_is_a_missing_reader(watch):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path, stop, reader = os.ttyname(theirs), threading.Event(), VirtualReader(pace=0)
    serving = threading.Thread(target=serve_reader, args=(reader, PtyLine(ours), stop))
    serving.start()
    watched = watch(SERIAL, reader_finder(SERIAL, path))
    watched.online()
    watched.driver.arm()
    stop.set()
    serving.join(5)
    os.close(theirs)
    os.close(ours)
    watched.wait_for(DeviceStatus, lambda status: status.state is DeviceState.NO_DEVICE)


def test_a_reader_with_two_pairs_of_pipes_is_read_like_any_other(watch):
    bus, reader = Bus(), VirtualReader(pace=0, two_pairs=True)
    bus.plug(reader)
    watched = watch(USB, reader_finder(USB, backend=VirtualBackend(bus)))
    watched.online()
    reader.put_card(CARD)
    watched.driver.arm()
    assert watched.wait_for(CardRead).card.number == CARD.number
    reader.faults.pull_at_byte = 300
    reader.put_card(CARD)
    watched.driver.arm()
    assert watched.wait_for(CardFailed).trouble is CardTrouble.REMOVED
    reader.faults.pull_at_byte = None
    reader.put_card(CARD)
    assert watched.wait_for(CardRead).card.name == CARD.name
    bus.unplug(reader)
    watched.wait_for(DeviceStatus, lambda status: status.state is DeviceState.NO_DEVICE)


def test_the_number_of_the_module_is_told_over_both_layouts():
    for two_pairs in (False, True):
        bus = Bus()
        bus.plug(VirtualReader(pace=0, two_pairs=two_pairs))
        transport = reader_finder(USB, backend=VirtualBackend(bus))()
        assert transport is not None
        assert identify(transport, USB) == "05.03-20130101-0012345678-0987654321"
        transport.close()
