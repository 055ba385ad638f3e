"""Sample states of the clerk's pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kiosk.domain.number import CertificateNumber
from kiosk.domain.subject import Place, SubjectId
from kiosk.session.events import Key, TodayItem
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from support import builders
from support.states import LONGEST_PLACE, LONGEST_SUBJECT, a_terminal, sample
from support.states_paper import a_label, a_printed_certificate, at_the_clerk


@sample(Page.CLERK_PIN)
def _clerk_pin() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_PIN))


@sample(Page.CLERK_PIN, "locked")
def _clerk_pin_locked() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_PIN, notice=notice("pinLocked", wait=900)))


def a_row(counter: int, **changes: object) -> TodayItem:
    item = TodayItem(
        number=CertificateNumber("1407030031", counter),
        issued_at=builders.NOON + timedelta(minutes=7 * (counter - 30)),
        subject_name=("太谷区建国蔬菜专业合作社", "王建国", "明星镇李秀英家庭农场")[counter % 3],
        product_name=("番茄", "黄瓜", "土鸡蛋", "结球甘蓝")[counter % 4],
        quantity=("126.35 千克", "48 千克（自报）", "360 枚", "1200.5 千克")[counter % 4],
        copies=3,
        printed=3,
        voided=False,
    )
    return replace(item, **changes)  # type: ignore[arg-type]


@sample(Page.CLERK_TODAY)
def _today() -> Terminal:
    rows = (a_row(23, printed=1), a_row(22), a_row(21, voided=True), *(a_row(20 - i) for i in range(20)))
    return a_terminal(at_the_clerk(Page.CLERK_TODAY, rows=rows))


@sample(Page.CLERK_TODAY, "few")
def _today_few() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_TODAY, rows=(a_row(2), a_row(1, copies=1, printed=1))))


@sample(Page.CLERK_TODAY, "empty")
def _today_empty() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_TODAY))


@sample(Page.CLERK_TODAY, "longest")
def _today_longest() -> Terminal:
    longest = {"subject_name": LONGEST_SUBJECT, "product_name": "野生黄花菜（鲜）", "quantity": "999999.999 千克（自报）"}
    rows = tuple(a_row(200 - i, **longest, copies=50, printed=i, voided=i == 1) for i in range(150))
    said = notice("voided", number=CertificateNumber("1407030031", 417))
    return a_terminal(at_the_clerk(Page.CLERK_TODAY, rows=rows, notice=said))


@sample(Page.CLERK_CERTIFICATE)
def _opened() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_CERTIFICATE, certificate=a_printed_certificate(), label=a_label()))


@sample(Page.CLERK_CERTIFICATE, "longest")
def _opened_longest() -> Terminal:
    return a_terminal(
        at_the_clerk(Page.CLERK_CERTIFICATE, certificate=a_printed_certificate(50, longest=True), label=a_label(50, longest=True))
    )


@sample(Page.CLERK_CERTIFICATE, "voided")
def _opened_voided() -> Terminal:
    void = replace(a_printed_certificate(), voided_at=builders.NOON + timedelta(minutes=9), void_reason="重量写错了")
    return a_terminal(at_the_clerk(Page.CLERK_CERTIFICATE, certificate=void, label=a_label(), notice=notice("alreadyVoided")))


@sample(Page.CLERK_REASON)
def _reason_to_void() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_REASON, certificate=a_printed_certificate(), label=a_label(), intent=Key.VOID))


@sample(Page.CLERK_REASON, "reprint")
def _reason_to_reprint() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_REASON, certificate=a_printed_certificate(), label=a_label(), intent=Key.REPRINT))


@sample(Page.CLERK_REASON, "longest")
def _reason_longest() -> Terminal:
    return a_terminal(
        at_the_clerk(
            Page.CLERK_REASON,
            certificate=a_printed_certificate(50, longest=True),
            intent=Key.VOID,
            notice=notice("reasonMissing"),
        )
    )


@sample(Page.CLERK_SUBJECT)
def _subject() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_SUBJECT))


@sample(Page.CLERK_SUBJECT, "found")
def _subject_found() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_SUBJECT, matches=(builders.a_subject(),)))


@sample(Page.CLERK_SUBJECT, "longest")
def _subjects_longest() -> Terminal:
    base = Place("140215", LONGEST_PLACE)
    matches = tuple(builders.a_subject(id=SubjectId(i), name=LONGEST_SUBJECT, base=base) for i in range(1, 9))
    return a_terminal(at_the_clerk(Page.CLERK_SUBJECT, matches=matches))


@sample(Page.CLERK_SUBJECT, "nobody")
def _subject_nobody() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_SUBJECT, notice=notice("lookup.nobody")))


@sample(Page.CLERK_GIVE_PIN)
def _give_pin() -> Terminal:
    return a_terminal(at_the_clerk(Page.CLERK_GIVE_PIN, subject=builders.a_subject()))


@sample(Page.CLERK_GIVE_PIN, "longest")
def _give_pin_longest() -> Terminal:
    subject = builders.a_subject(name=LONGEST_SUBJECT)
    return a_terminal(at_the_clerk(Page.CLERK_GIVE_PIN, subject=subject, notice=notice("pin.weak")))
