"""Sums that consoles read instead of counting certificates: by hour and county, by terminal and day; and the highest number of each terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from tools.fleet.collector.upsert import Upsert
from tools.fleet.store.schema import intake, issuance, terminal_day

_COUNTERS = Upsert(
    intake,
    ("terminal",),
    lambda new: {"counter_max": new.counter_max, "last_at": new.last_at},
    lambda new: intake.c.counter_max < new.counter_max,
)
_DAYS = Upsert(
    terminal_day,
    ("terminal", "day"),
    lambda new: {
        "certificates": terminal_day.c.certificates + new.certificates,
        "labels": terminal_day.c.labels + new.labels,
    },
)
_HOURS = Upsert(
    issuance,
    ("hour", "county", "product_class"),
    lambda new: {"certificates": issuance.c.certificates + new.certificates},
)


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
    _COUNTERS.put(tx, [{"terminal": code, "counter_max": count, "last_at": now} for code, count in sorted(highest.items())])
    day_rows = [
        {"terminal": code, "day": day, "certificates": count, "labels": labels[code, day]}
        for (code, day), count in sorted(days.items())
    ]
    _DAYS.put(tx, day_rows)
    hour_rows = [
        {"hour": hour, "county": county, "product_class": kind, "certificates": count}
        for (hour, county, kind), count in sorted(hours.items())
    ]
    _HOURS.put(tx, hour_rows)
