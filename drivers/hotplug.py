"""Hot-plug: the kernel's own uevents wake the supervisors at once instead of at their next look.

Source: NETLINK_KOBJECT_UEVENT, group 1: ``ACTION@DEVPATH`` NUL ``KEY=VALUE`` NUL ... Worked datagram: ``add@/devices/.../1-2`` NUL
``ACTION=add`` NUL ``DEVPATH=/devices/.../1-2`` NUL ``SUBSYSTEM=usb`` NUL.
Rules
- Only datagrams of the kernel (sender 0) count; udev's do not arrive where a service has a network of its own, these do.
- An overrun socket means that something was missed: wake. Without the socket the supervisors go on looking by themselves.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

SUBSYSTEMS = frozenset({"usb", "tty", "hid", "input", "video4linux", "usbmisc"})
_NETLINK_KOBJECT_UEVENT = 15
_KERNEL_GROUP = 1
_MAX_DATAGRAM = 16384
_TICK_S = 0.5
_JOIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Uevent:
    """Something came, went or changed. ``values`` are the kernel's own words."""

    action: str
    path: str
    values: Mapping[str, str]

    @property
    def subsystem(self) -> str:
        """The kernel's subsystem, "" when it did not say."""
        return self.values.get("SUBSYSTEM", "")


def parse_uevent(datagram: bytes) -> Uevent | None:
    """Read one datagram of the kernel; None for anything else (udev's begin with ``libudev``)."""
    head, *rest = datagram.split(b"\0")
    action, at, path = head.decode("utf-8", "replace").partition("@")
    if not at or not action.isalpha() or not path.startswith("/"):
        return None
    pairs = (item.decode("utf-8", "replace").partition("=") for item in rest if b"=" in item)
    return Uevent(action, path, {key: value for key, _, value in pairs})


def kernel_socket() -> socket.socket:
    """Where the kernel tells. Raises ``OSError`` where that is not allowed."""
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_KOBJECT_UEVENT)
    try:
        listener.bind((0, _KERNEL_GROUP))
    except OSError:
        listener.close()
        raise
    return listener


class HotPlug:
    """Calls ``wake`` from a thread of its own whenever a device of our kinds comes or goes. ``wake`` must not block."""

    def __init__(
        self,
        wake: Callable[[], None],
        *,
        subsystems: frozenset[str] = SUBSYSTEMS,
        open_socket: Callable[[], socket.socket] = kernel_socket,
    ) -> None:
        self._wake = wake
        self._subsystems = subsystems
        self._open_socket = open_socket
        self._stop = threading.Event()
        self._listener: socket.socket | None = None
        self._thread = threading.Thread(target=self._loop, name="driver-hotplug", daemon=True)

    @property
    def is_listening(self) -> bool:
        """False where the kernel may not be heard: then plugging in is noticed at the next look of the supervisors."""
        return self._listener is not None

    def start(self) -> None:
        """Begin to listen, where that is allowed."""
        with suppress(OSError):
            self._listener = self._open_socket()
            self._listener.settimeout(_TICK_S)
            self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_S)

    def _loop(self) -> None:
        listener = self._listener
        assert listener is not None
        with listener:
            while not self._stop.is_set():
                try:
                    datagram, _, _, sender = listener.recvmsg(_MAX_DATAGRAM)
                except TimeoutError:
                    continue
                except OSError as err:
                    if err.errno != errno.ENOBUFS:
                        self._listener = None
                        return
                    self._wake()
                    continue
                if isinstance(sender, tuple) and sender[0] != 0:
                    continue
                event = parse_uevent(datagram)
                if (
                    event is not None
                    and event.action in ("add", "remove", "change", "bind")
                    and event.subsystem in self._subsystems
                ):
                    self._wake()
