"""What the centre says of one code: its own verdict, the record, what became of it, and how often the label was read.

Rules: the centre checks the signature itself before it shows or counts anything; what a certificate is worth is decided here, in one place
(``standing``), and the browser only adds what it found out on its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from kiosk.credential.keylist import KeyList
from kiosk.credential.token import encode_url
from kiosk.credential.verify import Status, Verdict, verify_url
from kiosk.domain.certificate import record_digest
from kiosk.domain.number import CertificateNumber
from tools.fleet.public.blocks import block_facts
from tools.fleet.public.privacy import without_ids
from tools.fleet.public.record import canonical_of, coarse_half_day, coarse_minute, shown
from tools.fleet.store.queries import CertificateRow, EventRow, events_of_number, find_certificate
from tools.fleet.store.queries_public import BLOCKS, Scans, evaluations_of, is_in_conflict, shows_phone, subject_blocks

AGAIN = timedelta(minutes=10)
"""The same visitor within this time is the same reading."""
RECALL = "召回"
"""A void whose reason begins with this word is a recall: the goods, not the paper, are wrong."""
_TOLD = (Status.VALID, Status.VOIDED, Status.REVOKED)


@dataclass(frozen=True, slots=True)
class Code:
    """A code whose signature holds: whose label, whatever became of it."""

    number: CertificateNumber
    copy: int
    county: str


def judge(digits: str, keys: KeyList, now: datetime) -> Verdict:
    """The centre's own check of the digits behind its host."""
    return verify_url(f"https://{keys.host}/{digits}", keys, now)


def code_of(verdict: Verdict) -> Code | None:
    """The label, once its signature held; None otherwise."""
    if verdict.status not in _TOLD or verdict.body is None or verdict.number is None:
        return None
    return Code(verdict.number, verdict.body.copy, f"{verdict.body.county:06d}")


def refusal(verdict: Verdict) -> dict[str, Any]:
    """The answer about a code that is not genuine: only what is wrong with it."""
    return {"status": verdict.status.value, "standing": verdict.status.value, "record": None}


def answer(tx: Connection, verdict: Verdict, scans: Scans) -> dict[str, Any]:
    """Everything for the page about a code whose signature holds, as JSON."""
    assert verdict.number is not None
    number = verdict.number.compact
    row = find_certificate(tx, number)
    given = evaluations_of(tx, number)
    told: dict[str, Any] = {
        "status": verdict.status.value,
        "standing": standing(tx, verdict, row),
        "record": None,
        "void": None,
        "trace": [],
        "blocks": dict.fromkeys(BLOCKS),
        "scans": {"count": scans.count, "first": coarse_half_day(scans.first_at)},
        "evaluations": {"count": given.count, "mean": f"{given.mean:.1f}"},
    }
    if row is None:
        return told
    blocks = subject_blocks(tx, row.subject_id)
    events = events_of_number(tx, number)
    told |= {
        "record": shown(row, phone=shows_phone(tx, row.subject_id)).as_json(),
        "void": None
        if row.voided_at is None
        else {"at": coarse_minute(row.voided_at), "reason": without_ids(row.void_reason or "")},
        "trace": _trace(row, events),
        "blocks": {name: block_facts(blocks[name]) if name in blocks else None for name in BLOCKS},
    }
    return told


def standing(tx: Connection, verdict: Verdict, row: CertificateRow | None) -> str:
    """One word: revoked | recalled | voided | conflict | recordMismatch | absent | valid, the worst that is true."""
    number = verdict.number
    assert number is not None
    tests: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("revoked", lambda: verdict.status is Status.REVOKED),
        ("recalled", lambda: row is not None and row.voided_at is not None and (row.void_reason or "").startswith(RECALL)),
        ("voided", lambda: verdict.status is Status.VOIDED or (row is not None and row.voided_at is not None)),
        ("conflict", lambda: is_in_conflict(tx, number.compact)),
        ("recordMismatch", lambda: row is not None and not _is_bound(verdict, row)),
        ("absent", lambda: row is None),
    )
    return next((word for word, is_so in tests if is_so()), "valid")


def own_url(keys: KeyList, row: CertificateRow) -> str:
    """The public address of a certificate's first label: what a console shows and a bench opens."""
    return encode_url(keys.host, row.token)


def _is_bound(verdict: Verdict, row: CertificateRow) -> bool:
    """Whether the record that the centre holds is the one the code was signed over."""
    body = verdict.body
    return body is not None and row.key_id == body.key_id and record_digest(canonical_of(row)) == body.digest


def _trace(row: CertificateRow, events: list[EventRow]) -> list[dict[str, Any]]:
    """What happened to this certificate, as (time, text id, facts), oldest first."""
    found: list[tuple[datetime, str, dict[str, str]]] = [
        (row.issued_at, "issued", {"station": without_ids(row.station)}),
        (row.received_at, "received", {}),
    ]
    printed: set[int] = set()
    printed_at = row.issued_at
    for event in events:
        body = _body(event)
        at = _moment(body.get("at"), event.received_at)
        if event.kind == "print" and _has_paper(body) and isinstance(body.get("copy"), int):
            printed.add(body["copy"])
            printed_at = max(printed_at, at)
        elif event.kind == "reprint":
            found.append((at, "reprint", {}))
    if printed:
        found.append((printed_at, "printed", {"count": str(len(printed))}))
    if row.voided_at is not None:
        found.append((row.voided_at, "voided", {}))
    return [{"at": coarse_minute(at), "what": what, "facts": facts} for at, what, facts in sorted(found, key=lambda one: one[0])]


def _has_paper(body: dict[str, Any]) -> bool:
    """The printer proved it, or the person says so."""
    return body.get("outcome") == "confirmed" or body.get("answer") == "gotIt"


def _body(event: EventRow) -> dict[str, Any]:
    try:
        body = json.loads(event.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _moment(text: object, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return otherwise if moment.tzinfo is None else moment
