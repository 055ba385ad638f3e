"""Sample states of the first page and of the ways to say who one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from kiosk.domain.number import CertificateNumber
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.session.events import CameraFrame, DeviceWord, Health, OpenPaper
from kiosk.session.notice import notice, refusal
from kiosk.session.pages import Page
from kiosk.session.recovery import Recovery
from kiosk.session.terminal import Terminal
from support import builders
from support.states import LONGEST_PLACE, LONGEST_STATION, LONGEST_SUBJECT, a_terminal, a_visit, sample
from support.walk import PAPER_OUT, READY

ALL_WRONG = Health(
    reader=DeviceWord.MISSING,
    scale=DeviceWord.MISSING,
    printer=DeviceWord.MISSING,
    camera=DeviceWord.MISSING,
    printer_trouble="cutterJam",
)
OPEN = OpenPaper(CertificateNumber("1407030031", 417), 2, 3, "番茄", builders.NOON - timedelta(minutes=9), 88, asked=True)
LONG_OPEN = replace(OPEN, copies=50, copy=49, product_name="鲜食玉米（甜玉米、糯玉米、水果玉米）", asked=False, job_id=None)
LONGEST = builders.a_subject(id=SubjectId(9), name=LONGEST_SUBJECT, base=Place("140215", LONGEST_PLACE))
CO_OP = builders.a_subject()


def _frame() -> CameraFrame:
    """A camera's picture: a bright sheet with dark squares on a grey ground."""
    rgb = np.full((240, 320, 3), (96, 104, 100), dtype=np.uint8)
    rgb[40:200, 90:230] = (236, 236, 230)
    for row in range(8):
        for column in range(8):
            if (row * 5 + column * 3 + row * column) % 4 < 2:
                rgb[60 + row * 14 : 74 + row * 14, 104 + column * 14 : 118 + column * 14] = (24, 26, 25)
    return CameraFrame(320, 240, rgb.tobytes())


def _neighbours(count: int) -> tuple[Subject, ...]:
    names = (
        "明星果蔬家庭农场",
        "南庄村鑫源蔬菜专业合作社",
        "王建国",
        "太谷区绿野农业开发有限公司",
        LONGEST_SUBJECT,
        "南庄禽蛋收购站",
        "李秀英",
        "张二牛",
    )
    kinds = (
        SubjectKind.FAMILY_FARM,
        SubjectKind.COOPERATIVE,
        SubjectKind.FARMER,
        SubjectKind.ENTERPRISE,
        SubjectKind.COOPERATIVE,
        SubjectKind.PURCHASER_UNIT,
        SubjectKind.FARMER,
        SubjectKind.PURCHASER_PERSON,
    )
    return tuple(
        builders.a_subject(
            id=SubjectId(500 + i),
            name=names[i],
            kind=kinds[i],
            base=Place("140215", LONGEST_PLACE) if i == 4 else builders.VILLAGE,
            status=SubjectStatus.SUSPENDED if i == 2 else SubjectStatus.ACTIVE,
        )
        for i in range(count)
    )


@sample(Page.ATTRACT)
def _attract() -> Terminal:
    return a_terminal()


@sample(Page.ATTRACT, "longest")
def _attract_longest() -> Terminal:
    return a_terminal(station=LONGEST_STATION, open_papers=(OPEN,))


@sample(Page.ATTRACT, "paperLow")
def _attract_paper_low() -> Terminal:
    return a_terminal(health=replace(READY, paper_low=True))


@sample(Page.ATTRACT, "paperOut")
def _attract_paper_out() -> Terminal:
    return a_terminal(health=PAPER_OUT)


@sample(Page.ATTRACT, "allWrong")
def _attract_all_wrong() -> Terminal:
    told = notice("clockUntrusted")
    return a_terminal(station=LONGEST_STATION, health=ALL_WRONG, clock_problem="clockUntrusted", notice=told, open_papers=(OPEN,))


@sample(Page.ATTRACT, "numbersUnknown")
def _attract_numbers_unknown() -> Terminal:
    return a_terminal(clock_problem="numbersUnknown", notice=notice("numbersUnknown"))


@sample(Page.OPEN_PAPER)
def _open_paper() -> Terminal:
    return a_terminal(Recovery(Page.OPEN_PAPER, READY, OPEN))


@sample(Page.OPEN_PAPER, "longest")
def _open_paper_longest() -> Terminal:
    return a_terminal(Recovery(Page.OPEN_PAPER, READY, LONG_OPEN, notice=notice("storeBroken")))


@sample(Page.OPEN_PAPER, "busy")
def _open_paper_busy() -> Terminal:
    return a_terminal(Recovery(Page.OPEN_PAPER, READY, OPEN, busy=True))


def _nobody(page: Page, **changes: object) -> Terminal:
    """A visit of whom nothing is known yet."""
    visit = a_visit(page, **changes)
    nobody = replace(visit, draft=replace(visit.draft, subject=None, origin=None, phone=""))
    return a_terminal(nobody, health=visit.health)


@sample(Page.CONSENT)
def _consent() -> Terminal:
    return _nobody(Page.CONSENT)


@sample(Page.CONSENT, "longest")
def _consent_longest() -> Terminal:
    return _nobody(Page.CONSENT, preselected=LONGEST)


@sample(Page.IDENTIFY)
def _identify() -> Terminal:
    return _nobody(Page.IDENTIFY)


@sample(Page.IDENTIFY, "busy")
def _identify_busy() -> Terminal:
    return _nobody(Page.IDENTIFY, busy="findingSubject")


@sample(Page.IDENTIFY, "longest")
def _identify_longest() -> Terminal:
    return _nobody(Page.IDENTIFY, notice=notice("card.cardRefused"))


@sample(Page.IDENTIFY, "noReader")
def _identify_no_reader() -> Terminal:
    return _nobody(Page.IDENTIFY, health=ALL_WRONG)


@sample(Page.PROVE)
def _prove() -> Terminal:
    return _nobody(Page.PROVE, preselected=CO_OP)


@sample(Page.PROVE, "longest")
def _prove_longest() -> Terminal:
    return _nobody(Page.PROVE, preselected=LONGEST, notice=notice("card.otherPerson"))


@sample(Page.PROVE, "noReader")
def _prove_no_reader() -> Terminal:
    return _nobody(Page.PROVE, preselected=LONGEST, health=ALL_WRONG)


@sample(Page.LOOKUP)
def _lookup() -> Terminal:
    return _nobody(Page.LOOKUP)


@sample(Page.LOOKUP, "longest")
def _lookup_longest() -> Terminal:
    return _nobody(Page.LOOKUP, notice=notice("lookup.nobody"))


@sample(Page.LOOKUP, "busy")
def _lookup_busy() -> Terminal:
    return _nobody(Page.LOOKUP, busy="findingSubject")


@sample(Page.SCAN_SUBJECT)
def _scan() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT, frame=_frame())


@sample(Page.SCAN_SUBJECT, "longest")
def _scan_longest() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT, frame=_frame(), notice=notice("lookup.nobody"))


@sample(Page.SCAN_SUBJECT, "hint")
def _scan_hint() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT, frame=replace(_frame(), hint="dark"))


@sample(Page.SCAN_SUBJECT, "opening")
def _scan_opening() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT)


@sample(Page.SCAN_SUBJECT, "busy")
def _scan_busy() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT, frame=_frame(), busy="findingSubject")


@sample(Page.SCAN_SUBJECT, "noCamera")
def _scan_no_camera() -> Terminal:
    return _nobody(Page.SCAN_SUBJECT, health=ALL_WRONG)


@sample(Page.CHOOSE_SUBJECT)
def _choose() -> Terminal:
    return _nobody(Page.CHOOSE_SUBJECT, matches=_neighbours(3))


@sample(Page.CHOOSE_SUBJECT, "one")
def _choose_one() -> Terminal:
    return _nobody(Page.CHOOSE_SUBJECT, matches=(CO_OP,))


@sample(Page.CHOOSE_SUBJECT, "longest")
def _choose_longest() -> Terminal:
    return _nobody(Page.CHOOSE_SUBJECT, matches=_neighbours(8)[4:] + _neighbours(4))


@sample(Page.PIN)
def _pin() -> Terminal:
    return _nobody(Page.PIN, preselected=CO_OP)


@sample(Page.PIN, "longest")
def _pin_longest() -> Terminal:
    return _nobody(Page.PIN, preselected=LONGEST, notice=refusal("pinLocked", 1800))


@sample(Page.PIN, "wrong")
def _pin_wrong() -> Terminal:
    return _nobody(Page.PIN, preselected=CO_OP, notice=notice("pin.wrong"))


@sample(Page.PIN, "busy")
def _pin_busy() -> Terminal:
    return _nobody(Page.PIN, preselected=CO_OP, busy="checkingPin")
