"""Raw input events of one keyboard-like device, taken for ourselves alone.

Source: linux/input.h; python-evdev for opening and EVIOCGRAB. Without the grab a scan would type into the screen and its Enter would press a
button. One grabber only: a second one gets EBUSY. A device that leaves reads ENODEV; where a wire hides that, the vanished node tells.
The kernel keeps 64 events of a keyboard for us, and a fast scanner makes three of each millisecond: the one that repeats the key as a scan code is
asked not to come (EVIOCSMASK, kernel 4.4).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path
from select import select

import evdev

from drivers.errors import DeviceGone, NeedsPerson, TryAgain
from drivers.transport.settling import is_settling

EVENT_BYTES = 24
"""struct input_event on 64-bit kernels: two longs of time, type, code, value."""
_EVIOCSMASK = 0x40104593
_EV_MSC = 4


def open_evdev(path: str) -> EvdevTransport:
    """Open and grab. Raises ``NeedsPerson('permissionDenied')``, ``TryAgain('deviceBusy' | 'noDevice')``."""
    device = None
    try:
        device = evdev.InputDevice(path)
        device.grab()
    except OSError as err:
        if device is not None:
            device.close()
        match err.errno:
            case errno.EACCES | errno.EPERM if not is_settling(Path(path)):
                raise NeedsPerson("permissionDenied", port=path) from err
            case errno.EBUSY:
                raise TryAgain("deviceBusy", port=path) from err
            case _:
                raise TryAgain("noDevice", port=path) from err
    with suppress(OSError):  # an old kernel: then they come
        nothing = ctypes.create_string_buffer(8)
        fcntl.ioctl(device.fd, _EVIOCSMASK, struct.pack("@IIQ", _EV_MSC, len(nothing), ctypes.addressof(nothing)))
    return EvdevTransport(device, path)


class EvdevTransport:
    """One grabbed device. Owned by one thread. ``read`` returns whole events as the kernel wrote them."""

    def __init__(self, device: evdev.InputDevice[str], path: str) -> None:
        self._device = device
        self._path = path

    @property
    def port(self) -> str:
        return self._path

    @property
    def name(self) -> str:
        """What the device calls itself."""
        return str(self._device.name)

    def write(self, data: bytes, timeout_s: float) -> int:
        """Nothing is ever said to a keyboard. Raises ``NeedsPerson``."""
        raise NeedsPerson("unsupportedCommand", port=self._path, size=len(data))

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        size = max(EVENT_BYTES, max_bytes // EVENT_BYTES * EVENT_BYTES)
        try:
            ready, _, _ = select([self._device.fd], [], [], timeout_s)
            if ready:
                return os.read(self._device.fd, size)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as err:
            # ValueError: select on a closed descriptor.
            raise DeviceGone(errno=getattr(err, "errno", None)) from err
        if not Path(self._path).exists():
            raise DeviceGone(port=self._path)
        return b""

    def close(self) -> None:
        # The kernel lets go of the grab with the last descriptor; a device that has left has nothing to let go of.
        with suppress(OSError):
            self._device.close()
