"""What a subject usually promises, and what was promised today."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import PaperAnswer, PaperOutcome
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import ProductId
from kiosk.domain.subject import Place, SubjectId
from kiosk.issuing.issuer import Habits, LastTime, TodayRow
from kiosk.issuing.records import quantity_of
from kiosk.store.ledger import certificate, print_job

_LOOK_BACK = 200
_MOST = 8


def habits(tx: Connection, subject: SubjectId) -> Habits:
    """The last valid certificate, and the products of the last 200, most frequent first, then most recent."""
    last = tx.execute(
        select(
            certificate.c.product_id,
            certificate.c.origin_county,
            certificate.c.origin,
            certificate.c.phone,
            certificate.c.issued_at,
            certificate.c.copies,
        )
        .where(certificate.c.subject_id == subject, certificate.c.voided_at.is_(None))
        .order_by(certificate.c.counter.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return Habits(None, ())
    latest_first = tx.execute(
        select(certificate.c.product_id)
        .where(certificate.c.subject_id == subject)
        .order_by(certificate.c.counter.desc())
        .limit(_LOOK_BACK)
    ).scalars()
    # Counter keeps the order of first appearance and most_common is stable: equal counts stay latest first.
    products = tuple(ProductId(product) for product, _ in Counter(latest_first).most_common(_MOST))
    return Habits(
        LastTime(
            ProductId(last.product_id), Place(last.origin_county, last.origin), last.phone, last.issued_at, copies=last.copies
        ),
        products,
    )


def today(tx: Connection, day: date, terminal: str) -> list[TodayRow]:
    """Certificates of a Beijing day, newest first; ``printed`` counts copies proven or said to be on paper."""
    printed = (
        select(func.count(print_job.c.copy.distinct()))
        .where(
            print_job.c.counter == certificate.c.counter,
            or_(print_job.c.outcome == PaperOutcome.CONFIRMED.value, print_job.c.answer == PaperAnswer.GOT_IT.value),
        )
        .correlate(certificate)
        .scalar_subquery()
        .label("printed")
    )
    rows = tx.execute(
        select(
            certificate.c.counter,
            certificate.c.issued_at,
            certificate.c.subject_name,
            certificate.c.product_name,
            certificate.c.amount,
            certificate.c.unit,
            certificate.c.quantity_source,
            certificate.c.scale_serial,
            certificate.c.scale_verified_until,
            certificate.c.copies,
            certificate.c.voided_at,
            printed,
        )
        .where(certificate.c.day == day)
        .order_by(certificate.c.counter.desc())
    )
    return [
        TodayRow(
            number=CertificateNumber(terminal, row.counter),
            issued_at=row.issued_at,
            subject_name=row.subject_name,
            product_name=row.product_name,
            quantity=quantity_of(row).printed,
            copies=row.copies,
            printed=row.printed,
            voided=row.voided_at is not None,
        )
        for row in rows
    ]
