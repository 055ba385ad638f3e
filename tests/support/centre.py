"""A centre for tests: its database on SQLite or on a PostgreSQL cluster of its own, filled by the simulator's generators.

The PostgreSQL cluster ends with the test run.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from kiosk.credential.keylist import KeyList
from tools.fleet.collector.ingest import Ingest
from tools.fleet.simulator.cluster import PostgresCluster, has_postgres
from tools.fleet.simulator.filling import commission, deliver, fill_alerts, fill_health
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import Store, open_store

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Centre:
    """A filled database and who is in it. ``url`` opens it again."""

    store: Store
    url: str
    terminals: list[SimulatedTerminal]
    keys: KeyList


@lru_cache(maxsize=1)
def postgres() -> PostgresCluster:
    """The cluster of this run."""
    cluster = PostgresCluster()
    atexit.register(cluster.end)
    return cluster


def database_url(kind: str, folder: Path) -> str:
    """The address of an empty database: ``sqlite`` in ``folder`` or ``postgresql``. Skips the test where PostgreSQL is not installed."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'centre.db'}"
    if not has_postgres():
        pytest.skip("PostgreSQL is not installed")
    return postgres().url()


@contextmanager
def empty_store(kind: str, folder: Path) -> Iterator[Store]:
    """A database with tables and nothing in them."""
    store = open_store(database_url(kind, folder))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def filled_centre(
    kind: str, folder: Path, terminals: int = 40, certificates: int = 5, now: datetime = NOW, health_hours: int = 0
) -> Iterator[Centre]:
    """Invented terminals in all kinds of states; each issued ``certificates`` within the last days and voided one."""
    url = database_url(kind, folder)
    store = open_store(url)
    try:
        people = make_terminals(terminals)
        keys = key_list(people)
        commission(store, people, now, state=None)
        for one in people:
            for index in range(certificates):
                one.issue(now - timedelta(hours=7 * (certificates - index - 1), minutes=one.key_id % 50))
            if one.numbers:
                one.void(one.numbers[0], now - timedelta(minutes=5))
        deliver(Ingest(store), keys, people, now)
        fill_health(store, people, now, health_hours)
        fill_alerts(store, people, now)
        yield Centre(store, url, people, keys)
    finally:
        store.close()
