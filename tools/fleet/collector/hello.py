"""Answers a terminal that says hello, and sees whether its disk is what it was.

Signs, all of them worth a visit: an outbox that ends before what was receipted (the disk went back in time); a boot or a ledger that returns after
another one spoke (two machines with one identity); events that the terminal no longer has and the centre never got (a gap).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from kiosk.wire.job import JobStatus
from kiosk.wire.uplink import Desired, Hello, Pause, Welcome
from tools.fleet.collector.alerts import AlertKey, Finding, open_alert
from tools.fleet.store.schema import alert, boot, intake, job, stream, terminal
from tools.fleet.store.states import Severity

_TELL_ALL = frozenset({"rollback", "clone"})
MAX_JOBS = 15
"""Jobs in one welcome; the rest comes with the next."""


def answer_hello(tx: Connection, code: str, hello: Hello, now: datetime) -> Welcome:
    """Keep what the terminal says of itself and make its welcome."""
    before = _know(tx, code, now)
    tx.execute(_insert(tx, intake).on_conflict_do_nothing(), {"terminal": code, "last_at": now})
    floor = tx.execute(select(intake.c.counter_max).where(intake.c.terminal == code).with_for_update()).scalar_one()
    upto = _upto(tx, code, hello.ledger)
    suspicions = _suspicions(tx, code, before, hello, upto, floor)
    # known suspects need not tell everything again at every hello
    is_news = any(one.code in _TELL_ALL and one.key not in _open_of(tx, code) for one in suspicions)
    for found in suspicions:
        open_alert(tx, found, now)
    if hello.outbox.first > upto + 1:
        upto = _give_up(tx, code, hello, now)
    _remember(tx, code, hello, now)
    welcome = make_welcome(tx, code, hello.ledger, now)
    # the whole ledger again: the same bytes change nothing, other bytes come to light
    return welcome.model_copy(update={"receipt_upto": 0}) if is_news else welcome


def make_welcome(tx: Connection, code: str, ledger: str, now: datetime) -> Welcome:
    """What is wanted of a terminal now."""
    row = tx.execute(select(terminal).where(terminal.c.code == code)).one()
    floor = tx.execute(select(intake.c.counter_max).where(intake.c.terminal == code)).scalar() or 0
    waiting = (
        select(job.c.document)
        .where(
            job.c.terminal == code,
            job.c.status.in_((JobStatus.QUEUED.value, JobStatus.IN_PROGRESS.value)),
            job.c.not_after > now,
        )
        .order_by(job.c.created_at)
        .limit(MAX_JOBS)
    )
    return Welcome(
        utc=now,
        receipt_upto=_upto(tx, code, ledger),
        desired=Desired(conf=row.desired_conf, dir=row.desired_dir, keys=row.desired_keys, sw=row.desired_software),
        jobs=tuple(json.loads(document) for document in tx.execute(waiting).scalars()),
        counter_floor=floor,
        pause=Pause(on=row.paused, reason=row.pause_reason),
    )


def _know(tx: Connection, code: str, now: datetime) -> Any:
    """The terminal's row; a terminal that nobody entered is entered, as not commissioned."""
    row = tx.execute(select(terminal).where(terminal.c.code == code)).one_or_none()
    if row is not None:
        return row
    tx.execute(insert(terminal), {"code": code, "county": code[:6], "state_since": now, "last_seen_at": now})
    return tx.execute(select(terminal).where(terminal.c.code == code)).one()


def _upto(tx: Connection, code: str, ledger: str) -> int:
    return tx.execute(select(stream.c.upto).where(stream.c.terminal == code, stream.c.ledger == ledger)).scalar() or 0


def _suspicions(tx: Connection, code: str, before: Any, hello: Hello, upto: int, floor: int) -> list[Finding]:
    found: list[Finding] = []

    def see(word: str, severity: Severity, **facts: Any) -> None:
        found.append(Finding(word, severity, code[:6], code, facts=facts))

    if hello.outbox.last < upto:
        see("rollback", Severity.CRITICAL, last=hello.outbox.last, receipted=upto)
    if before.boot and (hello.boot, hello.ledger) != (before.boot, before.ledger):
        returned = (
            select(func.count())
            .select_from(boot)
            .where(boot.c.terminal == code, (boot.c.boot == hello.boot) | (boot.c.ledger == hello.ledger))
        )
        if hello.boot == before.boot or hello.ledger == before.ledger:
            returned = returned.where(boot.c.boot == hello.boot, boot.c.ledger == hello.ledger)
        if tx.execute(returned).scalar():
            see("clone", Severity.CRITICAL)
        elif hello.ledger != before.ledger and floor:
            see("newLedger", Severity.NOTICE, counter_floor=floor)
    if hello.outbox.first > upto + 1:
        see("eventsMissing", Severity.CRITICAL, first=hello.outbox.first, receipted=upto)
    return found


def _open_of(tx: Connection, code: str) -> set[AlertKey]:
    rows = tx.execute(
        select(alert.c.county, alert.c.terminal, alert.c.device, alert.c.code).where(
            alert.c.terminal == code, alert.c.closed_at.is_(None)
        )
    )
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _give_up(tx: Connection, code: str, hello: Hello, now: datetime) -> int:
    """Go on behind events that nobody has any more; the alert tells."""
    upto = hello.outbox.first - 1
    made = _insert(tx, stream)
    tx.execute(
        made.on_conflict_do_update(
            index_elements=["terminal", "ledger"], set_={"upto": made.excluded.upto, "last_at": made.excluded.last_at}
        ),
        {"terminal": code, "ledger": hello.ledger, "upto": upto, "highest": upto, "last_at": now},
    )
    return upto


def _remember(tx: Connection, code: str, hello: Hello, now: datetime) -> None:
    made = _insert(tx, boot)
    tx.execute(
        made.on_conflict_do_update(index_elements=["terminal", "boot", "ledger"], set_={"last_at": made.excluded.last_at}),
        {"terminal": code, "boot": hello.boot, "ledger": hello.ledger, "first_at": now, "last_at": now},
    )
    tx.execute(
        update(terminal)
        .where(terminal.c.code == code)
        .values(
            hello_at=now,
            last_seen_at=now,
            boot=hello.boot,
            ledger=hello.ledger,
            software=hello.sw[:40],
            conf=hello.conf,
            dir=hello.dir,
            keys=hello.keys,
            outbox_first=hello.outbox.first,
            outbox_last=hello.outbox.last,
            clock_source=hello.clock.src.value,
            clock_offset_s=(hello.clock.utc - now).total_seconds(),
            welcome_due=False,
        )
    )


def _insert(tx: Connection, table: Any) -> Any:
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)
