"""A centre for tests: its database on SQLite or on a PostgreSQL cluster of its own, filled by the simulator's generators.

PostgreSQL refuses root, so the cluster runs as user ``postgres`` in a temporary folder, on a Unix socket only, and ends with the test run.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from kiosk.credential.keylist import KeyList
from tools.fleet.collector.ingest import Ingest
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


class PostgresCluster:
    """A PostgreSQL server of its own. ``url(name)`` makes a fresh database."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="centre-pg-", dir="/tmp"))
        self._bin = _postgres_bin()
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "centre", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Begin to serve. A socket in the folder, no network."""
        options = f"-k {self.folder} -h '' -c max_connections=60 -c shared_buffers=64MB"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it; ``immediate`` is as good as a power cut."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def url(self, name: str = "") -> str:
        """The address of a new database."""
        name = name or f"centre_{uuid.uuid4().hex[:12]}"
        engine = create_engine(self._address("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._address(name)

    def end(self) -> None:
        """Stop and remove everything."""
        if self.folder.exists():
            subprocess.run(
                self._command("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop"), capture_output=True, check=False
            )
            shutil.rmtree(self.folder, ignore_errors=True)

    def _address(self, name: str) -> str:
        return f"postgresql+psycopg://centre@/{name}?host={self.folder}"

    def _command(self, *words: str) -> list[str]:
        command = [str(self._bin / words[0]), *words[1:]]
        if os.getuid() == 0:
            return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        return command

    def _run(self, *words: str) -> None:
        # pg_ctl's server keeps the pipes open: only a file ends
        with (self.folder.parent / f"{self.folder.name}.out").open("wb") as out:
            done = subprocess.run(
                self._command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/", check=False
            )
        report = Path(out.name)
        said = report.read_text(encoding="utf-8", errors="replace")
        report.unlink()
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {said}")


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
    if not _has_postgres():
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


def _has_postgres() -> bool:
    try:
        _postgres_bin()
    except RuntimeError:
        return False
    return True


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    known = shutil.which("initdb")
    if known is None:
        raise RuntimeError("no PostgreSQL")
    return Path(known).parent
