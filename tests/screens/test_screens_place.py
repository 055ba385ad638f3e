"""The place page behind its first view: every view fits on every board, and leads to a true place with few touches."""

from __future__ import annotations

import pytest

from kiosk.domain.subject import Place
from kiosk.session.events import Event, Key, PlaceChosen, Pressed
from kiosk.ui.widgets.button import Touchable
from support.gallery import BOARDS, Drawn, draw
from support.rules_of_screens import complaints
from support.states import samples

pytestmark = pytest.mark.screen
STATES = {key: state for key, _, state in samples("registerPlace")} | {key: state for key, _, state in samples("editPlace")}

WAYS = {
    "towns": ("choose",),
    "villages": ("choose", "town:140703103"),
    "a village": ("choose", "town:140703103", "village:白村"),
    "the next page": ("choose", "crumb:county", "city:140200", "county:140224", "town:140224100", "pageOn"),
    "cities": ("choose", "crumb:county"),
    "counties": ("choose", "crumb:county", "city:140900"),
    "the most towns": ("choose", "crumb:county", "city:140200", "county:140214"),
    "the most villages": ("choose", "crumb:county", "city:140200", "county:140224", "town:140224100"),
    "the longest town": ("choose", "crumb:county", "city:140400", "county:140405", "town:140405400"),
    "the longest villages": ("choose", "crumb:county", "city:140400", "county:140405"),
    "writing": ("write",),
    "a syllable": ("write", "key:Z", "key:H"),
    "more syllables": ("write", "key:Y", "wordsOn"),
    "a village by its initials": ("write", "key:N", "key:Y", "key:J", "key:Z"),
    "digits": ("write", "key:123"),
}


def touchables(drawn: Drawn) -> dict[str, Touchable]:
    return {widget.name: widget for widget in drawn.widgets() if isinstance(widget, Touchable) and not widget.disabled}


def press(drawn: Drawn, *names: str) -> None:
    """Let go of these buttons one after the other, as a finger does."""
    from kivy.base import EventLoop

    for name in names:
        found = touchables(drawn)
        if name not in found and "pageOn" in found:
            for _ in range(40):
                press(drawn, "pageOn")
                found = touchables(drawn)
                if name in found:
                    break
        assert name in found, f"{name} is not among {sorted(found)}"
        found[name].dispatch("on_release")
        for _ in range(4):
            drawn.stage.do_layout()
            EventLoop.idle()


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize("way", WAYS)
def test_every_view_of_the_place_page_fits(way: str, elder: bool, board: str) -> None:
    drawn = draw(STATES["registerPlace-usual"], board, elder=elder)
    press(drawn, *WAYS[way])
    found = complaints(drawn)
    assert not found, "\n".join([f"{way} on {board}{' for elders' if elder else ''}:", *found])


@pytest.mark.parametrize(
    ("state", "touches", "place"),
    [
        ("registerPlace-usual", ("proposal:0",), Place("140703", "晋中市太谷区明星镇南庄村")),
        ("editPlace-usual", ("proposal:1",), Place("140703", "晋中市太谷区水秀乡白村")),
        ("registerPlace-usual", ("choose", "town:140703103", "village:白村", "useThis"), Place("140703", "晋中市太谷区水秀镇白村")),
        ("registerPlace-elsewhere", ("town:140703103", "village:白村", "useThis"), Place("140703", "晋中市太谷区水秀镇白村")),
        (
            "registerPlace-usual",
            ("choose", "crumb:county", "city:140200", "county:140215", "town:140215100", "village:贺店村", "useThis"),
            Place("140215", "大同市云州区西坪镇贺店村"),
        ),
        (
            "registerPlace-usual",
            (
                "write",
                *(f"key:{letter}" for letter in "SXZ"),
                "word:水秀镇",
                "key:B",
                "key:A",
                "key:I",
                "word:白",
                "word:村",
                "useThis",
            ),
            Place("140703", "晋中市太谷区水秀镇白村"),
        ),
        (
            "registerPlace-usual",
            ("choose", "town:140703103", "village:白村", "write", "key:123", "key:3", "word:组", "key:0", "key:⌫", "useThis"),
            Place("140703", "晋中市太谷区水秀镇白村3组"),
        ),
    ],
)
def test_touches_lead_to_a_place_whose_county_is_true(state: str, touches: tuple[str, ...], place: Place) -> None:
    drawn = draw(STATES[state], "landscape-10")
    press(drawn, *touches)
    assert drawn.sent == [PlaceChosen(place)]


def test_a_written_place_carries_the_county_that_its_words_name() -> None:
    drawn = draw(STATES["editPlace-longest"], "landscape-10")
    press(drawn, "write")
    press(drawn, "useThis")
    (chosen,) = drawn.sent
    assert isinstance(chosen, PlaceChosen)
    assert chosen.place.county == "140215", "the station stands in 140703, the text says 云州区"


def test_back_goes_through_the_views_before_it_leaves_the_page() -> None:
    drawn = draw(STATES["registerPlace-usual"], "landscape-10")
    press(drawn, "choose", "town:140703103", "back", "back")
    assert drawn.sent == []
    press(drawn, "back")
    assert drawn.sent == [Pressed(Key.BACK)]


def test_without_a_village_or_words_nothing_is_sent() -> None:
    drawn = draw(STATES["registerPlace-usual"], "landscape-10")
    press(drawn, "choose", "town:140703103", "useThis")
    sent: list[Event] = list(drawn.sent)
    press(drawn, "write", *["key:⌫"] * 9, "useThis")
    assert sent == [] and drawn.sent == []


def test_each_view_says_its_own_sentence() -> None:
    drawn = draw(STATES["registerPlace-usual"], "landscape-10")
    asked = []
    for name in ("choose", "town:140703103", "village:白村", "write", "back", "back", "back"):
        press(drawn, name)
        asked.append(drawn.stage.screen.view_spoken)
    assert asked == [
        "place.ask.town",
        "place.ask.village",
        "place.ask.take",
        "place.ask.write",
        "place.ask.village",
        "place.ask.town",
        "",
    ]
    assert drawn.stage.screen.question.words.text == drawn.stage.screen.ctx.words("say.registerPlace")
