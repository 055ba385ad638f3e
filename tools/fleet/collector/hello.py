"""Answers a terminal that says hello, and sees whether its disk is what it was.

Signs, all of them worth a visit: an outbox that ends before what was receipted (the disk went back in time), or has other bytes where the centre has
some (it went back and was filled again); a boot or a ledger that returns after another one spoke (two machines with one identity); events that the
terminal no longer has and the centre never got (a gap).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from kiosk.wire.job import JobStatus
from kiosk.wire.uplink import Desired, Hello, Pause, Welcome
from tools.fleet.collector.alerts import AlertKey, Finding, open_alert
from tools.fleet.store.schema import alert, boot, certificate, conflict, event, intake, job, stream, terminal
from tools.fleet.store.states import Severity

_TELL_ALL = frozenset({"rollback", "clone"})
_MARKS_AT_ONCE = 50
MAX_JOBS = 15
"""Jobs in one welcome; the rest comes with the next."""


def answer_hellos(tx: Connection, said: Sequence[tuple[str, Hello]], now: datetime) -> list[tuple[str, Welcome]]:
    """Keep what terminals say of themselves and make their welcomes, in the same order: hundreds come at once after a broker's restart."""
    answers: list[tuple[str, Welcome]] = []
    waiting = list(said)
    while waiting:  # one that speaks twice is heard twice, one after the other
        turn: dict[str, Hello] = {}
        later: list[tuple[str, Hello]] = []
        for code, hello in waiting:
            if code in turn:
                later.append((code, hello))
            else:
                turn[code] = hello
        answers += _answer(tx, turn, now)
        waiting = later
    return answers


def answer_hello(tx: Connection, code: str, hello: Hello, now: datetime) -> Welcome:
    """The answer to one."""
    return answer_hellos(tx, [(code, hello)], now)[0][1]


def make_welcomes(tx: Connection, ledgers: dict[str, str], now: datetime) -> dict[str, Welcome]:
    """What is wanted of terminals now; ``ledgers`` names the ledger of each."""
    codes = sorted(ledgers)
    floors = _floors(tx, codes)
    uptos = _uptos(tx, codes)
    waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
    query = (
        select(job.c.terminal, job.c.document)
        .where(
            job.c.terminal.in_(codes),
            job.c.status.in_((JobStatus.QUEUED.value, JobStatus.IN_PROGRESS.value)),
            job.c.not_after > now,
        )
        .order_by(job.c.created_at)
    )
    for code, document in tx.execute(query):
        if len(waiting[code]) < MAX_JOBS:
            waiting[code].append(json.loads(document))
    made: dict[str, Welcome] = {}
    for row in tx.execute(select(terminal).where(terminal.c.code.in_(codes))):
        made[row.code] = Welcome(
            utc=now,
            receipt_upto=uptos.get((row.code, ledgers[row.code]), 0),
            desired=Desired(conf=row.desired_conf, dir=row.desired_dir, keys=row.desired_keys, sw=row.desired_software),
            jobs=tuple(waiting[row.code]),
            counter_floor=floors.get(row.code, 0),
            pause=Pause(on=row.paused, reason=row.pause_reason),
        )
    return made


def _answer(tx: Connection, turn: dict[str, Hello], now: datetime) -> list[tuple[str, Welcome]]:
    codes = sorted(turn)
    before = _know(tx, codes, now)
    tx.execute(_insert(tx, intake).on_conflict_do_nothing(), [{"terminal": code, "last_at": now} for code in codes])
    held = select(intake.c.terminal).where(intake.c.terminal.in_(codes)).order_by(intake.c.terminal).with_for_update()
    tx.execute(held).all()
    floors, uptos, boots = _floors(tx, codes), _uptos(tx, codes), _boots(tx, codes)
    rewritten = _rewritten(tx, turn)
    tell_all: set[str] = set()
    for code, hello in turn.items():
        upto = uptos.get((code, hello.ledger), 0)
        suspicions = _suspicions(code, before[code], boots[code], hello, upto, floors.get(code, 0), rewritten.get(code, 0))
        # known suspects need not tell everything again at every hello
        if suspicions and any(one.code in _TELL_ALL and one.key not in _open_of(tx, code) for one in suspicions):
            tell_all.add(code)
        for found in suspicions:
            open_alert(tx, found, now)
        if hello.outbox.first > upto + 1:
            _give_up(tx, code, hello, now)
    _remember(tx, turn, now)
    welcomes = make_welcomes(tx, {code: hello.ledger for code, hello in turn.items()}, now)
    # the whole ledger again: the same bytes change nothing, other bytes come to light
    return [(code, welcomes[code].model_copy(update={"receipt_upto": 0}) if code in tell_all else welcomes[code]) for code in turn]


def _know(tx: Connection, codes: list[str], now: datetime) -> dict[str, tuple[str, str]]:
    """Boot and ledger of the last hello; a terminal that nobody entered is entered, as not commissioned."""
    query = select(terminal.c.code, terminal.c.boot, terminal.c.ledger).where(terminal.c.code.in_(codes))
    known = {code: (boot_id, ledger) for code, boot_id, ledger in tx.execute(query)}
    strangers = [code for code in codes if code not in known]
    if strangers:
        tx.execute(
            insert(terminal), [{"code": code, "county": code[:6], "state_since": now, "last_seen_at": now} for code in strangers]
        )
    return {code: known.get(code, ("", "")) for code in codes}


def _floors(tx: Connection, codes: list[str]) -> dict[str, int]:
    query = select(intake.c.terminal, intake.c.counter_max).where(intake.c.terminal.in_(codes))
    return {row.terminal: row.counter_max for row in tx.execute(query)}


def _uptos(tx: Connection, codes: list[str]) -> dict[tuple[str, str], int]:
    query = select(stream.c.terminal, stream.c.ledger, stream.c.upto).where(stream.c.terminal.in_(codes))
    return {(code, ledger): upto for code, ledger, upto in tx.execute(query)}


def _boots(tx: Connection, codes: list[str]) -> dict[str, set[tuple[str, str]]]:
    """Every boot and ledger that ever said hello."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for code, boot_id, ledger in tx.execute(select(boot.c.terminal, boot.c.boot, boot.c.ledger).where(boot.c.terminal.in_(codes))):
        found[code].add((boot_id, ledger))
    return found


def _suspicions(
    code: str, before: tuple[str, str], boots: set[tuple[str, str]], hello: Hello, upto: int, floor: int, rewritten: int
) -> list[Finding]:
    found: list[Finding] = []

    def see(word: str, severity: Severity, **facts: Any) -> None:
        found.append(Finding(word, severity, code[:6], code, facts=facts))

    if hello.outbox.last < upto:
        see("rollback", Severity.CRITICAL, last=hello.outbox.last, receipted=upto)
    elif rewritten:
        see("rollback", Severity.CRITICAL, last=hello.outbox.last, receipted=upto, rewritten=rewritten)
    now = (hello.boot, hello.ledger)
    if before[0] and now != before:
        returned = now in boots
        if hello.boot != before[0] and hello.ledger != before[1]:
            returned = any(hello.boot == boot_id or hello.ledger == ledger for boot_id, ledger in boots)
        if returned:
            see("clone", Severity.CRITICAL)
        elif hello.ledger != before[1] and floor:
            see("newLedger", Severity.NOTICE, counter_floor=floor)
    if hello.outbox.first > upto + 1:
        see("eventsMissing", Severity.CRITICAL, first=hello.outbox.first, receipted=upto)
    return found


def _rewritten(tx: Connection, turn: dict[str, Hello]) -> dict[str, int]:
    """Terminals whose ledger has other bytes than any that ever came under the same seq, with that seq."""
    asked = [(code, hello.ledger, mark.seq) for code, hello in turn.items() for mark in hello.marks]
    held: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for start in range(0, len(asked), _MARKS_AT_ONCE):
        part = asked[start : start + _MARKS_AT_ONCE]
        for table in (certificate, event, conflict):
            # Not as one tuple IN (...): SQLite reads the whole table for that.
            here = or_(*(and_(table.c.terminal == code, table.c.ledger == of, table.c.seq == seq) for code, of, seq in part))
            for code, of, seq, digest in tx.execute(
                select(table.c.terminal, table.c.ledger, table.c.seq, table.c.sha256).where(here)
            ):
                held[code, of, seq].add(bytes(digest).hex())
    found: dict[str, int] = {}
    for code, hello in turn.items():
        for mark in hello.marks:
            known = held.get((code, hello.ledger, mark.seq))
            if known and mark.sha256 not in known:
                found.setdefault(code, mark.seq)
    return found


def _open_of(tx: Connection, code: str) -> set[AlertKey]:
    rows = tx.execute(
        select(alert.c.county, alert.c.terminal, alert.c.device, alert.c.code).where(
            alert.c.terminal == code, alert.c.closed_at.is_(None)
        )
    )
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def _give_up(tx: Connection, code: str, hello: Hello, now: datetime) -> None:
    """Go on behind events that nobody has any more; the alert tells."""
    upto = hello.outbox.first - 1
    made = _insert(tx, stream)
    tx.execute(
        made.on_conflict_do_update(
            index_elements=["terminal", "ledger"], set_={"upto": made.excluded.upto, "last_at": made.excluded.last_at}
        ),
        {"terminal": code, "ledger": hello.ledger, "upto": upto, "highest": upto, "last_at": now},
    )


def _remember(tx: Connection, turn: dict[str, Hello], now: datetime) -> None:
    made = _insert(tx, boot)
    tx.execute(
        made.on_conflict_do_update(index_elements=["terminal", "boot", "ledger"], set_={"last_at": made.excluded.last_at}),
        [
            {"terminal": code, "boot": hello.boot, "ledger": hello.ledger, "first_at": now, "last_at": now}
            for code, hello in sorted(turn.items())
        ],
    )
    tx.execute(_REMEMBER, [{"of": code, **_reported(hello, now)} for code, hello in sorted(turn.items())])


def _reported(hello: Hello, now: datetime) -> dict[str, Any]:
    """Columns of ``terminal``, as ``new_...``."""
    values = {
        "hello_at": now,
        "last_seen_at": now,
        "boot": hello.boot,
        "ledger": hello.ledger,
        "software": hello.sw[:40],
        "conf": hello.conf,
        "dir": hello.dir,
        "keys": hello.keys,
        "outbox_first": hello.outbox.first,
        "outbox_last": hello.outbox.last,
        "clock_source": hello.clock.src.value,
        "clock_offset_s": (hello.clock.utc - now).total_seconds(),
        "welcome_due": False,
    }
    return {f"new_{name}": value for name, value in values.items()}


_REPORTED = [
    "hello_at",
    "last_seen_at",
    "boot",
    "ledger",
    "software",
    "conf",
    "dir",
    "keys",
    "outbox_first",
    "outbox_last",
    "clock_source",
    "clock_offset_s",
    "welcome_due",
]
_REMEMBER = (
    update(terminal).where(terminal.c.code == bindparam("of")).values({name: bindparam(f"new_{name}") for name in _REPORTED})
)


def _insert(tx: Connection, table: Any) -> Any:
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)
