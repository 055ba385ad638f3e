"""Tables that only the console's people write: notes on alerts and saved filters."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, String, Table, Text, text
from sqlalchemy.engine import Engine

from tools.fleet.store.columns import Moment, Whole, id_column

metadata = MetaData()
_LOCK = 0x53584332

alert_note = Table(
    "alert_note",
    metadata,
    id_column(),
    Column("alert", Whole, nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", String(40), nullable=False),
    Column("words", Text, nullable=False),
    Index("alert_note_alert", "alert", "at"),
)

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("login", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("query", Text, nullable=False),
    PrimaryKeyConstraint("login", "name"),
)


def make_desk_tables(engine: Engine) -> None:
    """Make what is missing. Consoles that start at once make it once."""
    with engine.connect().execution_options(fleet_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        metadata.create_all(connection)
