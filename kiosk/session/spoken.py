"""What a page says aloud: its one sentence, or the one that fits what has happened on it. The same for the first time and for "say it again"."""

from __future__ import annotations

from kiosk.session.check import Check
from kiosk.session.clerk import Clerk
from kiosk.session.effects import Speak
from kiosk.session.events import Key
from kiosk.session.notice import Notice
from kiosk.session.pages import Page
from kiosk.session.paper import known_trouble
from kiosk.session.recovery import Recovery
from kiosk.session.visit import Visit

GENUINE = "genuine"
"""The outcome of a check that found nothing wrong (``checking.verdict``)."""


def of_page(page: Page, errand: object) -> Speak:
    """The sentence of a page under an errand."""
    match page, errand:
        case Page.TROUBLE, Visit() | Recovery() | Clerk() if errand.paper is not None:
            code = known_trouble(errand.paper.trouble)
            return Speak("trouble.both", (("what", f"@trouble.{code}"), ("do", f"@trouble.{code}Do")))
        case Page.VERDICT, Check(verdict=verdict) if verdict is not None:
            do = "compare" if verdict.outcome == GENUINE else "doNot"
            return Speak("check.both", (("what", f"@check.outcome_{verdict.outcome}"), ("do", f"@check.{do}")))
        case Page.CLERK_REASON, Clerk(intent=Key.VOID):
            return Speak("clerk.whyVoid")
        case _:
            return Speak(f"say.{page.value}")


def of_notice(said: Notice) -> Speak:
    """The sentence of a notice."""
    return Speak(f"notice.{said.code}", said.facts)
