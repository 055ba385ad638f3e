"""A light beside the camera: on when it has been dark for a while, off afterwards.

Source: linux/v4l2-controls.h and videodev2.h: V4L2_CID_FLASH_LED_MODE (0x009C0901, torch is 2) of cameras with a flash, V4L2_CID_ILLUMINATORS_1
(0x00980925, a switch) of microscopes and some readers; VIDIOC_QUERYCTRL C0445624, VIDIOC_S_CTRL C008561C. UVC itself knows no torch, so many
terminals have a lamp of their own: an LED of the kernel (``/sys/class/leds``), which also stands for one on a GPIO.

Rules
- A light that cannot be switched is none: pictures matter more, and the hint "too dark" stays.
- On it stays until the camera closes: a lit picture does not tell whether it would be dark.
"""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

LEDS = Path("/sys/class/leds")
DARK_S = 1.0
OFF = "off"
LED = "led:"

_QUERY, _SET = 0xC0445624, 0xC008561C
_CONTROLS = ((0x009C0901, 2), (0x00980925, 1))
"""Control and its value when lit; 0 is dark for both."""
_DISABLED = 0x0001
_QUERY_BYTES = 68
_MAXIMUM_AT, _FLAGS_AT = 44, 56


class Torch(Protocol):
    """A light. ``switch`` is True when it obeyed."""

    def switch(self, *, is_on: bool) -> bool: ...


class LedTorch:
    """An LED of the kernel, by its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def switch(self, *, is_on: bool) -> bool:
        """Full brightness or none."""
        try:
            brightest = (self._folder / "max_brightness").read_text(encoding="ascii").strip()
            (self._folder / "brightness").write_text(brightest if is_on else "0", encoding="ascii")
        except OSError:
            return False
        return True


class V4l2Torch:
    """The control of the camera that is one."""

    def __init__(self, node: Path, control: int, lit: int) -> None:
        self._node = node
        self._control = control
        self._lit = lit

    def switch(self, *, is_on: bool) -> bool:
        """Set the control."""
        value = struct.pack("=Ii", self._control, self._lit if is_on else 0)
        try:
            descriptor = os.open(self._node, os.O_RDWR | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            fcntl.ioctl(descriptor, _SET, value)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True


def torch_of(place: str, node: Path, leds: Path = LEDS) -> Torch | None:
    """The light of a camera. ``place``: empty for what the camera itself has, ``led:NAME``, ``off`` for none."""
    if place == OFF:
        return None
    if place.startswith(LED):
        return LedTorch(leds / place.removeprefix(LED))
    return _control_of(node)


def _control_of(node: Path) -> V4l2Torch | None:
    """The first of the controls that this camera has, switched on, and able to light."""
    with suppress(OSError):
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            for control, lit in _CONTROLS:
                with suppress(OSError):
                    answer = fcntl.ioctl(descriptor, _QUERY, struct.pack("=I", control).ljust(_QUERY_BYTES, b"\0"))
                    (maximum,), (flags,) = (
                        struct.unpack_from("=i", answer, _MAXIMUM_AT),
                        struct.unpack_from("=I", answer, _FLAGS_AT),
                    )
                    if maximum >= lit and not flags & _DISABLED:
                        return V4l2Torch(node, control, lit)
        finally:
            os.close(descriptor)
    return None


class Light:
    """Decides when. Owned by the camera's thread."""

    def __init__(self, torch: Torch | None, dark: float) -> None:
        self._torch = torch
        self._dark = dark
        self._dark_since: float | None = None
        self.is_on = False

    def see(self, brightness: float, now_s: float) -> None:
        """One more look at the picture's light."""
        if self._torch is None or self.is_on:
            return
        if brightness >= self._dark:
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = now_s
        elif now_s - self._dark_since >= DARK_S:
            self.is_on = self._torch.switch(is_on=True)
            if not self.is_on:
                self._torch = None

    def off(self) -> None:
        """Nobody looks any more."""
        if self._torch is not None and self.is_on:
            self._torch.switch(is_on=False)
        self.is_on = False
