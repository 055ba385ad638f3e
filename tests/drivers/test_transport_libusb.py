"""A list of devices that nobody keeps up to date is made anew when the kernel's nodes say otherwise."""

import errno
from copy import deepcopy

import pytest
import usb.core

from drivers.errors import NeedsPerson, TryAgain
from drivers.transport import libusb
from drivers.transport.libusb import usb_devices
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.reader import VirtualReader


class Stale(VirtualBackend):
    """As libusb where udev cannot be heard: a context knows what was there when it began."""

    made = 0

    def __init__(self, lib):
        super().__init__(lib)
        Stale.made += 1
        self.lib = lib
        self._known = deepcopy(lib.attached())

    def enumerate_devices(self):
        return self._known


@pytest.fixture
def bus(tmp_path, monkeypatch):
    bus = Bus()
    Stale.made = 0
    first = Stale(bus)
    monkeypatch.setattr(libusb, "USB_NODES", tmp_path)
    monkeypatch.setattr(libusb, "_context", None)
    monkeypatch.setattr(libusb, "_begun_for", None)
    monkeypatch.setattr(libusb.libusb1, "get_backend", lambda: first)

    def replug(reader, folder=tmp_path):
        bus.unplug(reader)
        bus.plug(reader)
        for node in folder.glob("*/*"):
            node.unlink()
        node = folder / f"{reader.descriptor.bus:03d}" / f"{reader.descriptor.address:03d}"
        node.parent.mkdir(exist_ok=True)
        node.touch()

    bus.replug = replug
    yield bus
    bus.close()


def test_what_was_plugged_in_after_the_start_is_found(bus):
    reader = VirtualReader(pace=0)
    assert usb_devices() == []
    for made in (2, 3):
        bus.replug(reader)
        [device] = usb_devices()
        assert (device.address, Stale.made) == (reader.descriptor.address, made)
        assert [again.address for again in usb_devices()] == [device.address]
        assert Stale.made == made  # nothing has changed: no new context


def test_a_node_that_libusb_never_lists_costs_one_context_and_not_one_a_look(bus, tmp_path):
    (tmp_path / "009").mkdir()
    (tmp_path / "009" / "001").touch()
    assert [usb_devices() for _ in range(5)] == [[]] * 5
    assert Stale.made == 2


def test_without_libusb_somebody_has_to_come(monkeypatch):
    monkeypatch.setattr(libusb, "_context", None)
    monkeypatch.setattr(libusb.libusb1, "get_backend", lambda: None)
    with pytest.raises(NeedsPerson):
        usb_devices()


def test_a_bus_that_cannot_be_looked_at_is_tried_again(bus, monkeypatch):
    def broken(self):
        raise usb.core.USBError("no memory", -11, errno.ENOMEM)

    monkeypatch.setattr(Stale, "enumerate_devices", broken)
    with pytest.raises(TryAgain):
        usb_devices()
