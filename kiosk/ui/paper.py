"""Paper on the screen, whoever it is for: a producer's visit, a recovery and the clerk's reprint all print through the same pages."""

from __future__ import annotations

from kiosk.session.clerk import Clerk
from kiosk.session.events import Picture
from kiosk.session.paper import PaperRun
from kiosk.session.recovery import Recovery
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui.steady import Steady


def run_of(state: Terminal) -> PaperRun:
    """The paper under way. Raises ``TypeError`` where there is none: a screen on the wrong page."""
    if isinstance(state.errand, (Visit, Recovery, Clerk)) and state.errand.paper is not None:
        return state.errand.paper
    raise TypeError(type(state.errand).__name__)


def label_of(state: Terminal) -> Picture | None:
    """The very label, as soon as it was drawn."""
    return state.errand.label if isinstance(state.errand, (Visit, Recovery, Clerk)) else None


class PaperFramed(Steady):
    """A page on which paper moves: no way back, for the certificate exists; the bar names it where no visit is shown."""

    can_go_back = False
    can_cancel = False

    def build(self, state: Terminal) -> None:
        self.step = 4 if isinstance(state.errand, Visit) else -1
        super().build(state)

    def who(self, state: Terminal) -> str:
        if isinstance(state.errand, Visit):
            return super().who(state)
        return self.ctx.words("done.number", number=run_of(state).certificate.number)
