"""Pages of a visit, drawn once where nobody sees them, so that the first person of the day waits no longer than the second.

A page that was never drawn has to render its words and pictures first (about twice the time). Nothing here is a real person or a real promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from kiosk.directory.catalogue import Catalogue
from kiosk.domain.promise import Draft
from kiosk.domain.quantity import Quantity, QuantitySource, Unit, Weight, WeightStatus
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind
from kiosk.session.pages import Page
from kiosk.session.terminal import Terminal
from kiosk.session.visit import Visit

_PAGES = (Page.CONSENT, Page.IDENTIFY, Page.PRODUCT, Page.QUANTITY, Page.ORIGIN, Page.PROMISE, Page.ISSUING)


def rehearsed(home: Terminal, catalogue: Catalogue) -> Iterator[Terminal]:
    """States to draw, in the order of a visit."""
    nobody = Subject(SubjectId(0), SubjectKind.FARMER, "　", "0", Place(home.rules.county, "　　"))
    product = next(product for product in catalogue.all() if product.in_scope and product.units[0] is Unit.KG)
    quantity = Quantity(Decimal("12.35"), Unit.KG, QuantitySource.DECLARED)
    draft = Draft(subject=nobody, product=product, quantity=quantity, origin=nobody.base, phone=nobody.phone)
    weight = Weight(Decimal("12.35"), WeightStatus.STABLE)
    visit = Visit(page=Page.CONSENT, rules=home.rules, health=home.health)
    for page in _PAGES:
        known = draft if page not in (Page.CONSENT, Page.IDENTIFY) else Draft()
        yield replace(home, errand=replace(visit, page=page, draft=known, weight=weight))
