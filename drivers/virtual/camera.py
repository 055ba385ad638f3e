"""A camera that sees what the bench holds before it: pictures in a folder, the newest is the view.

Rules: a picture appears whole (written beside, then renamed); only one is kept. The code is drawn by the ``qrcode`` library, which no
reader shares. Digits behind the address go into a segment of their own, as on our labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import qrcode
from qrcode.constants import ERROR_CORRECT_M

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, slots=True)
class Look:
    """How the code is held: dots a module on the sensor, degrees of tilt, sigma of blur and noise in pixels and grey levels, 0..1 light."""

    dots: int = 5
    tilt_deg: float = 0.0
    perspective: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    light: float = 1.0
    glare: float = 0.0
    inverted: bool = False


class VirtualCamera:
    """Writes the view into ``folder``; give the driver ``pictures:<folder>``."""

    def __init__(self, folder: Path, *, seed: int = 1) -> None:
        self._folder = folder
        self._random = np.random.default_rng(seed)
        folder.mkdir(parents=True, exist_ok=True)

    def show(self, payload: str | bytes, look: Look | None = None) -> Picture:
        """Hold a telephone with this code before the camera; returns the picture for people."""
        return self.show_picture(self._photograph(code_picture(payload, (look or Look()).dots), look or Look()))

    def show_picture(self, picture: Picture) -> Picture:
        """Show any 8-bit picture, BGR or grey."""
        encoded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        waiting = self._folder / ".view.part"
        waiting.write_bytes(encoded)
        waiting.replace(self._folder / "view.png")
        return picture

    def clear(self) -> None:
        """Take it away: an empty scene."""
        self.show_picture(self._scene())

    def cover(self) -> None:
        """Remove all pictures: the camera gives nothing."""
        for path in self._folder.iterdir():
            path.unlink(missing_ok=True)

    def _photograph(self, code: Picture, look: Look) -> Picture:
        code = np.asarray(255 - code if look.inverted else code, dtype=np.uint8)
        scene = self._scene()
        phone = _phone(code, 0 if look.inverted else 255)
        height, width = phone.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        placed = _placed(corners, look)
        view = cv2.getPerspectiveTransform(corners, placed)
        mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), view, (WIDTH, HEIGHT))
        drawn = cv2.warpPerspective(phone, view, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        picture = np.where(mask[:, :, None] > 127, drawn, scene).astype(np.float32)
        picture *= look.light
        if look.glare:
            picture += 255 * look.glare * _spot()[:, :, None]
        if look.blur:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), look.blur), dtype=np.float32)
        if look.noise:
            picture = picture + self._random.normal(0, look.noise, picture.shape).astype(np.float32)
        return _bytes(picture)

    def _scene(self) -> Picture:
        """A counter with a wall behind it, a little grainy."""
        rows = np.linspace(150, 70, HEIGHT, dtype=np.float32)[:, None, None]
        tint = np.array([0.9, 1.0, 1.05], dtype=np.float32)
        grain = self._random.normal(0, 4, (HEIGHT, WIDTH, 1)).astype(np.float32)
        return _bytes(rows * tint + grain)


def code_picture(payload: str | bytes, dots: int) -> Picture:
    """The bare code, black on white, four modules of quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(payload, optimize=20)
    code.make(fit=True)
    modules = np.array(code.get_matrix(), dtype=np.uint8)
    return np.kron(np.where(modules, 0, 255).astype(np.uint8), np.ones((dots, dots), dtype=np.uint8)).astype(np.uint8)


def _phone(code: Picture, paper: int) -> Picture:
    """A telephone: dark frame, the code on its glass, a bar above."""
    side = code.shape[0]
    margin = 16
    glass = np.full((side + 3 * margin, side + 2 * margin), paper, np.uint8)
    glass[2 * margin : 2 * margin + side, margin : margin + side] = code
    glass[6:10, margin : side // 2] = 255 - paper
    framed = np.pad(glass, 12, constant_values=30)
    return np.repeat(framed[:, :, None], 3, axis=2)


def _placed(corners: npt.NDArray[np.float32], look: Look) -> npt.NDArray[np.float32]:
    """Where the corners of the telephone come to lie in the picture."""
    middle = corners.mean(axis=0)
    angle = np.deg2rad(look.tilt_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    placed = (corners - middle) @ turn.T + np.array([WIDTH / 2, HEIGHT / 2])
    placed[1:3, 1] += look.perspective * (HEIGHT / 2 - placed[1:3, 1])
    return np.asarray(placed, dtype=np.float32)


def _spot() -> npt.NDArray[np.float32]:
    """A lamp mirrored in the glass, right of the middle."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    spot = np.exp(-(((columns - WIDTH * 0.58) / 90) ** 2 + ((rows - HEIGHT * 0.42) / 60) ** 2))
    return np.asarray(spot, dtype=np.float32)


def _bytes(picture: npt.NDArray[np.float32]) -> Picture:
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)
