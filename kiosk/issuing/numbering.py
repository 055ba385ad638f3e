"""The counter and the floor of time of this terminal.

Rules: a number is drawn in the issuing transaction and never comes from the clock; the clock may not stand before the last issue or before the
build of the program.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import ClockQuality
from kiosk.domain.number import MAX_COUNTER, CertificateNumber
from kiosk.issuing.issuer import Refused, TrustedTime
from kiosk.store.errors import StoreError
from kiosk.store.ledger import terminal

CLOCK_UNTRUSTED = "clockUntrusted"
NUMBERS_UNKNOWN = "numbersUnknown"
_STATE = select(terminal.c.code, terminal.c.generation, terminal.c.last_counter, terminal.c.last_issued_at)
_DRAWN = update(terminal).values(last_counter=bindparam("drawn"), last_issued_at=bindparam("at"))


@dataclass(frozen=True, slots=True)
class TerminalState:
    """The one row: ``generation`` is new with every new ledger file, so a rolled-back or cloned disk can be told."""

    code: str
    generation: str
    last_counter: int
    last_issued_at: datetime | None


def begin_ledger(tx: Connection, code: str, at: datetime) -> None:
    """First row of a new ledger."""
    tx.execute(insert(terminal).values(id=1, code=code, generation=uuid.uuid4().hex, created_at=at, last_counter=0))


def state(tx: Connection) -> TerminalState | None:
    """The terminal's row, None in a new ledger."""
    row = tx.execute(_STATE).one_or_none()
    return None if row is None else TerminalState(row.code, row.generation, row.last_counter, row.last_issued_at)


def require_terminal(tx: Connection, code: str) -> bool:
    """Whether the ledger was begun; raises ``StoreError`` (storeBroken/otherTerminal) when it belongs to another terminal."""
    found = state(tx)
    if found is not None and found.code != code:
        raise StoreError("storeBroken", "otherTerminal")
    return found is not None


def draw(tx: Connection, found: TerminalState, at: datetime, floor: int = 0) -> CertificateNumber:
    """The next number, counter + 1; above ``floor``, up to which an earlier ledger of this terminal may have given numbers. Raises ``Refused``."""
    counter = max(found.last_counter, floor) + 1
    if counter > MAX_COUNTER:
        raise Refused("numbersUsedUp")
    number = CertificateNumber(found.code, counter)
    tx.execute(_DRAWN, {"drawn": number.counter, "at": at})
    return number


def numbers_problem(found: TerminalState, *, is_known: bool) -> str:
    """ "" when a number may be given, else ``numbersUnknown``: the first of a ledger, and nobody has said (``is_known``) where to begin."""
    return "" if found.last_counter or is_known else NUMBERS_UNKNOWN


def clock_problem(time: TrustedTime, built_at: datetime, found: TerminalState) -> str:
    """ "" when a certificate may be dated ``time``, else ``clockUntrusted``."""
    floor = built_at if found.last_issued_at is None else max(built_at, found.last_issued_at)
    return CLOCK_UNTRUSTED if time.quality is ClockQuality.UNTRUSTED or time.now < floor else ""
