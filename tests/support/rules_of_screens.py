"""What every screen must obey, measured on the drawn widget tree: text fits, nothing overlaps, targets are large enough, words can be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.surface import Card
from kiosk.ui.widgets.text import Text
from support.gallery import Drawn

_SLACK_PX = 2.5
_AA_LARGE_MM = 6.0
Box = tuple[float, float, float, float]


def complaints(drawn: Drawn) -> list[str]:
    """Everything that is wrong with a screen, in words."""
    return [*_texts(drawn), *_targets(drawn), *_overlaps(drawn), *_contrasts(drawn)]


def _window_box(widget: Any) -> Box:
    left, bottom = widget.to_window(widget.x, widget.y)
    return left, bottom, left + widget.width, bottom + widget.height


def _texts(drawn: Drawn) -> Iterator[str]:
    for text in _of(drawn, Text):
        if text.text and not text.fits:
            yield f"does not fit: {text.text!r} in {text.width:.0f}x{text.height:.0f} px at {text.drawn_px} px"
        if text.text and text.width < 4:
            yield f"has no room at all: {text.text!r}"
        left, bottom, right, top = _window_box(text)
        if text.text and (left < -1 or bottom < -1 or right > drawn.board.width_px + 1 or top > drawn.board.height_px + 1):
            yield f"outside the screen: {text.text!r}"


def _targets(drawn: Drawn) -> Iterator[str]:
    per_mm = drawn.board.px_per_mm
    names: set[str] = set()
    for target in _of(drawn, Touchable):
        width, height = target.width / per_mm, target.height / per_mm
        if min(width, height) < target.least_mm - 0.05:
            yield f"too small: {target.name} is {width:.1f} x {height:.1f} mm, needs {target.least_mm} mm"
        if target.name in names:
            yield f"two targets are called {target.name}"
        names.add(target.name)
        left, bottom, right, top = _window_box(target)
        if left < -1 or bottom < -1 or right > drawn.board.width_px + 1 or top > drawn.board.height_px + 1:
            yield f"outside the screen: {target.name}"


def _overlaps(drawn: Drawn) -> Iterator[str]:
    targets = list(_of(drawn, Touchable))
    for one, other in combinations(targets, 2):
        if _overlap(_window_box(one), _window_box(other)):
            yield f"targets overlap: {one.name} and {other.name}"
    gap = 2.54 * drawn.board.px_per_mm
    for one, other in combinations(targets, 2):
        if _near(_window_box(one), _window_box(other), gap - 0.6):
            yield f"targets are closer than 2.54 mm: {one.name} and {other.name}"
    texts = [text for text in _of(drawn, Text) if text.text]
    for text, second in combinations(texts, 2):
        if _overlap(_drawn_box(text), _drawn_box(second)):
            yield f"texts overlap: {text.text!r} and {second.text!r}"


def _contrasts(drawn: Drawn) -> Iterator[str]:
    for text in _of(drawn, Text):
        if not text.text:
            continue
        ground = _ground(text)
        ratio = contrast(text.color, ground)
        large = text.drawn_px >= _AA_LARGE_MM * drawn.board.px_per_mm and text.bold
        if ratio < (4.5 if large else 7.0):
            yield f"contrast {ratio:.1f}:1 of {text.text!r}"


def _ground(widget: Any) -> tuple[float, ...]:
    """The colour behind a widget: of the nearest opaque surface above it in the tree."""
    parent = widget.parent
    while parent is not None:
        if isinstance(parent, Touchable):
            color = parent._ground.rgba
            if color[3] > 0.99:
                return tuple(color)
        elif isinstance(parent, Card):
            return tuple(parent._color.rgba)
        elif hasattr(parent, "ground"):
            return tuple(parent.ground)
        parent = parent.parent if parent.parent is not parent else None
    return (1.0, 1.0, 1.0, 1.0)


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours. Source: WCAG 2.2, relative luminance."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Any) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _of(drawn: Drawn, kind: type) -> Iterator[Any]:
    return (widget for widget in drawn.widgets() if isinstance(widget, kind))


def _drawn_box(text: Text) -> Box:
    left, bottom, width, height = text.drawn_box
    x, y = text.to_window(left, bottom)
    return x, y, x + width, y + height


def _overlap(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across > _SLACK_PX and up > _SLACK_PX


def _near(one: Box, other: Box, gap: float) -> bool:
    """Side by side (their heights or widths meet) and closer than ``gap``, but not overlapping."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    up = max(one[1], other[1]) - min(one[3], other[3])
    if across >= 0 and up < 0:
        return across < gap
    return up >= 0 and across < 0 and up < gap
