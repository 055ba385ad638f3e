"""State of one visit of a producer: from consent to paper. Personal data lives here and nowhere else, and goes with the visit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from kiosk.domain.certificate import Certificate
from kiosk.domain.form import CertificateForm
from kiosk.domain.identity import IdCard
from kiosk.domain.product import Product
from kiosk.domain.promise import Draft, EvidenceLevel, Signature
from kiosk.domain.quantity import NO_WEIGHT, Unit, Weight
from kiosk.domain.subject import Place, Subject, SubjectKind
from kiosk.session.events import CameraFrame, Health, LastPromise, Picture
from kiosk.session.notice import Notice
from kiosk.session.pages import Page
from kiosk.session.paper import PaperRun

NOTICE_VERSION = "2026-02"
"""Version of the sentence on who will see what."""

WORDS_VERSION = "T2026-02"
"""Version of the promise's words on the screen."""


@dataclass(frozen=True, slots=True)
class NewSubject:
    """What a registration has so far."""

    kind: SubjectKind = SubjectKind.FARMER
    phone: str = field(default="", repr=False)
    place: Place | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the station decided.

    ``signature_required`` asks for ink on glass; ``max_copies`` bounds one certificate's labels; ``scale_division`` is the scale's e in kg from
    its plate, None where nobody said it.
    """

    county: str = ""
    signature_required: bool = True
    max_copies: int = 50
    scale_division: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One producer's visit.

    ``preselected`` is who a phone, code or QR named (no evidence yet); ``matches`` are subjects to choose from; ``frame`` is the camera's latest
    picture while a subject's code is looked for; ``same`` marks 和上次一样; ``busy`` is "" or what the terminal is doing (findingSubject,
    registering, checkingPin, drawing); ``form`` is the one promised on, known from the promise page on; ``paper`` runs from the issue on.
    ``pause`` is None, or why the centre paused issuing; ``afterwards`` is where the visit goes on when that is over.
    """

    page: Page
    rules: Rules
    health: Health
    draft: Draft = field(default_factory=Draft)
    card: IdCard | None = None
    person_hash: bytes = field(default=b"", repr=False)
    evidence: EvidenceLevel | None = None
    preselected: Subject | None = None
    matches: tuple[Subject, ...] = ()
    frame: CameraFrame | None = field(default=None, repr=False)
    new: NewSubject = field(default_factory=NewSubject)
    last: LastPromise | None = None
    usual: tuple[Product, ...] = ()
    advice: tuple[str, str] = ("", "")
    weight: Weight = NO_WEIGHT
    notice: Notice | None = None
    pause: str | None = None
    afterwards: Page = Page.CONSENT
    busy: str = ""
    form: CertificateForm | None = None
    preview: Picture | None = None
    preview_problem: str = ""
    preview_suggestion: str = ""
    signature: Signature = field(default_factory=Signature)
    promise_id: str = ""
    same: bool = False
    certificate: Certificate | None = None
    label: Picture | None = None
    paper: PaperRun | None = None
    done_s: int = 0
    finished: bool = False


def held(visit: Visit) -> Visit:
    """The visit where it wants to go, or on the page that says why it cannot go on now."""
    return visit if visit.pause is None else replace(visit, page=Page.PAUSED, afterwards=visit.page, notice=None)


def first_quantity_page(product: Product) -> Page:
    """Weighed goods go to the scale, counted goods to the count."""
    return Page.QUANTITY if product.units[0] is Unit.KG else Page.COUNT
