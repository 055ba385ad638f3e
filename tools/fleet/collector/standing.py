"""Alarms that stand in the tables of the ingest itself: conflicts, events that could not be believed, gaps, quarantined messages.

Derived from what is stored, so a collector that dies between COMMIT and telling loses no alarm.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from tools.fleet.collector.alerts import Claim, Finding, close_alert, open_alert, open_now
from tools.fleet.config import Delays
from tools.fleet.store.schema import conflict, quarantine, stream
from tools.fleet.store.states import Severity

CODES = frozenset({"conflict", "badEvent", "gap", "quarantine"})
_MOST = 2000
_QUARANTINE_DAYS = 1


class StandingRules:
    """Compares what stands with what is open."""

    def __init__(self, delays: Delays) -> None:
        self._gap = timedelta(seconds=delays.gap_s)

    def judge(self, tx: Connection, now: datetime) -> None:
        """Open and close."""
        found = {one.key: one for one in [*self._conflicts(tx), *self._gaps(tx, now), *self._quarantined(tx, now)]}
        held = {key: told for key, told in open_now(tx).items() if key[3] in CODES}
        for key, one in sorted(found.items(), key=lambda item: item[0]):
            if held.get(key) != Claim.of(one):
                open_alert(tx, one, now)
        for key in sorted(held.keys() - found.keys()):
            close_alert(tx, key, now)

    @staticmethod
    def _conflicts(tx: Connection) -> list[Finding]:
        query = (
            select(conflict.c.terminal, conflict.c.code, func.count(), func.min(conflict.c.received_at))
            .where(conflict.c.resolved_at.is_(None))
            .group_by(conflict.c.terminal, conflict.c.code)
            .limit(_MOST)
        )
        found = []
        for code, word, count, since in tx.execute(query):
            if word == "conflict":
                found.append(Finding("conflict", Severity.CRITICAL, code[:6], code, since=since, facts={"events": count}))
            else:
                found.append(Finding("badEvent", Severity.WARNING, code[:6], code, "", word, since, {"events": count}))
        return found

    def _gaps(self, tx: Connection, now: datetime) -> list[Finding]:
        query = select(stream.c.terminal, stream.c.upto, stream.c.highest, stream.c.gap_since).where(
            stream.c.gap_since < now - self._gap
        )
        return [
            Finding("gap", Severity.WARNING, code[:6], code, since=since, facts={"after": upto, "held": highest})
            for code, upto, highest, since in tx.execute(query.limit(_MOST))
        ]

    @staticmethod
    def _quarantined(tx: Connection, now: datetime) -> list[Finding]:
        since = now - timedelta(days=_QUARANTINE_DAYS)
        count, first = tx.execute(select(func.count(), func.min(quarantine.c.first_at)).where(quarantine.c.last_at > since)).one()
        return [Finding("quarantine", Severity.WARNING, "", since=first, facts={"messages": count})] if count else []
