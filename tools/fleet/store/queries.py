"""What the views ask of the centre's database. The only SQL of the console and the public page, with ``queries_console`` and ``queries_public``.

Rules: typed results, never rows; a page of results is bounded; nothing here changes what a terminal reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection, Row

from tools.fleet.store.schema import (
    alert,
    audit,
    certificate,
    certificate_key,
    conflict,
    event,
    health_history,
    health_now,
    job,
    terminal,
)
from tools.fleet.store.states import Severity, State

Json = Any
"""A value of a JSON column."""


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate as the centre holds it. ``record`` is the terminal's body, byte for byte."""

    number: str
    terminal: str
    counter: int
    issued_at: datetime
    received_at: datetime
    clock: int
    county: str
    station: str
    demo: bool
    key_id: int
    form: str
    basis: tuple[str, ...]
    subject_id: int
    subject_kind: str
    subject_name: str = field(repr=False)
    credit_code: str = field(repr=False)
    product_id: int
    product_name: str
    product_class: str
    amount: Decimal
    unit: str
    source: str
    origin_county: str
    origin: str = field(repr=False)
    contact: str = field(repr=False)
    copies: int
    token: bytes = field(repr=False)
    record: bytes = field(repr=False)
    sha256: bytes
    voided_at: datetime | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """A terminal: who it is, what the farmer can do there, what it last said of itself, what is wanted of it."""

    code: str
    county: str
    town: str
    station: str
    commissioned_at: datetime | None
    retired_at: datetime | None
    opens: int
    closes: int
    state: State
    state_since: datetime | None
    reason: str
    last_seen_at: datetime | None
    born_at: datetime | None
    hello_at: datetime | None
    boot: str
    ledger: str
    software: str
    conf: int
    dir: int
    keys: int
    outbox_first: int
    outbox_last: int
    clock_source: str
    clock_offset_s: float | None
    desired_conf: int
    desired_dir: int
    desired_keys: int
    desired_software: str
    paused: bool
    pause_reason: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One value; ``device`` "" is the terminal itself, ``at`` the terminal's own time of it."""

    device: str
    metric: str
    value: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertRow:
    """``terminal`` "" is a whole county, ``county`` "" the centre itself; open while ``closed_at`` is None."""

    id: int
    county: str
    terminal: str
    device: str
    code: str
    severity: Severity
    cause: str
    facts: Json
    since: datetime
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    owner: str | None
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job and how far it is: QUEUED | IN_PROGRESS | SUCCEEDED | FAILED | REJECTED | TIMED_OUT | CANCELED.

    ``recall_due``: taken back here, and the terminal, which may have it, has not answered yet.
    """

    id: str
    terminal: str
    kind: str
    args: Json
    not_after: datetime
    created_at: datetime
    created_by: str
    sent_at: datetime | None
    status: str
    detail: Json
    updated_at: datetime
    recall_due: bool


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """Something a terminal sent that could not be accepted; its bytes are kept."""

    id: int
    terminal: str
    ledger: str
    seq: int
    kind: str
    number: str | None
    code: str
    detail: str
    sha256: bytes
    received_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """A void, a reprint, a print or a registration."""

    terminal: str
    ledger: str
    seq: int
    kind: str
    number: str | None
    body: bytes = field(repr=False)
    received_at: datetime


_CERTIFICATE = tuple(certificate.c[name] for name in CertificateRow.__slots__)
_TERMINAL = tuple(terminal.c[name] for name in TerminalRow.__slots__)
_ALERT = tuple(alert.c[name] for name in AlertRow.__slots__)
_JOB = tuple(job.c[name] for name in JobRow.__slots__)
_CONFLICT = tuple(conflict.c[name] for name in ConflictRow.__slots__)
_EVENT = tuple(event.c[name] for name in EventRow.__slots__)


def find_certificate(tx: Connection, number: str) -> CertificateRow | None:
    """The certificate of a compact number."""
    at = select(certificate_key.c.received_at).where(certificate_key.c.number == number).scalar_subquery()
    row = tx.execute(select(*_CERTIFICATE).where(certificate.c.number == number, certificate.c.received_at == at)).one_or_none()
    return None if row is None else certificate_row(row)


def find_terminal(tx: Connection, code: str) -> TerminalRow | None:
    """The terminal of a ten-digit code."""
    row = tx.execute(select(*_TERMINAL).where(terminal.c.code == code)).one_or_none()
    return None if row is None else terminal_row(row)


def health_of(tx: Connection, code: str) -> list[Metric]:
    """The newest value of every metric of a terminal, by device and name."""
    rows = tx.execute(
        select(health_now.c.device, health_now.c.metric, health_now.c.value, health_now.c.at)
        .where(health_now.c.terminal == code)
        .order_by(health_now.c.device, health_now.c.metric)
    )
    return [Metric(*row) for row in rows]


def history_of(tx: Connection, code: str, device: str, metric: str, since: datetime, limit: int = 5000) -> list[Metric]:
    """Values of one metric from ``since`` on, oldest first."""
    of = health_history.c
    rows = tx.execute(
        select(of.device, of.metric, of.value, of.at)
        .where(of.terminal == code, of.device == device, of.metric == metric, of.at >= since, of.received_at >= since)
        .order_by(of.at)
        .limit(limit)
    )
    return [Metric(*row) for row in rows]


def alerts_of(tx: Connection, code: str, limit: int = 100) -> list[AlertRow]:
    """The alerts of a terminal, open ones first, newest first."""
    query = select(*_ALERT).where(alert.c.terminal == code).order_by(alert.c.closed_at.is_not(None), alert.c.since.desc())
    return [alert_row(row) for row in tx.execute(query.limit(limit))]


def open_alerts(tx: Connection, area: str = "", limit: int = 500) -> list[AlertRow]:
    """Open alerts of an area (leading digits of a county), the worst first. Those of the centre itself belong to every area."""
    query = select(*_ALERT).where(alert.c.closed_at.is_(None))
    if area:
        query = query.where((alert.c.county == "") | alert.c.county.startswith(area[:6], autoescape=True))
    rows = tx.execute(query.order_by(alert.c.severity, alert.c.since).limit(limit))
    # "critical" < "notice" < "warning" is no order of urgency
    order = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.NOTICE: 2}
    return sorted((alert_row(row) for row in rows), key=lambda one: (order[one.severity], one.since))


def jobs_of(tx: Connection, code: str, limit: int = 100) -> list[JobRow]:
    """The jobs of a terminal, newest first."""
    query = select(*_JOB).where(job.c.terminal == code).order_by(job.c.created_at.desc()).limit(limit)
    return [JobRow(*row) for row in tx.execute(query)]


def conflicts(tx: Connection, area: str = "", *, only_open: bool = True, limit: int = 200) -> list[ConflictRow]:
    """What could not be accepted, newest first."""
    query = select(*_CONFLICT)
    if area:
        query = query.where(conflict.c.terminal.startswith(area[:6], autoescape=True))
    if only_open:
        query = query.where(conflict.c.resolved_at.is_(None))
    return [ConflictRow(*row) for row in tx.execute(query.order_by(conflict.c.id.desc()).limit(limit))]


def events_of_number(tx: Connection, number: str) -> list[EventRow]:
    """Voids, reprints and prints of a certificate in the order of the terminal."""
    query = select(*_EVENT).where(event.c.number == number).order_by(event.c.seq).limit(1000)
    return [EventRow(*row) for row in tx.execute(query)]


def state_counts(tx: Connection, area: str = "") -> Mapping[State, int]:
    """How many terminals of an area are in each state."""
    query = select(terminal.c.state, func.count()).group_by(terminal.c.state)
    if area:
        query = query.where(terminal.c.county.startswith(area[:6], autoescape=True))
    found = {State(state): count for state, count in tx.execute(query)}
    return {state: found.get(state, 0) for state in State}


def note(tx: Connection, at: datetime, who: str, deed: str, about: str = "", detail: Json = None) -> None:
    """Add a line to the audit log."""
    tx.execute(insert(audit), {"at": at, "who": who, "deed": deed, "object": about, "detail": detail})


def certificate_row(row: Row[Any] | Sequence[Any]) -> CertificateRow:
    """From the columns in the order of ``CertificateRow``."""
    values = dict(zip(CertificateRow.__slots__, row, strict=True))
    return CertificateRow(**{**values, "basis": tuple(word for word in values["basis"].split(",") if word)})


def terminal_row(row: Row[Any] | Sequence[Any]) -> TerminalRow:
    """From the columns in the order of ``TerminalRow``."""
    values = dict(zip(TerminalRow.__slots__, row, strict=True))
    return TerminalRow(**{**values, "state": State(values["state"])})


def alert_row(row: Row[Any] | Sequence[Any]) -> AlertRow:
    """From the columns in the order of ``AlertRow``."""
    values = dict(zip(AlertRow.__slots__, row, strict=True))
    return AlertRow(**{**values, "severity": Severity(values["severity"])})
