"""A certificate is declared void, once, with a reason; its number stays used and its rows stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from kiosk.domain.number import CertificateNumber
from kiosk.issuing import audit, outbox, records
from kiosk.issuing.issuer import Refused
from kiosk.store.columns import moment_text
from kiosk.store.ledger import certificate, label


def void(tx: Connection, number: CertificateNumber, terminal: str, reason: str, by: str, now: datetime) -> None:
    """Void within ``tx``. Raises ``Refused``: notFound | alreadyVoided | reasonMissing."""
    reason = require_reason(reason)
    require_valid(tx, number, terminal)
    tx.execute(
        update(certificate).where(certificate.c.counter == number.counter).values(voided_at=now, void_reason=reason, voided_by=by)
    )
    tx.execute(update(label).where(label.c.counter == number.counter).values(awaits_paper=False, reprint_allowed=False))
    link = audit.append(tx, now, audit.Deed.VOID, by, number.counter, {"reason": reason})
    outbox.append(tx, outbox.EventKind.VOID, outbox.decision_body(number, moment_text(now), by, link, reason=reason))


def voids(tx: Connection) -> list[tuple[int, int]]:
    """All void certificates as (key id, counter): what a check on this terminal must know before the centre's list says so."""
    rows = tx.execute(
        select(certificate.c.key_id, certificate.c.counter)
        .where(certificate.c.voided_at.is_not(None))
        .order_by(certificate.c.counter)
    )
    return [(row.key_id, row.counter) for row in rows]


def require_reason(reason: str) -> str:
    """The reason without blanks around it. Raises ``Refused('reasonMissing')``."""
    if not reason.strip():
        raise Refused("reasonMissing")
    return reason.strip()


def require_valid(tx: Connection, number: CertificateNumber, terminal: str) -> None:
    """Raises ``Refused``: notFound | alreadyVoided."""
    if records.voided(tx, number, terminal):
        raise Refused("alreadyVoided")
