"""What the samples cannot reach on the first page and on the ways to say who one is: slides, letters, what keys send."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kiosk.session.events import CameraFrame, Key, PinTyped, Pressed, SubjectChosen, Typed
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from kiosk.ui.screens.lookup import grouped
from kiosk.ui.widgets import lay_card as lay_card_module
from kiosk.ui.widgets import slides as slides_module
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.keypad import Entry, PinDots
from kiosk.ui.widgets.lay_card import LayCard
from kiosk.ui.widgets.slides import Slides
from kiosk.ui.widgets.text import Text
from support.gallery import BOARDS, Drawn, draw
from support.rules_of_screens import complaints
from support.states import samples

pytestmark = pytest.mark.screen


def state_of(key: str) -> Terminal:
    ((_, _, state),) = [found for found in samples(key) if found[0] == key]
    return state


def the(drawn: Drawn, kind: type) -> Any:
    (widget,) = [widget for widget in drawn.widgets() if isinstance(widget, kind)]
    return widget


def settle(drawn: Drawn) -> None:
    from kivy.base import EventLoop

    for _ in range(3):
        drawn.stage.do_layout()
        EventLoop.idle()


def tap(drawn: Drawn, *names: str) -> None:
    for name in names:
        (target,) = [widget for widget in drawn.widgets() if isinstance(widget, Touchable) and widget.name == name]
        target.on_press()
        target.on_release()
        settle(drawn)


def with_visit(state: Terminal, **changes: object) -> Terminal:
    assert isinstance(state.errand, Visit)
    return replace(state, errand=replace(state.errand, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("board", BOARDS)
def test_every_slide_fits(board: str) -> None:
    drawn = draw(state_of("attract-usual"), board)
    slides = the(drawn, Slides)
    for number in range(slides.count):
        slides.show(number)
        settle(drawn)
        assert not complaints(drawn), number


@pytest.mark.parametrize("board", BOARDS)
def test_elders_see_no_slide_change_and_no_hand_move(board: str) -> None:
    from kivy.animation import Animation

    for key in ("attract-usual", "identify-usual", "prove-usual"):
        drawn = draw(state_of(key), board, elder=True)
        moving = [widget for widget in drawn.widgets() if _moves(Animation, widget)]
        assert not moving, key


def test_the_hand_moves_for_others() -> None:
    from kivy.animation import Animation

    drawn = draw(state_of("identify-usual"), "landscape-10")
    assert [widget for widget in drawn.widgets() if _moves(Animation, widget)]


def _moves(animation: Any, widget: Any) -> bool:
    """Whether a running animation is bound to the widget. Kivy keeps them by the widget's uid."""
    return any(widget.uid in one._widgets for one in animation._instances)


def on_screen(drawn: Drawn) -> None:
    """Put a drawn stage into the window and turn to its page anew: there things move until their screen is dropped."""
    from kivy.core.window import Window

    Window.add_widget(drawn.stage)
    drawn.stage.show(state_of("consent-usual"))
    drawn.stage.show(drawn.state)


def run_until(true: Callable[[], bool]) -> bool:
    """Let Kivy's own loop run, at most a minute: a software renderer on a busy machine draws a few pictures a second."""
    from kivy.base import EventLoop

    end = time.monotonic() + 60
    while not true() and time.monotonic() < end:
        EventLoop.idle()
    return true()


def test_slides_go_round_and_stop_with_their_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from kivy.animation import Animation
    from kivy.core.window import Window

    monkeypatch.setattr(slides_module, "_STAYS_S", 0.02)
    monkeypatch.setattr(slides_module, "_FADE_S", 0.02)
    monkeypatch.setattr(slides_module, "_STEP_S", 0.0)
    drawn = draw(state_of("attract-usual"), "landscape-10")
    on_screen(drawn)
    shown = the(drawn, Slides)
    seen: list[str] = []

    def all_seen() -> bool:
        title = next(widget.text for widget in shown.walk() if isinstance(widget, Text))
        if not seen or seen[-1] != title:
            seen.append(title)
        return len(seen) > shown.count

    assert run_until(all_seen)
    assert seen[0] == seen[-1] and len(set(seen)) == shown.count
    drawn.stage.show(state_of("consent-usual"))
    Window.remove_widget(drawn.stage)
    assert not any(_moves(Animation, widget) for widget in shown.walk())


def test_the_hand_comes_again_and_stops_with_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from kivy.animation import Animation
    from kivy.core.window import Window

    for name in ("_DOWN_S", "_STAYS_S", "_UP_S", "_PAUSE_S"):
        monkeypatch.setattr(lay_card_module, name, 0.06)
    monkeypatch.setattr(lay_card_module, "_FRAME_S", 0.0)
    drawn = draw(state_of("identify-usual"), "landscape-10")
    on_screen(drawn)
    hand = the(drawn, LayCard)
    for _ in range(2):
        assert run_until(lambda: hand.lifted < 0.1)
        assert run_until(lambda: hand.lifted > 0.9)
    Window.remove_widget(drawn.stage)
    assert run_until(lambda: not _moves(Animation, hand))


@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize("board", BOARDS)
def test_letters_fit_and_lead_back_to_digits(board: str, elder: bool) -> None:
    drawn = draw(state_of("lookup-usual"), board, elder=elder)
    tap(drawn, "key:1", "key:ABC")
    assert not complaints(drawn)
    tap(drawn, "key:W", "key:J", "key:G", "key:123", "key:0", "search")
    assert drawn.sent[-1] == Typed("1WJG0")


def test_a_full_phone_fits_and_is_shown_as_it_is_spoken() -> None:
    for board in BOARDS:
        for elder in (False, True):
            drawn = draw(state_of("lookup-usual"), board, elder=elder)
            tap(drawn, *(f"key:{digit}" for digit in "13800000417"))
            assert "138 0000 0417" in [widget.text for widget in the(drawn, Entry).children]
            assert not complaints(drawn)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        ("1", "1"),
        ("1380", "138 0"),
        ("13800000417", "138 0000 0417"),
        ("93140781", "93140781"),
        ("1WJG", "1WJG"),
        ("1" * 12, "1" * 12),
    ],
)
def test_only_a_phone_is_grouped(typed: str, shown: str) -> None:
    assert grouped(typed) == shown


def test_the_sixth_digit_sends_the_pin_and_an_answer_clears_it() -> None:
    state = state_of("pin-usual")
    drawn = draw(state, "landscape-10")
    tap(drawn, *(f"key:{digit}" for digit in "31415"))
    assert not drawn.sent
    tap(drawn, "key:9")
    assert drawn.sent == [PinTyped("314159")]
    drawn.stage.show(with_visit(state, busy="checkingPin"))
    drawn.stage.show(with_visit(state, notice=notice("pin.wrong")))
    tap(drawn, *(f"key:{digit}" for digit in "271828"))
    assert drawn.sent[-1] == PinTyped("271828")
    assert the(drawn, PinDots) is not None


def test_a_new_picture_of_the_camera_makes_no_new_widget() -> None:
    state = state_of("scanSubject-usual")
    drawn = draw(state, "landscape-10")
    before = [widget.uid for widget in drawn.widgets()]
    for value in range(3):
        drawn.stage.show(with_visit(state, frame=CameraFrame(320, 240, bytes([value]) * (320 * 240 * 3))))
    assert [widget.uid for widget in drawn.widgets()] == before


def test_what_is_touched_is_sent() -> None:
    for key, name, event in (
        ("attract-usual", "start", Pressed(Key.START)),
        ("attract-usual", "startLookup", Pressed(Key.START_LOOKUP)),
        ("attract-usual", "startScan", Pressed(Key.START_SCAN)),
        ("attract-usual", "startCheck", Pressed(Key.START_CHECK)),
        ("attract-usual", "startClerk", Pressed(Key.START_CLERK)),
        ("attract-usual", "elder", Pressed(Key.ELDER)),
        ("attract-longest", "reprint", Pressed(Key.REPRINT)),
        ("openPaper-usual", "notGot", Pressed(Key.NOT_GOT)),
        ("openPaper-usual", "gotIt", Pressed(Key.GOT_IT)),
        ("openPaper-longest", "reprint", Pressed(Key.REPRINT)),
        ("openPaper-longest", "leave", Pressed(Key.LEAVE)),
        ("openPaper-longest", "later", Pressed(Key.BACK)),
        ("consent-usual", "agree", Pressed(Key.AGREE)),
        ("identify-usual", "startLookup", Pressed(Key.START_LOOKUP)),
        ("identify-usual", "startScan", Pressed(Key.START_SCAN)),
        ("prove-usual", "usePin", Pressed(Key.USE_PIN)),
        ("lookup-usual", "start", Pressed(Key.START)),
        ("scanSubject-usual", "startLookup", Pressed(Key.START_LOOKUP)),
    ):
        drawn = draw(state_of(key), "landscape-10")
        tap(drawn, name)
        assert drawn.sent == [event], (key, name)


def test_every_match_can_be_reached_and_is_the_one_that_is_sent() -> None:
    state = state_of("chooseSubject-longest")
    assert isinstance(state.errand, Visit) and state.page is Page.CHOOSE_SUBJECT
    drawn = draw(state, "landscape-10", elder=True)
    for number, subject in enumerate(state.errand.matches):
        if number and number % 2 == 0:
            tap(drawn, "more")
        tap(drawn, f"subject:{subject.id}")
        assert drawn.sent[-1] == SubjectChosen(subject)
