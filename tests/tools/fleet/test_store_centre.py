"""The centre's tables on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from support.centre import DATABASES, NOW, empty_store, filled_centre
from tools.fleet.store import queries
from tools.fleet.store.database import StoreError, open_store
from tools.fleet.store.partitions import ensure_partitions, retain
from tools.fleet.store.schema import certificate, certificate_key, issuance, terminal, terminal_day
from tools.fleet.store.schema_release import rollout


@pytest.mark.parametrize("kind", DATABASES)
def test_a_certificate_comes_back_as_it_was_issued(kind: str, tmp_path: Path) -> None:
    with filled_centre(kind, tmp_path, terminals=3, certificates=2) as centre, centre.store.reading() as tx:
        for one in centre.terminals:
            bodies = [event.body for event in one.events if event.kind == "certificate"]
            for number, body in zip(one.numbers, bodies, strict=True):
                found = queries.find_certificate(tx, number)
                assert found is not None
                assert found.record == body
                assert found.terminal == one.code
                assert found.demo
            first = queries.find_certificate(tx, one.numbers[0])
            assert first is not None
            assert first.voided_at is not None
            assert first.void_reason == "信息有误"


@pytest.mark.parametrize("kind", DATABASES)
def test_views_find_states_alerts_and_health(kind: str, tmp_path: Path) -> None:
    with filled_centre(kind, tmp_path, terminals=12, certificates=1) as centre, centre.store.reading() as tx:
        assert sum(queries.state_counts(tx).values()) == 12
        assert sum(queries.state_counts(tx, "1401").values()) < 12
        alerts = queries.open_alerts(tx)
        assert [one.code for one in alerts].count("countyOutage") == 1
        assert alerts[0].severity == "critical"
        one = queries.find_terminal(tx, centre.terminals[0].code)
        assert one is not None
        assert one.station == centre.terminals[0].station
        assert any(metric.metric == "supply/paper" for metric in queries.health_of(tx, one.code))


@pytest.mark.parametrize("kind", DATABASES)
def test_opening_again_changes_nothing(kind: str, tmp_path: Path) -> None:
    with filled_centre(kind, tmp_path, terminals=2, certificates=1) as centre:
        again = open_store(centre.url)
        with again.reading() as tx:
            assert tx.execute(select(func.count()).select_from(certificate)).scalar() == 2
        again.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'centre.db'}"
    store = open_store(url)
    with store.writing() as tx:
        tx.execute(text("UPDATE schema_version SET version = 99"))
    store.close()
    with pytest.raises(StoreError, match="newer"):
        open_store(url)


@pytest.mark.parametrize("kind", DATABASES)
def test_a_database_of_the_first_version_is_brought_up_with_all_that_is_in_it(kind: str, tmp_path: Path) -> None:
    with filled_centre(kind, tmp_path, terminals=2, certificates=1) as centre:
        with centre.store.writing() as tx:
            tx.execute(text("ALTER TABLE terminal DROP COLUMN wanted_at"))
            for name in ("rollout_job", "rollout", "release_file", "release"):
                tx.execute(text(f"DROP TABLE {name}"))
            tx.execute(text("UPDATE schema_version SET version = 1"))
        again = open_store(centre.url)
        with again.reading() as tx:
            assert tx.execute(select(func.count()).select_from(terminal).where(terminal.c.wanted_at.is_(None))).scalar() == 2
            assert tx.execute(select(func.count()).select_from(rollout)).scalar() == 0
        again.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_specimens_leave_the_sums_of_a_database_that_counted_them_as_certificates(kind: str, tmp_path: Path) -> None:
    with filled_centre(kind, tmp_path, terminals=2, certificates=3) as centre:
        with centre.store.writing() as tx:
            for table in ("issuance", "terminal_day"):
                tx.execute(text(f"UPDATE {table} SET certificates = specimens + 1"))  # one real one beside them
                tx.execute(text(f"ALTER TABLE {table} DROP COLUMN specimens"))
            tx.execute(text("UPDATE schema_version SET version = 2"))
        again = open_store(centre.url)
        with again.reading() as tx:
            for table in (issuance, terminal_day):
                rows = tx.execute(select(table.c.certificates, table.c.specimens)).all()
                assert {row.certificates for row in rows} == {1}
                assert sum(row.specimens for row in rows) == 6
        again.close()


@pytest.mark.parametrize("kind", DATABASES)
def test_retention_drops_old_months_but_a_number_stays_taken(kind: str, tmp_path: Path) -> None:
    old = datetime(2025, 3, 5, 4, 0, tzinfo=UTC)
    with filled_centre(kind, tmp_path, terminals=2, certificates=2, now=old) as centre:
        with centre.store.writing() as tx:
            assert retain(tx, old, {"certificate": 13}) == []
        with centre.store.writing() as tx:
            assert retain(tx, NOW, {"certificate": 13})
        with centre.store.reading() as tx:
            assert tx.execute(select(func.count()).select_from(certificate)).scalar() == 0
            assert tx.execute(select(func.count()).select_from(certificate_key)).scalar() == 4


def test_months_are_made_ahead_and_over_the_year(tmp_path: Path) -> None:
    with empty_store("postgresql", tmp_path) as store:
        with store.writing() as tx:
            ensure_partitions(tx, datetime(2031, 12, 31, 23, 59, tzinfo=UTC))
        names = set(inspect(store.engine).get_table_names())
        assert {"certificate_2031_12", "event_2032_01", "health_history_2032_02"} <= names
