"""Paper left open, the clerk's list and the check of a certificate."""

from __future__ import annotations

from datetime import timedelta

from kiosk.domain.certificate import PaperAnswer
from kiosk.domain.number import CertificateNumber
from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from support import builders as b
from support.walk import Walk, a_known_producer

NUMBER = CertificateNumber("1407030031", 417)


def open_paper(copy: int = 1, *, asked: bool = True, minutes: int = 1) -> ev.OpenPaper:
    return ev.OpenPaper(NUMBER, copy, 2, "番茄", b.NOON - timedelta(minutes=minutes), 9, asked)


def loaded(*papers: ev.OpenPaper) -> Walk:
    answers = a_known_producer()
    answers[fx.LoadCertificate] = lambda _: ev.CertificateLoaded(b.a_certificate(b.a_promise(copies=2)))
    return Walk(answers).do(ev.OpenPaperLoaded(papers))


def test_after_a_power_cut_the_same_number_is_offered_again_marked_as_reprint() -> None:
    walk = loaded(open_paper(1), open_paper(2, asked=False))
    assert walk.page is Page.OPEN_PAPER
    walk.press(Key.NOT_GOT)
    assert [(e.number, e.copy, e.reprint) for e in walk.asked(fx.PrintCopy)] == [(NUMBER, 1, True), (NUMBER, 2, True)]  # type: ignore[attr-defined]
    assert [e.answer for e in walk.asked(fx.KeepAnswer)] == [PaperAnswer.NOT_GOT]  # type: ignore[attr-defined]
    assert walk.page is Page.ATTRACT


def test_a_paper_that_did_come_out_is_settled_by_one_touch() -> None:
    walk = loaded(open_paper(1)).press(Key.GOT_IT)
    assert [e.answer for e in walk.asked(fx.KeepAnswer)] == [PaperAnswer.GOT_IT]  # type: ignore[attr-defined]
    assert not walk.asked(fx.PrintCopy)
    assert walk.page is Page.ATTRACT


def test_the_open_question_outlives_the_wipe_but_does_not_stop_the_next_person() -> None:
    walk = loaded(open_paper(1)).press(Key.BACK)
    assert walk.page is Page.ATTRACT
    walk.do(ev.OpenPaperLoaded((open_paper(1),)))
    assert walk.page is Page.ATTRACT
    assert walk.state.open_papers
    walk.press(Key.REPRINT)
    assert walk.page is Page.OPEN_PAPER


def test_old_open_paper_is_for_the_clerk_only() -> None:
    assert loaded(open_paper(1, minutes=45)).page is Page.ATTRACT


def test_open_paper_never_interrupts_a_visit() -> None:
    walk = Walk(a_known_producer()).press(Key.START).do(ev.OpenPaperLoaded((open_paper(1),)))
    assert walk.page is Page.CONSENT


def clerk_at_certificate() -> Walk:
    answers = a_known_producer()
    certificate = b.a_certificate(b.a_promise(copies=2))
    answers[fx.CheckClerkPin] = lambda effect: ev.PinChecked(effect.pin == "271828")  # type: ignore[attr-defined]
    for effect in (fx.LoadCertificate, fx.VoidCertificate, fx.AllowReprint):
        answers[effect] = lambda _: ev.CertificateLoaded(certificate)
    answers[fx.GivePin] = lambda _: ev.PinGiven()
    walk = Walk(answers).press(Key.START_CLERK).do(ev.PinTyped("111111"))
    assert walk.page is Page.CLERK_PIN
    walk.do(ev.PinTyped("271828"), ev.RowChosen(NUMBER))
    assert walk.page is Page.CLERK_CERTIFICATE
    return walk


def test_the_clerk_voids_with_a_reason() -> None:
    walk = clerk_at_certificate().press(Key.VOID).do(ev.ReasonChosen("  "))
    assert not walk.asked(fx.VoidCertificate), "a reason is required"
    assert walk.state.said == notice("reasonMissing")
    walk.do(ev.ReasonChosen("重量写错了"))
    assert [e.reason for e in walk.asked(fx.VoidCertificate)] == ["重量写错了"]  # type: ignore[attr-defined]
    assert walk.page is Page.CLERK_TODAY


def test_the_clerk_reprints_every_copy_marked() -> None:
    walk = clerk_at_certificate().press(Key.REPRINT).do(ev.ReasonChosen("标签湿了"))
    assert [(e.copy, e.reprint) for e in walk.asked(fx.PrintCopy)] == [(1, True), (2, True)]  # type: ignore[attr-defined]
    assert walk.page is Page.CLERK_TODAY


def test_the_clerk_gives_a_pin_that_is_not_too_easy() -> None:
    walk = (
        clerk_at_certificate()
        .press(Key.BACK, Key.GIVE_PIN)
        .do(ev.Typed("建国"), ev.SubjectChosen(b.a_subject()), ev.PinTyped("111111"))
    )
    assert not walk.asked(fx.GivePin)
    walk.do(ev.PinTyped("314159"))
    assert walk.asked(fx.GivePin)
    assert walk.page is Page.CLERK_TODAY


def test_anybody_checks_a_certificate_and_the_camera_closes_again() -> None:
    answers = a_known_producer()
    answers[fx.VerifyCode] = lambda _: ev.Verified("genuine", "valid")
    walk = Walk(answers).press(Key.START_CHECK)
    assert walk.page is Page.CHECK and walk.asked(fx.ArmCamera)
    walk.do(ev.CodeSeen("https://q.example/123"))
    assert walk.page is Page.VERDICT
    assert walk.asked(fx.DisarmCamera)
    assert walk.press(Key.ANOTHER).page is Page.CHECK
    assert walk.press(Key.BACK).page is Page.ATTRACT


def test_the_clerk_sees_the_label_even_when_it_is_drawn_before_the_certificate_is_shown() -> None:
    picture = ev.Picture(8, 1, b"\x40")
    walk = clerk_at_certificate().press(Key.BACK)
    certificate = b.a_certificate(b.a_promise(copies=2))
    walk.answers[fx.LoadCertificate] = lambda _: ev.LabelDrawn(picture)
    walk.do(ev.RowChosen(NUMBER))
    assert walk.page is Page.CLERK_TODAY
    walk.do(ev.CertificateLoaded(certificate))
    assert walk.page is Page.CLERK_CERTIFICATE
    assert walk.state.errand.label == picture  # type: ignore[union-attr]


def test_a_reprint_shows_the_very_label_that_comes_out() -> None:
    walk = clerk_at_certificate()
    del walk.answers[fx.PrintCopy]
    walk.press(Key.REPRINT).do(ev.ReasonChosen("标签湿了、破了"))
    assert walk.page is Page.PRINTING
    marked = ev.Picture(8, 1, b"\x20")
    walk.do(ev.LabelDrawn(marked))
    assert walk.state.errand.label == marked  # type: ignore[union-attr]
