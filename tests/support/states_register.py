"""Sample states of registration on the spot and of the place page."""

from __future__ import annotations

from dataclasses import replace

from kiosk.domain.promise import Draft
from kiosk.domain.subject import Place, SubjectKind
from kiosk.session.notice import notice
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import NewSubject
from support import builders as b
from support.states import LONGEST_PLACE, a_terminal, a_visit, sample
from support.walk import last_promise

LONGEST = Place("140215", LONGEST_PLACE)


def _new(page: Page, new: NewSubject | None = None, **changes: object) -> Terminal:
    return a_terminal(a_visit(page, draft=Draft(), card=b.a_card(), new=new or NewSubject(), **changes))


@sample(Page.REGISTER_KIND)
def _kind() -> Terminal:
    return _new(Page.REGISTER_KIND)


@sample(Page.REGISTER_KIND, "organisation")
def _kind_told() -> Terminal:
    return _new(Page.REGISTER_KIND, notice=notice("register.atCounter"))


@sample(Page.REGISTER_PHONE)
def _phone() -> Terminal:
    return _new(Page.REGISTER_PHONE)


@sample(Page.REGISTER_PHONE, "typed")
def _phone_typed() -> Terminal:
    return _new(Page.REGISTER_PHONE, NewSubject(phone="13800000417"))


@sample(Page.REGISTER_PHONE, "wrong")
def _phone_wrong() -> Terminal:
    return _new(Page.REGISTER_PHONE, NewSubject(phone="035400004170"), notice=notice("phone.wrong"))


@sample(Page.REGISTER_PLACE)
def _place() -> Terminal:
    return _new(Page.REGISTER_PLACE, NewSubject(phone="13800000417"))


@sample(Page.REGISTER_PLACE, "elsewhere")
def _place_elsewhere() -> Terminal:
    card = replace(b.a_card(), address="河北省石家庄市长安区建北街道12号")
    return a_terminal(a_visit(Page.REGISTER_PLACE, draft=Draft(), card=card))


@sample(Page.REGISTER_PLACE, "longest")
def _place_longest() -> Terminal:
    return _new(Page.REGISTER_PLACE, NewSubject(phone="13800000417", place=LONGEST))


@sample(Page.REGISTER_CONFIRM)
def _confirm() -> Terminal:
    return _new(Page.REGISTER_CONFIRM, NewSubject(phone="13800000417", place=b.VILLAGE))


@sample(Page.REGISTER_CONFIRM, "busy")
def _confirm_busy() -> Terminal:
    return _new(Page.REGISTER_CONFIRM, NewSubject(phone="13800000417", place=b.VILLAGE), busy="registering")


@sample(Page.REGISTER_CONFIRM, "longest")
def _confirm_longest() -> Terminal:
    new = NewSubject(SubjectKind.FAMILY_FARM, "035400004170", LONGEST)
    card = replace(b.a_card(), name="买买提·阿卜杜热合曼·艾力·吐尔逊江")
    return a_terminal(a_visit(Page.REGISTER_CONFIRM, draft=Draft(), card=card, new=new, notice=notice("storeBroken")))


@sample(Page.EDIT_PLACE)
def _edit() -> Terminal:
    return a_terminal(a_visit(Page.EDIT_PLACE, card=replace(b.a_card(), address="山西省太谷县水秀乡白村中街3号")))


@sample(Page.EDIT_PLACE, "longest")
def _edit_longest() -> Terminal:
    last = replace(last_promise(), origin=Place("140703", "晋中市太谷区水秀镇北六门村三组东坡梁果园基地"))
    visit = a_visit(Page.EDIT_PLACE, last=last, card=b.a_card())
    return a_terminal(replace(visit, draft=replace(visit.draft, origin=LONGEST)))
