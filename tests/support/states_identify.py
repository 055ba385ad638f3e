"""Sample states of the identify screens."""

from __future__ import annotations

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from support.states import a_terminal, a_visit, sample


@sample(Page.CONSENT)
def _consent() -> Terminal:
    return a_terminal(a_visit(Page.CONSENT))
