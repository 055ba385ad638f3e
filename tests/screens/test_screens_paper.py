"""Paper, check and clerk's pages under the finger: what they send, what they follow, and that the phone can read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image

from kiosk.session.check import Check
from kiosk.session.clerk import PIN_DIGITS, Clerk
from kiosk.session.events import Event, Key, PinTyped, Pressed, ReasonChosen, RowChosen, SubjectChosen
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.paper import PRINTER_FAULTS
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.text import PictureBox, Text
from support.gallery import BOARDS, Drawn, draw
from support.states import samples

pytestmark = pytest.mark.screen


def state_of(key: str) -> Terminal:
    return next(state for name, _, state in samples(key) if name == key)


def touchables(drawn: Drawn) -> dict[str, Touchable]:
    return {widget.name: widget for widget in drawn.widgets() if isinstance(widget, Touchable) and not widget.disabled}


def press(drawn: Drawn, *names: str) -> None:
    for name in names:
        touchables(drawn)[name].dispatch("on_release")
        settle(drawn)


def settle(drawn: Drawn) -> None:
    from kivy.base import EventLoop

    for _ in range(4):
        drawn.stage.do_layout()
        EventLoop.idle()


def follow(drawn: Drawn, **changes: object) -> None:
    """The same page with a changed errand."""
    errand = replace(drawn.state.errand, **changes)  # type: ignore[type-var, arg-type]
    drawn.state = replace(drawn.state, errand=errand)
    drawn.stage.show(drawn.state)
    settle(drawn)


def words_on(drawn: Drawn) -> str:
    return "\n".join(widget.text for widget in drawn.widgets() if isinstance(widget, Text))


def sent(drawn: Drawn) -> list[Event]:
    return drawn.sent


@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize("board", BOARDS)
def test_the_phone_reads_the_certificates_own_address_from_the_finished_page(board: str, elder: bool, tmp_path: object) -> None:
    state = state_of("done-usual")
    assert isinstance(state.errand, Visit)
    assert state.errand.certificate is not None
    drawn = draw(replace(state, errand=replace(state.errand, label=None)), board, elder=elder)
    file = tmp_path / "done.png"  # type: ignore[operator]
    drawn.save(file)
    box = next(widget for widget in drawn.widgets() if isinstance(widget, PictureBox))
    image = Image.open(file).convert("L")
    left, low = box.to_window(box.x, box.y)
    picture = image.crop((int(left), int(image.height - low - box.height), int(left + box.width), int(image.height - low)))
    found = zxingcpp.read_barcodes(picture)
    assert [code.text for code in found] == [state.errand.certificate.labels[0].url]


def test_the_farewell_counts_down_on_the_button_and_both_ways_lead_on() -> None:
    drawn = draw(state_of("done-usual"), "landscape-10")
    assert "完成（28）" in words_on(drawn)
    follow(drawn, done_s=7)
    assert "完成（7）" in words_on(drawn)
    press(drawn, "another", "finish")
    assert sent(drawn) == [Pressed(Key.ANOTHER), Pressed(Key.FINISH)]


def test_every_fault_of_the_printer_says_what_it_is_and_what_to_do() -> None:
    from kiosk.ui.screens.trouble import STEPS

    drawn = draw(state_of("trouble-paperOut"), "landscape-10")
    for fault in PRINTER_FAULTS:
        assert STEPS[fault], fault
        assert {f"trouble.{fault}", f"trouble.{fault}Do"} <= drawn.stage.screen.ctx.texts.ids()


def test_trouble_follows_the_printer_from_one_fault_to_the_next() -> None:
    drawn = draw(state_of("trouble-coverOpen"), "landscape-10")
    assert isinstance(drawn.state.errand, Visit)
    assert drawn.state.errand.paper is not None
    follow(drawn, paper=replace(drawn.state.errand.paper, trouble="paperOut"))
    assert "没有纸了" in words_on(drawn)
    assert "放进一卷新纸" in words_on(drawn)
    press(drawn, "retry", "leave")
    assert sent(drawn) == [Pressed(Key.RETRY), Pressed(Key.LEAVE)]


def test_a_label_that_did_not_prove_itself_is_not_offered_again() -> None:
    assert "retry" not in touchables(draw(state_of("trouble-receiptMismatch"), "landscape-10"))


def test_a_stopped_visit_offers_another_try_only_where_a_promise_waits() -> None:
    assert {"retry", "finish"} <= touchables(draw(state_of("stopped-usual"), "landscape-10")).keys()
    assert "retry" not in touchables(draw(state_of("stopped-suspended"), "landscape-10"))


def test_asked_for_paper_there_are_two_answers() -> None:
    drawn = draw(state_of("askPaper-usual"), "landscape-10")
    press(drawn, "gotIt", "notGot")
    assert sent(drawn) == [Pressed(Key.GOT_IT), Pressed(Key.NOT_GOT)]


def test_a_hundred_frames_of_the_camera_share_one_texture() -> None:
    drawn = draw(state_of("check-usual"), "landscape-10")
    assert isinstance(drawn.state.errand, Check)
    frame = drawn.state.errand.frame
    assert frame is not None
    finder = drawn.stage.screen._finder
    texture = finder._camera.texture
    for shade in range(100):
        follow(drawn, frame=replace(frame, rgb=bytes([shade]) * len(frame.rgb)))
    assert finder._camera.texture is texture
    assert texture.pixels[:3] == bytes([99]) * 3


def test_the_clerks_pin_is_sent_with_its_last_digit_and_forgotten_when_it_was_wrong() -> None:
    drawn = draw(state_of("clerkPin-usual"), "landscape-10")
    press(drawn, *(f"key:{digit}" for digit in "271828"))
    assert sent(drawn) == [PinTyped("271828")]
    follow(drawn, busy=True)
    follow(drawn, busy=False, notice=notice("pin.wrong"))
    press(drawn, *(f"key:{digit}" for digit in "314159"))
    assert sent(drawn) == [PinTyped("271828"), PinTyped("314159")]
    assert "314159" not in words_on(drawn)


def test_a_pin_for_a_subject_is_sent_only_by_the_button() -> None:
    drawn = draw(state_of("clerkGivePin-usual"), "landscape-10")
    press(drawn, *(f"key:{digit}" for digit in "314159"))
    assert len("314159") == PIN_DIGITS
    assert not sent(drawn)
    press(drawn, "useThis")
    assert sent(drawn) == [PinTyped("314159")]


@pytest.mark.parametrize("board", BOARDS)
def test_turning_pages_shows_every_certificate_of_the_day_once(board: str) -> None:
    drawn = draw(state_of("clerkToday-usual"), board)
    assert isinstance(drawn.state.errand, Clerk)
    seen: list[str] = []
    while True:
        found = touchables(drawn)
        seen += [name for name in found if name.startswith("row:")]
        if "more" not in found:
            break
        press(drawn, "more")
    assert seen == [f"row:{row.number.compact}" for row in drawn.state.errand.rows]
    press(drawn, seen[-1])
    assert sent(drawn) == [RowChosen(drawn.state.errand.rows[-1].number)]


def test_a_touch_on_a_reason_decides_nothing_until_the_button_does() -> None:
    drawn = draw(state_of("clerkReason-usual"), "landscape-10")
    press(drawn, "reason:wrongProduct", "reason:wrongWeight")
    assert not sent(drawn)
    press(drawn, "decide")
    assert sent(drawn) == [ReasonChosen("重量写错了")]


def test_every_subject_that_was_found_can_be_chosen() -> None:
    drawn = draw(state_of("clerkSubject-longest"), "landscape-10")
    assert isinstance(drawn.state.errand, Clerk)
    for subject in drawn.state.errand.matches:
        while f"subject:{subject.id}" not in touchables(drawn):
            press(drawn, "more")
        press(drawn, f"subject:{subject.id}")
    assert sent(drawn) == [SubjectChosen(subject) for subject in drawn.state.errand.matches]


@pytest.mark.parametrize("page", [Page.PRINTING, Page.TROUBLE, Page.ASK_PAPER])
def test_paper_is_drawn_for_a_visit_a_recovery_and_the_clerk(page: Page) -> None:
    errands = {type(state.errand).__name__ for _, found, state in samples(page.value) if found is page}
    assert errands == {"Visit", "Recovery", "Clerk"}
