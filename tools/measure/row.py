"""One figure, its floor and its goal."""

from __future__ import annotations

from typing import TypedDict


class Row(TypedDict):
    """``ratio`` is value / floor (None without a floor); ``goal`` is the sentence that ``holds`` answers."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    goal: str
    holds: bool


def against_floor(name: str, value: float, unit: str, floor: float, most: float) -> Row:
    """A figure that may be at most ``most`` times its floor."""
    ratio = value / floor
    return Row(name=name, value=value, unit=unit, floor=floor, ratio=ratio, goal=f"ratio <= {most}", holds=ratio <= most)


def at_most(name: str, value: float, unit: str, most: float) -> Row:
    """A figure with an absolute limit."""
    return Row(name=name, value=value, unit=unit, floor=None, ratio=None, goal=f"<= {most} {unit}", holds=value <= most)


def at_least_of_floor(name: str, value: float, unit: str, floor: float, least: float) -> Row:
    """A speed that must reach ``least`` times the bare speed of the same run."""
    ratio = value / floor
    return Row(name=name, value=value, unit=unit, floor=floor, ratio=ratio, goal=f"ratio >= {least}", holds=ratio >= least)
