"""Certificates as rows and back: what was issued is read again field by field, equal to what was returned at issue."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import Certificate, ClockQuality, Label, beijing_date
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import Product, ProductClass, ProductId
from kiosk.domain.promise import Confirmation, EvidenceLevel, Promise, Signature
from kiosk.domain.quantity import Quantity, QuantitySource, ScaleIdentity, Unit
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.issuing.issuer import Refused
from kiosk.store.columns import AnyRow
from kiosk.store.ledger import certificate, label
from kiosk.wire.canonical import canonical_json

# Statements on the way from 开证 to paper are made once: making them costs more than running them.
_BY_COUNTER = select(certificate).where(certificate.c.counter == bindparam("wanted"))
_BY_PROMISE = select(certificate).where(certificate.c.promise_id == bindparam("wanted"))
_LABELS = (
    select(label.c.copy, label.c.copies, label.c.token, label.c.url)
    .where(label.c.counter == bindparam("wanted"))
    .order_by(label.c.copy)
)
_VOIDED = select(certificate.c.voided_at).where(certificate.c.counter == bindparam("wanted"))


def require(tx: Connection, number: CertificateNumber, terminal: str) -> Certificate:
    """The certificate with its labels. Raises ``Refused('notFound')``."""
    row = None
    if number.terminal == terminal:
        row = tx.execute(_BY_COUNTER, {"wanted": number.counter}).one_or_none()
    if row is None:
        raise Refused("notFound")
    return _certificate(tx, row, terminal)


def by_promise(tx: Connection, promise_id: str, terminal: str) -> Certificate | None:
    """The certificate that this promise became, if it did."""
    row = tx.execute(_BY_PROMISE, {"wanted": promise_id}).one_or_none()
    return None if row is None else _certificate(tx, row, terminal)


def voided(tx: Connection, number: CertificateNumber, terminal: str) -> bool:
    """Whether the certificate is void. Raises ``Refused('notFound')``."""
    row = None
    if number.terminal == terminal:
        row = tx.execute(_VOIDED, {"wanted": number.counter}).one_or_none()
    if row is None:
        raise Refused("notFound")
    return row.voided_at is not None


def promise_columns(made: Promise, issued_at: datetime) -> dict[str, object]:
    """The columns of ``certificate`` that the promise and its day decide."""
    subject, scale = made.subject, made.quantity.scale
    return {
        "promise_id": made.promise_id,
        "issued_at": issued_at,
        "day": beijing_date(issued_at),
        "form": made.form.value,
        "basis": ",".join(b.value for b in Basis if b in made.basis),
        "subject_id": subject.id,
        "subject_kind": subject.kind.value,
        "subject_name": subject.name,
        "subject_phone": subject.phone,
        "subject_county": subject.base.county,
        "subject_base": subject.base.text,
        "subject_status": subject.status.value,
        "credit_code": subject.credit_code,
        "person_name": subject.person_name,
        "person_hash": subject.person_hash,
        "product_id": made.product.id,
        "product_name": made.product.name,
        "product": _product_text(made.product),
        "amount": made.quantity.amount,
        "unit": made.quantity.unit.value,
        "quantity_source": made.quantity.source.value,
        "scale_serial": None if scale is None else scale.serial,
        "scale_verified_until": None if scale is None else scale.verified_until,
        "origin_county": made.origin.county,
        "origin": made.origin.text,
        "phone": made.phone,
        "copies": made.copies,
        "evidence": made.confirmation.level.value,
        "notice_version": made.confirmation.notice,
        "words_version": made.confirmation.words,
        "confirmed_at": made.confirmation.confirmed_at,
        "signature": signature_bytes(made.confirmation.signature),
    }


def signature_bytes(signature: Signature) -> bytes:
    """Strokes as JSON: ``[[[x,y],...],...]``."""
    return canonical_json([[list(point) for point in stroke] for stroke in signature.strokes])


def quantity_of(row: AnyRow) -> Quantity:
    """The quantity in a row of ``certificate``."""
    scale = None if row.scale_serial is None else ScaleIdentity(row.scale_serial, row.scale_verified_until)
    return Quantity(row.amount, Unit(row.unit), QuantitySource(row.quantity_source), scale)


def _certificate(tx: Connection, row: AnyRow, terminal: str) -> Certificate:
    return Certificate(
        number=CertificateNumber(terminal, row.counter),
        issued_at=row.issued_at,
        clock=ClockQuality(row.clock_quality),
        promise=_promise(row),
        labels=_labels(tx, row.counter),
        station=row.station,
        demo=row.demo,
        voided_at=row.voided_at,
        void_reason=row.void_reason or "",
    )


def _labels(tx: Connection, counter: int) -> tuple[Label, ...]:
    rows = tx.execute(_LABELS, {"wanted": counter}).all()
    return tuple(Label(row.copy, row.copies, row.token, row.url) for row in rows)


def _promise(row: AnyRow) -> Promise:
    return Promise(
        promise_id=row.promise_id,
        form=CertificateForm(row.form),
        subject=Subject(
            id=SubjectId(row.subject_id),
            kind=SubjectKind(row.subject_kind),
            name=row.subject_name,
            phone=row.subject_phone,
            base=Place(row.subject_county, row.subject_base),
            credit_code=row.credit_code,
            person_name=row.person_name,
            person_hash=row.person_hash,
            status=SubjectStatus(row.subject_status),
        ),
        product=_product(row.product),
        quantity=quantity_of(row),
        origin=Place(row.origin_county, row.origin),
        phone=row.phone,
        basis=frozenset(Basis(value) for value in row.basis.split(",")),
        copies=row.copies,
        confirmation=Confirmation(
            level=EvidenceLevel(row.evidence),
            notice=row.notice_version,
            words=row.words_version,
            confirmed_at=row.confirmed_at,
            signature=Signature(tuple(tuple((x, y) for x, y in stroke) for stroke in json.loads(row.signature))),
        ),
    )


def _product_text(product: Product) -> str:
    return canonical_json(
        {
            "advice": product.advice,
            "aliases": list(product.aliases),
            "class": product.cls.value,
            "code": product.code,
            "id": product.id,
            "initials": product.initials,
            "mushroom": product.is_mushroom,
            "name": product.name,
            "units": [unit.value for unit in product.units],
        }
    ).decode("utf-8")


def _product(text: str) -> Product:
    body = json.loads(text)
    return Product(
        id=ProductId(body["id"]),
        name=body["name"],
        cls=ProductClass(body["class"]),
        initials=body["initials"],
        units=tuple(Unit(value) for value in body["units"]),
        aliases=tuple(body["aliases"]),
        code=body["code"],
        is_mushroom=body["mushroom"],
        advice=body["advice"],
    )
