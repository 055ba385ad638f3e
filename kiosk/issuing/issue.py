"""A promise becomes a certificate: number, rows, n signatures, audit and outbox in one transaction.

Order: the same promise again? -> pause -> clock -> are the numbers known? -> rules -> subject -> number -> sign every copy -> rows. Whatever fails, nothing of it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import Certificate, beijing_date, canonical_record, record_digest
from kiosk.domain.promise import Promise, PromiseError, check
from kiosk.domain.subject import Subject, SubjectId, SubjectStatus
from kiosk.issuing import audit, numbering, outbox, records
from kiosk.issuing.issuer import PAUSED, Refused, TrustedTime
from kiosk.issuing.registration import local_subject
from kiosk.issuing.signing import LabelSigner
from kiosk.issuing.standing import NoCentre, StandingWord
from kiosk.store.errors import StoreError
from kiosk.store.ledger import certificate, label

_BY = "producer"


class SubjectRegister(Protocol):
    """The register of subjects as issuing needs it."""

    def get(self, subject_id: SubjectId) -> Subject | None:
        """The entry with this id, None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class IssueDesk:
    """What stays the same from one issue to the next. ``first_number`` is where a technician said to begin, None when nobody did."""

    signer: LabelSigner
    register: SubjectRegister
    station: str
    built_at: datetime
    boot_id: str
    centre: StandingWord = NoCentre()  # noqa: RUF009 - without state
    first_number: int | None = None


def issue(tx: Connection, desk: IssueDesk, made: Promise, time: TrustedTime, boot_ms: int) -> Certificate:
    """Issue within ``tx``. Raises ``Refused``; the caller commits."""
    found = numbering.state(tx)
    if found is None:
        raise StoreError("storeBroken", "otherTerminal")
    standing = desk.centre.read()
    if standing.pause.on:
        raise Refused(PAUSED)
    problem = numbering.clock_problem(time, desk.built_at, found) or numbers_problem(desk, found)
    if problem:
        raise Refused(problem)
    _check_promise(made, time.now)
    _check_subject(tx, desk.register, made.subject)
    number = numbering.draw(tx, found, time.now, max(standing.counter_floor, (desk.first_number or 1) - 1))
    record = canonical_record(number, time.now, made)
    digest = record_digest(record)
    copies = range(1, made.copies + 1)
    labels = tuple(desk.signer.sign(number, time.now, time.quality, made, i, made.copies, digest) for i in copies)
    result = Certificate(number, time.now, time.quality, made, labels, desk.station, desk.signer.is_demo)
    tx.execute(
        insert(certificate),
        {
            "counter": number.counter,
            "number": number.compact,
            "clock_quality": int(time.quality),
            "boot_id": desk.boot_id,
            "boot_ms": boot_ms,
            "record": record,
            "digest": digest,
            "key_id": desk.signer.key_id,
            "demo": result.demo,
            "station": desk.station,
            **records.promise_columns(made, time.now),
        },
    )
    tx.execute(
        insert(label),
        [
            {
                "counter": number.counter,
                "copy": item.copy,
                "copies": item.copies,
                "token": item.token,
                "url": item.url,
                "awaits_paper": True,
                "reprint_allowed": False,
            }
            for item in labels
        ],
    )
    link = audit.append(
        tx,
        time.now,
        audit.Deed.ISSUE,
        _BY,
        number.counter,
        {"digest": digest.hex(), "copies": made.copies, "evidence": made.confirmation.level.value},
    )
    body = outbox.certificate_body(result, found.generation, desk.signer.key_id, digest, (desk.boot_id, boot_ms), link)
    outbox.append(tx, outbox.EventKind.CERTIFICATE, body)
    return result


def numbers_problem(desk: IssueDesk, found: numbering.TerminalState) -> str:
    """See ``Issuer.numbers_problem``."""
    is_known = desk.first_number is not None or desk.centre.knows_numbers(found.generation)
    return numbering.numbers_problem(found, is_known=is_known)


def same_promise(tx: Connection, made: Promise, terminal: str) -> Certificate | None:
    """What this promise already became. Raises ``Refused`` when its id was used for another promise."""
    earlier = records.by_promise(tx, made.promise_id, terminal)
    if earlier is not None and earlier.promise != made:
        raise Refused("promise:confirmation")
    return earlier


def _check_promise(made: Promise, now: datetime) -> None:
    try:
        check(made, beijing_date(now))
    except PromiseError as err:
        raise Refused(f"promise:{err.code}") from err


def _check_subject(tx: Connection, register: SubjectRegister, claimed: Subject) -> None:
    known = register.get(claimed.id) or local_subject(tx, claimed.id)
    if known is None:
        raise Refused("subjectUnknown")
    if known.status is SubjectStatus.SUSPENDED:
        raise Refused("subjectSuspended")
    # The paper carries the register's words, whatever a screen says.
    if (known.name, known.kind, known.credit_code) != (claimed.name, claimed.kind, claimed.credit_code):
        raise Refused("promise:subject")
