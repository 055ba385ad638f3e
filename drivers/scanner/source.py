"""Where pictures come from: a V4L2 camera, or the newest picture of a folder.

``CameraSource`` stands where other families have an open ``Transport``: the finder returns one, the supervisor closes it, its ``port``
names the place. It carries no bytes; ``Camera`` opens the pictures themselves only while it is armed.
Rules: MJPG and a buffer of one, else frames are seconds old; a camera that has gone is ``DeviceGone``, one that cannot be opened needs a person.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from drivers.errors import DeviceGone, DriverFault, NeedsPerson
from drivers.scanner.torch import Torch, torch_of

Bgr = npt.NDArray[np.uint8]

PICTURES = "pictures:"
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp"})
_MAX_SIDE = 2560
_MAX_FILE_BYTES = 32 << 20
_FAILED_READS = 3


class Pictures(Protocol):
    """An open stream of pictures."""

    def read(self) -> Bgr | None:
        """The newest picture, 8-bit BGR; None when there is none just now. Raises ``DeviceGone``."""
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

    def open(self) -> Pictures:
        """Start looking. Raises ``DeviceGone`` or ``NeedsPerson``."""
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


def find_camera(place: str, torch: str = "") -> Callable[[], CameraSource | None]:
    """A finder for the supervisor: gives the source while the camera is there. ``torch``: see ``torch_of``."""

    def find() -> CameraSource | None:
        source = CameraSource(place, torch)
        return source if source.is_there else None

    return find


class V4l2Pictures:
    """A camera through V4L2, 1280 x 720 where it can."""

    def __init__(self, node: Path) -> None:
        import cv2

        self._node = node
        if not os.access(node, os.R_OK | os.W_OK):
            raise NeedsPerson("permissionDenied", port=str(node))
        self._capture = cv2.VideoCapture(str(node.resolve()), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            self._capture.release()
            raise NeedsPerson("hardwareError", port=str(node))
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._failed = 0

    def read(self) -> Bgr | None:
        """Wait for the next frame."""
        good, frame = self._capture.read()
        if good and frame is not None:
            self._failed = 0
            return np.asarray(frame, dtype=np.uint8)
        self._failed += 1
        if self._failed >= _FAILED_READS or not self._node.exists():
            raise DeviceGone(port=str(self._node))
        return None

    def close(self) -> None:
        """Let the camera go dark."""
        self._capture.release()


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
