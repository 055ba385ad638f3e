"""查验合格证: anybody shows a label to the camera and learns whether it is genuine. No login, nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kiosk.session.effects import ArmCamera, DisarmCamera, VerifyCode
from kiosk.session.engine import Effects, Machine, Now
from kiosk.session.events import (
    CameraFrame,
    CodeSeen,
    HealthChanged,
    Key,
    OpenPaperLoaded,
    Pressed,
    TimerFired,
    Verified,
    WeightSeen,
)
from kiosk.session.pages import Page


@dataclass(frozen=True, slots=True)
class Check:
    """``frame`` is the camera's latest picture while looking, ``verdict`` the answer."""

    page: Page = Page.CHECK
    frame: CameraFrame | None = field(default=None, repr=False)
    verdict: Verified | None = None
    busy: bool = False
    finished: bool = False


def start() -> tuple[Check, Effects]:
    """Open the camera."""
    return Check(), (ArmCamera(),)


def _frame(check: Check, event: CameraFrame, now: Now) -> tuple[Check, Effects]:
    return replace(check, frame=event), ()


def _code(check: Check, event: CodeSeen, now: Now) -> tuple[Check, Effects]:
    return (check, ()) if check.busy else (replace(check, busy=True), (VerifyCode(event.text),))


def _verified(check: Check, event: Verified, now: Now) -> tuple[Check, Effects]:
    return replace(check, page=Page.VERDICT, verdict=event, frame=None, busy=False), (DisarmCamera(),)


def _pressed(check: Check, event: Pressed, now: Now) -> tuple[Check, Effects]:
    if event.key is Key.ANOTHER and check.page is Page.VERDICT:
        return start()
    if event.key in (Key.BACK, Key.CANCEL, Key.FINISH):
        return replace(check, finished=True), (DisarmCamera(),)
    return check, ()


MACHINE: Machine[Check] = Machine(
    {
        (Page.CHECK, CameraFrame): _frame,
        (Page.CHECK, CodeSeen): _code,
        (Page.CHECK, Verified): _verified,
        (Page.CHECK, Pressed): _pressed,
        (Page.VERDICT, Pressed): _pressed,
    },
    ignored=frozenset({CameraFrame, CodeSeen, HealthChanged, WeightSeen, TimerFired, OpenPaperLoaded}),
)
