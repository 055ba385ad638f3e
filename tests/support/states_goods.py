"""Sample states of the goods screens: product, quantity, origin, promise."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from kiosk.directory.catalogue import load_catalogue
from kiosk.domain.form import CertificateForm
from kiosk.domain.product import ProductId
from kiosk.domain.promise import Draft, Signature
from kiosk.domain.quantity import Quantity, QuantitySource, Unit, Weight, WeightStatus
from kiosk.domain.subject import Place
from kiosk.label.content import preview_content
from kiosk.label.layout import layout
from kiosk.label.stock import STOCKS
from kiosk.session.events import DeviceWord, Picture
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit
from support import builders as b
from support.states import LONGEST_PLACE, LONGEST_SUBJECT, a_terminal, a_visit, sample
from support.walk import READY, last_promise

_CATALOGUE = load_catalogue()
_LONGEST_PRODUCT = max((p for p in _CATALOGUE.all() if p.in_scope), key=lambda product: len(product.name))
_NAME = Signature(
    (
        ((120, 300), (200, 290), (290, 280), (330, 290)),
        ((140, 480), (210, 470), (300, 470)),
        ((110, 700), (200, 690), (290, 680), (350, 690)),
        ((220, 300), (215, 450), (210, 600), (205, 700)),
        ((470, 330), (540, 320), (580, 380), (520, 450), (480, 470)),
        ((530, 240), (535, 400), (525, 560), (500, 640)),
        ((440, 640), (480, 600), (560, 680), (640, 720)),
        ((730, 250), (725, 420), (730, 740)),
        ((730, 260), (820, 250), (900, 260), (905, 500), (900, 740)),
        ((770, 420), (860, 410)),
        ((810, 420), (812, 560), (808, 640)),
    )
)


def _goods(page: Page, **draft: object) -> Visit:
    visit = a_visit(page)
    return replace(visit, draft=replace(visit.draft, **{"product": b.TOMATO, "quantity": b.weighed(), **draft}))  # type: ignore[arg-type]


def _longest(page: Page) -> Visit:
    return _goods(
        page,
        subject=b.a_subject(name=LONGEST_SUBJECT),
        product=_LONGEST_PRODUCT,
        quantity=Quantity(Decimal("123456.789"), Unit.KG, QuantitySource.DECLARED),
        origin=Place("140215", LONGEST_PLACE),
        phone="0352-12345678",
        copies=50,
    )


# --- product -----------------------------------------------------------------------------------------------------------


def _usual(*ids: int) -> tuple[object, ...]:
    return tuple(_CATALOGUE.get(ProductId(number)) for number in ids)


@sample(Page.PRODUCT)
def _product() -> Terminal:
    return a_terminal(a_visit(Page.PRODUCT, last=last_promise(), usual=_usual(17, 26, 20, 19)))


@sample(Page.PRODUCT, "new")
def _product_new() -> Terminal:
    return a_terminal(a_visit(Page.PRODUCT))


@sample(Page.PRODUCT, "once")
def _product_once() -> Terminal:
    return a_terminal(a_visit(Page.PRODUCT, last=last_promise(), usual=_usual(17)))


@sample(Page.PRODUCT, "longest")
def _product_longest() -> Terminal:
    visit = _longest(Page.PRODUCT)
    last = replace(last_promise(), product=_LONGEST_PRODUCT, origin=Place("140215", LONGEST_PLACE))
    longest = sorted((p for p in _CATALOGUE.all() if p.in_scope), key=lambda product: -len(product.name))[:8]
    return a_terminal(replace(visit, last=last, usual=tuple(longest)))


@sample(Page.ADVICE)
def _advice() -> Terminal:
    return a_terminal(a_visit(Page.ADVICE, advice=("小米", "grain")))


@sample(Page.ADVICE, "longest")
def _advice_longest() -> Terminal:
    return a_terminal(a_visit(Page.ADVICE, advice=("黄花菜(干)", "slaughteredMeat")))


# --- quantity ----------------------------------------------------------------------------------------------------------


@sample(Page.QUANTITY)
def _quantity() -> Terminal:
    return a_terminal(replace(_goods(Page.QUANTITY), weight=b.stable()))


@sample(Page.QUANTITY, "moving")
def _quantity_moving() -> Terminal:
    return a_terminal(
        replace(_goods(Page.QUANTITY), weight=Weight(Decimal("98.70"), WeightStatus.UNSTABLE), notice=notice("weight.unstable"))
    )


@sample(Page.QUANTITY, "empty")
def _quantity_empty() -> Terminal:
    return a_terminal(replace(_goods(Page.QUANTITY), weight=Weight(Decimal("0.00"), WeightStatus.ZERO)))


@sample(Page.QUANTITY, "overweight")
def _quantity_overweight() -> Terminal:
    return a_terminal(
        replace(_longest(Page.QUANTITY), weight=Weight(None, WeightStatus.OVERWEIGHT), notice=notice("weight.overweight"))
    )


@sample(Page.QUANTITY, "underZero")
def _quantity_under_zero() -> Terminal:
    return a_terminal(
        replace(_goods(Page.QUANTITY), weight=Weight(Decimal("-1.25"), WeightStatus.UNDER_ZERO), notice=notice("weight.underZero"))
    )


@sample(Page.QUANTITY, "longest")
def _quantity_longest() -> Terminal:
    return a_terminal(replace(_longest(Page.QUANTITY), weight=b.stable("12345.678")))


@sample(Page.QUANTITY, "noScale")
def _quantity_no_scale() -> Terminal:
    without = replace(READY, scale=DeviceWord.MISSING, scale_identity=None)
    return a_terminal(replace(_goods(Page.QUANTITY), health=without, notice=notice("weight.notReady")))


@sample(Page.TYPE_WEIGHT)
def _type_weight() -> Terminal:
    return a_terminal(_goods(Page.TYPE_WEIGHT))


@sample(Page.TYPE_WEIGHT, "longest")
def _type_weight_longest() -> Terminal:
    return a_terminal(replace(_longest(Page.TYPE_WEIGHT), notice=notice("quantity.tooLarge")))


@sample(Page.COUNT)
def _count() -> Terminal:
    return a_terminal(_goods(Page.COUNT, product=b.EGGS))


@sample(Page.COUNT, "tomatoes")
def _count_tomatoes() -> Terminal:
    return a_terminal(_goods(Page.COUNT))


@sample(Page.COUNT, "longest")
def _count_longest() -> Terminal:
    most = max((p for p in _CATALOGUE.all() if p.in_scope), key=lambda product: (len(product.units), len(product.name)))
    visit = _longest(Page.COUNT)
    return a_terminal(replace(visit, draft=replace(visit.draft, product=most), notice=notice("quantity.notWhole")))


@sample(Page.SCALE_HELP)
def _scale_help() -> Terminal:
    return a_terminal(replace(_goods(Page.SCALE_HELP), weight=Weight(Decimal("0.00"), WeightStatus.ZERO)))


@sample(Page.SCALE_HELP, "noScale")
def _scale_help_no_scale() -> Terminal:
    return a_terminal(replace(_goods(Page.SCALE_HELP), health=replace(READY, scale=DeviceWord.MISSING, scale_identity=None)))


@sample(Page.SCALE_HELP, "longest")
def _scale_help_longest() -> Terminal:
    return a_terminal(replace(_longest(Page.SCALE_HELP), weight=b.stable("12345.678")))


# --- origin and phone --------------------------------------------------------------------------------------------------


@sample(Page.ORIGIN)
def _origin() -> Terminal:
    return a_terminal(_goods(Page.ORIGIN))


@sample(Page.ORIGIN, "longest")
def _origin_longest() -> Terminal:
    return a_terminal(replace(_longest(Page.ORIGIN), notice=notice("phone.wrong")))


@sample(Page.ORIGIN, "missing")
def _origin_missing() -> Terminal:
    return a_terminal(replace(_goods(Page.ORIGIN, origin=None, phone=""), notice=notice("place.wrong")))


@sample(Page.EDIT_PHONE)
def _edit_phone() -> Terminal:
    return a_terminal(_goods(Page.EDIT_PHONE))


@sample(Page.EDIT_PHONE, "longest")
def _edit_phone_longest() -> Terminal:
    return a_terminal(replace(_longest(Page.EDIT_PHONE), notice=notice("phone.wrong")))


# --- promise -----------------------------------------------------------------------------------------------------------


def preview_of(draft: Draft, stock: str = "60x80") -> Picture:
    """The label that the terminal itself would draw."""
    bitmap = layout(preview_content(draft, b.TODAY, demo=True), STOCKS[stock]).bitmap
    return Picture(bitmap.width_dots, bitmap.height_dots, bitmap.data)


def _promised(visit: Visit, stock: str = "60x80", **changes: object) -> Terminal:
    fields: dict[str, object] = {"form": CertificateForm.T2026_PRODUCER, "preview": preview_of(visit.draft, stock), **changes}
    return a_terminal(replace(visit, **fields))  # type: ignore[arg-type]


@sample(Page.PROMISE)
def _promise() -> Terminal:
    return _promised(_goods(Page.PROMISE))


@sample(Page.PROMISE, "signed")
def _promise_signed() -> Terminal:
    return _promised(_goods(Page.PROMISE, copies=8), signature=_NAME)


@sample(Page.PROMISE, "drawing")
def _promise_drawing() -> Terminal:
    return _promised(_goods(Page.PROMISE), preview=None)


@sample(Page.PROMISE, "longest")
def _promise_longest() -> Terminal:
    return _promised(_longest(Page.PROMISE), "100x70", notice=notice("signature.missing"))


@sample(Page.PROMISE, "roll")
def _promise_roll() -> Terminal:
    return _promised(_goods(Page.PROMISE), "roll58", signature=_NAME)


@sample(Page.PROMISE, "tooSmall")
def _promise_too_small() -> Terminal:
    return _promised(
        _longest(Page.PROMISE),
        "100x70",
        preview=None,
        preview_problem="label.tooSmall",
        preview_suggestion="75x65",
        notice=notice("label.tooSmall", suggestion="75x65"),
        signature=_NAME,
    )


@sample(Page.PROMISE, "tooSmallHere")
def _promise_too_small_here() -> Terminal:
    return _promised(
        _longest(Page.PROMISE), "100x70", preview=None, preview_problem="label.tooSmall", notice=notice("label.tooSmallHere")
    )
