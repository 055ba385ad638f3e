"""Sums that consoles read instead of counting certificates: by hour and county, by terminal and day; and the highest number of each terminal.

Specimens (signed by a demonstration key) are counted beside certificates, never among them; the labels of both are paper used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
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
        "specimens": terminal_day.c.specimens + new.specimens,
        "labels": terminal_day.c.labels + new.labels,
    },
)
_HOURS = Upsert(
    issuance,
    ("hour", "county", "product_class"),
    lambda new: {
        "certificates": issuance.c.certificates + new.certificates,
        "specimens": issuance.c.specimens + new.specimens,
    },
)


def count_issued(tx: Connection, fresh: Sequence[dict[str, Any]], now: datetime) -> None:
    """Add certificates that were just stored. In sorted order, so that collectors do not wait for each other in a ring."""
    if not fresh:
        return
    highest: dict[str, int] = {}
    days: defaultdict[tuple[str, Any], Counter[str]] = defaultdict(Counter)
    hours: defaultdict[tuple[datetime, str, str], Counter[str]] = defaultdict(Counter)
    for row in fresh:
        code = row["terminal"]
        highest[code] = max(highest.get(code, 0), row["counter"])
        what = "specimens" if row["demo"] else "certificates"
        days[code, row["day"]].update({what: 1, "labels": row["copies"]})
        hours[row["issued_at"].replace(minute=0, second=0, microsecond=0), row["county"], row["product_class"]][what] += 1
    _COUNTERS.put(tx, [{"terminal": code, "counter_max": count, "last_at": now} for code, count in sorted(highest.items())])
    day_rows = [
        {"terminal": code, "day": day, **{name: counts[name] for name in ("certificates", "specimens", "labels")}}
        for (code, day), counts in sorted(days.items(), key=lambda item: item[0])
    ]
    _DAYS.put(tx, day_rows)
    hour_rows = [
        {"hour": hour, "county": county, "product_class": kind, **{name: counts[name] for name in ("certificates", "specimens")}}
        for (hour, county, kind), counts in sorted(hours.items(), key=lambda item: item[0])
    ]
    _HOURS.put(tx, hour_rows)
