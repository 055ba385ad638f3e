"""The camera on the bench: a folder with one picture, which is gone while the camera is unplugged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from qrcode.exceptions import DataOverflowError

from drivers.virtual.camera import HEIGHT, WIDTH, Look, Picture, VirtualCamera, code_picture
from tools.bench.errors import BenchError

_MAX_SIDE = 2400
_CODE_SIDE = 600
_GROUND = 150


class CameraOnBench:
    """Sees what is held before it; ``shows`` says in words what that is, "" for an empty counter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._away = folder.with_name(folder.name + ".away")
        if self._away.exists():
            self._away.rename(folder)
        self._camera = VirtualCamera(folder)
        self._camera.cover()
        self.place = ""
        self.shows = ""
        self._camera.clear()

    def plug(self, port: int) -> None:
        """The folder is there; the port does not matter."""
        if self._away.exists():
            self._away.rename(self.folder)
        self.place = f"pictures:{self.folder}"

    def unplug(self) -> None:
        """The folder is away."""
        self.folder.rename(self._away)
        self.place = ""

    def show_code(self, text: str) -> None:
        """A telephone with a code of this text. Raises ``BenchError`` (text-too-long)."""
        try:
            side = len(code_picture(text, 1))
        except (DataOverflowError, ValueError) as err:
            raise BenchError("text-too-long", size=len(text)) from err
        self._camera.show(text, Look(dots=max(2, min(5, _CODE_SIDE // side))))
        self.shows = text

    def show_picture(self, data: bytes, name: str) -> None:
        """Hold a picture before the camera, as large as it is. Raises ``BenchError`` (not-a-picture)."""
        picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR) if data else None
        if picture is None:
            raise BenchError("not-a-picture", name=name)
        self._camera.show_picture(_on_counter(np.asarray(picture, dtype=np.uint8)))
        self.shows = name

    def clear(self) -> None:
        """Take it away."""
        self._camera.clear()
        self.shows = ""

    def view_png(self) -> bytes | None:
        """What the camera sees; None while unplugged."""
        view = self.folder / "view.png"
        return view.read_bytes() if view.exists() else None


def _on_counter(picture: Picture) -> Picture:
    """The picture on a grey counter: one pixel stays one pixel, unless it is larger than any sensor."""
    height, width = picture.shape[:2]
    if max(height, width) > _MAX_SIDE:
        scale = _MAX_SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        height, width = picture.shape[:2]
    down, right = max(HEIGHT - height, 48), max(WIDTH - width, 48)
    sides = (down // 2, down - down // 2, right // 2, right - right // 2)
    ground = (_GROUND, _GROUND, _GROUND)
    return np.asarray(cv2.copyMakeBorder(picture, *sides, cv2.BORDER_CONSTANT, value=ground), dtype=np.uint8)
