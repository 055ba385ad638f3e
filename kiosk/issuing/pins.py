"""PINs that the station gave: slow salted hashes, and a lock against guessing.

Rules: five wrong ones lock for 15 s, each further wrong one for twice as long, at most an hour; the lock outlives a restart and is not
lifted by giving the same PIN again. Source: RFC 7914 (scrypt, r = 8, p = 1).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from kiosk.domain.subject import SubjectId
from kiosk.issuing import audit
from kiosk.issuing.issuer import Refused
from kiosk.store.ledger import station_pin

PIN_DIGITS = 6
FREE_TRIES = 5
FIRST_LOCK = timedelta(seconds=15)
LONGEST_LOCK = timedelta(hours=1)
_COST = 2**14
_MAX_MEMORY = 64 * 2**20


def set_pin(tx: Connection, subject: SubjectId, pin: str, by: str, now: datetime) -> None:
    """Give a PIN, replacing an earlier one and its lock. Raises ``Refused('pinShape')``."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise Refused("pinShape")
    salt = secrets.token_bytes(16)
    values = {
        "salt": salt,
        "hash": _slow_hash(pin, salt, _COST),
        "cost": _COST,
        "wrong_count": 0,
        "locked_until": None,
        "set_at": now,
        "set_by": by,
    }
    changed = tx.execute(update(station_pin).where(station_pin.c.subject_id == subject).values(**values))
    if changed.rowcount == 0:
        tx.execute(insert(station_pin).values(subject_id=subject, **values))
    audit.append(tx, now, audit.Deed.SET_PIN, by, None, {"subject": subject})


def fits(tx: Connection, subject: SubjectId, pin: str) -> bool:
    """Whether this is the PIN, without counting the try. For set-up, not for people."""
    row = tx.execute(select(station_pin).where(station_pin.c.subject_id == subject)).one_or_none()
    return row is not None and hmac.compare_digest(_slow_hash(pin, row.salt, row.cost), row.hash)


def check_pin(tx: Connection, subject: SubjectId, pin: str, now: datetime) -> tuple[bool, int]:
    """(fits, seconds to wait). The caller commits before telling anyone, else a wrong try would not count."""
    row = tx.execute(select(station_pin).where(station_pin.c.subject_id == subject)).one_or_none()
    if row is None:
        return False, 0
    wait_s = _wait_s(row.locked_until, row.wrong_count, now)
    if wait_s:
        return False, wait_s
    if hmac.compare_digest(_slow_hash(pin, row.salt, row.cost), row.hash):
        if row.wrong_count:
            _count(tx, subject, 0, None)
        return True, 0
    wrong = row.wrong_count + 1
    lock = _lock(wrong)
    _count(tx, subject, wrong, now + lock if lock else None)
    if lock:
        audit.append(tx, now, audit.Deed.PIN_LOCKED, "producer", None, {"subject": subject, "wrong": wrong})
    return False, math.ceil(lock.total_seconds())


def _lock(wrong: int) -> timedelta:
    if wrong < FREE_TRIES:
        return timedelta(0)
    doublings = 1 << min(wrong - FREE_TRIES, 16)
    return min(FIRST_LOCK * doublings, LONGEST_LOCK)


def _wait_s(locked_until: datetime | None, wrong: int, now: datetime) -> int:
    """A clock set back must not make a lock longer than it was meant."""
    if locked_until is None or locked_until <= now:
        return 0
    return math.ceil(min(locked_until - now, _lock(wrong)).total_seconds())


def _count(tx: Connection, subject: SubjectId, wrong: int, locked_until: datetime | None) -> None:
    tx.execute(update(station_pin).where(station_pin.c.subject_id == subject).values(wrong_count=wrong, locked_until=locked_until))


def _slow_hash(pin: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(pin.encode("utf-8"), salt=salt, n=cost, r=8, p=1, maxmem=_MAX_MEMORY, dklen=32)
