"""Where pictures come from: a V4L2 camera, or the newest picture of a folder.

``CameraSource`` stands where other families have an open ``Transport``: the finder returns one, the supervisor closes it, its ``port``
names the place. It carries no bytes; ``Camera`` opens the pictures themselves only while it is armed.
Rules
- MJPG and two buffers, one to look at while the other fills: with more of them frames are seconds old.
- A read waits ``WAIT_S`` at most. A camera that has gone is ``DeviceGone``, one that is there and gives nothing for ``SILENT_S``, or that somebody
  else holds, ``TryAgain``; one that cannot be opened needs a person.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from drivers.errors import DeviceGone, DriverError, DriverFault, NeedsPerson, TryAgain
from drivers.scanner.nodes import Kernel, Whereabouts, refusal
from drivers.scanner.torch import Torch, torch_of
from drivers.transport.settling import is_settling

Bgr = npt.NDArray[np.uint8]

PICTURES = "pictures:"
WAIT_S = 0.5
SILENT_S = 6.0
"""A slow camera's first picture takes two or three seconds."""
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp"})
_MAX_SIDE = 2560
_MAX_FILE_BYTES = 32 << 20
_FAILED_READS = 3


class Pictures(Protocol):
    """An open stream of pictures."""

    def read(self) -> Bgr | None:
        """The newest picture, 8-bit BGR; None when there is none just now. Raises ``DeviceGone``, ``TryAgain``."""
        ...

    def close(self) -> None: ...


class CameraSource:
    """The place of a camera: ``/dev/video0``, a stable link to one, a plain number, or ``pictures:<folder>``."""

    def __init__(self, place: str, torch: str = "") -> None:
        self._place = f"/dev/video{place}" if place.isdigit() else place
        self._torch = torch

    @property
    def port(self) -> str:
        """The place, for people."""
        return self._place

    @property
    def is_there(self) -> bool:
        """Whether the device node or the folder exists."""
        return self._path.exists()

    @property
    def identity(self) -> object:
        """Another one after each plugging in, None while it is not there."""
        return _identity(self._path)

    def open(self) -> Pictures:
        """Start looking. Raises ``DeviceGone``, ``TryAgain`` or ``NeedsPerson``."""
        if not self.is_there:
            raise DeviceGone(port=self.port)
        return FolderPictures(self._path) if self._place.startswith(PICTURES) else V4l2Pictures(self._path)

    def torch(self) -> Torch | None:
        """Its light, None when it has none."""
        return torch_of(self._torch, self._path)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """A camera is no byte pipe. Raises ``DriverFault``."""
        raise DriverFault(port=self.port, max_bytes=max_bytes, timeout_s=timeout_s)

    def write(self, data: bytes, timeout_s: float) -> int:
        """A camera is no byte pipe. Raises ``DriverFault``."""
        raise DriverFault(port=self.port, size=len(data), timeout_s=timeout_s)

    def close(self) -> None:
        """Nothing is held here."""

    @property
    def _path(self) -> Path:
        return Path(self._place.removeprefix(PICTURES))


def find_camera(
    place: str, torch: str = "", *, may_move: bool = False, kernel: Kernel | None = None
) -> Callable[[], CameraSource | None]:
    """A finder for the supervisor: gives the source while the camera is there. ``place``: as of ``CameraSource``, or ``path:`` and an ``ID_PATH``.

    ``may_move``: see ``drivers.scanner.nodes``. ``torch``: see ``torch_of``.
    """
    whereabouts = None if place.startswith(PICTURES) else Whereabouts(place, may_move=may_move, kernel=kernel)

    def find() -> CameraSource | None:
        if whereabouts is None:
            source = CameraSource(place, torch)
            return source if source.is_there else None
        node = whereabouts.now()
        if node is None or (not _is_ours(node) and is_settling(node)):
            return None
        return CameraSource(str(node), torch)

    return find


class V4l2Pictures:
    """A camera through V4L2, 1280 x 720 where it can. ``clock`` is monotonic seconds."""

    def __init__(self, node: Path, clock: Callable[[], float] = time.monotonic) -> None:
        import cv2

        self._node = node
        self._clock = clock
        self._identity = _identity(node)
        if not _is_ours(node):
            raise NeedsPerson("permissionDenied", port=str(node))
        self._capture = cv2.VideoCapture(str(node.resolve()), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            self._capture.release()
            raise _refused(node)
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 2)
        self._failed = 0
        self._heard_s = clock()

    def read(self) -> Bgr | None:
        """Wait for the next frame, ``WAIT_S`` at most. Raises ``DeviceGone``, and ``TryAgain`` for a camera that is there and gives none."""
        import cv2

        try:
            # OpenCV's own read would wait for ten seconds, with nobody able to stop it.
            is_ready, _ = cv2.VideoCapture.waitAny([self._capture], round(WAIT_S * 1e9))
            good, frame = self._capture.read() if is_ready else (False, None)
        except cv2.error:  # the stream is in error: the camera has been pulled out, or its driver gave up
            is_ready, good, frame = True, False, None
        if good and frame is not None:
            self._failed = 0
            self._heard_s = self._clock()
            return np.asarray(frame, dtype=np.uint8)
        if _identity(self._node) != self._identity:
            raise DeviceGone(port=str(self._node))
        self._failed += is_ready
        if self._failed >= _FAILED_READS:
            raise TryAgain("hardwareError", port=str(self._node))
        if self._clock() - self._heard_s >= SILENT_S:
            raise TryAgain("timeOut", port=str(self._node))
        return None

    def close(self) -> None:
        """Let the camera go dark."""
        self._capture.release()


def _is_ours(node: Path) -> bool:
    return os.access(node, os.R_OK | os.W_OK)


def _identity(path: Path) -> object:
    """The kernel makes a new node at each plugging in, also under the old name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_rdev)


def _refused(node: Path) -> DriverError:
    """Why OpenCV, which does not say it, could not open a camera."""
    match refusal(node):
        case errno.EBUSY:
            return TryAgain("deviceBusy", port=str(node))
        case errno.ENODEV | errno.ENOENT | errno.ENXIO:
            return DeviceGone(port=str(node))
        case _:
            return NeedsPerson("hardwareError", port=str(node))


class FolderPictures:
    """The newest picture of a folder, read again when it changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[str, int, int] | None = None
        self._picture: Bgr | None = None

    def read(self) -> Bgr | None:
        """The newest picture; None in an empty folder. An unreadable file shows what was there before."""
        import cv2

        from drivers.scanner.decode import shrink

        try:
            newest = max(self._candidates(), default=None)
        except OSError as error:
            raise DeviceGone(port=str(self._folder)) from error
        if newest is None:
            self._seen = self._picture = None
            return None
        changed_ns, name, size = newest
        if self._seen != (name, changed_ns, size):
            self._seen = (name, changed_ns, size)
            picture = cv2.imread(str(self._folder / name), cv2.IMREAD_COLOR) if size <= _MAX_FILE_BYTES else None
            if picture is not None:
                self._picture = shrink(np.asarray(picture, dtype=np.uint8), _MAX_SIDE)
        return self._picture

    def close(self) -> None:
        """Forget the picture."""
        self._picture = None

    def _candidates(self) -> list[tuple[int, str, int]]:
        found = []
        for entry in os.scandir(self._folder):
            if Path(entry.name).suffix.lower() in _SUFFIXES and not entry.name.startswith("."):
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue
                found.append((status.st_mtime_ns, entry.name, status.st_size))
        return found
