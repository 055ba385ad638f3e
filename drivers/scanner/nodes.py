"""Which of the kernel's video nodes is the camera that is meant.

A camera has more nodes than one (uvcvideo makes a second one for metadata), and their numbers are the kernel's: a camera that comes back while its
old node is still held, or after another one, gets other numbers than before.
Source: linux/videodev2.h: VIDIOC_QUERYCAP 80685600 (``capabilities`` at 84, ``device_caps`` at 88), VIDIOC_REQBUFS C0145608; the name of a place is
udev's of /dev/v4l/by-path (60-persistent-v4l.rules): ``ID_PATH`` and ``-video-index`` with the node's ``index``.
Rules
- Only a node that captures pictures is a camera. One that may not be opened counts: the person is to hear about that.
- ``may_move``: the camera counts where it was first, whatever its number is now; then what was named; then the only camera there is. One that was
  there beside ours is another one: it is not taken for ours when that leaves.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.transport.id_path import PREFIX, SYSFS_ROOT, id_path, is_at

DEV = Path("/dev")
NODE = "video"

_QUERYCAP, _REQBUFS = 0x80685600, 0xC0145608
_CAPABILITY_BYTES = 104
_CAPABILITIES_AT = 84
_CAPTURE, _CAPTURE_MPLANE, _HAS_DEVICE_CAPS = 0x0000_0001, 0x0000_1000, 0x8000_0000
_CAPTURE_BUFFERS, _MMAP = 1, 1


@dataclass(frozen=True, slots=True)
class CameraNode:
    """A camera: its node, and where it is plugged in ("" where nothing names that)."""

    node: Path
    id_path: str
    index: int

    @property
    def device(self) -> str:
        """What all nodes of one camera have in common."""
        return self.id_path or str(self.node)

    @property
    def place(self) -> str:
        """As udev names its link."""
        return f"{self.id_path}-video-index{self.index}" if self.id_path else ""


def captures(node: Path) -> bool:
    """Whether a node gives pictures; True also for one that may not be opened."""
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    except OSError as err:
        return err.errno in (errno.EACCES, errno.EPERM, errno.EBUSY)
    try:
        answer = fcntl.ioctl(descriptor, _QUERYCAP, bytes(_CAPABILITY_BYTES))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    whole, own = struct.unpack_from("=II", answer, _CAPABILITIES_AT)
    return bool((own if whole & _HAS_DEVICE_CAPS else whole) & (_CAPTURE | _CAPTURE_MPLANE))


def refusal(node: Path) -> int:
    """The error number with which a camera refuses its pictures to us, 0 when it does not: EBUSY while somebody else has them."""
    try:
        descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        try:
            fcntl.ioctl(descriptor, _REQBUFS, struct.pack("=5I", 0, _CAPTURE_BUFFERS, _MMAP, 0, 0))
        finally:
            os.close(descriptor)
    except OSError as err:
        return err.errno or errno.EIO
    return 0


@dataclass(frozen=True, slots=True)
class Kernel:
    """What to ask: the folders of the machine, and whether a node captures."""

    sysfs: Path = SYSFS_ROOT
    dev: Path = DEV
    captures: Callable[[Path], bool] = captures

    def cameras(self) -> Sequence[CameraNode]:
        """Every camera there is now, in the order of their numbers."""
        entries = [entry for entry in (self.sysfs / "class/video4linux").glob(f"{NODE}*") if _number(entry.name) >= 0]
        found = [
            CameraNode(self.dev / entry.name, id_path(entry / "device"), _index(entry))
            for entry in sorted(entries, key=lambda entry: _number(entry.name))
        ]
        return [camera for camera in found if self.captures(camera.node)]


class Whereabouts:
    """Finds the node of one camera again and again. ``named``: a number, a node, a link to one, or ``path:`` and a place. Owned by one thread."""

    def __init__(self, named: str, *, may_move: bool = False, kernel: Kernel | None = None) -> None:
        self._kernel = kernel or Kernel()
        self._named = str(self._kernel.dev / f"{NODE}{named}") if named.isdigit() else named
        self._may_move = may_move
        self._home: CameraNode | None = None
        self._strangers: frozenset[str] = frozenset()

    def now(self) -> Path | None:
        """The node of the camera as it is now, None while it is not there."""
        if not self._may_move and not self._named.startswith(PREFIX):
            return Path(self._named) if Path(self._named).exists() else None
        cameras = self._kernel.cameras()
        places = frozenset(camera.device for camera in cameras)
        here = self._at_home(cameras) or self._as_named(cameras)
        self._strangers = self._strangers & places if here is None else places - {here.device}
        if here is None and self._may_move:
            here = _only([camera for camera in cameras if camera.device not in self._strangers])
        if here is not None:
            self._home = self._home or here
            return here.node
        # Where the kernel lists nothing (no sysfs), a node that is there has to do.
        return Path(self._named) if not cameras and not self._is_listed and Path(self._named).exists() else None

    @property
    def _is_listed(self) -> bool:
        return (self._kernel.sysfs / "class/video4linux").exists()

    def _at_home(self, cameras: Sequence[CameraNode]) -> CameraNode | None:
        home = self._home
        return next((camera for camera in cameras if home is not None and home.place and camera.place == home.place), None)

    def _as_named(self, cameras: Sequence[CameraNode]) -> CameraNode | None:
        if self._named.startswith(PREFIX):
            wanted = self._named.removeprefix(PREFIX)
            return next((camera for camera in cameras if camera.place == wanted or is_at(camera.id_path, wanted)), None)
        node = Path(self._named).resolve()
        return next((camera for camera in cameras if camera.node.resolve() == node), None)


def _only(cameras: Sequence[CameraNode]) -> CameraNode | None:
    """The one camera there is; of its nodes the first."""
    is_alone = len({camera.device for camera in cameras}) == 1
    return min(cameras, key=lambda camera: camera.index) if is_alone else None


def _number(name: str) -> int:
    digits = name.removeprefix(NODE)
    return int(digits) if digits.isdecimal() else -1


def _index(entry: Path) -> int:
    try:
        return int((entry / "index").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
