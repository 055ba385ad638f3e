"""What terminals issued, each once: certificates, their events, how far each ledger is held, and what could not be accepted."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from tools.fleet.store.columns import (
    Amount,
    Bytes,
    Moment,
    Whole,
    county_column,
    done_columns,
    id_column,
    ledger_column,
    moment_column,
    number_column,
    of_terminal_column,
    place_column,
    sha256_column,
)
from tools.fleet.store.schema.base import BY_MONTH, metadata

intake = Table(  # the collector's own row of a terminal: whoever takes in its events holds this row
    "intake",
    metadata,
    Column("terminal", String(10), primary_key=True),
    place_column("counter_max"),
    Column("last_at", Moment),
)

stream = Table(  # how far one ledger of a terminal is held: ``upto`` without a gap, ``highest`` with
    "stream",
    metadata,
    of_terminal_column(),
    ledger_column(),
    place_column("upto"),
    place_column("highest"),
    Column("gap_since", Moment),
    Column("last_at", Moment),
    PrimaryKeyConstraint("terminal", "ledger"),
)

certificate_key = Table(
    "certificate_key",
    metadata,
    Column("number", String(24), primary_key=True),
    sha256_column(),
    moment_column("received_at"),
)

certificate = Table(
    "certificate",
    metadata,
    number_column(),
    moment_column("received_at"),
    of_terminal_column(),
    Column("counter", Whole, nullable=False),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    moment_column("issued_at"),
    Column("day", Date, nullable=False),  # Beijing
    Column("clock", Integer, nullable=False),
    county_column(),  # the terminal's
    Column("station", Text, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("key_id", Integer, nullable=False),
    Column("form", String(24), nullable=False),
    Column("basis", String(60), nullable=False),  # words joined by commas
    Column("subject_id", Whole, nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("credit_code", String(18), nullable=False),
    Column("product_id", Integer, nullable=False),
    Column("product_name", Text, nullable=False),
    Column("product_class", String(16), nullable=False),
    Column("amount", Amount, nullable=False),
    Column("unit", String(8), nullable=False),
    Column("source", String(10), nullable=False),
    Column("origin_county", String(6), nullable=False),
    Column("origin", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("token", Bytes, nullable=False),  # the first copy's
    Column("record", Bytes, nullable=False),  # the outbox body, byte for byte
    sha256_column(),
    Column("voided_at", Moment),
    Column("void_reason", Text),
    PrimaryKeyConstraint("number", "received_at"),
    Index("certificate_stream", "terminal", "ledger", "seq"),
    Index("certificate_issued", "terminal", "issued_at"),
    Index("certificate_day", "day", "county"),
    Index("certificate_subject", "subject_id", "issued_at"),
    postgresql_partition_by=BY_MONTH,
)

event = Table(
    "event",
    metadata,
    of_terminal_column(),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    moment_column("received_at"),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("body", Bytes, nullable=False),
    sha256_column(),
    PrimaryKeyConstraint("terminal", "ledger", "seq", "received_at"),
    Index("event_number", "number"),
    postgresql_partition_by=BY_MONTH,
)

conflict = Table(
    "conflict",
    metadata,
    id_column(),
    of_terminal_column(),
    ledger_column(),
    Column("seq", Whole, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", String(24)),
    Column("code", String(16), nullable=False),  # conflict | malformed | badToken | unknownKey
    Column("detail", String(40), nullable=False, server_default=""),
    Column("body", Bytes, nullable=False),
    sha256_column(),
    moment_column("received_at"),
    *done_columns("resolved"),
    Index("conflict_once", "terminal", "ledger", "seq", "sha256", unique=True),
    Index("conflict_number", "number"),
)

quarantine = Table(  # messages that nobody could read; the same one again only counts
    "quarantine",
    metadata,
    Column("sha256", Bytes, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("reason", String(60), nullable=False),
    Column("payload", Bytes, nullable=False),  # its first 64 KiB
    Column("times", Integer, nullable=False, server_default="1"),
    moment_column("first_at"),
    moment_column("last_at"),
)
