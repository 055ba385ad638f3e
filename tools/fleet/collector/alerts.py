"""Opens and closes alerts. One open alert for each (county, terminal, device, code); what is acknowledged stays so until it closes.

An open alert says what is now: its severity, cause and facts follow what is found, its beginning and who has taken it stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import alert
from tools.fleet.store.states import Severity

AlertKey = tuple[str, str, str, str]
"""County, terminal, device, code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now. ``terminal`` "" is a whole county, ``county`` "" the centre; ``since`` None: since now."""

    code: str
    severity: Severity
    county: str
    terminal: str = ""
    device: str = ""
    cause: str = ""
    since: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> AlertKey:
        """What there is only one open alert of."""
        return (self.county, self.terminal, self.device, self.code)


@dataclass(frozen=True, slots=True)
class Claim:
    """What an open alert says."""

    severity: Severity
    cause: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, found: Finding) -> Claim:
        """What it should say."""
        return cls(found.severity, found.cause, found.facts)


def open_alert(tx: Connection, found: Finding, now: datetime) -> None:
    """Open it, or let the open one say what is now."""
    made: Any = (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(alert)
    tx.execute(
        made.on_conflict_do_update(
            index_elements=["county", "terminal", "device", "code"],
            index_where=alert.c.closed_at.is_(None),
            set_={"severity": made.excluded.severity, "cause": made.excluded.cause, "facts": made.excluded.facts},
        ),
        {
            "county": found.county,
            "terminal": found.terminal,
            "device": found.device,
            "code": found.code,
            "severity": found.severity.value,
            "cause": found.cause,
            "facts": found.facts,
            "since": found.since or now,
            "opened_at": now,
        },
    )


def close_alert(tx: Connection, key: AlertKey, now: datetime, by: str = "") -> bool:
    """Close it; ``by`` "" means that it went away by itself."""
    county, terminal, device, code = key
    closed = tx.execute(
        update(alert)
        .where(
            alert.c.county == county,
            alert.c.terminal == terminal,
            alert.c.device == device,
            alert.c.code == code,
            alert.c.closed_at.is_(None),
        )
        .values(closed_at=now, closed_by=by)
    )
    return bool(closed.rowcount)


def open_now(tx: Connection) -> dict[AlertKey, Claim]:
    """All that is open, and what it says."""
    of = alert.c
    rows = tx.execute(
        select(of.county, of.terminal, of.device, of.code, of.severity, of.cause, of.facts).where(of.closed_at.is_(None))
    )
    return {(row[0], row[1], row[2], row[3]): Claim(Severity(row.severity), row.cause, row.facts or {}) for row in rows}
