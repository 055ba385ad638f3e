"""The product page behind its first view, and what lies above the promise: every view fits on every board for both kinds of eyes."""

from __future__ import annotations

import pytest

from support.gallery import BOARDS, Drawn, draw
from support.rules_of_screens import complaints
from support.states import samples

pytestmark = pytest.mark.screen
STATES = {key: state for key, _, state in samples("pro")}

VIEWS = {
    "groups": ("category:vegetable",),
    "the longest group": ("category:vegetable", "group:leaf"),
    "a short kind": ("category:tea",),
    "the longest names": ("category:mushroom",),
    "no letters yet": ("letters",),
    "many finds": ("letters", "key:H"),
    "finds without a certificate": ("letters", "key:X", "key:M"),
    "what needs another paper": ("outside",),
}


def press(drawn: Drawn, *names: str) -> None:
    from kivy.base import EventLoop

    for name in names:
        next(widget for widget in drawn.widgets() if getattr(widget, "name", "") == name).dispatch("on_release")
        for _ in range(4):
            drawn.stage.do_layout()
            EventLoop.idle()


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_of_the_products_obeys_the_rules_of_screens(view: str, elder: bool, board: str) -> None:
    drawn = draw(STATES["product-new"], board, elder=elder)
    press(drawn, *VIEWS[view])
    found = complaints(drawn)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize("what", ["label", "copies"])
def test_what_lies_above_the_promise_fits_and_is_big_enough(what: str, elder: bool, board: str) -> None:
    drawn = draw(STATES["promise-signed"], board, elder=elder)
    press(drawn, what)
    # The veiled page behind may be covered: that is no overlap for a finger.
    found = [said for said in complaints(drawn) if "overlap" not in said and "closer" not in said]
    assert not found, "\n".join(found)
