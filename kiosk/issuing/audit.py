"""The legal log: who did what when, each row chained to the one before by its hash.

Rules: append-only; roles, numbers and reasons, never names, phones or ID numbers. The last hash travels in every outbox event, so the centre
holds anchors that a rewritten log cannot meet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from kiosk.store.columns import moment_text
from kiosk.store.ledger import audit
from kiosk.wire.canonical import canonical_json

FIRST_HASH = bytes(32)
_LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)


class Deed(StrEnum):
    """What can stand in the log."""

    ISSUE = "issue"
    VOID = "void"
    ALLOW_REPRINT = "allowReprint"
    ANSWER_PAPER = "answerPaper"
    GIVE_UP_COPY = "giveUpCopy"
    REGISTER = "register"
    SET_PIN = "setPin"
    PIN_LOCKED = "pinLocked"
    CHECK_DEVICE = "checkDevice"


def append(
    tx: Connection, at: datetime, deed: Deed, by: str, counter: int | None = None, facts: Mapping[str, str | int] | None = None
) -> bytes:
    """Add one row and return its hash."""
    last = tx.execute(_LAST).first()
    seq, before = (last.seq + 1, last.hash) if last is not None else (1, FIRST_HASH)
    body = dict(facts or {})
    link = chain_hash(before, seq, at, deed, by, counter, body)
    tx.execute(
        insert(audit),
        {
            "seq": seq,
            "at": at,
            "kind": deed.value,
            "by": by,
            "counter": counter,
            "facts": canonical_json(body).decode("utf-8"),
            "hash": link,
        },
    )
    return link


def chain_hash(
    before: bytes, seq: int, at: datetime, deed: str, by: str, counter: int | None, facts: Mapping[str, str | int]
) -> bytes:
    """SHA-256 over the hash of the row before and this row's facts."""
    row = canonical_json([seq, moment_text(at), str(deed), by, counter, dict(facts)])
    return hashlib.sha256(before + row).digest()


def first_broken_link(tx: Connection) -> int | None:
    """``seq`` of the first row that does not fit the rows before it, None when the chain holds. Reads the whole log."""
    before, expected = FIRST_HASH, 1
    for row in tx.execute(select(audit).order_by(audit.c.seq)):
        link = chain_hash(before, expected, row.at, row.kind, row.by, row.counter, json.loads(row.facts))
        if row.seq != expected or row.hash != link:
            return int(row.seq)
        before, expected = link, expected + 1
    return None
