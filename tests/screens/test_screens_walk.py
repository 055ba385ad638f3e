"""Every screen with usual and longest data, on every board, for both kinds of eyes, obeys the rules of screens."""

from __future__ import annotations

import pytest

from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from support.gallery import BOARDS, draw
from support.rules_of_screens import complaints
from support.states import samples

pytestmark = pytest.mark.screen
SAMPLES = list(samples())


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("elder", [False, True], ids=["usual-eyes", "elder"])
@pytest.mark.parametrize(("key", "state"), [(key, state) for key, _, state in SAMPLES], ids=[key for key, _, _ in SAMPLES])
def test_a_screen_fits_is_big_enough_and_can_be_read(key: str, state: Terminal, elder: bool, board: str) -> None:
    found = complaints(draw(state, board, elder=elder))
    assert not found, "\n".join([f"{key} on {board}{' for elders' if elder else ''}:", *found])


def test_every_page_has_a_screen_and_a_sample() -> None:
    assert {page for _, page, _ in SAMPLES} == set(Page)
