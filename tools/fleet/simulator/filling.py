"""Fills a centre's database with invented terminals, certificates, health and alerts through the collector's own ways in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from kiosk.credential.keylist import KeyList
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import batches
from tools.fleet.collector.ingest import Ingest, Taken
from tools.fleet.collector.reading import Arrival, read_arrival
from tools.fleet.simulator.terminals import SimulatedTerminal
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, health_history, health_now, terminal
from tools.fleet.store.states import State

_WEIGHTS = {
    State.ISSUING: 80,
    State.DEGRADED: 8,
    State.CANNOT_ISSUE: 4,
    State.OFFLINE: 4,
    State.SILENT: 2,
    State.UPDATING: 1,
    State.NOT_COMMISSIONED: 1,
}
_REASONS = {
    State.DEGRADED: "paperLow",
    State.CANNOT_ISSUE: "paperOut",
    State.OFFLINE: "offline",
    State.SILENT: "silent",
}
_CHUNK = 20


def commission(store: Store, terminals: Sequence[SimulatedTerminal], at: datetime, state: State | None = State.ISSUING) -> None:
    """Write them into the register of terminals; ``state`` None: a mixture as in real life."""
    chance = random.Random(417)
    rows = []
    for one in terminals:
        now = state or chance.choices(list(_WEIGHTS), weights=list(_WEIGHTS.values()))[0]
        rows.append(
            {
                "code": one.code,
                "county": one.county,
                "town": one.town,
                "station": one.station,
                "commissioned_at": None if now is State.NOT_COMMISSIONED else at - timedelta(days=200),
                "state": now.value,
                "state_since": at - timedelta(minutes=chance.randint(1, 600)),
                "reason": _REASONS.get(now, ""),
                "last_seen_at": at - timedelta(seconds=chance.randint(1, 300)),
                "software": chance.choice(("0.1.0", "0.1.0", "0.1.1")),
            }
        )
    with store.writing() as tx:
        tx.execute(insert(terminal), rows)


def register(store: Store, terminals: Sequence[SimulatedTerminal], at: datetime) -> None:
    """Enter those that are not in the register yet, ready to work."""
    with store.reading() as tx:
        known = set(tx.execute(select(terminal.c.code)).scalars())
    strangers = [one for one in terminals if one.code not in known]
    if strangers:
        commission(store, strangers, at)


def deliver(
    ingest: Ingest, keys: KeyList, terminals: Sequence[SimulatedTerminal], now: datetime, after: dict[str, int] | None = None
) -> list[Taken]:
    """Hand every event of the terminals (after a seq for each, 0 without) to the collector, as messages of the wire."""
    arrivals: list[Arrival] = []
    for one in terminals:
        events = [event for event in one.events if event.seq > (after or {}).get(one.code, 0)]
        topic = up(one.code, Up.CERT)
        arrivals.extend(read_arrival(topic, batch.encode()) for batch in batches(one.generation, events))
    return [ingest.take(arrivals[at : at + _CHUNK], keys, now) for at in range(0, len(arrivals), _CHUNK)]


def fill_health(store: Store, terminals: Sequence[SimulatedTerminal], at: datetime, hours: int = 0) -> None:
    """Plausible health of each terminal now, and for ``hours`` back every ten minutes of its temperature and labels."""
    chance = random.Random(31)
    now_rows: list[dict[str, Any]] = []
    past: list[dict[str, Any]] = []
    for one in terminals:
        labels = chance.randint(0, 900)
        values: dict[tuple[str, str], Any] = {
            ("", "Issuing/state"): "issuing",
            ("", "Properties/FW"): "0.1.0",
            ("", "Outbox/pending"): chance.randint(0, 3),
            ("", "Outbox/oldest_age"): chance.randint(0, 40),
            ("", "Disk/free"): chance.randint(8, 50) << 30,
            ("", "Disk/total"): 64 << 30,
            ("", "Memory/available"): 1 << 30,
            ("", "Temperature/cpu"): round(chance.uniform(38, 62), 1),
            ("", "Clock/offset"): chance.randint(-300, 300),
            ("", "Clock/source"): "ntp",
            ("printer", "state"): "online",
            ("printer", "supply/paper"): "full" if labels > 100 else "low" if labels else "out",
            ("printer", "supply/labels_remaining"): labels,
            ("scale", "state"): "online",
            ("reader", "state"): "online",
            ("camera", "state"): "online",
        }
        now_rows += [
            {"terminal": one.code, "device": device, "metric": metric, "value": value, "at": at}
            for (device, metric), value in values.items()
        ]
        for step in range(hours * 6):
            when = at - timedelta(minutes=10 * step)
            row = {"terminal": one.code, "at": when, "received_at": at}
            past.append({**row, "device": "", "metric": "Temperature/cpu", "value": round(chance.uniform(38, 62), 1)})
            past.append({**row, "device": "printer", "metric": "supply/labels_remaining", "value": labels + step})
    with store.writing() as tx:
        tx.execute(insert(health_now), now_rows)
        if past:
            tx.execute(insert(health_history), past)


def fill_alerts(store: Store, terminals: Sequence[SimulatedTerminal], at: datetime) -> None:
    """Open alerts: paper out and silence here and there, and one county without a network."""
    rows: list[dict[str, Any]] = []
    for index, one in enumerate(terminals[::7]):
        code, severity, device = (("paperOut", "critical", "printer"), ("temperatureHigh", "warning", ""))[index % 2]
        rows.append(_alert(one.county, one.code, device, code, severity, at - timedelta(minutes=3 * index)))
    county = terminals[-1].county
    rows.append({**_alert(county, "", "", "countyOutage", "critical", at - timedelta(minutes=4)), "cause": "networkOrPower"})
    with store.writing() as tx:
        tx.execute(insert(alert), rows)


def _alert(county: str, code: str, device: str, word: str, severity: str, since: datetime) -> dict[str, Any]:
    return {
        "county": county,
        "terminal": code,
        "device": device,
        "code": word,
        "severity": severity,
        "cause": "",
        "since": since,
        "opened_at": since + timedelta(seconds=2),
    }
