"""What has a day by which somebody must have done something becomes an alert of its terminal, from the tables and the terminal's own words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from kiosk.domain.certificate import beijing_date
from support.centre import DATABASES, NOW, empty_store
from tools.fleet.collector.health import Health
from tools.fleet.config import Delays
from tools.fleet.store.database import Store
from tools.fleet.store.schema import alert, health_now, terminal, terminal_day

CODE = "1407030031"


def judged(store: Store, health: Health, seconds: float) -> set[tuple[str, str]]:
    """Learn, judge, write; the open alerts as code and cause."""
    now = NOW + timedelta(seconds=seconds)
    with store.writing() as tx:
        health.load(tx, seconds, now)
        health.load_use(tx, now)
        health.tick(seconds, now)
        health.flush(tx, seconds, now)
    health.flushed(seconds)
    with store.reading() as tx:
        return {(code, cause) for code, cause in tx.execute(select(alert.c.code, alert.c.cause).where(alert.c.closed_at.is_(None)))}


@pytest.mark.parametrize("kind", DATABASES)
def test_days_to_come_are_alerts_until_something_was_done(kind: str, tmp_path: Path) -> None:
    told = {("", "Keys/days_left"): 12, ("", "Scale/verification_days_left"): 5, ("printer", "supply/labels_remaining"): 90}
    wanted = {"dir": 3, "desired_dir": 4, "wanted_at": NOW - timedelta(days=4), "state": "issuing", "state_since": NOW}
    with empty_store(kind, tmp_path) as store:
        with store.writing() as tx:
            tx.execute(insert(terminal), {"code": CODE, "county": CODE[:6], "commissioned_at": NOW, **wanted})
            rows = [
                {"terminal": CODE, "device": device, "metric": metric, "value": value, "at": NOW}
                for (device, metric), value in told.items()
            ]
            tx.execute(insert(health_now), rows)
            day = {"terminal": CODE, "day": beijing_date(NOW) - timedelta(days=1), "certificates": 200, "labels": 350}
            tx.execute(insert(terminal_day), day)
        health = Health(Delays())
        with store.reading() as tx:
            health.load(tx, 0, NOW)
            health.load_metrics(tx)
        due = {("keyExpiring", ""), ("scaleVerificationDue", ""), ("paperLow", ""), ("versionBehind", "directory")}
        assert judged(store, health, 1) == due
        with store.reading() as tx:
            facts = tx.execute(select(alert.c.facts).where(alert.c.code == "paperLow")).scalar()
        assert facts == {"labels": 90.0, "a_day": 50, "lasts_days": 1.8}
        with store.writing() as tx:
            tx.execute(update(alert).where(alert.c.code == "paperLow").values(acknowledged_by="chen", acknowledged_at=NOW))
        _prints(health, 60)
        judged(store, health, 5)
        assert _paper(store)[0] == facts  # so soon nobody looks
        judged(store, health, 11)
        assert _paper(store) == ({"labels": 60, "a_day": 50, "lasts_days": 1.2}, "chen", 1)
        _prints(health, 55)
        judged(store, health, 22)
        assert _paper(store)[0] == {"labels": 55, "a_day": 50, "lasts_days": 1.1}
        with store.writing() as tx:
            tx.execute(update(terminal).values(dir=4))
        assert judged(store, health, 33) == due - {("versionBehind", "directory")}


def _prints(health: Health, left: int) -> None:
    """So many labels are left, as the terminal would say."""
    view = health.views[CODE]
    view.values["printer", "supply/labels_remaining"] = left
    health._dirty.add(CODE)


def _paper(store: Store) -> tuple[object, str | None, int]:
    """What the open alert says, who has taken it, and how many there ever were."""
    with store.reading() as tx:
        rows = tx.execute(select(alert.c.facts, alert.c.acknowledged_by).where(alert.c.code == "paperLow")).all()
    return rows[-1].facts, rows[-1].acknowledged_by, len(rows)
