"""A clerk permits another paper of a certificate whose papers were settled; every such paper carries the 补打 mark."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.engine import Connection

from kiosk.domain.number import CertificateNumber
from kiosk.issuing import audit, outbox
from kiosk.issuing.void import require_reason, require_valid
from kiosk.store.columns import moment_text
from kiosk.store.ledger import label


def allow_reprint(tx: Connection, number: CertificateNumber, terminal: str, reason: str, by: str, now: datetime) -> None:
    """Permit one more paper of each copy. Raises ``Refused``: notFound | alreadyVoided | reasonMissing."""
    reason = require_reason(reason)
    require_valid(tx, number, terminal)
    tx.execute(update(label).where(label.c.counter == number.counter).values(reprint_allowed=True))
    link = audit.append(tx, now, audit.Deed.ALLOW_REPRINT, by, number.counter, {"reason": reason})
    outbox.append(tx, outbox.EventKind.REPRINT, outbox.decision_body(number, moment_text(now), by, link, reason=reason))
