"""The ways to say who one is: each leads to the others, and the camera sees only while it is asked to."""

from __future__ import annotations

from kiosk.session import effects as fx
from kiosk.session import events as ev
from kiosk.session.events import Key
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from support import builders as b
from support.walk import Walk, a_known_producer

FRAME = ev.CameraFrame(2, 1, b"\x10\x20\x30\x40\x50\x60")


def test_the_camera_shows_what_it_sees_until_the_code_is_found() -> None:
    walk = Walk(a_known_producer()).press(Key.START_SCAN).do(FRAME)
    assert walk.page is Page.SCAN_SUBJECT
    assert walk.visit.frame == FRAME
    walk.do(ev.CodeSeen("93140781MA0HNXA36C"))
    assert walk.page is Page.CHOOSE_SUBJECT
    assert walk.visit.frame is None
    assert fx.DisarmCamera() in walk.effects


def test_the_picture_is_dropped_when_another_way_is_taken() -> None:
    for key, page in ((Key.START_LOOKUP, Page.LOOKUP), (Key.START, Page.CONSENT)):
        walk = Walk(a_known_producer()).press(Key.START_SCAN).do(FRAME).press(key)
        assert walk.page is page
        assert walk.visit.frame is None
        assert fx.DisarmCamera() in walk.effects


def test_a_picture_that_comes_late_is_not_kept() -> None:
    walk = Walk(a_known_producer()).press(Key.START_SCAN, Key.START_LOOKUP).do(FRAME)
    assert walk.visit.frame is None
    assert not walk.asked(fx.Unexpected)


def test_whoever_types_may_scan_instead() -> None:
    walk = Walk(a_known_producer()).press(Key.START_LOOKUP, Key.START_SCAN)
    assert walk.page is Page.SCAN_SUBJECT
    assert walk.effects.count(fx.ArmCamera()) == 1


def test_a_picture_does_not_keep_a_visit_awake() -> None:
    walk = Walk(a_known_producer()).press(Key.START_SCAN)
    before = len(walk.asked(fx.StartTimer))
    walk.do(FRAME, FRAME)
    assert len(walk.asked(fx.StartTimer)) == before


def test_a_long_lock_is_told_in_minutes_and_a_short_one_in_seconds() -> None:
    told = []
    for wait_s in (15, 119, 120, 1801):
        answers = a_known_producer()
        answers[fx.CheckPin] = lambda _, wait_s=wait_s: ev.ServiceRefused("pinLocked", wait_s)  # type: ignore[misc]
        walk = Walk(answers).press(Key.START_LOOKUP).do(ev.Typed("13800000417"), ev.SubjectChosen(b.a_subject()))
        walk.press(Key.AGREE, Key.USE_PIN).do(ev.PinTyped("000000"))
        told.append(walk.visit.notice)
    assert told == [
        notice("pinLocked", wait=15),
        notice("pinLocked", wait=119),
        notice("pinLockedMinutes", wait=2),
        notice("pinLockedMinutes", wait=31),
    ]
