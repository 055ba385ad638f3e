"""How a code is held before the camera, and what one should do about it.

Rules
- Pure: a grey picture in, figures out; figures in, at most one hint out. No hint is better than a wrong one: where nothing is seen, none is given.
- The first that applies is told, in the order in which it spoils the others: too dark, too far or too near, glare, slanted, not sharp. A code turned
  in its plane is read at any angle; only a slanted one (its sides unlike) has to be held level.
- A hint is told when ``LOOKS`` looks in a row give it, and taken back in the same way, so that words do not flicker.

Source: thresholds measured on generated frames (``drivers/virtual/camera.py``) beside where the engines cease to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from drivers.scanner.decode import Grey, shrink
from drivers.scanner.record import Hint

LOOKS = 3
LOOK_WIDTH = 640
DARK = 42.0
"""Mean of the middle of the picture, 0..255: below it the engines begin to miss codes."""
_BURNT = 250
_GLARE = 0.06
_SLANT = 1.3
_FAR, _NEAR = 0.27, 0.92
_BLURRED = 0.003
_NEAR_WHEN_BLURRED = 0.55
_TEXTURE = 14.0
_SMALLEST = 0.002


@dataclass(frozen=True, slots=True)
class Seen:
    """``brightness`` 0..255 of the middle; of what is held: ``size`` as a part of the picture's shorter side (0: nothing is seen), ``glare`` as
    a part of its area, ``slant`` the longest side over its opposite (1: level), ``sharpness`` the share of fine detail."""

    brightness: float
    size: float = 0.0
    glare: float = 0.0
    slant: float = 1.0
    sharpness: float = 1.0


def look_at(grey: Grey) -> Seen:
    """Measure one 8-bit grey picture of any size."""
    grey = shrink(grey, LOOK_WIDTH)
    height, width = grey.shape[:2]
    middle = grey[height // 5 : max(height // 5 + 1, height * 4 // 5), width // 5 : max(width // 5 + 1, width * 4 // 5)]
    brightness = float(middle.mean())
    corners = _code(grey)
    if corners is None:
        corners = _texture(grey)
    if corners is None:
        return Seen(brightness)
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    left, top = np.clip(corners.min(axis=0), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(corners.max(axis=0), 1, (width, height)).astype(int)
    part = grey[top:bottom, left:right]
    if part.size < 64:
        return Seen(brightness)
    return Seen(
        brightness,
        size=float(sides.max()) / min(height, width),
        glare=_glare(part),
        slant=float(max(_ratio(sides[0], sides[2]), _ratio(sides[1], sides[3]))),
        sharpness=_sharpness(part),
    )


def hint_of(seen: Seen) -> Hint:
    """What to do about what was measured."""
    if seen.brightness < DARK:
        return Hint.DARK
    if not seen.size:
        return Hint.NONE
    if seen.size < _FAR:
        return Hint.CLOSER
    if seen.size > _NEAR:
        return Hint.FARTHER
    if seen.glare > _GLARE:
        return Hint.GLARE
    if seen.slant > _SLANT:
        return Hint.LEVEL
    if seen.sharpness >= _BLURRED:
        return Hint.NONE
    return Hint.FARTHER if seen.size > _NEAR_WHEN_BLURRED else Hint.STEADY


class HintKeeper:
    """Turns looks into words that stand still. Owned by one thread."""

    def __init__(self) -> None:
        self._told = Hint.NONE
        self._next = Hint.NONE
        self._times = 0

    def see(self, hint: Hint) -> Hint:
        """One more look; returns what is to be told."""
        self._times = self._times + 1 if hint is self._next else 1
        self._next = hint
        if self._times >= LOOKS:
            self._told = hint
        return self._told

    def read(self) -> None:
        """A code was read: nothing is to be done."""
        self._told = self._next = Hint.NONE
        self._times = 0


def _ratio(one: float, other: float) -> float:
    return max(one, other) / max(1.0, min(one, other))


def _code(grey: Grey) -> npt.NDArray[np.float32] | None:
    """The corners of a code, in order, if there is one whose three marks can be seen."""
    try:
        is_found, points = cv2.QRCodeDetector().detect(grey)
    except cv2.error:
        return None
    return np.asarray(points, dtype=np.float32).reshape(-1, 2)[:4] if is_found and points is not None else None


def _texture(grey: Grey) -> npt.NDArray[np.float32] | None:
    """The corners of the box around the busiest place: what is held without its marks being seen."""
    size = (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4))
    fine: Any = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    busy: Any = cv2.blur(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), (9, 9))
    limit = max(_TEXTURE, float(busy.max()) * 0.5)
    mask: Any = (busy >= limit).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline: Any = max(outlines, key=cv2.contourArea, default=None)
    if outline is None or cv2.contourArea(outline) < _SMALLEST * mask.size:
        return None
    hull = cv2.convexHull(outline)
    corners: Any = cv2.approxPolyDP(hull, 0.06 * cv2.arcLength(hull, True), True)
    if len(corners) != 4:
        left, top, width, height = cv2.boundingRect(hull)
        corners = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    return np.asarray(corners, dtype=np.float32).reshape(-1, 2) * 4


def _glare(part: Grey) -> float:
    """How much of it is burnt out in one large piece: the white between and around modules is in small ones, a lamp's mirror image is not."""
    solid = max(8, min(part.shape[:2]) // 4)
    burnt: Any = (part >= _BURNT).astype(np.uint8)
    return float(cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((solid, solid), np.uint8)).mean())


def _sharpness(part: Grey) -> float:
    """Fine detail over all detail: falls with blur, not with contrast or light."""
    spread = float(part.var())
    return float(cv2.Laplacian(part, cv2.CV_32F).var()) / (spread * 100) if spread > 1 else 0.0
