"""What the centre knows of each terminal's health: kept in memory, written to the store once a second, judged by the rules.

Rules
- ``took`` and ``tick`` touch no database; ``flush`` writes what has changed since the last one, and after a failure the next writes it all.
- An alert is opened when its rule begins to hold and closed when it ends; those that a person must judge (clone, rollback) are none of ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import beijing_date
from kiosk.wire.sparkplug.payload import Value
from tools.fleet.collector.alerts import AlertKey, Claim, Finding, close_alert, open_alert, open_now
from tools.fleet.collector.bulk import bulk_for
from tools.fleet.collector.rules import View, behind, findings, opening, state_of
from tools.fleet.collector.sparkplug_host import AskRebirth, Born, Died, News, Reading, Told
from tools.fleet.collector.watch import Contact, Watch
from tools.fleet.config import Delays
from tools.fleet.store.schema import health_now, terminal, terminal_day
from tools.fleet.store.states import Severity, State

OWN_CODES = frozenset(
    [
        "silent",
        "offline",
        "notOpened",
        "paperOut",
        "paperJammed",
        "paperLow",
        "deviceDown",
        "deviceSilent",
        "cannotIssue",
        "outboxOld",
        "clockOffset",
        "clockSource",
        "diskLow",
        "temperatureHigh",
        "storeBroken",
        "terminalAlarm",
        "keyExpiring",
        "scaleVerificationDue",
        "versionBehind",
        "countyOutage",
    ]
)
"""Alerts that come and go with what a terminal reports."""
CHARTED = frozenset(
    [
        "Issuing/state",
        "Issuing/today",
        "Outbox/pending",
        "Outbox/oldest_age",
        "Disk/free",
        "Memory/available",
        "Temperature/cpu",
        "Clock/offset",
        "state",
        "supply/paper",
        "supply/labels_remaining",
    ]
)
"""Metrics whose past is kept."""
_ABSENCE = frozenset({"silent", "offline", "notOpened"})
_MOST_METRICS = 256
"""Of one terminal; a real one has 72."""
_SEEN_EVERY_S = 20
_FACTS_EVERY_S = 10
"""Facts of open alerts (labels left, degrees) move all the time; nobody reads them faster."""
_TURN_S = 10
_OLDEST = timedelta(days=90)
_USE_DAYS = 7


class Health:
    """All terminals. ``mono`` are seconds of a clock that only goes forward, ``now`` is UTC."""

    def __init__(self, delays: Delays) -> None:
        self._delays = delays
        self.views: dict[str, View] = {}
        self.watch = Watch(delays)
        self._metrics: dict[tuple[str, str, str], tuple[Value, datetime]] = {}
        self._past: list[dict[str, Any]] = []
        self._dirty: set[str] = set()
        self._changed: set[str] = set()
        self._seen: set[str] = set()
        self._seen_at: float | None = None
        self._facts_at: float | None = None
        self._open: dict[AlertKey, Claim] = {}
        self._wanted: dict[str, dict[AlertKey, Finding]] = {}
        self._outages: dict[AlertKey, Finding] = {}
        self._turn: list[str] = []

    def load(self, tx: Connection, mono: float, now: datetime) -> list[AskRebirth]:
        """Learn what the store knows; to be repeated, because the console changes the register. Answers the terminals that are new here: what they may
        have told before was not kept."""
        strangers: list[AskRebirth] = []
        rows = tx.execute(select(terminal)).all()
        for row in rows:
            view = self.views.get(row.code)
            if view is None:
                strangers.append(AskRebirth(row.county, row.code))
                view = View(row.code, row.county, state=State(row.state), state_since=row.state_since, reason=row.reason)
                view.born_at, view.last_seen_at = row.born_at, row.last_seen_at
                self.views[row.code] = view
                self._dirty.add(row.code)
                gone = {State.OFFLINE: Contact.OFFLINE, State.SILENT: Contact.SILENT}.get(view.state, Contact.THERE)
                if row.commissioned_at is not None and row.retired_at is None:
                    since = None if row.state_since is None else mono - (now - row.state_since).total_seconds()
                    self.watch.add(row.code, row.county, mono, gone, since)
            before = _register_of(view)
            view.wanted_at, view.behind = row.wanted_at, behind(row)
            view.opens, view.closes, view.paused = row.opens, row.closes, row.paused
            view.desired_software = row.desired_software
            view.commissioned, view.retired = row.commissioned_at is not None, row.retired_at is not None
            if before != _register_of(view):
                self._dirty.add(row.code)
                if view.commissioned and not view.retired:
                    self.watch.add(row.code, row.county, mono)
                else:
                    self.watch.remove(row.code)
        self._open = {key: told for key, told in open_now(tx).items() if key[3] in OWN_CODES}
        return strangers

    def load_metrics(self, tx: Connection) -> None:
        """Learn the last values; once, at the start."""
        query = select(health_now.c.terminal, health_now.c.device, health_now.c.metric, health_now.c.value)
        for code, device, metric, value in tx.execute(query):
            if code in self.views:
                self.views[code].values[device, metric] = value

    def load_use(self, tx: Connection, now: datetime) -> None:
        """How many labels each terminal uses a day."""
        today = beijing_date(now)
        of = terminal_day.c
        used = select(of.terminal, func.sum(of.labels)).where(of.day >= today - timedelta(days=_USE_DAYS), of.day < today)
        for code, labels in tx.execute(used.group_by(of.terminal)):
            if code in self.views:
                self.views[code].labels_a_day = float(labels) / _USE_DAYS

    def contacted(self, code: str, mono: float, now: datetime) -> None:
        """The terminal said something on the business plane."""
        view = self.views.get(code)
        if view is not None:
            self._heard(view, "", mono, now)

    def took(self, news: Iterable[News], mono: float, now: datetime) -> list[AskRebirth]:
        """Take news of the health plane; answers whom to ask for a rebirth."""
        asks: list[AskRebirth] = []
        for one in news:
            if isinstance(one, AskRebirth):
                asks.append(one)
                continue
            view = self.views.get(one.terminal)
            if view is None:
                continue  # it has not said hello: nobody knows it yet; it is asked again when it has (``load``)
            self._dirty.add(view.code)
            if isinstance(one, Died):
                self._died(view, one.device, mono, now)
                continue
            # a birth of a device is its terminal's word, not its own
            self._heard(view, one.device if isinstance(one, Told) else "", mono, now)
            if isinstance(one, Born) and not one.device:
                view.born_at = now
                self._changed.add(view.code)
            self._read(view, one, now)
        return asks

    def to_ask(self, mono: float) -> list[AskRebirth]:
        """Whom to ask whether they are there: a rebirth is an answer that every edge node gives."""
        return [AskRebirth(self.views[code].county, code) for code in self.watch.to_ask(mono)]

    def tick(self, mono: float, now: datetime) -> None:
        """Judge those that changed, and in turn everybody within ten seconds."""
        self._dirty.update(self.watch.tick(mono))
        self._judge_outages(mono, now)
        for code in self._dirty | set(self._next_in_turn()):
            view = self.views.get(code)
            if view is not None:
                self._judge(view, mono, now)
        self._dirty.clear()

    def flush(self, tx: Connection, mono: float, now: datetime) -> None:
        """Write what has changed. Call ``flushed`` after the COMMIT."""
        self._write_terminals(tx, mono)
        rows = [
            {"terminal": code, "device": device, "metric": metric, "value": value, "at": at}
            for (code, device, metric), (value, at) in self._metrics.items()
        ]
        bulk_for(tx.dialect.name).health(tx, rows, self._past)
        self._write_alerts(tx, now, with_facts=self._facts_due(mono))

    def flushed(self, mono: float) -> None:
        """The COMMIT has come back."""
        self._metrics.clear()
        self._past.clear()
        self._changed.clear()
        if self._seen_due(mono):
            self._seen.clear()
            self._seen_at = mono
        was, with_facts = self._open, self._facts_due(mono)
        self._open = {
            key: was[key] if not with_facts and key in was and was[key].severity is found.severity else Claim.of(found)
            for key, found in self._all_wanted().items()
        }
        if with_facts:
            self._facts_at = mono

    def _heard(self, view: View, device: str, mono: float, now: datetime) -> None:
        opened = mono - (now - opening(view, now)).total_seconds()
        was = self.watch.contact(view.code)
        self.watch.heard(view.code, mono, device, opened)
        view.last_seen_at = now
        self._seen.add(view.code)
        if was is not Contact.THERE:
            self._dirty.add(view.code)

    def _died(self, view: View, device: str, mono: float, now: datetime) -> None:
        self.watch.died(view.code, mono, device)
        if device and view.of("state", device) in (None, "online", "deviceBusy", "starting"):
            self._keep(view, Reading(device, "state", "offline", 0), now, now)

    def _read(self, view: View, news: Born | Told, now: datetime) -> None:
        for reading in news.readings:
            at = datetime.fromtimestamp(reading.at_ms / 1000, UTC) if 0 < reading.at_ms < 1 << 42 else now
            # a clock that nobody believes dates nothing
            at = at if now - _OLDEST < at < now + timedelta(days=1) else now
            self._keep(view, reading, at, now)

    def _keep(self, view: View, reading: Reading, at: datetime, now: datetime) -> None:
        key = (_clean(reading.device, 16), _clean(reading.name, 60))
        if key not in view.values and len(view.values) >= _MOST_METRICS:
            return
        value = _storable(reading.value)
        changed = reading.historical or view.values.get(key) != value
        if not reading.historical:
            view.values[key] = value
            self._metrics[view.code, *key] = (value, at)
        if changed and key[1] in CHARTED:
            row = {"terminal": view.code, "device": key[0], "metric": key[1], "at": at}
            self._past.append({**row, "received_at": now, "value": value})

    def _next_in_turn(self) -> Sequence[str]:
        if not self._turn:
            self._turn = list(self.views)
        share = max(1, len(self.views) // _TURN_S)
        taken = list(islice(self._turn, share))
        del self._turn[:share]
        return taken

    def _judge(self, view: View, mono: float, now: datetime) -> None:
        contact = self.watch.contact(view.code)
        state, reason = state_of(view, contact, now)
        since = self._contact_since(view, contact, mono, now)
        if (state, reason) != (view.state, view.reason):
            if state is not view.state:
                view.state_since = since if contact is not Contact.THERE else now
            view.state, view.reason = state, reason
            self._changed.add(view.code)
        opened = mono - (now - opening(view, now)).total_seconds()
        silent = self.watch.silent_devices(view.code, mono, opened)
        found = findings(view, contact, since, silent, now, self._delays)
        if view.county in self.watch.outages:
            found = [one for one in found if one.code not in _ABSENCE]
        self._wanted[view.code] = {one.key: one for one in found}

    def _contact_since(self, view: View, contact: Contact, mono: float, now: datetime) -> datetime:
        if contact is Contact.THERE:
            return now
        return now - timedelta(seconds=max(0.0, mono - self.watch.since(view.code)))

    def _judge_outages(self, mono: float, now: datetime) -> None:
        before = {key[0] for key in self._outages}
        self._outages = {}
        for outage in self.watch.outages.values():
            facts = {"gone": outage.gone, "of": outage.of}
            since = now - timedelta(seconds=max(0.0, mono - outage.since))
            found = Finding("countyOutage", Severity.CRITICAL, outage.county, cause=outage.cause, since=since, facts=facts)
            self._outages[found.key] = found
        changed = before ^ {key[0] for key in self._outages}
        if changed:
            self._dirty.update(code for code, view in self.views.items() if view.county in changed)

    def _all_wanted(self) -> dict[AlertKey, Finding]:
        wanted = dict(self._outages)
        for found in self._wanted.values():
            wanted.update(found)
        return wanted

    def _write_terminals(self, tx: Connection, mono: float) -> None:
        changed = sorted(self._changed)
        if changed:
            _set_many(tx, changed, self.views, ("state", "state_since", "reason", "born_at", "last_seen_at"))
        if self._seen_due(mono):
            _set_many(tx, sorted(self._seen - self._changed), self.views, ("last_seen_at",))

    def _seen_due(self, mono: float) -> bool:
        return self._seen_at is None or mono - self._seen_at >= _SEEN_EVERY_S

    def _facts_due(self, mono: float) -> bool:
        return self._facts_at is None or mono - self._facts_at >= _FACTS_EVERY_S

    def _write_alerts(self, tx: Connection, now: datetime, *, with_facts: bool) -> None:
        wanted = self._all_wanted()
        for key, found in sorted(wanted.items(), key=lambda item: item[0]):
            said = self._open.get(key)
            if said is None or said.severity is not found.severity or (with_facts and said != Claim.of(found)):
                open_alert(tx, found, now)
        for key in sorted(self._open.keys() - wanted.keys()):
            close_alert(tx, key, now)


def _register_of(view: View) -> tuple[object, ...]:
    """What people decide about a terminal."""
    return (
        view.commissioned,
        view.retired,
        view.paused,
        view.opens,
        view.closes,
        view.desired_software,
        view.wanted_at,
        view.behind,
    )


def _clean(text: str, longest: int) -> str:
    """No database refuses it, whatever a terminal says."""
    return text.replace("\0", "")[:longest]


def _storable(value: Value) -> Value:
    """A value that is JSON: no NaN, no bytes, no half characters."""
    if isinstance(value, bytes):
        return value.hex()[:200]
    if isinstance(value, str):
        return _clean(value, 200)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _set_many(tx: Connection, codes: Sequence[str], views: dict[str, View], columns: tuple[str, ...]) -> None:
    if not codes:
        return
    statement = (
        update(terminal).where(terminal.c.code == bindparam("of")).values({name: bindparam(f"new_{name}") for name in columns})
    )
    rows = []
    for code in codes:
        view = views[code]
        rows.append({"of": code, **{f"new_{name}": getattr(view, name) for name in columns}})
    tx.execute(statement, rows)
