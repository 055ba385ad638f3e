"""Sample states of the paper screens and of the check."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np

from kiosk.domain.certificate import Certificate, Label
from kiosk.domain.promise import Promise
from kiosk.domain.quantity import Quantity, QuantitySource, Unit
from kiosk.domain.subject import Place
from kiosk.label.content import content_of
from kiosk.label.layout import layout
from kiosk.label.stock import label_stock
from kiosk.session.check import Check
from kiosk.session.clerk import Clerk
from kiosk.session.events import CameraFrame, DeviceWord, OpenPaper, Picture, VerdictLine, Verified
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.paper import PaperRun
from kiosk.session.recovery import Recovery
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from support import builders
from support.states import LONGEST_PLACE, LONGEST_STATION, LONGEST_SUBJECT, a_terminal, a_visit, sample
from support.walk import PAPER_OUT, READY

_URL = "https://q.sxnc.cn/" + "31415926535" * 21 + "8979323846"


def a_printed_certificate(copies: int = 3, *, longest: bool = False) -> Certificate:
    """A certificate whose labels carry codes of true length."""
    changes: dict[str, object] = {}
    if longest:
        changes = {
            "subject": builders.a_subject(name=LONGEST_SUBJECT),
            "origin": Place("140215", LONGEST_PLACE),
            "product": replace(builders.TOMATO, name="结球甘蓝"),
            "quantity": Quantity(Decimal("999999.999"), Unit.KG, QuantitySource.DECLARED),
            "phone": "0352-12345678",
        }
    made: Promise = builders.a_promise(copies=copies, **changes)
    labels = tuple(Label(i, copies, bytes(100), f"{_URL[:-2]}{i:02d}") for i in range(1, copies + 1))
    return replace(builders.a_certificate(made), labels=labels)


@cache
def a_label(copies: int = 3, *, longest: bool = False, reprint: bool = False, stock: str = "60x80") -> Picture:
    """The label as it burns; the longest words need a larger one."""
    certificate = a_printed_certificate(copies, longest=longest)
    bitmap = layout(
        content_of(certificate, certificate.labels[0], reprint=reprint), label_stock("100x70" if longest else stock)
    ).bitmap
    return Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)


def a_run(page: Page, copies: int = 3, copy: int = 1, *, longest: bool = False, **changes: object) -> PaperRun:
    certificate = a_printed_certificate(copies, longest=longest)
    run = PaperRun(page, certificate, tuple(range(copy, copies + 1)), reprint=False, settled=copy - 1, job_id=7)
    return replace(run, **changes)  # type: ignore[arg-type]


def on_paper(page: Page, run: PaperRun, *, label: Picture | None = None, longest: bool = False) -> Visit:
    visit = a_visit(page, certificate=run.certificate, paper=run, label=label, promise_id="p" * 32, card=builders.a_card())
    made = run.certificate.promise
    subject = builders.a_subject(name=LONGEST_SUBJECT) if longest else made.subject
    return replace(visit, draft=replace(visit.draft, subject=subject, product=made.product, quantity=made.quantity))


def in_recovery(page: Page, run: PaperRun) -> Recovery:
    opened = OpenPaper(run.certificate.number, 1, 3, "番茄", builders.NOON, 7, True)
    return Recovery(page, READY, opened, paper=run, label=a_label(reprint=True))


def at_the_clerk(page: Page, **changes: object) -> Clerk:
    return replace(Clerk(page, READY), **changes)  # type: ignore[arg-type]


# --- issuing and printing ----------------------------------------------------------------------------------------------


@sample(Page.ISSUING)
def _issuing() -> Terminal:
    return a_terminal(on_paper(Page.ISSUING, a_run(Page.PRINTING)))


@sample(Page.ISSUING, "longest")
def _issuing_longest() -> Terminal:
    return a_terminal(on_paper(Page.ISSUING, a_run(Page.PRINTING, longest=True), longest=True))


@sample(Page.PRINTING)
def _printing() -> Terminal:
    return a_terminal(on_paper(Page.PRINTING, a_run(Page.PRINTING, 8, 3), label=a_label()))


@sample(Page.PRINTING, "drawing")
def _printing_before_the_label() -> Terminal:
    return a_terminal(on_paper(Page.PRINTING, a_run(Page.PRINTING, 1)))


@sample(Page.PRINTING, "longest")
def _printing_longest() -> Terminal:
    run = a_run(Page.PRINTING, 50, 49, longest=True)
    return a_terminal(on_paper(Page.PRINTING, run, label=a_label(longest=True), longest=True))


@sample(Page.PRINTING, "wide")
def _printing_wide() -> Terminal:
    return a_terminal(on_paper(Page.PRINTING, a_run(Page.PRINTING, 2), label=a_label(stock="100x70")))


@sample(Page.PRINTING, "recovery")
def _printing_again() -> Terminal:
    return a_terminal(in_recovery(Page.PRINTING, a_run(Page.PRINTING, reprint=True)))


@sample(Page.PRINTING, "clerk")
def _printing_for_the_clerk() -> Terminal:
    run = a_run(Page.PRINTING, 12, 12, reprint=True)
    return a_terminal(at_the_clerk(Page.PRINTING, paper=run, certificate=run.certificate, label=a_label()))


def _in_trouble(trouble: str, *, longest: bool = False) -> Terminal:
    run = a_run(Page.TROUBLE, 8, 3, trouble=trouble, longest=longest)
    return a_terminal(replace(on_paper(Page.TROUBLE, run, label=a_label(), longest=longest), health=PAPER_OUT), health=PAPER_OUT)


for _fault in [
    "paperOut",
    "coverOpen",
    "paperJammed",
    "cutterJam",
    "headHot",
    "noDevice",
    "offline",
    "hardwareError",
    "printFailed",
    "receiptMismatch",
    "storeBroken",
]:
    sample(Page.TROUBLE, _fault)(lambda fault=_fault: _in_trouble(fault, longest=fault == "noDevice"))  # type: ignore[misc]


@sample(Page.TROUBLE, "unknown")
def _trouble_without_words() -> Terminal:
    return _in_trouble("somethingNew")


@sample(Page.TROUBLE, "recovery")
def _trouble_in_recovery() -> Terminal:
    return a_terminal(in_recovery(Page.TROUBLE, a_run(Page.TROUBLE, trouble="paperOut", reprint=True)))


@sample(Page.TROUBLE, "clerk")
def _trouble_for_the_clerk() -> Terminal:
    run = a_run(Page.TROUBLE, trouble="paperJammed", reprint=True)
    return a_terminal(at_the_clerk(Page.TROUBLE, paper=run, certificate=run.certificate))


@sample(Page.ASK_PAPER)
def _ask() -> Terminal:
    return a_terminal(on_paper(Page.ASK_PAPER, a_run(Page.ASK_PAPER, 3, 2), label=a_label()))


@sample(Page.ASK_PAPER, "longest")
def _ask_longest() -> Terminal:
    run = a_run(Page.ASK_PAPER, 50, 48, longest=True)
    return a_terminal(on_paper(Page.ASK_PAPER, run, label=a_label(longest=True), longest=True))


@sample(Page.ASK_PAPER, "recovery")
def _ask_in_recovery() -> Terminal:
    return a_terminal(in_recovery(Page.ASK_PAPER, a_run(Page.ASK_PAPER)))


@sample(Page.ASK_PAPER, "clerk")
def _ask_the_clerk() -> Terminal:
    run = a_run(Page.ASK_PAPER, reprint=True)
    return a_terminal(at_the_clerk(Page.ASK_PAPER, paper=run, certificate=run.certificate))


@sample(Page.DONE)
def _done() -> Terminal:
    run = a_run(Page.DONE, settled=3, todo=(), finished=True)
    return a_terminal(replace(on_paper(Page.DONE, run, label=a_label()), done_s=28))


@sample(Page.DONE, "one")
def _done_without_a_card() -> Terminal:
    run = a_run(Page.DONE, 1, settled=1, todo=(), finished=True)
    return a_terminal(replace(on_paper(Page.DONE, run, label=a_label(1)), done_s=9, card=None))


@sample(Page.DONE, "longest")
def _done_longest() -> Terminal:
    run = a_run(Page.DONE, 50, longest=True, settled=50, todo=(), finished=True)
    return a_terminal(replace(on_paper(Page.DONE, run, label=a_label(50, longest=True), longest=True), done_s=30))


@sample(Page.DONE, "wide")
def _done_wide() -> Terminal:
    run = a_run(Page.DONE, settled=3, todo=(), finished=True)
    return a_terminal(replace(on_paper(Page.DONE, run, label=a_label(stock="80x60")), done_s=28))


@sample(Page.DONE, "roll")
def _done_roll() -> Terminal:
    run = a_run(Page.DONE, settled=3, todo=(), finished=True)
    return a_terminal(replace(on_paper(Page.DONE, run, label=a_label(stock="roll58")), done_s=28))


@sample(Page.STOPPED)
def _stopped_by_a_full_disk() -> Terminal:
    return a_terminal(a_visit(Page.STOPPED, promise_id="p" * 32, notice=notice("diskFull")))


@sample(Page.STOPPED, "suspended")
def _stopped_for_good() -> Terminal:
    return a_terminal(a_visit(Page.STOPPED, notice=notice("subjectSuspended")))


@sample(Page.STOPPED, "longest")
def _stopped_longest() -> Terminal:
    visit = a_visit(Page.STOPPED, promise_id="p" * 32, notice=notice("promise.form"))
    return a_terminal(replace(visit, draft=replace(visit.draft, subject=builders.a_subject(name=LONGEST_SUBJECT))))


# --- check -------------------------------------------------------------------------------------------------------------


@cache
def a_frame() -> CameraFrame:
    """What a camera may see: a label in a hand, roughly."""
    width, height = 640, 480
    down, across = np.mgrid[0:height, 0:width]
    rgb = np.dstack([90 + across * 60 // width, 84 + down * 60 // height, 70 + across * 30 // width]).astype(np.uint8)
    picture = a_label()
    rows = np.frombuffer(picture.data, dtype=np.uint8).reshape(picture.height_dots, -1)
    dots = np.unpackbits(rows, axis=1)[:, : picture.width_dots][-420:, -400:]
    rgb[30:450, 130:530] = np.where(dots[..., None] == 1, 30, 235).astype(np.uint8)
    return CameraFrame(width, height, rgb.tobytes())


@sample(Page.CHECK)
def _check() -> Terminal:
    return a_terminal(Check(frame=a_frame()))


@sample(Page.CHECK, "busy")
def _check_busy() -> Terminal:
    return a_terminal(Check(frame=a_frame(), busy=True))


@sample(Page.CHECK, "hint")
def _check_hint() -> Terminal:
    return a_terminal(Check(frame=replace(a_frame(), hint="closer")))


@sample(Page.CHECK, "opening")
def _check_opening() -> Terminal:
    return a_terminal(Check())


@sample(Page.CHECK, "noCamera")
def _check_without_a_camera() -> Terminal:
    return a_terminal(Check(), health=replace(READY, camera=DeviceWord.MISSING))


def _lines(*, longest: bool = False) -> tuple[VerdictLine, ...]:
    facts = {
        "product": "结球甘蓝" if longest else "番茄",
        "amount": "999999.999 千克" if longest else "126.35 千克",
        "issued": "2026年11月24日 12:00",
        "station": LONGEST_STATION if longest else "太谷区明星镇农产品服务站",
        "number": "140703-0031-4294967295-K" if longest else "140703-0031-000417-G",
        "copy": "255 / 255" if longest else "1 / 3",
    }
    return tuple(VerdictLine(f"check.line.{name}", value) for name, value in facts.items())


def _answered(verdict: Verified) -> Terminal:
    return a_terminal(Check(page=Page.VERDICT, verdict=verdict))


@sample(Page.VERDICT)
def _genuine() -> Terminal:
    return _answered(Verified("genuine", "valid", _lines(), demo=True, list_age_days=3))


@sample(Page.VERDICT, "real")
def _genuine_and_no_demonstration() -> Terminal:
    return _answered(Verified("genuine", "valid", _lines(), list_age_days=0))


@sample(Page.VERDICT, "longest")
def _genuine_longest() -> Terminal:
    return _answered(Verified("genuine", "valid", _lines(longest=True), demo=True, list_age_days=412, list_stale=True))


@sample(Page.VERDICT, "forged")
def _forged() -> Terminal:
    return _answered(Verified("notGenuine", "badSignature", list_age_days=3))


@sample(Page.VERDICT, "unknownKey")
def _unknown_key() -> Terminal:
    return _answered(Verified("notGenuine", "unknownKey", list_age_days=412, list_stale=True))


@sample(Page.VERDICT, "notOurs")
def _not_ours() -> Terminal:
    return _answered(Verified("notGenuine", "notOurs", list_age_days=3))


@sample(Page.VERDICT, "voided")
def _voided() -> Terminal:
    return _answered(Verified("revoked", "voided", _lines(), demo=True, list_age_days=3))


@sample(Page.VERDICT, "revoked")
def _revoked_longest() -> Terminal:
    return _answered(Verified("revoked", "revoked", _lines(longest=True), demo=True, list_age_days=412, list_stale=True))
