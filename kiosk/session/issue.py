"""The errand of issuing: identify -> goods -> promise -> paper, put together from its three tables."""

from __future__ import annotations

from kiosk.session import confirm, goods, identify
from kiosk.session.effects import ArmCamera, Effect
from kiosk.session.engine import Effects, Machine
from kiosk.session.events import (
    CameraFrame,
    CardFailed,
    CardSeen,
    CodeSeen,
    CopiesChanged,
    CopyEnded,
    HabitsLoaded,
    Health,
    HealthChanged,
    Key,
    LabelDrawn,
    OpenPaperLoaded,
    Pressed,
    PreviewDrawn,
    Signed,
    SubjectsFound,
    TimerFired,
    WeightSeen,
)
from kiosk.session.pages import Page
from kiosk.session.visit import Rules, Visit, held

MACHINE: Machine[Visit] = Machine(
    {**identify.TABLE, **goods.TABLE, **confirm.TABLE},
    # Late answers of devices and services that a page no longer needs, and double taps.
    ignored=frozenset(
        {
            WeightSeen,
            HealthChanged,
            CardSeen,
            CardFailed,
            CodeSeen,
            CameraFrame,
            SubjectsFound,
            HabitsLoaded,
            PreviewDrawn,
            LabelDrawn,
            OpenPaperLoaded,
            CopyEnded,
            Signed,
            CopiesChanged,
            TimerFired,
            Pressed,
        }
    ),
)

_STARTS = {Key.START: Page.CONSENT, Key.START_LOOKUP: Page.LOOKUP, Key.START_SCAN: Page.SCAN_SUBJECT}
STARTS = frozenset(_STARTS)
"""Buttons of the attract page that begin a visit."""


def start(key: Key, rules: Rules, health: Health, pause: str | None = None) -> tuple[Visit, Effects]:
    """Begin a visit by one of ``STARTS``. The reader stays asleep until 同意."""
    effects: tuple[Effect, ...] = (ArmCamera(),) if key is Key.START_SCAN and pause is None else ()
    return held(Visit(page=_STARTS[key], rules=rules, health=health, pause=pause)), effects
