"""A device is replaced, one hand movement after the other; what the machine can see by itself moves the steps on.

What it cannot see is said by hand: a plain serial line and a printer on the network are "there" whether or not anything hangs on them.
"""

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
    """``old`` is what was there at the beginning, ``new`` what came; None while there is nothing. ``by_hand``: a person says what was done."""

    part: Part
    step: Step
    old: DeviceReport | None = None
    new: DeviceReport | None = None
    by_hand: bool = False

    @property
    def may_be_said(self) -> bool:
        """Whether a person may say that the movement is done: not on USB, where the machine sees it better."""
        if self.step is Step.UNPLUG:
            return self.old is not None and not self.old.port.startswith("usb:")
        return self.step is Step.PLUG and self.by_hand


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
        case Step.PLUG if now.by_hand:
            return now if report.is_there else replace(now, by_hand=False)
        case Step.PLUG:
            return replace(now, step=Step.FOUND, new=report) if report.is_there else now
        case _:
            return replace(now, new=report) if report.is_there else replace(now, step=Step.PLUG, new=None)


def said(now: Replacement, report: DeviceReport | None) -> Replacement:
    """The person did what the step asks. Plugging in only counts when something is there."""
    if not now.may_be_said:
        return now
    if now.step is Step.UNPLUG:
        return replace(now, step=Step.PLUG, by_hand=True)
    return replace(now, step=Step.FOUND, new=report) if report is not None and report.is_there else now


def checked(now: Replacement, *, good: bool) -> Replacement:
    """The check of the new one ended."""
    return replace(now, step=Step.DONE if good else Step.FOUND)
