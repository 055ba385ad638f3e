"""The stage turns a page in three steps: put together out of sight in two, then shown. Nothing is touched by mistake in between, nothing moves afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from kiosk.directory.catalogue import load_catalogue
from kiosk.session.events import Event, Touched
from kiosk.session.pages import Page
from kiosk.texts import Texts
from kiosk.ui.theme import load_board
from support.states import samples

pytestmark = pytest.mark.screen
STATES = {key: state for key, _, state in samples()}


class Turning:
    """A stage whose next turn of the loop comes when the test says so."""

    def __init__(self) -> None:
        from kivy.core.window import Window

        from kiosk.ui.stage import Stage

        self.sent: list[Event] = []
        self.waiting: list[Callable[[], None]] = []
        ticks = count(0, 10)
        self.stage: Any = Stage(
            load_board("landscape-10"),
            Texts.load(),
            load_catalogue(),
            self.sent.append,
            lambda *_: None,
            later=self.waiting.append,
            monotonic=lambda: float(next(ticks)) if self.is_quick else 0.0,
            size_hint=(None, None),
            size=(1280, 800),
        )
        Window.add_widget(self.stage)

    is_quick = True

    def turn(self) -> None:
        """One turn of the loop."""
        due, self.waiting[:] = list(self.waiting), []
        for act in due:
            act()

    def turns(self) -> None:
        """As many as a page takes."""
        while self.waiting:
            self.turn()

    def tap(self, name: str) -> list[Event]:
        from kivy.tests.common import UnitTestTouch

        target = next(widget for widget in self.stage.walk() if getattr(widget, "name", "") == name)
        touch = UnitTestTouch(*target.center)
        touch.touch_down()
        touch.touch_up()
        return [event for event in self.sent if not isinstance(event, Touched)]


@pytest.fixture
def turning() -> Iterator[Turning]:
    from kivy.core.window import Window

    made = Turning()
    yield made
    Window.remove_widget(made.stage)


def test_a_page_is_put_together_in_two_turns_of_the_loop_and_shown_in_the_third(turning: Turning) -> None:
    stage = turning.stage
    stage.show(STATES["attract-usual"])
    assert stage.page is Page.ATTRACT, "the first picture does not wait"
    first = stage.screen
    stage.show(STATES["consent-usual"])
    assert stage.page is Page.ATTRACT
    assert stage.screen is first
    assert not stage.is_settled
    turning.turn()
    assert stage.screen is first
    turning.turn()
    assert stage.page is Page.CONSENT
    assert first.parent is None


def test_a_touch_before_the_page_is_shown_reaches_neither_page(turning: Turning) -> None:
    turning.is_quick = False
    turning.stage.show(STATES["attract-usual"])
    turning.turns()
    turning.stage.show(STATES["consent-usual"])
    assert turning.tap("start") == []


def test_whoever_goes_back_before_a_page_was_shown_never_sees_it(turning: Turning) -> None:
    stage = turning.stage
    stage.show(STATES["consent-usual"])
    first = stage.screen
    stage.show(STATES["product-usual"])
    stage.show(STATES["consent-usual"])
    turning.turns()
    assert stage.screen is first
    assert stage.page is Page.CONSENT


def test_a_state_that_arrives_before_the_page_is_shown_is_what_the_page_shows(turning: Turning) -> None:
    from dataclasses import replace

    stage = turning.stage
    stage.show(STATES["attract-usual"])
    stage.show(STATES["consent-usual"])
    stage.show(replace(STATES["consent-usual"], countdown=7))
    turning.turns()
    assert any(getattr(widget, "text", "") == "7" for widget in stage.walk())


def test_the_first_page_is_kept_and_goes_on_where_it_was(turning: Turning) -> None:

    from kiosk.ui.widgets.slides import Slides

    stage = turning.stage
    stage.show(STATES["attract-usual"])
    home = stage.screen
    slides = next(widget for widget in home.walk() if isinstance(widget, Slides))
    moving = slides.children[0]
    assert _moves(moving)
    stage.show(STATES["consent-usual"])
    turning.turns()
    assert not _moves(moving), "what nobody sees stands still"
    stage.show(STATES["attract-usual"])
    turning.turns()
    assert stage.screen is home
    assert _moves(moving)


def test_a_first_page_that_was_left_half_made_is_made_anew(turning: Turning) -> None:
    stage = turning.stage
    stage.show(STATES["consent-usual"])
    stage.show(STATES["attract-usual"])
    stage.show(STATES["consent-usual"])
    turning.turns()
    assert stage.page is Page.CONSENT
    stage.show(STATES["attract-usual"])
    turning.turns()
    assert any(getattr(widget, "name", "") == "start" for widget in stage.walk())


def test_a_page_that_was_overtaken_by_another_is_never_shown(turning: Turning) -> None:
    stage = turning.stage
    stage.show(STATES["attract-usual"])
    stage.show(STATES["consent-usual"])
    turning.turn()
    stage.show(STATES["product-usual"])
    turning.turn()
    assert stage.page is Page.ATTRACT
    turning.turns()
    assert stage.page is Page.PRODUCT


def _moves(widget: Any) -> bool:
    from kivy.animation import Animation

    return any(widget.uid in animation._widgets for animation in Animation._instances)
