"""What the clerk's pages share: their errand, and what a certificate is called on them."""

from __future__ import annotations

from datetime import datetime

from kiosk.domain.certificate import BEIJING, Certificate
from kiosk.session.clerk import Clerk
from kiosk.session.terminal import Terminal
from kiosk.ui.screen import ScreenContext
from kiosk.ui.steady import Steady


def clerk_of(state: Terminal) -> Clerk:
    """The clerk's errand. Raises ``TypeError`` on any other: a screen on the wrong page."""
    if not isinstance(state.errand, Clerk):
        raise TypeError(type(state.errand).__name__)
    return state.errand


def certificate_of(state: Terminal) -> Certificate:
    """The certificate the clerk opened. Raises ``TypeError`` where there is none."""
    certificate = clerk_of(state).certificate
    if certificate is None:
        raise TypeError("no certificate")
    return certificate


def beijing_time(moment: datetime) -> str:
    """Hours and minutes."""
    return moment.astimezone(BEIJING).strftime("%H:%M")


def beijing_moment(moment: datetime) -> str:
    """Day and time, as on the verdict."""
    return moment.astimezone(BEIJING).strftime("%Y年%m月%d日 %H:%M")


def goods(ctx: ScreenContext, certificate: Certificate) -> str:
    """What it is for, in one line."""
    made = certificate.promise
    return ctx.words("clerk.row", product=made.product.name, quantity=made.quantity.printed)


class ClerkFramed(Steady):
    """A page of the clerk: the bar says so."""

    def who(self, state: Terminal) -> str:
        return self.ctx.words("button.clerk")
