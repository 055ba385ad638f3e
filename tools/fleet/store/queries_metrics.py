"""What the metrics ask of the centre's database: counts by county, and the newest values of a few metrics.

Rules: words are counted by the database; only numbers that need a maximum or a sum travel; nothing here holds a name or a telephone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import alert, certificate, conflict, health_now, issuance, report, terminal

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A terminal for the metrics. ``up`` is what ``kiosk_up`` says: heard within what is usual."""

    code: str
    county: str
    state: str
    software: str
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest value of one metric of one terminal."""

    terminal: str
    county: str
    device: str
    metric: str
    value: object


def terminals_by_state(tx: Connection) -> dict[Labels, int]:
    """(county, state) -> terminals."""
    return _counted(tx, select(terminal.c.county, terminal.c.state, func.count()).group_by(terminal.c.county, terminal.c.state))


def terminals_by_version(tx: Connection) -> dict[Labels, int]:
    """(software version,) -> terminals that said one."""
    query = select(terminal.c.software, func.count()).where(terminal.c.software != "").group_by(terminal.c.software)
    return _counted(tx, query)


def certificates_issued(tx: Connection) -> dict[Labels, int]:
    """(county, product class) -> certificates held, without specimens."""
    of = issuance.c
    return _counted(tx, select(of.county, of.product_class, func.sum(of.certificates)).group_by(of.county, of.product_class))


def specimens_made(tx: Connection) -> dict[Labels, int]:
    """(county,) -> specimens held: what demonstration keys signed."""
    of = issuance.c
    return _counted(tx, select(of.county, func.sum(of.specimens)).where(of.specimens > 0).group_by(of.county))


def alerts_open(tx: Connection) -> dict[Labels, int]:
    """(county, code, severity) -> open alerts."""
    of = alert.c
    query = select(of.county, of.code, of.severity, func.count()).where(of.closed_at.is_(None))
    return _counted(tx, query.group_by(of.county, of.code, of.severity))


def conflicts_open(tx: Connection) -> dict[Labels, int]:
    """(code,) -> things a terminal sent that could not be accepted and that nobody settled."""
    query = select(conflict.c.code, func.count()).where(conflict.c.resolved_at.is_(None)).group_by(conflict.c.code)
    return _counted(tx, query)


def reports_open(tx: Connection) -> int:
    """The public's reports that nobody handled."""
    return tx.execute(select(func.count()).select_from(report).where(report.c.handled_at.is_(None))).scalar_one()


def last_certificate_at(tx: Connection) -> datetime | None:
    """When the newest certificate came in."""
    moment: datetime | None = tx.execute(select(func.max(certificate.c.received_at))).scalar()
    return moment


def words_by_county(tx: Connection, metric: str) -> dict[tuple[str, str, str], int]:
    """(county, device, word) -> terminals whose device says this word."""
    of = health_now.c
    query = (
        select(terminal.c.county, of.device, of.value, func.count())
        .join_from(health_now, terminal, terminal.c.code == of.terminal)
        .where(of.metric == metric, of.value.is_not(None))
        .group_by(terminal.c.county, of.device, of.value)
    )
    return {(county, device, str(value)): count for county, device, value, count in tx.execute(query)}


def readings(tx: Connection, metrics: Sequence[str], codes: Sequence[str] | None = None) -> Iterator[Reading]:
    """The newest values of these metrics, of all terminals or of some."""
    of = health_now.c
    query = (
        select(of.terminal, terminal.c.county, of.device, of.metric, of.value)
        .join_from(health_now, terminal, terminal.c.code == of.terminal)
        .where(of.metric.in_(metrics))
    )
    if codes is not None:
        query = query.where(of.terminal.in_(codes))
    for row in tx.execute(query):
        yield Reading(*row)


def known_terminals(tx: Connection, codes: Sequence[str] | None = None) -> list[Known]:
    """All commissioned terminals, or some."""
    of = terminal.c
    query = select(of.code, of.county, of.state, of.software, of.last_seen_at).where(
        of.commissioned_at.is_not(None), of.retired_at.is_(None)
    )
    if codes is not None:
        query = query.where(of.code.in_(codes))
    return [Known(*row) for row in tx.execute(query.order_by(of.code))]


def worst_terminals(tx: Connection, most: int) -> list[str]:
    """The terminals with the gravest open alerts, the longest waiting first."""
    of = alert.c
    gravity = func.min(case((of.severity == "critical", 0), (of.severity == "warning", 1), else_=2))
    query = select(of.terminal).where(of.closed_at.is_(None), of.terminal != "").group_by(of.terminal)
    return list(tx.execute(query.order_by(gravity, func.min(of.since), of.terminal).limit(most)).scalars())


def _counted(tx: Connection, query: Select[tuple[object, ...]]) -> dict[Labels, int]:
    rows: Iterable[Sequence[object]] = tx.execute(query)
    return {tuple(str(part) for part in row[:-1]): int(str(row[-1])) for row in rows}
