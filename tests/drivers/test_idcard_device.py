"""A whole reader through pyusb: consent, pulls at any byte, mute and chattering modules, unplug and replug."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.idcard.device import IdCardReader
from drivers.idcard.profile import ReaderProfile, reader_profile
from drivers.idcard.record import CardFailed, CardRead, CardTrouble
from drivers.supervisor import Supervisor
from drivers.transport.usb import UsbMatch, find_usb
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus, BusServer, RemoteBus, UsbBus
from drivers.virtual.reader import VirtualCard, VirtualReader

CARD = VirtualCard(name="王建国", number="142421196804123019", address="山西省晋中市太谷区明星镇南庄村")
FAST = ReaderProfile(
    "test",
    "usb",
    poll_s=0.01,
    command_timeout_s=0.2,
    read_timeout_s=0.3,
    reset_after_failures=3,
    usb_ids=frozenset({(0x0400, 0xC35A)}),
)
T = TypeVar("T")


class Rig:
    def __init__(self, bus: Bus, seen_bus: UsbBus) -> None:
        self.bus = bus
        self.device = VirtualReader(pace=0)
        self.events: queue.Queue[object] = queue.Queue()
        self.driver = IdCardReader(FAST)
        backend = VirtualBackend(seen_bus)
        self.supervisor = Supervisor(
            self.driver, lambda: find_usb(UsbMatch(ids=FAST.usb_ids), backend), self.events.put, poll_s=0.05, jitter=lambda: 0.0
        )
        bus.plug(self.device)
        self.supervisor.start()

    def wait_for(self, kind: type[T], fits: Callable[[T], bool] = lambda _: True) -> T:
        while True:
            event = self.events.get(timeout=5)
            if isinstance(event, kind) and fits(event):
                return event

    def online(self) -> None:
        self.wait_for(DeviceStatus, lambda s: s.state is DeviceState.ONLINE)


@pytest.fixture(params=["local", "socket"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    bus = Bus()
    if request.param == "local":
        made = Rig(bus, bus)
        yield made
        made.supervisor.stop()
    else:
        with BusServer(bus, tmp_path / "bus.sock"):
            remote = RemoteBus(tmp_path / "bus.sock")
            made = Rig(bus, remote)
            yield made
            made.supervisor.stop()
            remote.close()
    bus.close()


def test_a_card_is_read_once_and_only_after_arming(rig: Rig) -> None:
    rig.online()
    rig.device.put_card(CARD)
    threading.Event().wait(0.1)
    assert b"\x20\x01" not in rig.device.commands, "no find before consent"
    rig.driver.arm()
    card = rig.wait_for(CardRead).card
    assert card.number == CARD.number
    threading.Event().wait(0.1)
    assert not any(isinstance(event, CardRead) for event in list(rig.events.queue))


@pytest.mark.parametrize("at", [0, 1, 7, 9, 14, 200, 271, 1000, 1294])
def test_a_card_pulled_at_any_byte_gives_no_half_text(at: int) -> None:
    bus = Bus()
    made = Rig(bus, bus)
    try:
        made.online()
        made.device.faults.pull_at_byte = at
        made.device.put_card(CARD)
        made.driver.arm()
        assert made.wait_for(CardFailed).trouble is CardTrouble.REMOVED
        made.device.faults.pull_at_byte = None
        made.device.put_card(CARD)
        assert made.wait_for(CardRead).card.number == CARD.number
    finally:
        made.supervisor.stop()
        bus.close()


@pytest.mark.parametrize(
    ("sw3", "trouble"),
    [(0x40, CardTrouble.NOT_ID_CARD), (0x31, CardTrouble.REFUSED), (0x81, CardTrouble.REMOVED), (0x24, CardTrouble.UNREADABLE)],
)
def test_each_refusal_is_told_in_its_own_word(sw3: int, trouble: CardTrouble) -> None:
    bus = Bus()
    made = Rig(bus, bus)
    try:
        made.online()
        made.device.faults.sw3[0x20] = sw3
        made.device.put_card(CARD)
        made.device.faults.sw3.pop(0x20)
        made.device.faults.sw3[0x30] = sw3
        made.driver.arm()
        assert made.wait_for(CardFailed).trouble is trouble
        assert b"\x10\xff" in made.device.commands or made.wait_for(CardFailed)
    finally:
        made.supervisor.stop()
        bus.close()


def test_a_mute_reader_is_told_as_trouble_and_comes_back(rig: Rig) -> None:
    rig.online()
    rig.device.faults.mute = True
    rig.driver.arm()
    rig.wait_for(DeviceStatus, lambda s: s.error == "timeOut")
    rig.device.faults.mute = False
    rig.device.put_card(CARD)
    rig.supervisor.wake()
    assert rig.wait_for(CardRead).card.name == "王建国"


def test_unplug_is_noticed_and_replug_found_again(rig: Rig) -> None:
    rig.online()
    rig.driver.arm()
    rig.bus.unplug(rig.device)
    rig.wait_for(DeviceStatus, lambda s: s.state is DeviceState.NO_DEVICE)
    rig.bus.plug(rig.device, port=3)
    rig.wait_for(DeviceStatus, lambda s: s.state is DeviceState.ONLINE and s.port == "usb:1-3")
    rig.device.put_card(CARD)
    assert rig.wait_for(CardRead)


def test_a_wrong_checksum_and_junk_are_survived(rig: Rig) -> None:
    rig.online()
    rig.device.faults.junk_before = b"\xaa\xaa\x00\x96"
    rig.device.put_card(CARD)
    rig.driver.arm()
    assert rig.wait_for(CardRead)


def test_profiles_are_complete() -> None:
    assert reader_profile("sam_usb").usb_ids == frozenset({(0x0400, 0xC35A)})
    assert reader_profile("sam_serial_9600").read_timeout_s > 1.35
