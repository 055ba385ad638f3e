"""Opens the centre's database and brings it to the tables this program knows.

Rules: SQLite runs in WAL with ``synchronous=FULL`` (a receipt promises that the row survives a power cut) and every writing transaction begins
IMMEDIATE; PostgreSQL keeps its default ``synchronous_commit=on``; a database newer than the program is refused. Parameters never appear in an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.engine import Connection, Engine, make_url

from tools.fleet.store import schema, schema_release
from tools.fleet.store.partitions import ensure_partitions

VERSION = 4
_LOCK = 0x53584331
"""PostgreSQL advisory lock: two collectors that start at once make the tables once."""

_version = Table("schema_version", MetaData(), Column("version", Integer, primary_key=True))
_SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON")


class StoreError(Exception):
    """The database cannot be used. ``code``: newer."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Store:
    """The centre's database: ``reading()`` and ``writing()`` give connections within one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_postgresql(self) -> bool:
        """Whether partitions and COPY are there."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: COMMIT at the end, nothing at an error."""
        with self.engine.connect().execution_options(fleet_writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def default_url(folder: Path) -> str:
    """The embedded database in ``folder``."""
    return f"sqlite:///{(folder / 'centre.db').resolve()}"


def open_store(url: str, pool: int = 5) -> Store:
    """Open, make or upgrade the database at an SQLAlchemy address; ``postgresql://`` means psycopg. Raises ``StoreError``."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, hide_parameters=True, connect_args={"check_same_thread": False, "isolation_level": None})
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    else:
        engine = create_engine(address, hide_parameters=True, pool_size=pool, pool_pre_ping=True, pool_recycle=1800)
    store = Store(engine)
    _upgrade(store)
    return store


def _upgrade(store: Store) -> None:
    with store.writing() as tx:
        if store.is_postgresql:
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = tx.execute(select(_version.c.version)).scalar() if inspect(tx).has_table("schema_version") else None
        if found is not None and found > VERSION:
            raise StoreError("newer")
        for step in _STEPS[found or 0 :]:
            step(tx)
        if found != VERSION:
            _version.create(tx, checkfirst=True)
            tx.execute(_version.delete())
            tx.execute(insert(_version), {"version": VERSION})


def _first(tx: Connection) -> None:
    schema.metadata.create_all(tx)
    if tx.dialect.name == "postgresql":
        ensure_partitions(tx, datetime.now(UTC))
        for name in ("certificate", "event", "health_history"):
            # rows arrive in the order of time: a few kilobytes of BRIN replace a B-tree of gigabytes
            tx.execute(text(f"CREATE INDEX {name}_received ON {name} USING brin (received_at)"))


def _second(tx: Connection) -> None:
    """Releases and their rollout; since when something else is wanted of a terminal."""
    schema_release.metadata.create_all(tx)
    if "wanted_at" not in {column["name"] for column in inspect(tx).get_columns("terminal")}:
        kind = schema.terminal.c.wanted_at.type.compile(tx.dialect)
        tx.execute(text(f"ALTER TABLE terminal ADD COLUMN wanted_at {kind}"))


def _third(tx: Connection) -> None:
    """Specimens are counted beside certificates: what demonstration keys made leaves the sums of certificates."""
    if "specimens" in {column["name"] for column in inspect(tx).get_columns("issuance")}:
        return
    for table in ("issuance", "terminal_day"):
        tx.execute(text(f"ALTER TABLE {table} ADD COLUMN specimens INTEGER NOT NULL DEFAULT 0"))
    of = schema.certificate.c
    hours: Counter[tuple[datetime, str, str]] = Counter()
    days: Counter[tuple[str, date]] = Counter()
    made = select(of.terminal, of.day, of.issued_at, of.county, of.product_class).where(of.demo)
    for code, day, issued_at, county, kind in tx.execute(made.execution_options(yield_per=1000)):
        hours[issued_at.replace(minute=0, second=0, microsecond=0), county, kind] += 1
        days[code, day] += 1
    hour, use = schema.issuance.c, schema.terminal_day.c
    for (moment, county, kind), count in hours.items():
        which = (hour.hour == moment) & (hour.county == county) & (hour.product_class == kind)
        tx.execute(update(schema.issuance).where(which).values(certificates=hour.certificates - count, specimens=count))
    for (code, day), count in days.items():
        which = (use.terminal == code) & (use.day == day)
        tx.execute(update(schema.terminal_day).where(which).values(certificates=use.certificates - count, specimens=count))


def _fourth(tx: Connection) -> None:
    """Jobs that were sent can be taken back at the terminal."""
    known = {column["name"] for column in inspect(tx).get_columns("job")}
    for name, rest in (
        ("recall_due", f"NOT NULL DEFAULT {'false' if tx.dialect.name == 'postgresql' else '0'}"),
        ("recall_sent_at", ""),
    ):
        if name not in known:
            kind = schema.job.c[name].type.compile(tx.dialect)
            tx.execute(text(f"ALTER TABLE job ADD COLUMN {name} {kind} {rest}"))


_STEPS: tuple[Callable[[Connection], None], ...] = (_first, _second, _third, _fourth)
"""Step n brings version n to n + 1."""


def _set_pragmas(connection: Any, _: object) -> None:
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("fleet_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
