"""The technician's pages under the finger: what they send, what they follow, and what they never show."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from drivers.device import Cover, DeviceState, Paper
from kiosk.domain.certificate import PaperOutcome
from kiosk.domain.quantity import Weight, WeightStatus
from kiosk.session import upkeep_events as uev
from kiosk.session.events import Key, PinTyped, Pressed
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.texts import Texts
from kiosk.ui.upkeep import error_words
from kiosk.ui.widgets.button import Touchable
from kiosk.ui.widgets.cells import Cells
from kiosk.ui.widgets.text import Text
from kiosk.upkeep.cards import CardKind
from kiosk.upkeep.health import CheckHealth, CheckLevel, CheckResult, DeviceReport, Part
from kiosk.upkeep.replacement import Replacement, Step
from kiosk.upkeep.trial import TARGETS
from support.gallery import BOARDS, Drawn, draw
from support.states_upkeep import ILL, WELL, some_lines, upkeep

pytestmark = pytest.mark.screen
BOARD = "landscape-10"


def touchables(drawn: Drawn) -> dict[str, Touchable]:
    return {widget.name: widget for widget in drawn.widgets() if isinstance(widget, Touchable) and not widget.disabled}


def press(drawn: Drawn, *names: str) -> list[Any]:
    for name in names:
        touchables(drawn)[name].dispatch("on_release")
    return drawn.sent


def follow(drawn: Drawn, **changes: object) -> Drawn:
    from kivy.base import EventLoop

    errand = replace(drawn.state.errand, **changes)  # type: ignore[type-var, arg-type]
    drawn.state = replace(drawn.state, errand=errand)
    drawn.stage.show(drawn.state)
    for _ in range(4):
        drawn.stage.do_layout()
        EventLoop.idle()
    return drawn


def words_on(drawn: Drawn) -> str:
    texts = [widget.text for widget in drawn.widgets() if isinstance(widget, Text)]
    return "\n".join([*texts, *(" ".join(widget.words) for widget in drawn.widgets() if isinstance(widget, Cells))])


def on(page: Page, **changes: object) -> Drawn:
    state: Terminal = upkeep(page, **changes)
    return draw(state, BOARD)


def test_the_sixth_digit_sends_the_pin_and_no_digit_is_shown() -> None:
    drawn = on(Page.UPKEEP_PIN)
    assert press(drawn, *(f"key:{digit}" for digit in "161803")) == [PinTyped("161803")]
    assert "161803" not in words_on(drawn)


@pytest.mark.parametrize("board", BOARDS)
def test_every_part_has_its_tile(board: str) -> None:
    drawn = draw(upkeep(Page.UPKEEP_DEVICES), board)
    press(drawn, *(f"part:{part.value}" for part in Part), "machine")
    assert drawn.sent == [*(uev.PartChosen(part) for part in Part), uev.MachineChosen()]


def test_a_tile_follows_its_device() -> None:
    drawn = on(Page.UPKEEP_DEVICES)
    assert "切刀卡住，取出碎纸" not in words_on(drawn)
    follow(drawn, reports=(*WELL[:2], ILL[2], WELL[3]))
    assert "切刀卡住，取出碎纸" in words_on(drawn)


def test_a_terminal_without_a_camera_says_so() -> None:
    assert "没有装摄像头" in words_on(on(Page.UPKEEP_DEVICES, reports=WELL[:3]))


def test_the_scale_tells_how_far_it_is_off_and_keeps_it_on_demand() -> None:
    drawn = on(Page.UPKEEP_SCALE, weight=Weight(Decimal("10.005"), WeightStatus.STABLE))
    press(drawn, "reference:10")
    assert drawn.sent == [uev.ReferenceChosen(Decimal(10))]
    follow(drawn, reference=Decimal(10))
    assert "差 +0.005 公斤，允许 ±0.01 公斤" in words_on(drawn)
    assert press(drawn, Key.CHECK_NOW.value)[-1] == Pressed(Key.CHECK_NOW)


def test_of_a_card_the_kind_is_shown() -> None:
    drawn = on(Page.UPKEEP_READER)
    press(drawn, Key.CHECK_NOW.value)
    follow(drawn, card=CardKind.HK_MACAO_TAIWAN)
    assert "港澳台居民居住证" in words_on(drawn)


def test_the_readers_page_offers_no_raw_bytes() -> None:
    assert Key.WATCH_BYTES.value not in touchables(on(Page.UPKEEP_READER))
    assert Key.WATCH_BYTES.value in touchables(on(Page.UPKEEP_PRINTER))


def test_the_printers_page_asks_only_when_paper_may_exist() -> None:
    drawn = on(Page.UPKEEP_PRINTER)
    assert Key.GOT_IT.value not in touchables(drawn)
    follow(drawn, trial=uev.TrialPrinted(PaperOutcome.FAILED, "paperOut"))
    assert Key.GOT_IT.value not in touchables(drawn)
    assert "没有纸了" in words_on(drawn)
    follow(drawn, trial=uev.TrialPrinted(PaperOutcome.UNKNOWN, "timeOut"))
    assert press(drawn, Key.GOT_IT.value) == [Pressed(Key.GOT_IT)]


def test_every_target_of_the_touch_check_sends_its_name() -> None:
    drawn = on(Page.UPKEEP_TOUCH, touched=frozenset())
    press(drawn, *(f"target:{name}" for name in TARGETS))
    assert drawn.sent == [uev.TargetTouched(name) for name in TARGETS]
    follow(drawn, touched=frozenset(TARGETS))
    assert Key.NOT_GOT.value not in touchables(drawn)


def test_a_finger_draws_on_the_glass_and_a_full_sheet_begins_anew() -> None:
    from kivy.tests.common import UnitTestTouch

    drawn = on(Page.UPKEEP_TOUCH)
    screen = drawn.stage.screen

    def stroke() -> None:
        touch = UnitTestTouch(400, 500)
        touch.pos, touch.x, touch.y = (400, 500), 400, 500
        assert screen.on_touch_down(touch)
        touch.grab_current, touch.pos, touch.x, touch.y = screen, (440, 520), 440, 520
        assert screen.on_touch_move(touch)
        assert screen.on_touch_up(touch)

    stroke()
    with_one = len(screen._ink_sheet.children)
    for _ in range(330):
        stroke()
    assert with_one < len(screen._ink_sheet.children) <= 60 * with_one


def test_bytes_are_listed_newest_below_and_the_switch_says_what_it_does() -> None:
    drawn = on(Page.UPKEEP_BYTES, part=Part.SCALE)
    assert "开始看" in words_on(drawn)
    follow(drawn, is_watching=True, lines=some_lines(), transfers=1417)
    words = words_on(drawn)
    assert "停下" in words
    assert "10 04 01" in words
    assert "1 2 3 4 .64" in words
    assert "共 1417 次" in words
    follow(drawn, is_watching=False, lines=(), transfers=0)
    assert "10 04 01" not in words_on(drawn)


def test_a_running_listing_never_holds_the_screen_up() -> None:
    drawn = draw(upkeep(Page.UPKEEP_BYTES, part=Part.SCALE, is_watching=True), "portrait-21")

    def listing(second: int) -> tuple[uev.ByteLine, ...]:
        return tuple(uev.ByteLine(second + n / 64, "in", bytes(range(n, n + 24)).hex(" "), 24) for n in range(64))

    for second in range(6):
        follow(drawn, lines=listing(second), transfers=64 * second)
    last = replace(drawn.state, errand=replace(drawn.state.errand, lines=listing(99)))  # type: ignore[type-var, arg-type]
    began = time.thread_time()  # what others do on the machine does not count
    drawn.stage.show(last)
    assert time.thread_time() - began < 0.15


def test_a_replacement_goes_on_by_itself_and_asks_for_the_check() -> None:
    on_usb = replace(WELL[1], port="usb:1-2")
    drawn = on(Page.UPKEEP_REPLACE, part=Part.SCALE, replacement=Replacement(Part.SCALE, Step.UNPLUG, on_usb))
    assert Key.NEXT.value not in touchables(drawn)
    follow(drawn, replacement=Replacement(Part.SCALE, Step.FOUND, WELL[1], WELL[1]))
    assert press(drawn, Key.NEXT.value) == [Pressed(Key.NEXT)]
    follow(drawn, replacement=Replacement(Part.SCALE, Step.DONE, WELL[1], WELL[1]))
    assert press(drawn, Key.FINISH.value)[-1] == Pressed(Key.FINISH)


def test_on_a_plain_line_the_person_says_what_was_done() -> None:
    old = replace(WELL[1], port="/dev/ttyS0")
    drawn = on(Page.UPKEEP_REPLACE, part=Part.SCALE, replacement=Replacement(Part.SCALE, Step.UNPLUG, old))
    assert press(drawn, Key.NEXT.value) == [Pressed(Key.NEXT)]
    follow(drawn, replacement=Replacement(Part.SCALE, Step.PLUG, old, by_hand=True))
    assert press(drawn, Key.NEXT.value)[-1] == Pressed(Key.NEXT)
    follow(drawn, replacement=Replacement(Part.SCALE, Step.PLUG, old))
    assert Key.NEXT.value not in touchables(drawn)


def test_during_a_replacement_no_second_one_begins() -> None:
    change = Replacement(Part.SCALE, Step.CHECK, WELL[1], WELL[1])
    assert Key.REPLACE.value not in touchables(on(Page.UPKEEP_SCALE, replacement=change))


def test_a_broken_ledger_is_named() -> None:
    drawn = on(Page.UPKEEP_MACHINE, ledger=uev.LedgerHealth(problem="storeBroken"))
    assert "账本有问题：storeBroken" in words_on(drawn)
    follow(drawn, ledger=None)
    assert "正在从头到尾检查" in words_on(drawn)


def test_every_word_of_the_drivers_has_a_sentence() -> None:
    texts = Texts.load("upkeep")
    for state in DeviceState:
        assert f"upkeep.state.{state.value}" in texts
    for paper in Paper:
        assert f"upkeep.paper.{paper.value}" in texts
    for cover in Cover:
        assert f"upkeep.cover.{cover.value}" in texts
    for kind in CardKind:
        assert f"upkeep.reader.{kind.value}" in texts


def test_an_error_code_without_a_sentence_is_shown_as_it_is() -> None:
    drawn = on(Page.UPKEEP_DEVICES)
    assert "brandNewFault" in error_words(drawn.stage.screen.ctx, "brandNewFault")
    strange = DeviceReport(Part.SCALE, "hardwareError", "brandNewFault", "fatal")
    assert "brandNewFault" in words_on(follow(drawn, reports=(WELL[0], strange, *WELL[2:])))


def test_the_last_check_is_told_in_unifiedpos_words() -> None:
    check = CheckHealth(Part.SCALE, CheckLevel.INTERACTIVE, CheckResult.FAILED, "outOfTolerance")
    assert "Interactive HCheck: Failed (outOfTolerance)" in words_on(on(Page.UPKEEP_SCALE, checks=(check,)))
