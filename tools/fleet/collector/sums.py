"""Sums that consoles read instead of counting certificates: by hour and county, by terminal and day; and the highest number of each terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import intake, issuance, terminal_day


def count_issued(tx: Connection, fresh: Sequence[dict[str, Any]], now: datetime) -> None:
    """Add certificates that were just stored. In sorted order, so that collectors do not wait for each other in a ring."""
    if not fresh:
        return
    highest: dict[str, int] = {}
    days: Counter[tuple[str, Any]] = Counter()
    labels: Counter[tuple[str, Any]] = Counter()
    hours: Counter[tuple[datetime, str, str]] = Counter()
    for row in fresh:
        code = row["terminal"]
        highest[code] = max(highest.get(code, 0), row["counter"])
        days[code, row["day"]] += 1
        labels[code, row["day"]] += row["copies"]
        hours[row["issued_at"].replace(minute=0, second=0, microsecond=0), row["county"], row["product_class"]] += 1
    _raise_counters(tx, highest, now)
    day_rows = [
        {"terminal": code, "day": day, "certificates": count, "labels": labels[code, day]}
        for (code, day), count in sorted(days.items())
    ]
    _add(tx, terminal_day, ("terminal", "day"), ("certificates", "labels"), day_rows)
    hour_rows = [
        {"hour": hour, "county": county, "product_class": kind, "certificates": count}
        for (hour, county, kind), count in sorted(hours.items())
    ]
    _add(tx, issuance, ("hour", "county", "product_class"), ("certificates",), hour_rows)


def _raise_counters(tx: Connection, highest: dict[str, int], now: datetime) -> None:
    rows = [{"terminal": code, "counter_max": count, "last_at": now} for code, count in sorted(highest.items())]
    made = _upsert(tx, intake)
    higher = made.on_conflict_do_update(
        index_elements=["terminal"],
        set_={"counter_max": made.excluded.counter_max, "last_at": made.excluded.last_at},
        where=intake.c.counter_max < made.excluded.counter_max,
    )
    tx.execute(higher, rows)


def _add(tx: Connection, table: Table, keys: Sequence[str], sums: Sequence[str], rows: list[dict[str, Any]]) -> None:
    if tx.dialect.name == "postgresql":
        _add_at_once(tx, table, keys, sums, rows)
        return
    made = _upsert(tx, table)
    added = {name: table.c[name] + made.excluded[name] for name in sums}
    tx.execute(made.on_conflict_do_update(index_elements=list(keys), set_=added), rows)


def _add_at_once(tx: Connection, table: Table, keys: Sequence[str], sums: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """One statement for all rows: sent one by one they cost as much as the certificates themselves."""
    names = [*keys, *sums]
    columns = ", ".join(f"CAST(:{name} AS {table.c[name].type.compile(dialect=tx.dialect)}[])" for name in names)
    added = ", ".join(f"{name} = {table.name}.{name} + EXCLUDED.{name}" for name in sums)
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({columns})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}"
    )
    tx.execute(text(statement), {name: [row[name] for row in rows] for name in names})


def _upsert(tx: Connection, table: Table) -> Any:
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)
