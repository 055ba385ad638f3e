"""Vector drawings: a pen that works in units of its own, and a widget that redraws when its box changes.

A drawing is a function that takes a ``Pen``; (0, 0) is its lower left corner. Everything is smooth without multisampling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kivy.graphics import (
    Color,
    Mesh,
    PopMatrix,
    PushMatrix,
    Rotate,
    Scale,
    SmoothEllipse,
    SmoothLine,
    SmoothRoundedRectangle,
    Translate,
)
from kivy.uix.widget import Widget

from kiosk.ui import theme as tokens

Point = tuple[float, float]


class Pen:
    """Draws into the canvas that is open. ``scale`` is pixels a unit, ``origin`` where (0, 0) lies."""

    def __init__(self, scale: float, origin: Point) -> None:
        self._scale = scale
        self._origin = origin

    def box(self, x: float, y: float, width: float, height: float, color: tokens.Color, radius: float = 0.0) -> None:
        """A filled box; ``x`` and ``y`` are its lower left corner."""
        Color(*color)
        SmoothRoundedRectangle(
            pos=self._at(x, y),
            size=(width * self._scale, height * self._scale),
            radius=[max(1.0, min(radius, width / 2, height / 2) * self._scale)] * 4,
        )

    def disc(self, x: float, y: float, radius: float, color: tokens.Color) -> None:
        """A filled circle around (``x``, ``y``)."""
        Color(*color)
        side = 2 * radius * self._scale
        SmoothEllipse(pos=self._at(x - radius, y - radius), size=(side, side))

    def arc(
        self, x: float, y: float, radius: float, color: tokens.Color, width: float, start: float = 0.0, end: float = 360.0
    ) -> None:
        """A part of a circle's line; degrees clockwise from the top."""
        Color(*color)
        centre_x, centre_y = self._at(x, y)
        SmoothLine(circle=(centre_x, centre_y, radius * self._scale, start, end), width=self._thin(width))

    def stroke(self, points: Sequence[Point], color: tokens.Color, width: float, *, close: bool = False) -> None:
        """A line with round ends and joints."""
        Color(*color)
        flat = [value for point in points for value in self._at(*point)]
        SmoothLine(points=flat, width=self._thin(width), close=close)
        for x, y in points:
            self.disc(x, y, width / 2, color)

    def capsule(self, start: Point, length: float, width: float, angle: float, color: tokens.Color) -> None:
        """A finger: from ``start`` upwards, turned by ``angle`` degrees anticlockwise."""
        with self.turned(*start, angle):
            self.box(-width / 2, -width / 2, width, length + width, color, width / 2)

    def polygon(self, points: Sequence[Point], color: tokens.Color) -> None:
        """A filled convex shape."""
        Color(*color)
        placed = [self._at(*point) for point in points]
        vertices = [value for x, y in placed for value in (x, y, 0.0, 0.0)]
        Mesh(vertices=vertices, indices=list(range(len(placed))), mode="triangle_fan")
        SmoothLine(points=[value for point in placed for value in point], width=1.0, close=True)

    def arrow(self, points: Sequence[Point], color: tokens.Color, width: float = 3.0) -> None:
        """A line that ends in a head, along ``points``."""
        (before_x, before_y), (tip_x, tip_y) = points[-2], points[-1]
        length = max(0.001, ((tip_x - before_x) ** 2 + (tip_y - before_y) ** 2) ** 0.5)
        ahead_x, ahead_y = (tip_x - before_x) / length, (tip_y - before_y) / length
        head, half = width * 2.6, width * 1.9
        base_x, base_y = tip_x - ahead_x * head, tip_y - ahead_y * head
        # Points inside the head would fold the line back.
        way = [(x, y) for x, y in points[:-1] if (x - tip_x) ** 2 + (y - tip_y) ** 2 > (head * 1.2) ** 2]
        self.stroke([*way, (base_x, base_y)], color, width)
        self.polygon(
            [
                (tip_x, tip_y),
                (base_x - ahead_y * half, base_y + ahead_x * half),
                (base_x + ahead_y * half, base_y - ahead_x * half),
            ],
            color,
        )

    @contextmanager
    def turned(self, x: float, y: float, angle: float, *, mirrored: bool = False) -> Iterator[None]:
        """Draw around (``x``, ``y``) as the new (0, 0), turned by ``angle`` degrees anticlockwise."""
        before = self._origin
        PushMatrix()
        Translate(*self._at(x, y))
        Rotate(angle=angle, axis=(0, 0, 1))
        if mirrored:
            Scale(-1, 1, 1)
        self._origin = (0.0, 0.0)
        try:
            yield
        finally:
            self._origin = before
            PopMatrix()

    def _at(self, x: float, y: float) -> Point:
        return self._origin[0] + x * self._scale, self._origin[1] + y * self._scale

    def _thin(self, width: float) -> float:
        """Kivy's line width is measured from the middle."""
        return max(0.8, width * self._scale / 2)


class Drawing(Widget):
    """A picture of ``units`` (width, height), centred and as large as the box allows."""

    def __init__(self, draw: Callable[[Pen], None], units: Point = (100.0, 100.0), **layout: Any) -> None:
        super().__init__(**layout)
        self._draw = draw
        self._units = units
        self.bind(pos=self._place, size=self._place)
        self._place()

    def show(self, draw: Callable[[Pen], None]) -> None:
        """Another picture of the same measure."""
        self._draw = draw
        self._place()

    def _place(self, *_: object) -> None:
        self.canvas.clear()
        scale = min(self.width / self._units[0], self.height / self._units[1])
        if scale <= 0.05:
            return
        # Not ``center``: Kivy keeps it from before the last of x, y, width and height was set.
        origin = (
            self.x + (self.width - self._units[0] * scale) / 2,
            self.y + (self.height - self._units[1] * scale) / 2,
        )
        with self.canvas:
            self._draw(Pen(scale, origin))
