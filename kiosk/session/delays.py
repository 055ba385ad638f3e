"""All delays of the sessions, in seconds, but the one that a station chooses: how long nobody may touch (``options.Options.idle_s``)."""

from __future__ import annotations

from kiosk.session.events import Timer

DELAYS: dict[Timer, float] = {
    Timer.COUNTDOWN: 1,
    Timer.DONE: 1,
    Timer.TROUBLE: 300,
    Timer.RECHECK: 2,
    Timer.LOOK: 0.5,
}

MOST_RECHECKS = 5
"""How often a printer that looks well but refuses is tried again by itself; then a person presses 再试一次."""

COUNTDOWN_S = 20
"""Seconds of the visible countdown before a visit is wiped."""

DONE_S = 30
"""Seconds the finished page stays."""

OPEN_PAPER_S = 30 * 60
"""How long unsettled paper is offered to whoever stands there; later only to the clerk."""

UPKEEP_IDLE_S = 300
"""A technician has both hands in the machine: so long may nobody touch the screen before the countdown."""
