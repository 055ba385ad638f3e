"""What the centre must learn, written in the transaction in which it becomes true.

Rules: append-only; bodies are canonical JSON with ``"v": 1``; the fields of the certificate and its evidence level, never an ID number. The
signature stays on the terminal, its SHA-256 travels; so does the hash of the audit row (``audit``), an anchor for the log.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import Certificate, PrintJob
from kiosk.domain.form import Basis
from kiosk.domain.number import CertificateNumber
from kiosk.domain.quantity import plain
from kiosk.domain.subject import Place, Subject
from kiosk.issuing.issuer import OutboxEvent
from kiosk.issuing.records import signature_bytes
from kiosk.store.columns import moment_text
from kiosk.store.ledger import outbox_event
from kiosk.wire.canonical import Json, canonical_json

VERSION = 1


class EventKind(StrEnum):
    """Kinds of rows."""

    CERTIFICATE = "certificate"
    VOID = "void"
    REPRINT = "reprint"
    PRINT = "print"
    REGISTRATION = "registration"


def append(tx: Connection, kind: EventKind, body: Mapping[str, Json]) -> None:
    """Add one event."""
    tx.execute(insert(outbox_event), {"kind": kind.value, "body": canonical_json({"v": VERSION, **body})})


def after(tx: Connection, seq: int, limit: int) -> list[OutboxEvent]:
    """Events with a higher ``seq``, oldest first."""
    rows = tx.execute(select(outbox_event).where(outbox_event.c.seq > seq).order_by(outbox_event.c.seq).limit(limit))
    return [OutboxEvent(row.seq, row.kind, row.body) for row in rows]


def span(tx: Connection) -> tuple[int, int]:
    """First and last ``seq``; 0 and 0 for an empty outbox."""
    first, last = tx.execute(select(func.min(outbox_event.c.seq), func.max(outbox_event.c.seq))).one()
    return first or 0, last or 0


def certificate_body(
    made: Certificate, generation: str, key_id: int, digest: bytes, boot: tuple[str, int], audit_hash: bytes
) -> dict[str, Json]:
    """All that the centre keeps of a certificate. ``token`` is the first copy's: the others differ in their copy number only."""
    promise, quantity = made.promise, made.promise.quantity
    scale: Json = None
    if quantity.scale is not None:
        until = quantity.scale.verified_until
        scale = {"serial": quantity.scale.serial, "verifiedUntil": None if until is None else until.isoformat()}
    return {
        "number": made.number.compact,
        "terminal": made.number.terminal,
        "counter": made.number.counter,
        "generation": generation,
        "issuedAt": moment_text(made.issued_at),
        "clock": int(made.clock),
        "boot": {"id": boot[0], "ms": boot[1]},
        "station": made.station,
        "demo": made.demo,
        "keyId": key_id,
        "digest": digest.hex(),
        "token": base64.b64encode(made.labels[0].token).decode("ascii"),
        "promiseId": promise.promise_id,
        "form": promise.form.value,
        "basis": [b.value for b in Basis if b in promise.basis],
        "subject": subject_body(promise.subject),
        "product": {
            "id": promise.product.id,
            "name": promise.product.name,
            "class": promise.product.cls.value,
            "code": promise.product.code,
        },
        "quantity": {
            "amount": plain(quantity.amount),
            "unit": quantity.unit.value,
            "source": quantity.source.value,
            "scale": scale,
        },
        "origin": _place(promise.origin),
        "contact": promise.phone,
        "copies": promise.copies,
        "confirmation": {
            "level": promise.confirmation.level.value,
            "notice": promise.confirmation.notice,
            "words": promise.confirmation.words,
            "at": moment_text(promise.confirmation.confirmed_at),
            "signature": hashlib.sha256(signature_bytes(promise.confirmation.signature)).hexdigest(),
        },
        "audit": audit_hash.hex(),
    }


def subject_body(subject: Subject) -> dict[str, Json]:
    """The subject as it stood in the register."""
    return {
        "id": subject.id,
        "kind": subject.kind.value,
        "name": subject.name,
        "creditCode": subject.credit_code,
        "status": subject.status.value,
    }


def registration_body(subject: Subject, registered_at: str, audit_hash: bytes) -> dict[str, Json]:
    """A subject registered on the spot. ``personHash`` is the keyed hash by which the centre joins registers."""
    return {
        **subject_body(subject),
        "personName": subject.person_name,
        "personHash": subject.person_hash.hex(),
        "phone": subject.phone,
        "base": _place(subject.base),
        "at": registered_at,
        "audit": audit_hash.hex(),
    }


def print_body(job: PrintJob, at: str) -> dict[str, Json]:
    """How an attempt ended, or what the person said about it."""
    return {
        "number": job.number.compact,
        "copy": job.copy,
        "job": job.job_id,
        "reprint": job.reprint,
        "outcome": job.outcome.value,
        "error": job.error,
        "answer": None if job.answer is None else job.answer.value,
        "at": at,
    }


def decision_body(number: CertificateNumber, at: str, by: str, audit_hash: bytes, **facts: Json) -> dict[str, Json]:
    """A void, a permitted reprint or a given-up copy."""
    return {"number": number.compact, "at": at, "by": by, "audit": audit_hash.hex(), **facts}


def _place(place: Place) -> dict[str, Json]:
    return {"county": place.county, "text": place.text}
