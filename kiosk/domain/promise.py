"""Draft and Promise: from what is being filled in to what a person has confirmed.

Rule: ``issue()`` takes a ``Promise`` and nothing else, and a ``Promise`` cannot exist without evidence of its confirmation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from kiosk.domain.form import ISSUABLE_BASES, ISSUABLE_FORMS, Basis, CertificateForm, form_for
from kiosk.domain.identity import IdentityError, parse_phone
from kiosk.domain.product import Product
from kiosk.domain.quantity import Quantity
from kiosk.domain.subject import Place, Subject

MAX_COPIES = 255
MAX_ORIGIN_CHARACTERS = 60
_COUNTY = re.compile(r"[0-9]{6}")


class EvidenceLevel(StrEnum):
    """How surely the person behind the promise is known. A phone, a code or a QR alone only preselects: it is no evidence."""

    CARD = "card"
    STATION_PIN = "stationPin"


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """Strokes on glass: points in thousandths of the field's width and height."""

    strokes: tuple[tuple[tuple[int, int], ...], ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when nothing was drawn."""
        return sum(len(stroke) for stroke in self.strokes) < 2


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Evidence that this person made this promise. Times are UTC; ``notice`` and ``words`` are versions of the texts shown."""

    level: EvidenceLevel
    notice: str
    words: str
    confirmed_at: datetime
    signature: Signature = field(repr=False)


class PromiseError(ValueError):
    """Why a draft is no promise.

    ``code`` names the field or rule: subject | product | outOfScope | quantity | origin | phone | basis | copies | form | confirmation.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known so far; anything may be missing."""

    subject: Subject | None = None
    product: Product | None = None
    quantity: Quantity | None = None
    origin: Place | None = field(default=None, repr=False)
    phone: str = field(default="", repr=False)
    basis: frozenset[Basis] = frozenset({Basis.CONTROL})
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Promise:
    """A complete promise, confirmed by its maker. ``promise_id`` makes issuing it twice impossible.

    Build it with ``promise()``; the issuer validates it again with ``check()``.
    """

    promise_id: str
    form: CertificateForm
    subject: Subject
    product: Product
    quantity: Quantity
    origin: Place = field(repr=False)
    phone: str = field(repr=False)
    basis: frozenset[Basis]
    copies: int
    confirmation: Confirmation


def promise(draft: Draft, promise_id: str, day: date, confirmation: Confirmation) -> Promise:
    """Turn a complete draft into a promise on ``day`` (Beijing date). Raises ``PromiseError``."""
    if draft.subject is None:
        raise PromiseError("subject")
    if draft.product is None:
        raise PromiseError("product")
    if draft.quantity is None:
        raise PromiseError("quantity")
    if draft.origin is None:
        raise PromiseError("origin")
    made = Promise(
        promise_id=promise_id,
        form=form_for(day, draft.subject.kind),
        subject=draft.subject,
        product=draft.product,
        quantity=draft.quantity,
        origin=draft.origin,
        phone=draft.phone,
        basis=draft.basis,
        copies=draft.copies,
        confirmation=confirmation,
    )
    check(made, day)
    return made


def check(made: Promise, day: date) -> None:
    """Every rule a promise must meet on ``day``, whoever built it. Raises ``PromiseError``."""
    if not made.promise_id:
        raise PromiseError("confirmation")
    if made.form is not form_for(day, made.subject.kind) or made.form not in ISSUABLE_FORMS:
        raise PromiseError("form")
    if not made.subject.name.strip():
        raise PromiseError("subject")
    if not made.product.in_scope:
        raise PromiseError("outOfScope")
    if made.quantity.unit not in made.product.units:
        raise PromiseError("quantity")
    if not (2 <= len(made.origin.text.strip()) <= MAX_ORIGIN_CHARACTERS and _COUNTY.fullmatch(made.origin.county)):
        raise PromiseError("origin")
    if not _is_phone(made.phone):
        raise PromiseError("phone")
    if not made.basis or not made.basis <= ISSUABLE_BASES:
        raise PromiseError("basis")
    if not 1 <= made.copies <= MAX_COPIES:
        raise PromiseError("copies")
    if made.confirmation.confirmed_at.tzinfo is None:
        raise PromiseError("confirmation")


def _is_phone(text: str) -> bool:
    try:
        return parse_phone(text) == text
    except IdentityError:
        return False
