"""Subjects registered on the spot: provisional entries that the county will look at.

Rule: their ids have the top bit of the 40 set and are drawn at random, so they meet neither the directory's ids nor another terminal's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from kiosk.domain.subject import Place, Registration, Subject, SubjectId, SubjectKind, SubjectStatus
from kiosk.issuing import audit, outbox
from kiosk.issuing.issuer import Refused
from kiosk.store.columns import AnyRow, moment_text
from kiosk.store.ledger import subject_local

PROVISIONAL_BIT = 1 << 39


def random_id() -> SubjectId:
    """A provisional id: 1 followed by 39 random bits."""
    return SubjectId(PROVISIONAL_BIT | secrets.randbits(39))


def register(
    tx: Connection, new: Registration, now: datetime, fresh_id: Callable[[], SubjectId], is_taken: Callable[[SubjectId], bool]
) -> Subject:
    """Add a provisional subject, or return the one that this person has for this kind. Raises ``Refused('registration')``."""
    if not (new.name.strip() and new.person_hash and new.phone and new.base.text.strip()):
        raise Refused("registration")
    row = tx.execute(
        select(subject_local).where(subject_local.c.person_hash == new.person_hash, subject_local.c.kind == new.kind.value)
    ).one_or_none()
    if row is not None:
        return _subject(row)
    chosen = fresh_id()
    while is_taken(chosen) or local_subject(tx, chosen) is not None:
        chosen = fresh_id()
    subject = Subject(
        id=chosen,
        kind=new.kind,
        name=new.name.strip(),
        phone=new.phone,
        base=new.base,
        credit_code=new.credit_code,
        person_name=new.person_name,
        person_hash=new.person_hash,
        status=SubjectStatus.PROVISIONAL,
    )
    tx.execute(
        insert(subject_local).values(
            id=subject.id,
            kind=subject.kind.value,
            name=subject.name,
            phone=subject.phone,
            base_county=subject.base.county,
            base=subject.base.text,
            credit_code=subject.credit_code,
            person_name=subject.person_name,
            person_hash=subject.person_hash,
            status=subject.status.value,
            registered_at=now,
        )
    )
    link = audit.append(tx, now, audit.Deed.REGISTER, "producer", None, {"subject": subject.id})
    outbox.append(tx, outbox.EventKind.REGISTRATION, outbox.registration_body(subject, moment_text(now), link))
    return subject


def local_subject(tx: Connection, subject_id: SubjectId) -> Subject | None:
    """The local entry with this id."""
    row = tx.execute(select(subject_local).where(subject_local.c.id == subject_id)).one_or_none()
    return None if row is None else _subject(row)


def by_person(tx: Connection, person_hash: bytes) -> list[Subject]:
    """Local entries this person may promise for; none for an empty hash."""
    if not person_hash:
        return []
    rows = tx.execute(select(subject_local).where(subject_local.c.person_hash == person_hash).order_by(subject_local.c.kind))
    return [_subject(row) for row in rows]


def by_phone(tx: Connection, phone: str) -> list[Subject]:
    """Local entries with exactly this phone."""
    rows = tx.execute(select(subject_local).where(subject_local.c.phone == phone).order_by(subject_local.c.id))
    return [_subject(row) for row in rows]


def _subject(row: AnyRow) -> Subject:
    return Subject(
        id=SubjectId(row.id),
        kind=SubjectKind(row.kind),
        name=row.name,
        phone=row.phone,
        base=Place(row.base_county, row.base),
        credit_code=row.credit_code,
        person_name=row.person_name,
        person_hash=row.person_hash,
        status=SubjectStatus(row.status),
    )
