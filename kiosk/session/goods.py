"""What, how much, from where: product, quantity, origin and phone."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.identity import IdentityError, parse_phone
from kiosk.domain.promise import MAX_ORIGIN_CHARACTERS
from kiosk.domain.quantity import Quantity, QuantityError, QuantitySource, Unit, parse_amount
from kiosk.domain.subject import Place
from kiosk.session import confirm
from kiosk.session.engine import Effects, Now, Table
from kiosk.session.events import AdviceAsked, Counted, Key, PlaceChosen, Pressed, ProductChosen, Typed, WeightSeen
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.visit import Visit, first_quantity_page

Step = tuple[Visit, Effects]


def _finish(visit: Visit) -> Step:
    return replace(visit, finished=True), ()


def _product(visit: Visit, event: ProductChosen, now: Now) -> Step:
    if not event.product.in_scope:
        return replace(visit, page=Page.ADVICE, advice=(event.product.name, event.product.advice), notice=None), ()
    chosen = replace(visit.draft, product=event.product, quantity=None)
    return replace(visit, page=first_quantity_page(event.product), draft=chosen, notice=None), ()


def _advice_asked(visit: Visit, event: AdviceAsked, now: Now) -> Step:
    return replace(visit, page=Page.ADVICE, advice=(event.name, event.advice), notice=None), ()


def _product_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.SAME_AGAIN if visit.last is not None:
            last = visit.last
            same = replace(
                visit.draft, product=last.product, origin=last.origin, phone=last.phone, copies=last.copies, quantity=None
            )
            return replace(visit, page=first_quantity_page(last.product), draft=same, same=True, notice=None), ()
        case Key.BACK | Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _advice_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    if event.key in (Key.BACK, Key.NEXT):
        return replace(visit, page=Page.PRODUCT, advice=("", ""), notice=None), ()
    return _finish(visit) if event.key is Key.CANCEL else (visit, ())


def _weight(visit: Visit, event: WeightSeen, now: Now) -> Step:
    return replace(visit, weight=event.weight), ()


def _quantity_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.TAKE_WEIGHT:
            return _take_weight(visit, now)
        case Key.TYPE_WEIGHT:
            return replace(visit, page=Page.TYPE_WEIGHT, notice=None), ()
        case Key.COUNT:
            return replace(visit, page=Page.COUNT, notice=None), ()
        case Key.SCALE_HELP:
            return replace(visit, page=Page.SCALE_HELP, notice=None), ()
        case Key.BACK:
            return replace(visit, page=Page.PRODUCT, same=False, notice=None), ()
        case Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _take_weight(visit: Visit, now: Now) -> Step:
    if not visit.weight.can_be_taken or visit.weight.kg is None:
        return replace(visit, notice=notice(f"weight.{visit.weight.status.value}")), ()
    if visit.health.scale_identity is None:
        return replace(visit, notice=notice("weight.notReady")), ()
    return _with_quantity(visit, visit.weight.kg, Unit.KG, QuantitySource.WEIGHED, now)


def _with_quantity(visit: Visit, amount: object, unit: Unit, source: QuantitySource, now: Now) -> Step:
    try:
        number = parse_amount(str(amount))
        scale = visit.health.scale_identity if source is QuantitySource.WEIGHED else None
        quantity = Quantity(number, unit, source, scale)
    except QuantityError as err:
        return replace(visit, notice=notice(f"quantity.{err.code}")), ()
    filled = replace(visit, draft=replace(visit.draft, quantity=quantity), notice=None)
    if visit.same:
        return confirm.enter(filled, now)
    return replace(filled, page=Page.ORIGIN), ()


def _scale_help_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.BACK | Key.NEXT:
            return replace(visit, page=Page.QUANTITY, notice=None), ()
        case Key.TYPE_WEIGHT:
            return replace(visit, page=Page.TYPE_WEIGHT, notice=None), ()
        case Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _weight_typed(visit: Visit, event: Typed, now: Now) -> Step:
    return _with_quantity(visit, event.text, Unit.KG, QuantitySource.DECLARED, now)


def _counted(visit: Visit, event: Counted, now: Now) -> Step:
    product = visit.draft.product
    if product is None or event.unit not in product.units:
        return replace(visit, notice=notice("quantity.unit")), ()
    source = QuantitySource.DECLARED if event.unit is Unit.KG else QuantitySource.COUNTED
    return _with_quantity(visit, event.text, event.unit, source, now)


def _typing_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.BACK if visit.draft.product is not None and first_quantity_page(visit.draft.product) is Page.QUANTITY:
            return replace(visit, page=Page.QUANTITY, notice=None), ()
        case Key.BACK:
            return replace(visit, page=Page.PRODUCT, same=False, notice=None), ()
        case Key.TYPE_WEIGHT:
            return replace(visit, page=Page.TYPE_WEIGHT, notice=None), ()
        case Key.COUNT:
            return replace(visit, page=Page.COUNT, notice=None), ()
        case Key.TAKE_WEIGHT:
            return replace(visit, page=Page.QUANTITY, notice=None), ()
        case Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _origin_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    match event.key:
        case Key.NEXT:
            return _origin_done(visit, now)
        case Key.EDIT_PLACE:
            return replace(visit, page=Page.EDIT_PLACE, notice=None), ()
        case Key.EDIT_PHONE:
            return replace(visit, page=Page.EDIT_PHONE, notice=None), ()
        case Key.BACK if visit.draft.product is not None:
            return replace(visit, page=first_quantity_page(visit.draft.product), notice=None), ()
        case Key.CANCEL:
            return _finish(visit)
        case _:
            return visit, ()


def _origin_done(visit: Visit, now: Now) -> Step:
    place = visit.draft.origin
    if place is None or not 2 <= len(place.text.strip()) <= MAX_ORIGIN_CHARACTERS:
        return replace(visit, notice=notice("place.wrong")), ()
    try:
        parse_phone(visit.draft.phone)
    except IdentityError:
        return replace(visit, notice=notice("phone.wrong")), ()
    return confirm.enter(visit, now)


def _place_chosen(visit: Visit, event: PlaceChosen, now: Now) -> Step:
    return _with_place(visit, event.place)


def _place_typed(visit: Visit, event: Typed, now: Now) -> Step:
    county = visit.draft.origin.county if visit.draft.origin is not None else visit.rules.county
    return _with_place(visit, Place(county=county, text=event.text.strip()))


def _with_place(visit: Visit, place: Place) -> Step:
    if not 2 <= len(place.text) <= MAX_ORIGIN_CHARACTERS:
        return replace(visit, notice=notice("place.wrong")), ()
    return replace(visit, page=Page.ORIGIN, draft=replace(visit.draft, origin=place), notice=None), ()


def _phone_typed(visit: Visit, event: Typed, now: Now) -> Step:
    try:
        phone = parse_phone(event.text)
    except IdentityError:
        return replace(visit, notice=notice("phone.wrong")), ()
    return replace(visit, page=Page.ORIGIN, draft=replace(visit.draft, phone=phone), notice=None), ()


def _edit_pressed(visit: Visit, event: Pressed, now: Now) -> Step:
    if event.key is Key.BACK:
        return replace(visit, page=Page.ORIGIN, notice=None), ()
    return _finish(visit) if event.key is Key.CANCEL else (visit, ())


TABLE: Table[Visit] = {
    (Page.PRODUCT, ProductChosen): _product,
    (Page.PRODUCT, AdviceAsked): _advice_asked,
    (Page.PRODUCT, Pressed): _product_pressed,
    (Page.ADVICE, Pressed): _advice_pressed,
    (Page.QUANTITY, Pressed): _quantity_pressed,
    (Page.QUANTITY, WeightSeen): _weight,
    (Page.SCALE_HELP, Pressed): _scale_help_pressed,
    (Page.SCALE_HELP, WeightSeen): _weight,
    (Page.TYPE_WEIGHT, Typed): _weight_typed,
    (Page.TYPE_WEIGHT, Pressed): _typing_pressed,
    (Page.COUNT, Counted): _counted,
    (Page.COUNT, Pressed): _typing_pressed,
    (Page.ORIGIN, Pressed): _origin_pressed,
    (Page.EDIT_PLACE, PlaceChosen): _place_chosen,
    (Page.EDIT_PLACE, Typed): _place_typed,
    (Page.EDIT_PLACE, Pressed): _edit_pressed,
    (Page.EDIT_PHONE, Typed): _phone_typed,
    (Page.EDIT_PHONE, Pressed): _edit_pressed,
}
