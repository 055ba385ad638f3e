"""Months of the large tables: made ahead, dropped when their time is over.

On SQLite there are no partitions; old rows are deleted in small steps.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import PARTITIONED

MONTHS_AHEAD = 2
_STEP_ROWS = 5000


def month_of(moment: datetime) -> datetime:
    """The first moment of its month (UTC)."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(month: datetime) -> datetime:
    """The month after one given by its first moment."""
    return month_of(month + timedelta(days=32))


def ensure_partitions(tx: Connection, now: datetime, ahead: int = MONTHS_AHEAD) -> None:
    """Make this month's partitions and those of the months ahead. Does nothing on SQLite."""
    if tx.dialect.name != "postgresql":
        return
    month = month_of(now)
    for _ in range(ahead + 1):
        following = next_month(month)
        for table in PARTITIONED:
            name = f"{table}_{month:%Y_%m}"
            tx.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} "
                    f"FOR VALUES FROM ('{month.isoformat()}') TO ('{following.isoformat()}')"
                )
            )
        month = following


def retain(tx: Connection, now: datetime, months: dict[str, int]) -> list[str]:
    """Drop what is older than ``months`` whole months per table; answers what was dropped.

    ``certificate_key`` is never touched: a number once held stays taken.
    """
    dropped: list[str] = []
    for table, keep in months.items():
        if table not in PARTITIONED:
            raise ValueError(f"{table} has no months")
        limit = month_of(now)
        for _ in range(keep):
            limit = month_of(limit - timedelta(days=1))
        dropped += _drop(tx, table, limit)
    return dropped


def _drop(tx: Connection, table: str, limit: datetime) -> list[str]:
    if tx.dialect.name != "postgresql":
        doomed = f"SELECT rowid FROM {table} WHERE received_at < :limit LIMIT {_STEP_ROWS}"
        gone = 0
        while True:
            found = tx.execute(
                text(f"DELETE FROM {table} WHERE rowid IN ({doomed})"), {"limit": limit.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
            ).rowcount
            gone += found
            if found < _STEP_ROWS:
                return [f"{table}: {gone} rows"] if gone else []
    names = tx.execute(
        text("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = CAST(:t AS regclass)"),
        {"t": table},
    ).scalars()
    doomed_names = sorted(name for name in names if name < f"{table}_{limit:%Y_%m}")
    for name in doomed_names:
        tx.execute(text(f"DROP TABLE {name}"))
    return doomed_names
