"""A device is replaced, one hand movement after the other; what the machine can see by itself moves the steps on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.upkeep.health import DeviceReport, Part


class Step(StrEnum):
    """In their order."""

    UNPLUG = "unplug"
    PLUG = "plug"
    FOUND = "found"
    CHECK = "check"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Replacement:
    """``old`` is what was there at the beginning, ``new`` what came; None while there is nothing."""

    part: Part
    step: Step
    old: DeviceReport | None = None
    new: DeviceReport | None = None


def begin(part: Part, report: DeviceReport | None) -> Replacement:
    """Unplug the old one first, unless nothing is there."""
    if report is None or not report.is_there:
        return Replacement(part, Step.PLUG)
    return Replacement(part, Step.UNPLUG, old=report)


def follow(now: Replacement, report: DeviceReport) -> Replacement:
    """Go on with what can be seen. A device that leaves again leads back to plugging in."""
    if report.part is not now.part or now.step is Step.DONE:
        return now
    match now.step:
        case Step.UNPLUG:
            return now if report.is_there else replace(now, step=Step.PLUG)
        case Step.PLUG:
            return replace(now, step=Step.FOUND, new=report) if report.is_there else now
        case _:
            return replace(now, new=report) if report.is_there else replace(now, step=Step.PLUG, new=None)


def checked(now: Replacement, *, good: bool) -> Replacement:
    """The check of the new one ended."""
    return replace(now, step=Step.DONE if good else Step.FOUND)
