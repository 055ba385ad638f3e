"""Uevents: the kernel's own words, strangers, overruns; and a real one of this machine's kernel."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.hotplug import HotPlug, Uevent, kernel_socket, parse_uevent

WORKED = b"add@/devices/pci0000:00/usb1/1-2\0ACTION=add\0DEVPATH=/devices/pci0000:00/usb1/1-2\0SUBSYSTEM=usb\0DEVTYPE=usb_device\0"


def test_the_worked_datagram_is_read():
    event = parse_uevent(WORKED)
    assert isinstance(event, Uevent)
    assert (event.action, event.path, event.subsystem) == ("add", "/devices/pci0000:00/usb1/1-2", "usb")
    assert event.values["DEVTYPE"] == "usb_device"


@pytest.mark.parametrize("datagram", [b"", b"libudev\0\xfe\xed\xca\xfe", b"add", b"@/devices", b"add@relative", b"\xff@/x"])
def test_what_the_kernel_does_not_say_is_nothing(datagram):
    assert parse_uevent(datagram) is None


@given(st.binary(max_size=400))
def test_no_datagram_breaks_the_reader(data):
    parse_uevent(data)
    parse_uevent(b"add@/x\0" + data)


class Kernel:
    """A datagram socket in the kernel's place; its sender is 0 as the kernel's."""

    def __init__(self) -> None:
        self.ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sender = 0
        self.fails: list[OSError] = []

    def settimeout(self, seconds: float) -> None:
        self._theirs.settimeout(seconds)

    def recvmsg(self, size: int):
        data = self._theirs.recv(size)
        if self.fails:
            raise self.fails.pop()
        return data, [], 0, (self.sender, 1)

    def __enter__(self):
        return self

    def __exit__(self, *why: object) -> None:
        self._theirs.close()
        self.ours.close()


@pytest.fixture
def listening() -> Iterator[tuple[Kernel, Callable[[], bool]]]:
    kernel, woken = Kernel(), threading.Semaphore(0)
    hotplug = HotPlug(woken.release, open_socket=lambda: kernel)  # type: ignore[arg-type,return-value]
    hotplug.start()
    assert hotplug.is_listening
    yield kernel, lambda: woken.acquire(timeout=0.3)
    hotplug.stop()


@pytest.mark.parametrize("action", ["add", "remove", "bind"])
def test_a_device_that_comes_or_goes_wakes(listening, action):
    kernel, wakes = listening
    kernel.ours.send(WORKED.replace(b"add", action.encode()))
    assert wakes() and not wakes()


def test_other_subsystems_other_senders_and_noise_do_not_wake(listening):
    kernel, wakes = listening
    kernel.ours.send(WORKED.replace(b"SUBSYSTEM=usb", b"SUBSYSTEM=net"))
    kernel.ours.send(b"libudev\0junk")
    assert not wakes()
    kernel.sender = 4711
    kernel.ours.send(WORKED)
    assert not wakes()


def test_an_overrun_wakes_because_something_was_missed(listening):
    kernel, wakes = listening
    kernel.fails.append(OSError(errno.ENOBUFS, "No buffer space available"))
    kernel.ours.send(WORKED)
    assert wakes()
    kernel.ours.send(WORKED)
    assert wakes()


def test_where_the_kernel_may_not_be_heard_nothing_breaks():
    def refused() -> socket.socket:
        raise PermissionError(errno.EPERM, "no")

    hotplug = HotPlug(lambda: None, open_socket=refused)
    hotplug.start()
    assert not hotplug.is_listening
    hotplug.stop()


def test_a_real_uevent_of_the_kernel_wakes():
    trigger = Path("/sys/class/mem/null/uevent")
    if not os.access(trigger, os.W_OK):
        pytest.skip("only root may ask the kernel for a synthetic uevent")
    try:
        kernel_socket().close()
    except OSError as err:
        pytest.skip(f"the kernel may not be heard here: {err}")
    woken = threading.Event()
    hotplug = HotPlug(woken.set, subsystems=frozenset({"mem"}))
    hotplug.start()
    try:
        trigger.write_text("change")
        assert woken.wait(5)
    finally:
        hotplug.stop()
