"""What is said aloud: the sentence that fits what has happened, with words for everything that can happen, and never anything personal."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from kiosk.session.pages import Page
from kiosk.session.paper import PRINTER_FAULTS, known_trouble
from kiosk.session.spoken import of_notice, of_page
from kiosk.session.terminal import Terminal
from kiosk.texts import Texts
from support.states import samples

TEXTS = Texts.load()
STATES = [(key, state) for key, _, state in samples()]
_DIGITS = re.compile(r"\d{6}")


def said(state: Terminal) -> str:
    speech = of_page(state.page, state.errand)
    return TEXTS.get(speech.text_id, speech.facts)


@pytest.mark.parametrize(("key", "state"), STATES, ids=[key for key, _ in STATES])
def test_every_page_says_a_whole_sentence_without_gaps_or_numbers(key: str, state: Terminal) -> None:
    sentence = said(state)
    assert re.search(r"[\u4e00-\u9fff]{3}", sentence), sentence
    assert not re.search(r"[@{}]", sentence)
    assert not _DIGITS.search(sentence)


@pytest.mark.parametrize("code", sorted(PRINTER_FAULTS))
def test_a_printer_in_trouble_is_told_by_what_is_wrong_and_what_to_do(code: str) -> None:
    assert known_trouble(code) == code
    state = next(state for key, state in STATES if state.page is Page.TROUBLE)
    run = replace(state.errand.paper, trouble=code)  # type: ignore[union-attr]
    sentence = said(replace(state, errand=replace(state.errand, paper=run)))  # type: ignore[type-var, arg-type]
    assert TEXTS.get(f"trouble.{code}") in sentence
    assert TEXTS.get(f"trouble.{code}Do") in sentence


def test_there_are_words_for_just_the_troubles_that_are_known() -> None:
    told = {name.removeprefix("trouble.").removesuffix("Do") for name in TEXTS.ids() if re.fullmatch(r"trouble\.\w+Do", name)}
    assert all(known_trouble(code) == code for code in told)
    assert known_trouble("somethingNew") == "printFailed"


def test_a_genuine_and_a_forged_label_are_not_told_in_the_same_words() -> None:
    verdicts = {said(state) for _, state in STATES if state.page is Page.VERDICT}
    assert any(TEXTS.get("check.outcome_genuine") in sentence for sentence in verdicts)
    assert any(TEXTS.get("check.outcome_notGenuine") in sentence for sentence in verdicts)


def test_a_notice_is_said_with_its_facts() -> None:
    from kiosk.session.notice import notice

    speech = of_notice(notice("overload"))
    assert speech.text_id == "notice.overload"
