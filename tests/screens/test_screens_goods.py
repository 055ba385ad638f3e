"""The goods screens under real touches: what each touch sends, what stays on glass, and that nothing is sent but by the right button."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Any

import pytest

from kiosk.directory.catalogue import load_catalogue
from kiosk.domain.form import CertificateForm
from kiosk.domain.promise import Signature
from kiosk.domain.quantity import Unit, WeightStatus
from kiosk.label.forms import form_texts
from kiosk.session.events import AdviceAsked, CopiesChanged, Counted, Event, Key, Pressed, ProductChosen, Signed, Touched, Typed
from kiosk.session.notice import notice
from kiosk.session.options import Options
from kiosk.session.terminal import Terminal
from kiosk.texts import Texts
from kiosk.ui.screen import visit_of
from kiosk.ui.theme import load_board
from support.states import samples

pytestmark = pytest.mark.screen
STATES = {key: state for key, _, state in samples()}


@dataclass
class Shown:
    """A stage in the real window, and what the touches on it sent."""

    stage: Any
    sent: list[Event]

    def show(self, state: Terminal) -> None:
        self.stage.show(state)
        self.settle()

    def settle(self) -> None:
        from kivy.base import EventLoop

        for _ in range(3):
            self.stage.do_layout()
            EventLoop.idle()

    def all(self) -> Iterator[Any]:
        def walk(widget: Any) -> Iterator[Any]:
            yield widget
            for child in widget.children:
                yield from walk(child)

        yield from walk(self.stage)

    def named(self, name: str) -> Any:
        return next(widget for widget in self.all() if getattr(widget, "name", "") == name)

    def names(self) -> set[str]:
        return {widget.name for widget in self.all() if getattr(widget, "name", "")}

    def words(self) -> list[str]:
        from kiosk.ui.widgets.text import Text

        return [widget.text for widget in self.all() if isinstance(widget, Text)]

    def tap(self, *names: str) -> list[Event]:
        """What the last of these taps sent."""
        for name in names:
            self.sent.clear()
            self.draw([self.named(name).center])
            self.settle()
        return [event for event in self.sent if not isinstance(event, Touched)]

    def draw(self, way: list[tuple[float, float]]) -> None:
        """A finger down at the first point, over the others, and up."""
        from kivy.tests.common import UnitTestTouch

        touch = UnitTestTouch(*way[0])
        touch.touch_down()
        for point in way[1:]:
            touch.touch_move(*point)
        touch.touch_up()


@pytest.fixture
def shown() -> Iterator[Callable[..., Shown]]:
    from kivy.core.window import Window

    from kiosk.ui.stage import Stage

    stages: list[Any] = []

    def put(key: str, *, elder: bool = False, unit: str = "公斤") -> Shown:
        sent: list[Event] = []
        ticks = count(0, 10)
        stage = Stage(
            load_board("landscape-10"),
            Texts.load(),
            load_catalogue(),
            sent.append,
            lambda *_: None,
            monotonic=lambda: float(next(ticks)),
            size_hint=(None, None),
            size=(1280, 800),
        )
        stages.append(stage)
        Window.add_widget(stage)
        made = Shown(stage, sent)
        made.show(replace(STATES[key], elder=elder, options=Options(unit_shown=unit)))
        return made

    yield put
    for stage in stages:
        Window.remove_widget(stage)


def signed(screen: Shown) -> list[Signature]:
    return [event.signature for event in screen.sent if isinstance(event, Signed)]


def ink(screen: Shown) -> list[float]:
    """Every dot of ink on glass."""
    from kivy.graphics import Point

    pieces = [piece for piece in screen.named("signature")._sheet.children if isinstance(piece, Point)]
    return [value for piece in pieces for value in piece.points]


# --- signature ---------------------------------------------------------------------------------------------------------


def test_a_stroke_is_told_in_thousandths_of_the_field_when_the_finger_lifts(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-usual")
    pad = screen.named("signature")
    screen.draw([(pad.x + pad.width * part, pad.y + pad.height * 0.25) for part in (0.1, 0.5, 0.9)])
    (signature,) = signed(screen)
    assert signature.strokes == (((100, 750), (500, 750), (900, 750)),)


def test_a_finger_that_leaves_the_field_writes_along_its_edge(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-usual")
    pad = screen.named("signature")
    screen.draw([pad.center, (pad.x - 200, pad.y - 200)])
    assert all(pad.x <= x <= pad.x + pad.width for x in ink(screen)[::2])
    assert all(pad.y <= y <= pad.y + pad.height for y in ink(screen)[1::2])
    assert all(0 <= value <= 1000 for stroke in signed(screen)[0].strokes for point in stroke for value in point)


def test_ink_runs_without_gaps_through_fast_touches(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-usual")
    pad = screen.named("signature")
    screen.draw([(pad.x + pad.width * part, pad.center_y) for part in (0.1, 0.4, 0.9)])
    across = sorted(ink(screen)[::2])
    assert max(after - before for before, after in pairwise(across)) <= 2 * pad._nib


def test_what_was_signed_before_is_on_glass_again_after_a_repaint(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-signed")
    before = len(ink(screen))
    screen.show(replace(STATES["promise-signed"], elder=True))
    assert before > 500
    assert len(ink(screen)) > 500


def test_notice_and_copies_leave_the_ink_alone(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-usual")
    pad = screen.named("signature")
    screen.draw([pad.pos, pad.center])
    before = ink(screen)
    state = STATES["promise-usual"]
    visit = visit_of(state)
    screen.show(replace(state, errand=replace(visit, notice=notice("signature.missing"))))
    screen.show(replace(state, errand=replace(visit, draft=replace(visit.draft, copies=7))))
    assert screen.named("signature") is pad
    assert ink(screen) == before


def test_wiping_the_signature_tells_an_empty_one_and_leaves_no_dot(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-signed")
    screen.tap("clearInk")
    assert signed(screen) == [Signature()]
    assert ink(screen) == []


def test_a_long_signature_costs_each_touch_the_same(shown: Callable[..., Shown]) -> None:
    """The dots that a touch adds do not depend on what was drawn before, and no finished piece is touched again."""
    screen = shown("promise-usual")
    pad = screen.named("signature")
    step = (pad.width - 20) / 3
    way = [(pad.x + 10 + step * (i % 2), pad.center_y) for i in range(600)]
    screen.draw(way)
    from kivy.graphics import Point

    pieces = [piece for piece in pad._sheet.children if isinstance(piece, Point)]
    assert len(pieces) > 3
    assert {len(piece.points) // 2 for piece in pieces[:-1]} == {1000}


# --- promise -----------------------------------------------------------------------------------------------------------


def test_the_promise_is_the_form_word_for_word_with_nothing_before_its_sentences(shown: Callable[..., Shown]) -> None:
    words = shown("promise-usual").words()
    form = form_texts(CertificateForm.T2026_PRODUCER)
    for sentence in (form.heading, *form.promises, form.basis_heading, *(text for _, text in form.basis)):
        assert words.count(sentence) == 1


def test_only_one_button_issues(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-signed")
    issuing = set()
    for name in sorted(screen.names() - {"label", "copies", "signature"}):
        if Pressed(Key.ISSUE) in screen.tap(name):
            issuing.add(name)
    assert issuing == {"issue"}


def test_issue_answers_even_before_the_signature(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-usual")
    assert screen.named("issue").kind == "waiting"
    assert screen.tap("issue") == [Pressed(Key.ISSUE)]


def test_labels_can_be_counted_up_down_and_typed(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-signed")
    assert screen.tap("more") == [CopiesChanged(9)]
    assert screen.tap("fewer") == [CopiesChanged(7)]
    assert screen.tap("copies", "key:3", "key:2", "use") == [CopiesChanged(32)]
    assert "key:3" not in screen.names()


def test_the_last_label_cannot_be_taken_away(shown: Callable[..., Shown]) -> None:
    assert shown("promise-usual").tap("fewer") == []


def test_a_touch_enlarges_the_label_and_the_page_behind_hears_nothing(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-signed")
    screen.tap("label")
    assert "close" in screen.names()
    assert screen.tap("issue") == []
    assert "close" not in screen.names()


def test_a_label_that_is_too_small_offers_to_change_the_place(shown: Callable[..., Shown]) -> None:
    screen = shown("promise-tooSmall")
    assert "label" not in screen.names()
    assert screen.tap("editPlace") == [Pressed(Key.EDIT_PLACE)]


# --- product -----------------------------------------------------------------------------------------------------------


def test_same_again_and_his_own_goods_are_one_touch_away(shown: Callable[..., Shown]) -> None:
    screen = shown("product-usual")
    assert screen.tap("sameAgain") == [Pressed(Key.SAME_AGAIN)]
    (chosen,) = screen.tap("product:17")
    assert isinstance(chosen, ProductChosen)
    assert chosen.product.name == "番茄"


def test_every_product_of_the_catalogue_can_be_reached_by_pictures(shown: Callable[..., Shown]) -> None:
    reached = set()
    for kind in load_catalogue().categories():
        for group in kind.groups:
            screen = shown("product-new")
            screen.tap(f"category:{kind.id}", *([f"group:{group.id}"] if len(kind.groups) > 1 else []))
            reached |= {name for name in screen.names() if name.startswith("product:")}
            while "more" in screen.names() and not screen.named("more").disabled:
                screen.tap("more")
                reached |= {name for name in screen.names() if name.startswith("product:")}
    assert reached == {f"product:{product.id}" for product in load_catalogue().all() if product.in_scope}


def test_letters_find_goods_and_those_that_find_nothing_are_dead(shown: Callable[..., Shown]) -> None:
    screen = shown("product-new")
    screen.tap("letters")
    assert screen.named("key:I").disabled
    screen.tap("key:X", "key:H")
    assert not screen.named("key:S").disabled
    assert screen.named("key:A").disabled
    screen.tap("key:S")
    assert isinstance(screen.tap("product:17")[0], ProductChosen)


def test_what_needs_another_paper_leads_to_advice(shown: Callable[..., Shown]) -> None:
    screen = shown("product-new")
    (millet,) = screen.tap("letters", "key:X", "key:M", "product:150")
    assert isinstance(millet, ProductChosen)
    assert not millet.product.in_scope
    assert screen.tap("back", "letters", "key:Z", "key:R", "asked:猪肉") == [AdviceAsked("猪肉", "slaughteredMeat")]


def test_back_goes_through_the_views_before_it_leaves_the_page(shown: Callable[..., Shown]) -> None:
    screen = shown("product-usual")
    screen.tap("category:vegetable", "group:leaf")
    assert screen.tap("back") == []
    assert screen.tap("back") == []
    assert "sameAgain" in screen.names()
    assert screen.tap("back") == [Pressed(Key.BACK)]


# --- quantity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["quantity-moving", "quantity-empty", "quantity-noScale", "quantity-overweight"])
def test_take_weight_looks_as_if_it_waited_and_still_answers(shown: Callable[..., Shown], key: str) -> None:
    screen = shown(key)
    assert screen.named("takeWeight").kind == "waiting"
    assert screen.tap("takeWeight") == [Pressed(Key.TAKE_WEIGHT)]


def test_a_weight_that_comes_to_rest_wakes_the_button_without_a_new_screen(shown: Callable[..., Shown]) -> None:
    screen = shown("quantity-moving")
    button = screen.named("takeWeight")
    screen.show(STATES["quantity-usual"])
    assert screen.named("takeWeight") is button
    assert button.kind == "primary"
    assert "已稳定" in screen.words()


def test_jin_is_only_a_way_of_showing(shown: Callable[..., Shown]) -> None:
    from kiosk.ui.widgets.number import BigNumber

    screen = shown("quantity-usual")
    number = next(widget for widget in screen.all() if isinstance(widget, BigNumber))
    assert (number.text, number.unit) == ("126.35", "公斤")
    assert screen.tap("unit") == []
    assert (number.text, number.unit) == ("252.70", "斤")
    assert "合 126.35 公斤" in screen.words()


def test_a_station_may_show_jin_from_the_beginning(shown: Callable[..., Shown]) -> None:
    assert "合 126.35 公斤" in shown("quantity-usual", unit="斤").words()


def test_every_state_of_the_scale_has_a_word_of_its_own() -> None:
    texts = Texts.load()
    words = [texts.get(f"weight.{status.value}") for status in WeightStatus]
    assert len(set(words)) == len(words)


def test_a_typed_weight_is_sent_as_typed(shown: Callable[..., Shown]) -> None:
    assert shown("typeWeight-usual").tap("key:1", "key:2", "key:.", "key:5", "use") == [Typed("12.5")]


def test_pieces_are_sent_with_the_chosen_unit(shown: Callable[..., Shown]) -> None:
    screen = shown("count-usual")
    assert screen.tap("unit:crate", "key:3", "key:0", "use") == [Counted("30", Unit.CRATE)]


def test_counted_goods_can_go_to_the_scale(shown: Callable[..., Shown]) -> None:
    assert shown("count-usual").tap("takeWeight") == [Pressed(Key.TAKE_WEIGHT)]


def test_a_new_phone_is_sent_as_typed(shown: Callable[..., Shown]) -> None:
    keys = [f"key:{digit}" for digit in "13800000418"]
    assert shown("editPhone-usual").tap(*keys, "use") == [Typed("13800000418")]


def test_what_he_promised_last_appears_though_the_ledger_answers_after_the_page_stands(shown: Callable[..., Shown]) -> None:
    screen = shown("product-usual")
    known = STATES["product-usual"]
    visit = visit_of(known)
    assert visit.last is not None
    screen = shown("product-new")
    assert "sameAgain" not in screen.names()
    screen.show(known)
    assert "sameAgain" in screen.names()


def test_who_has_gone_on_to_a_kind_of_goods_stays_there_when_the_ledger_answers(shown: Callable[..., Shown]) -> None:
    screen = shown("product-new")
    screen.tap("category:vegetable")
    screen.show(STATES["product-usual"])
    assert "group:solanum" in screen.names()
