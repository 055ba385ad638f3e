"""Between the kernel's word that a device came and udev's that it is somebody's: nobody is called, and no HID device is taken too early."""

import errno
from pathlib import Path

import pytest
import usb.core

from drivers.errors import NeedsPerson
from drivers.transport import usb as transport_usb
from drivers.transport.hid import find_hid, hid_ports
from drivers.transport.settling import SETTLE_S, is_settling, usb_node
from drivers.transport.usb import UsbMatch, find_usb
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.reader import PRODUCT, VENDOR, VirtualReader

READER = UsbMatch(ids=frozenset({(VENDOR, PRODUCT)}))


def test_a_node_settles_with_time(tmp_path):
    node = tmp_path / "001"
    node.touch()
    made_s = node.stat().st_ctime
    assert is_settling(node, lambda: made_s + SETTLE_S / 2)
    assert not is_settling(node, lambda: made_s + SETTLE_S)
    assert not is_settling(node, lambda: made_s - 3600)  # a clock that was set back must not hide a refusal for an hour
    assert not is_settling(tmp_path / "002")


def test_a_node_has_three_digits():
    assert usb_node(1, 12) == Path("/dev/bus/usb/001/012")


class Refusing(VirtualBackend):
    """udev has not given the node to anybody, or the device has left since it was listed."""

    number = errno.EACCES

    def open_device(self, dev):
        raise usb.core.USBError("refused", -3, self.number)


@pytest.fixture
def refusing():
    bus = Bus()
    bus.plug(VirtualReader(pace=0))
    yield Refusing(bus)
    bus.close()


def test_a_new_device_that_may_not_be_opened_yet_is_not_there_yet(refusing, monkeypatch):
    monkeypatch.setattr(transport_usb, "is_settling", lambda node: True)
    assert find_usb(READER, refusing) is None
    monkeypatch.setattr(transport_usb, "is_settling", lambda node: False)
    with pytest.raises(NeedsPerson) as err:
        find_usb(READER, refusing)
    assert err.value.code == "permissionDenied"


def test_a_device_that_left_while_we_looked_is_not_there(refusing):
    refusing.number = errno.ENODEV
    assert find_usb(READER, refusing) is None


def test_a_hid_interface_without_a_driver_is_not_touched_while_it_is_new(tmp_path, monkeypatch):
    sysfs = tmp_path / "devices"
    for name, text in {"1-4:1.0/bInterfaceClass": "03", "1-4/busnum": "1", "1-4/devnum": "7"}.items():
        (sysfs / name).parent.mkdir(parents=True, exist_ok=True)
        (sysfs / name).write_text(f"{text}\n", encoding="ascii")
    asked, is_new = [], True

    def settling(node):
        asked.append(node)
        return is_new

    monkeypatch.setattr("drivers.transport.hid.is_settling", settling)
    assert list(hid_ports(0x8D, sysfs)) == []
    is_new = False
    assert list(hid_ports(0x8D, sysfs)) == ["usb:1-4"]
    assert set(asked) == {Path("/dev/bus/usb/001/007")}


def test_a_hid_device_that_was_opened_here_is_known_without_a_driver(tmp_path, monkeypatch):
    sysfs = tmp_path / "devices"
    for name, text in {"1-4:1.1/bInterfaceClass": "03", "1-4/busnum": "1", "1-4/devnum": "7"}.items():
        (sysfs / name).parent.mkdir(parents=True, exist_ok=True)
        (sysfs / name).write_text(f"{text}\n", encoding="ascii")
    monkeypatch.setattr("drivers.transport.hid.is_settling", lambda node: False)
    asked = []
    monkeypatch.setattr("drivers.transport.hid.find_usb", lambda match, backend: asked.append(match) or VirtualReader(pace=0))
    monkeypatch.setattr("drivers.transport.hid._opened", {})
    assert find_hid(0x8D, sysfs=sysfs) is not None
    assert asked == [UsbMatch(interface_class=3, usage_page=0x8D, interface=1, port="usb:1-4")]
    monkeypatch.setattr("drivers.transport.hid.is_settling", lambda node: True)
    assert list(hid_ports(0x8D, sysfs)) == ["usb:1-4"]
    assert list(hid_ports(0x8C, sysfs)) == []
    (sysfs / "1-4/devnum").write_text("8\n", encoding="ascii")  # another device has come
    assert list(hid_ports(0x8D, sysfs)) == []
