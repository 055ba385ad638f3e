"""A soft shadow under a rounded surface: one small picture for all of the same corner, stretched between its edges.

Kivy's own ``BoxShadow`` keeps a frame buffer as large as the widget for each of them: ten megabytes a page, and the slowest thing to draw on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil

import numpy as np
from kivy.graphics import BorderImage
from kivy.graphics.texture import Texture
from PIL import Image, ImageDraw, ImageFilter

from kiosk.ui.textures import upload

_INSET_PX = 2.0


class Shadow:
    """Add it within a canvas, after its ``Color``; ``place`` puts it under a rectangle. ``drop`` is how far it lies below; pixels all."""

    def __init__(self, *, radius: float, blur: float, drop: float) -> None:
        self._blur = blur
        self._drop = drop
        texture, corner = _picture(round(radius), max(1, round(blur)))
        self._image = BorderImage(texture=texture, border=(corner,) * 4)

    def place(self, pos: Sequence[float], size: Sequence[float]) -> None:
        """Under a rectangle."""
        out = _reach(max(1, round(self._blur))) - _INSET_PX
        self._image.pos = (pos[0] - out, pos[1] - out - self._drop)
        self._image.size = (size[0] + 2 * out, size[1] + 2 * out)


def _reach(blur: int) -> int:
    """How far a blur of this radius is seen: three standard deviations."""
    return ceil(blur * 1.5)


@lru_cache(maxsize=16)
def _picture(radius: int, blur: int) -> tuple[Texture, int]:
    """White with alpha, and how much of each side must not be stretched."""
    reach = _reach(blur)
    corner = 2 * reach + radius
    side = 2 * corner + 2
    shape = Image.new("L", (side, side), 0)
    ImageDraw.Draw(shape).rounded_rectangle((reach, reach, side - reach - 1, side - reach - 1), radius, fill=255)
    soft = np.asarray(shape.filter(ImageFilter.GaussianBlur(blur / 2)))
    return upload(np.dstack([np.full_like(soft, 255), soft]), "luminance_alpha"), corner
