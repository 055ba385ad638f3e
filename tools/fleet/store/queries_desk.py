"""What people do at the console: alerts, notes, conflicts, reports of shoppers, saved filters, accounts, the audit log.

Rules: every function takes the ``Area`` of who asks; a change to what lies outside changes nothing and says so (False); who calls writes the audit line in
the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from tools.fleet.area import Area, AreaLevel
from tools.fleet.store.queries import AlertRow, ConflictRow, Json, alert_row
from tools.fleet.store.schema import account, alert, audit, conflict, report
from tools.fleet.store.schema_desk import alert_note, saved_filter
from tools.fleet.store.scope import of_alert, of_terminal
from tools.fleet.store.states import Severity

PAGE = 50
_severity = case({Severity.CRITICAL.value: 0, Severity.WARNING.value: 1}, value=alert.c.severity, else_=2)
_ALERT = tuple(alert.c[name] for name in AlertRow.__slots__)
_CONFLICT = tuple(conflict.c[name] for name in ConflictRow.__slots__)


@dataclass(frozen=True, slots=True)
class OwnerLoad:
    """Open alerts of one owner; "" is nobody yet."""

    owner: str
    critical: int
    others: int


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """``owner`` None: anybody's; "": nobody's."""

    is_open: bool = True
    severity: str = ""
    owner: str | None = None
    code: str = ""
    place: str = ""  # a city (4 digits), county (6) or township (9)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about an alert."""

    at: datetime
    who: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """What a shopper says is wrong; ``kind`` is goods, copied, quality, facts or other."""

    id: int
    number: str
    at: datetime
    kind: str
    words: str = field(repr=False)
    handled_at: datetime | None
    handled_by: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who may do what, and where. ``password`` is a scrypt hash."""

    login: str
    name: str
    role: str
    area: str
    password: str = field(repr=False)
    created_at: datetime
    disabled_at: datetime | None
    epoch: int


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to what."""

    id: int
    at: datetime
    who: str
    deed: str
    object: str
    detail: Json


_REPORT = tuple(report.c[name] for name in Report.__slots__)
_ACCOUNT = tuple(account.c[name] for name in Account.__slots__)
_AUDIT = tuple(audit.c[name] for name in AuditLine.__slots__)


# ---- alerts -------------------------------------------------------------------------------------------------------------------


def load_by_owner(tx: Connection, area: Area) -> list[OwnerLoad]:
    """Open alerts by owner, nobody's first, then whoever has most."""
    owner = func.coalesce(alert.c.owner, "")
    critical = func.sum(case((alert.c.severity == Severity.CRITICAL.value, 1), else_=0))
    rows = tx.execute(select(owner, critical, func.count()).where(alert.c.closed_at.is_(None), of_alert(area)).group_by(owner))
    loads = [OwnerLoad(name, int(bad), int(count) - int(bad)) for name, bad, count in rows]
    return sorted(loads, key=lambda load: (load.owner != "", -load.critical, -load.others, load.owner))


def list_alerts(tx: Connection, area: Area, wanted: AlertFilter, page: int = 1) -> tuple[int, list[AlertRow]]:
    """How many fit, and one page of them: open ones by urgency, closed ones newest first."""
    fits = _alerts(area, wanted)
    order: tuple[ColumnElement[Any], ...] = (_severity, alert.c.since) if wanted.is_open else (alert.c.closed_at.desc(),)
    total = tx.execute(select(func.count()).select_from(alert).where(fits)).scalar_one()
    query = select(*_ALERT).where(fits).order_by(*order, alert.c.id).limit(PAGE).offset((page - 1) * PAGE)
    return total, [alert_row(row) for row in tx.execute(query)]


def every_alert(tx: Connection, area: Area, wanted: AlertFilter) -> Iterator[AlertRow]:
    """All that fit, for an export."""
    query = select(*_ALERT).where(_alerts(area, wanted)).order_by(alert.c.id)
    for row in tx.execute(query.execution_options(yield_per=500)):
        yield alert_row(row)


def alert_codes(tx: Connection, area: Area, *, is_open: bool) -> list[tuple[str, int]]:
    """What the alerts of an area are about, and how many each."""
    ended = alert.c.closed_at.is_(None) if is_open else alert.c.closed_at.is_not(None)
    rows = tx.execute(select(alert.c.code, func.count()).where(of_alert(area), ended).group_by(alert.c.code))
    return sorted(((code, count) for code, count in rows), key=lambda one: -one[1])


def find_alert(tx: Connection, area: Area, number: int) -> AlertRow | None:
    """An alert, when it is inside the area."""
    row = tx.execute(select(*_ALERT).where(alert.c.id == number, of_alert(area))).one_or_none()
    return None if row is None else alert_row(row)


def acknowledge(tx: Connection, area: Area, number: int, who: str, at: datetime) -> bool:
    """Somebody has seen it. False when it is closed, outside or seen already."""
    seen = update(alert).where(alert.c.id == number, alert.c.closed_at.is_(None), alert.c.acknowledged_at.is_(None), of_alert(area))
    return tx.execute(seen.values(acknowledged_at=at, acknowledged_by=who)).rowcount == 1


def assign(tx: Connection, area: Area, number: int, owner: str) -> bool:
    """Give it to somebody ("" takes it from whoever has it). False when it is closed or outside."""
    given = update(alert).where(alert.c.id == number, alert.c.closed_at.is_(None), of_alert(area)).values(owner=owner or None)
    return tx.execute(given).rowcount == 1


def add_note(tx: Connection, number: int, who: str, at: datetime, words: str) -> None:
    """Write something about an alert that the caller has found inside."""
    tx.execute(insert(alert_note), {"alert": number, "who": who, "at": at, "words": words})


def notes_of(tx: Connection, number: int) -> list[Note]:
    """What was written about an alert, oldest first."""
    of = alert_note.c
    rows = tx.execute(select(of.at, of.who, of.words).where(of.alert == number).order_by(of.id).limit(500))
    return [Note(*row) for row in rows]


def _alerts(area: Area, wanted: AlertFilter) -> ColumnElement[bool]:
    of = alert.c
    conditions = [of_alert(area), of.closed_at.is_(None) if wanted.is_open else of.closed_at.is_not(None)]
    if wanted.severity:
        conditions.append(of.severity == wanted.severity)
    if wanted.owner is not None:
        conditions.append(of.owner == wanted.owner if wanted.owner else of.owner.is_(None))
    if wanted.code:
        conditions.append(of.code == wanted.code)
    if wanted.place:
        conditions.append(of_alert(Area(wanted.place)))
    return and_(*conditions)


# ---- conflicts and reports ---------------------------------------------------------------------------------------------------------


def list_conflicts(tx: Connection, area: Area, page: int = 1) -> tuple[int, list[ConflictRow]]:
    """What could not be accepted, the newest first."""
    fits = of_terminal(conflict.c.terminal, area)
    total = tx.execute(select(func.count()).select_from(conflict).where(fits)).scalar_one()
    query = select(*_CONFLICT).where(fits).order_by(conflict.c.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return total, [ConflictRow(*row) for row in tx.execute(query)]


def conflict_bodies(tx: Connection, area: Area, number: int) -> tuple[ConflictRow, bytes] | None:
    """One of them with its bytes."""
    row = tx.execute(
        select(*_CONFLICT, conflict.c.body).where(conflict.c.id == number, of_terminal(conflict.c.terminal, area))
    ).one_or_none()
    return None if row is None else (ConflictRow(*row[:-1]), row.body)


def resolve_conflict(tx: Connection, area: Area, number: int, who: str, at: datetime) -> bool:
    """Somebody has looked into it; the bytes stay. False when it is outside or was resolved before."""
    done = update(conflict).where(conflict.c.id == number, conflict.c.resolved_at.is_(None), of_terminal(conflict.c.terminal, area))
    return tx.execute(done.values(resolved_at=at, resolved_by=who)).rowcount == 1


def list_reports(tx: Connection, area: Area, is_open: bool, page: int = 1) -> tuple[int, list[Report]]:
    """What shoppers say is wrong with certificates issued inside: open ones oldest first, handled ones newest first."""
    fits = and_(_reports(area), report.c.handled_at.is_(None) if is_open else report.c.handled_at.is_not(None))
    total = tx.execute(select(func.count()).select_from(report).where(fits)).scalar_one()
    order = report.c.at if is_open else report.c.handled_at.desc()
    query = select(*_REPORT).where(fits).order_by(order, report.c.id).limit(PAGE).offset((page - 1) * PAGE)
    return total, [Report(*row) for row in tx.execute(query)]


def handle_report(tx: Connection, area: Area, number: int, who: str, at: datetime, answer: str) -> bool:
    """What came of it. False when it is outside or was handled before."""
    done = update(report).where(report.c.id == number, report.c.handled_at.is_(None), _reports(area))
    return tx.execute(done.values(handled_at=at, handled_by=who, answer=answer)).rowcount == 1


def _reports(area: Area) -> ColumnElement[bool]:
    """A certificate's number begins with its terminal."""
    return of_terminal(func.substr(report.c.number, 1, 10), area)


# ---- saved filters --------------------------------------------------------------------------------------------------------------


def saved_filters(tx: Connection, login: str) -> list[tuple[str, str]]:
    """Name and query string of what somebody saved."""
    of = saved_filter.c
    return [(name, query) for name, query in tx.execute(select(of.name, of.query).where(of.login == login).order_by(of.name))]


def save_filter(tx: Connection, login: str, name: str, query: str) -> None:
    """Keep a filter under a name; the same name is replaced."""
    delete_filter(tx, login, name)
    tx.execute(insert(saved_filter), {"login": login, "name": name, "query": query})


def delete_filter(tx: Connection, login: str, name: str) -> None:
    """Forget it."""
    tx.execute(delete(saved_filter).where(saved_filter.c.login == login, saved_filter.c.name == name))


# ---- accounts -------------------------------------------------------------------------------------------------------------------


def find_account(tx: Connection, login: str) -> Account | None:
    """The account of a login, disabled ones too."""
    row = tx.execute(select(*_ACCOUNT).where(account.c.login == login)).one_or_none()
    return None if row is None else Account(*row)


def list_accounts(tx: Connection, area: Area) -> list[Account]:
    """The accounts whose whole area lies inside."""
    rows = tx.execute(select(*_ACCOUNT).where(account.c.area.startswith(area.prefix, autoescape=True)).order_by(account.c.login))
    return [Account(*row) for row in rows]


def owners(tx: Connection, area: Area) -> list[Account]:
    """Who can be given an alert of this area: those who may act and whose area holds it or lies in it."""
    wide = [area.prefix[:length] for length in (2, 4, 6) if length < len(area.prefix)]
    rows = tx.execute(
        select(*_ACCOUNT)
        .where(account.c.disabled_at.is_(None), account.c.role != "viewer")
        .where(or_(account.c.area.startswith(area.prefix, autoescape=True), account.c.area.in_(wide)))
        .order_by(account.c.login)
    )
    return [Account(*row) for row in rows]


def add_account(tx: Connection, made: Account) -> None:
    """A new account. Raises ``IntegrityError`` for a login that is taken."""
    tx.execute(insert(account), {name: getattr(made, name) for name in Account.__slots__})


def change_account(tx: Connection, login: str, **values: object) -> None:
    """New values of an account; all its sessions end."""
    tx.execute(update(account).where(account.c.login == login).values(epoch=account.c.epoch + 1, **values))


# ---- audit ----------------------------------------------------------------------------------------------------------------------


def list_audit(tx: Connection, area: Area, who: str = "", deed: str = "", page: int = 1) -> tuple[int, list[AuditLine]]:
    """One page of the log, the newest first."""
    fits = _audit(area, who, deed)
    total = tx.execute(select(func.count()).select_from(audit).where(fits)).scalar_one()
    query = select(*_AUDIT).where(fits).order_by(audit.c.id.desc()).limit(PAGE).offset((page - 1) * PAGE)
    return total, [AuditLine(*row) for row in tx.execute(query)]


def every_audit(tx: Connection, area: Area, who: str = "", deed: str = "") -> Iterator[AuditLine]:
    """The whole log that fits, oldest first, for an export."""
    query = select(*_AUDIT).where(_audit(area, who, deed)).order_by(audit.c.id)
    for row in tx.execute(query.execution_options(yield_per=500)):
        yield AuditLine(*row)


def audit_since(tx: Connection, deeds: tuple[str, ...], since: datetime) -> list[AuditLine]:
    """Lines of some deeds from a moment on, oldest first: how guessing is noticed. For the door only, not for a page."""
    query = select(*_AUDIT).where(audit.c.at >= since, audit.c.deed.in_(deeds)).order_by(audit.c.id)
    return [AuditLine(*row) for row in tx.execute(query.limit(10_000))]


def _audit(area: Area, who: str, deed: str) -> ColumnElement[bool]:
    """The province sees all, others what was done by accounts of their area."""
    conditions: list[ColumnElement[bool]] = []
    if area.level is not AreaLevel.PROVINCE:
        conditions.append(audit.c.who.in_(select(account.c.login).where(account.c.area.startswith(area.prefix, autoescape=True))))
    if who:
        conditions.append(audit.c.who == who)
    if deed:
        conditions.append(audit.c.deed == deed)
    return and_(True, *conditions)
