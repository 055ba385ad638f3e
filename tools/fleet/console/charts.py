"""Charts as inline SVG: pure functions from numbers to markup, coloured by classes of console.css, each with words for who cannot see it.

Rules: no style attribute (the page's policy forbids it), no script; a gap in the data is a gap in the line; an extreme value is never smoothed away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from markupsafe import Markup, escape

from tools.fleet.web import beijing

_W, _H = 300, 112
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 6, 8, 18
_BUCKETS = 120


def hour_bars(today: Sequence[int | None], before: Sequence[int], label: str) -> Markup:
    """Today's hours as bars beside the same weekday's as a stepped line. None: an hour that has not begun."""
    top = max([1, *before, *(count or 0 for count in today)])
    width, height, floor = 312, 84, 68
    slot = width / 24

    def level(count: int) -> float:
        return floor - (floor - 6) * count / top

    bars = Markup("").join(
        Markup(
            '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"><title>{} 时：{:,} 张</title></rect>'
        ).format(hour * slot + 1.5, level(count), slot - 3, floor - level(count), hour, count)
        for hour, count in enumerate(today)
        if count
    )
    steps = "M" + " L".join(f"{h * slot:.1f} {level(c):.1f} L{(h + 1) * slot:.1f} {level(c):.1f}" for h, c in enumerate(before))
    hours = Markup("").join(
        Markup('<text x="{:.1f}" y="{}" class="axis" text-anchor="middle">{} 时</text>').format(hour * slot, height - 2, hour)
        for hour in (6, 9, 12, 15, 18)
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><line class="grid" x1="0" x2="{}" y1="{}" y2="{}"/>'
        '{}<path class="before" d="{}"/>{}</svg>'
    ).format(width, height, label, width, floor, floor, bars, steps, hours)


def day_bars(days: Sequence[tuple[str, int]], label: str) -> Markup:
    """One bar a day; the names of some days below."""
    top = _nice(max([1, *(count for _, count in days)]))
    inside, floor = _W - _LEFT - _RIGHT, _H - _BOTTOM
    slot = inside / max(1, len(days))
    bars = Markup("").join(
        Markup(
            '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"><title>{}：{:,} 张</title></rect>'
        ).format(_LEFT + i * slot + 1.5, _y(count, 0, top), max(1.0, slot - 3), floor - _y(count, 0, top), name, count)
        for i, (name, count) in enumerate(days)
        if count
    )
    every = max(1, len(days) // 3)
    names = Markup("").join(
        Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
            *((_W - _RIGHT, _H - 4, "end") if i == len(days) - 1 else (_LEFT + (i + 0.5) * slot, _H - 4, "middle")), name
        )
        for i, (name, _) in enumerate(days)
        if (len(days) - 1 - i) % every == 0
    )
    return _frame(label, _levels(0, top) + bars + names)


def line_chart(points: Sequence[tuple[datetime, float]], since: datetime, until: datetime, label: str) -> Markup:
    """A value over time. Longer silence than twelve times the usual step breaks the line."""
    inside = [(at, value) for at, value in points if since <= at <= until]
    if not inside:
        return _frame(
            label, Markup('<text class="axis" x="{}" y="{}" text-anchor="middle">这段时间没有数据</text>').format(_W // 2, _H // 2)
        )
    low, high = min(value for _, value in inside), max(value for _, value in inside)
    bottom = 0.0 if low >= 0 else -_nice(-low)
    top = _nice(high) if high > 0 else (0.0 if bottom < 0 else 1.0)
    span_s = (until - since).total_seconds()

    def place(at: datetime, value: float) -> str:
        x = _LEFT + (_W - _LEFT - _RIGHT) * (at - since).total_seconds() / span_s
        return f"{x:.1f} {_y(value, bottom, top):.1f}"

    drawn = Markup("").join(_stroke(stroke, place) for stroke in _strokes(_thinned(inside, since, span_s), span_s))
    last = Markup('<circle class="last" cx="{}" cy="{}" r="3"/>').format(*place(*inside[-1]).split())
    return _frame(label, _levels(bottom, top) + drawn + last + _moments(since, until))


def _stroke(points: Sequence[tuple[datetime, float]], place: Callable[[datetime, float], str]) -> Markup:
    return Markup('<path class="line" d="M{}"/>').format(
        " L".join(place(at, value) for at, value in (points if len(points) > 1 else [points[0]] * 2))
    )


def _thinned(points: Sequence[tuple[datetime, float]], since: datetime, span_s: float) -> list[tuple[datetime, float]]:
    """The lowest and the highest of each bucket: an extreme value is why people look."""
    if len(points) <= 2 * _BUCKETS:
        return list(points)
    buckets: dict[int, list[tuple[datetime, float]]] = {}
    for at, value in points:
        buckets.setdefault(int((at - since).total_seconds() * _BUCKETS / span_s), []).append((at, value))
    kept = {point for bucket in buckets.values() for point in (min(bucket, key=_value), max(bucket, key=_value))}
    return sorted(kept)


def _value(point: tuple[datetime, float]) -> float:
    return point[1]


def _strokes(points: Sequence[tuple[datetime, float]], span_s: float) -> list[list[tuple[datetime, float]]]:
    steps = sorted((b[0] - a[0]).total_seconds() for a, b in pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    gap = timedelta(seconds=max(usual * 12, span_s / 60))
    strokes = [[points[0]]]
    for before, point in pairwise(points):
        if point[0] - before[0] > gap:
            strokes.append([])
        strokes[-1].append(point)
    return strokes


def _y(value: float, bottom: float, top: float) -> float:
    floor = _H - _BOTTOM
    return floor - (floor - _TOP) * (value - bottom) / (top - bottom)


def _levels(bottom: float, top: float) -> Markup:
    return Markup("").join(
        Markup(
            '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_LEFT, _W - _RIGHT, y, y, _LEFT - 5, y + 4, _short(level))
        for level in (bottom, (bottom + top) / 2, top)
        for y in (_y(level, bottom, top),)
    )


def _moments(since: datetime, until: datetime) -> Markup:
    is_long = until - since > timedelta(days=2)
    said = []
    for part in range(4):
        at = beijing(since + (until - since) * part / 3)
        text = f"{at.month}/{at.day}" if is_long else f"{at:%H:%M}"
        x = _LEFT + (_W - _LEFT - _RIGHT) * part / 3
        anchor = "end" if part == 3 else "start" if part == 0 else "middle"
        said.append(Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(x, _H - 4, anchor, text))
    return Markup("").join(said)


def _frame(label: str, inner: Markup) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(_W, _H, escape(label), inner)


def _nice(value: float) -> float:
    """The next of 1, 2, 5, 10 ... above."""
    step = 1.0
    while step * 1000 < value:
        step *= 10
    while step > value * 10 and value > 0:
        step /= 10
    for _ in range(40):
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if step * factor >= value:
                return step * factor
        step *= 10
    return value


def _short(value: float) -> str:
    for size, word in ((1e8, "亿"), (1e4, "万")):
        if abs(value) >= size:
            return f"{value / size:.3g}{word}"
    return f"{value:.3g}" if value != int(value) else f"{int(value)}"
