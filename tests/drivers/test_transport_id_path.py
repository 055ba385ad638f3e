"""``ID_PATH`` off a made sysfs: the same socket has the same name whatever number its bus or line got."""

from pathlib import Path

import pytest

from drivers.transport.id_path import id_path, is_at, line_at, usb_id_path

PCI = "devices/pci0000:00/0000:00:14.0"


def make(sysfs: Path, place: str, link: str) -> Path:
    device = sysfs / place
    device.mkdir(parents=True)
    (sysfs / link).parent.mkdir(parents=True, exist_ok=True)
    (sysfs / link).symlink_to(device)
    return device


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (f"{PCI}/usb1/1-2/1-2.3/1-2.3:1.0", "pci-0000:00:14.0-usb-0:2.3:1.0"),
        (f"{PCI}/usb1/1-2", "pci-0000:00:14.0-usb-0:2"),
        (f"{PCI}/usb3/3-2", "pci-0000:00:14.0-usb-0:2"),
        ("devices/pci0000:00/0000:00:1c.0/0000:02:00.0/usb4/4-1/4-1:1.0/ttyUSB0", "pci-0000:02:00.0-usb-0:1:1.0"),
        ("devices/platform/fd500000.usb/xhci-hcd.0/usb1/1-1/1-1:1.2", "platform-fd500000.usb-usb-0:1:1.2"),
        ("devices/pci0000:00/0000:00:16.3/tty/ttyS4", "pci-0000:00:16.3"),
        ("devices/platform/serial8250/tty/ttyS0", "platform-serial8250"),
        ("devices/virtual/tty/tty1", ""),
    ],
)
def test_a_place_is_named_as_udev_names_it(tmp_path, place, name):
    (tmp_path / place).mkdir(parents=True)
    assert id_path(tmp_path / place) == name


def test_a_usb_port_keeps_its_name_when_its_bus_gets_another_number(tmp_path):
    first, second = tmp_path / "before", tmp_path / "after"
    make(first, f"{PCI}/usb1/1-2/1-2.3", "bus/usb/devices/1-2.3")
    make(second, f"{PCI}/usb2/2-2/2-2.3", "bus/usb/devices/2-2.3")
    assert usb_id_path("usb:1-2.3", first) == usb_id_path("usb:2-2.3", second) == "pci-0000:00:14.0-usb-0:2.3"
    assert usb_id_path("usb:1-9", first) == ""


def test_a_line_is_found_by_its_socket_whatever_its_number(tmp_path):
    make(tmp_path, f"{PCI}/usb1/1-1/1-1:1.0/ttyUSB1", "class/tty/ttyUSB1/device")
    make(tmp_path, f"{PCI}/usb1/1-4/1-4:1.0/ttyUSB0", "class/tty/ttyUSB0/device")
    assert line_at("path:pci-0000:00:14.0-usb-0:4:1.0", tmp_path) == "/dev/ttyUSB0"
    assert line_at("path:pci-0000:00:14.0-usb-0:1", tmp_path) == "/dev/ttyUSB1"
    assert line_at("path:pci-0000:00:14.0-usb-0:11", tmp_path) == ""
    assert line_at("/dev/ttyUSB7", tmp_path) == "/dev/ttyUSB7"


def test_a_port_is_no_beginning_of_another_one():
    assert is_at("pci-0000:00:14.0-usb-0:1:1.0", "pci-0000:00:14.0-usb-0:1")
    assert not is_at("pci-0000:00:14.0-usb-0:11:1.0", "pci-0000:00:14.0-usb-0:1")
    assert not is_at("", "")
