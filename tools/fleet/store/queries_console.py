"""What the console's overview, list of terminals and look-ups ask of the database.

Rules: every function takes the ``Area`` of who asks; results are typed and bounded; nothing here writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.engine import Connection

from kiosk.directory.divisions import load_divisions
from tools.fleet.area import Area, AreaLevel
from tools.fleet.store.queries import CertificateRow, TerminalRow, certificate_row, find_certificate, find_terminal
from tools.fleet.store.schema import alert, certificate, health_now, issuance, terminal, terminal_day
from tools.fleet.store.scope import is_inside, of_county, of_terminal, terminals_inside
from tools.fleet.store.states import State

PAGE = 50
WORST = 20
OUTBOX_AGE = "Outbox/oldest_age"  # seconds
LABELS_LEFT = "supply/labels_remaining"
PAPER_CODES = ("paperLow", "paperOut")
_BURST = 500
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_URGENCY = (
    State.CANNOT_ISSUE,
    State.SILENT,
    State.DEGRADED,
    State.OFFLINE,
    State.UPDATING,
    State.NOT_COMMISSIONED,
    State.RETIRED,
    State.ISSUING,
)
_urgency = case({state.value: rank for rank, state in enumerate(_URGENCY)}, value=terminal.c.state, else_=len(_URGENCY))


@dataclass(frozen=True, slots=True)
class Trouble:
    """A terminal that needs a hand: what the farmer can do there, why, since when."""

    code: str
    county: str
    town: str
    station: str
    state: State
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class TerminalFilter:
    """What a list of terminals is narrowed to; empty is everything. ``place`` is a city (4 digits), county (6) or township (9)."""

    words: str = ""
    states: tuple[State, ...] = ()
    place: str = ""
    device: str = ""
    software: str = ""
    is_behind: bool = False  # runs something older than what is wanted of it


@dataclass(frozen=True, slots=True)
class TerminalLine:
    """One row of the list."""

    code: str
    county: str
    town: str
    station: str
    state: State
    state_since: datetime | None
    reason: str
    last_seen_at: datetime | None
    software: str


@dataclass(frozen=True, slots=True)
class TerminalPage:
    """``total`` counts all that fit, ``lines`` are those of one page."""

    total: int
    lines: tuple[TerminalLine, ...]


_LINE = tuple(terminal.c[name] for name in TerminalLine.__slots__)
SORTS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "urgency": (_urgency, terminal.c.state_since, terminal.c.code),
    "code": (terminal.c.code,),
    "seen": (terminal.c.last_seen_at, terminal.c.code),
    "software": (terminal.c.software, terminal.c.code),
}


def county_states(tx: Connection, area: Area) -> list[tuple[str, State, int]]:
    """How many terminals of each county are in each state."""
    rows = tx.execute(
        select(terminal.c.county, terminal.c.state, func.count())
        .where(terminals_inside(area))
        .group_by(terminal.c.county, terminal.c.state)
    )
    return [(county, State(state), count) for county, state, count in rows]


def worst(tx: Connection, area: Area, limit: int = WORST) -> list[Trouble]:
    """The terminals where a farmer can do least, the longest in that state first."""
    asking = (State.CANNOT_ISSUE, State.SILENT, State.DEGRADED, State.OFFLINE)
    of = terminal.c
    rows = tx.execute(
        select(of.code, of.county, of.town, of.station, of.state, of.reason, of.state_since)
        .where(of.state.in_([state.value for state in asking]), terminals_inside(area))
        .order_by(*SORTS["urgency"])
        .limit(limit)
    )
    return [Trouble(*row[:4], State(row.state), row.reason, row.state_since) for row in rows]


def issued_by_hour(tx: Connection, area: Area, since: datetime, until: datetime) -> dict[datetime, int]:
    """Certificates by the hour of their issue, without specimens."""
    if area.level is AreaLevel.TOWN:
        return _issued_in_town(tx, area, since, until)
    hours = (
        select(issuance.c.hour, func.sum(issuance.c.certificates))
        .where(issuance.c.hour >= since, issuance.c.hour < until, of_county(issuance.c.county, area))
        .group_by(issuance.c.hour)
    )
    return {hour: int(count) for hour, count in tx.execute(hours)}


def _issued_in_town(tx: Connection, area: Area, since: datetime, until: datetime) -> dict[datetime, int]:
    """Counted one by one: the hours that the collector keeps know counties only."""
    of = certificate.c
    inside = of_terminal(of.terminal, area)
    found: dict[datetime, int] = {}
    for (moment,) in tx.execute(select(of.issued_at).where(of.issued_at >= since, of.issued_at < until, inside, ~of.demo)):
        hour = moment.replace(minute=0, second=0, microsecond=0)
        found[hour] = found.get(hour, 0) + 1
    return found


def specimens_made(tx: Connection, area: Area, since: datetime, until: datetime) -> int:
    """How many specimens demonstration keys made: beside the certificates, never among them."""
    if area.level is AreaLevel.TOWN:
        one = certificate.c
        query = select(func.count()).where(one.issued_at >= since, one.issued_at < until, of_terminal(one.terminal, area), one.demo)
    else:
        of = issuance.c
        query = select(func.sum(of.specimens)).where(of.hour >= since, of.hour < until, of_county(of.county, area))
    return int(tx.execute(query).scalar() or 0)


def paper_low(tx: Connection, area: Area) -> frozenset[str]:
    """Terminals with little or no paper: told by their open alerts."""
    low = (
        select(alert.c.terminal)
        .distinct()
        .where(alert.c.closed_at.is_(None), alert.c.code.in_(PAPER_CODES), alert.c.terminal != "")
    )
    return frozenset(tx.execute(low.where(of_terminal(alert.c.terminal, area))).scalars())


def oldest_outbox_s(tx: Connection, area: Area) -> dict[str, float]:
    """Seconds that the oldest certificate not yet received has waited, by county: the largest that a terminal there last told."""
    found: dict[str, float] = {}
    for code, value in _newest(tx, area, "", OUTBOX_AGE, "0"):
        found[code[:6]] = max(found.get(code[:6], 0.0), value)
    return found


def paper_lasts(tx: Connection, area: Area, today: date, most: float, days: int = 7) -> dict[str, float]:
    """Days that a terminal's paper still lasts at the use of the last ``days``; only those where it lasts for less than ``most``."""
    of, use = health_now.c, terminal_day.c
    # terminal by terminal through the key: the table of days is far longer than a week
    used = select(func.sum(use.labels)).where(use.terminal == of.terminal, use.day >= today - timedelta(days=days), use.day < today)
    rows = tx.execute(
        select(of.terminal, cast(of.value, String), used.scalar_subquery()).where(
            of.device == "printer", of.metric == LABELS_LEFT, of_terminal(of.terminal, area)
        )
    )
    found: dict[str, float] = {}
    for code, left, sum_used in rows:
        if sum_used and left and _NUMBER.fullmatch(left) and (lasts := float(left) * days / float(sum_used)) < most:
            found[code] = lasts
    return found


def _newest(tx: Connection, area: Area, device: str, metric: str, but: str) -> Iterator[tuple[str, float]]:
    """Numbers as the text that both databases keep, without those that read ``but``: a JSON reader for each of 20,000 costs a tenth of a second."""
    of = health_now.c
    text = cast(of.value, String)
    wanted = select(of.terminal, text).where(of.device == device, of.metric == metric, of_terminal(of.terminal, area))
    for code, value in tx.execute(wanted.where(text != but)):
        if value and _NUMBER.fullmatch(value):
            yield code, float(value)


def list_terminals(tx: Connection, area: Area, wanted: TerminalFilter, sort: str = "urgency", page: int = 1) -> TerminalPage:
    """One page of the terminals that fit. Raises ``KeyError`` for an unknown sort."""
    fits = _fits(area, wanted)
    total = tx.execute(select(func.count()).select_from(terminal).where(fits)).scalar_one()
    query = select(*_LINE).where(fits).order_by(*SORTS[sort]).limit(PAGE).offset((page - 1) * PAGE)
    return TerminalPage(total, tuple(_line(row) for row in tx.execute(query)))


def every_terminal(tx: Connection, area: Area, wanted: TerminalFilter) -> Iterator[TerminalLine]:
    """All terminals that fit, by their codes, for an export."""
    query = select(*_LINE).where(_fits(area, wanted)).order_by(terminal.c.code)
    for row in tx.execute(query.execution_options(yield_per=_BURST)):
        yield _line(row)


def software_versions(tx: Connection, area: Area) -> list[tuple[str, int]]:
    """The versions in the field and how many terminals run each."""
    of = terminal.c.software
    rows = tx.execute(select(of, func.count()).where(terminals_inside(area), of != "").group_by(of).order_by(func.count().desc()))
    return [(version, count) for version, count in rows]


def terminal_inside(tx: Connection, area: Area, code: str) -> TerminalRow | None:
    """A terminal, when it is inside the area."""
    found = find_terminal(tx, code)
    return found if found is not None and is_inside(tx, area, code) else None


def certificate_inside(tx: Connection, area: Area, number: str) -> CertificateRow | None:
    """A certificate that was issued inside the area."""
    found = find_certificate(tx, number)
    return found if found is not None and is_inside(tx, area, found.terminal) else None


def last_certificates(tx: Connection, area: Area, code: str, limit: int = 20) -> list[CertificateRow]:
    """The newest certificates of a terminal."""
    return _certificates(tx, area, certificate.c.terminal == code, limit)


def certificates_of_subject(tx: Connection, area: Area, subject: int, limit: int = PAGE) -> list[CertificateRow]:
    """The newest certificates of a subject that were issued inside the area."""
    return _certificates(tx, area, certificate.c.subject_id == subject, limit)


def issued_by_day(tx: Connection, area: Area, code: str, since: date) -> dict[date, int]:
    """Certificates of a terminal by Beijing day, without specimens."""
    of = terminal_day.c
    rows = tx.execute(select(of.day, of.certificates).where(of.terminal == code, of.day >= since, of_terminal(of.terminal, area)))
    return {row.day: row.certificates for row in rows}


def labels_a_day(tx: Connection, code: str, today: date, days: int = 7) -> float:
    """Labels that a terminal used a day, over the last ``days`` whole ones."""
    of = terminal_day.c
    used = select(func.sum(of.labels)).where(of.terminal == code, of.day >= today - timedelta(days=days), of.day < today)
    return float(tx.execute(used).scalar() or 0) / days


def _certificates(tx: Connection, area: Area, which: ColumnElement[bool], limit: int) -> list[CertificateRow]:
    columns = [certificate.c[name] for name in CertificateRow.__slots__]
    query: Select[Any] = (
        select(*columns)
        .where(which, of_terminal(certificate.c.terminal, area))
        .order_by(certificate.c.issued_at.desc(), certificate.c.counter.desc())
        .limit(limit)
    )
    return [certificate_row(row) for row in tx.execute(query)]


def _line(row: Any) -> TerminalLine:
    values = dict(zip(TerminalLine.__slots__, row, strict=True))
    return TerminalLine(**{**values, "state": State(values["state"])})


def _fits(area: Area, wanted: TerminalFilter) -> ColumnElement[bool]:
    of = terminal.c
    conditions = [terminals_inside(area)]
    if wanted.states:
        conditions.append(of.state.in_([state.value for state in wanted.states]))
    if wanted.place:
        conditions.append(terminals_inside(Area(wanted.place)))
    if wanted.software:
        conditions.append(of.software == wanted.software)
    if wanted.is_behind:
        older = [of[name] < of[f"desired_{name}"] for name in ("conf", "dir", "keys")]
        conditions.append(or_(*older, and_(of.desired_software != "", of.software != of.desired_software)))
    if wanted.device:
        faulty = select(alert.c.terminal).where(alert.c.closed_at.is_(None), alert.c.device == wanted.device)
        conditions.append(of.code.in_(faulty))
    conditions.extend(_says(word) for word in wanted.words.split()[:8])
    return and_(*conditions)


def _says(word: str) -> ColumnElement[bool]:
    """Every word must be found somewhere: in the code, the station, the county or its city."""
    counties = [county.code for county in load_divisions().counties() if word in county.text]
    return or_(
        cast(terminal.c.code, String).startswith(word, autoescape=True),
        terminal.c.station.contains(word, autoescape=True),
        terminal.c.county.in_(counties),
    )
