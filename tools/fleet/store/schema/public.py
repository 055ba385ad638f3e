"""What shoppers leave behind: scans, reports, evaluations; and what other registers say of a subject."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, String, Table, false

from tools.fleet.store.columns import (
    Document,
    Whole,
    count_column,
    done_columns,
    id_column,
    moment_column,
    number_column,
    visitor_column,
    words_column,
)
from tools.fleet.store.schema.base import metadata

label_scan = Table(  # a shopper read a label; the place is a county at best
    "label_scan",
    metadata,
    id_column(),
    number_column(),
    count_column("copy"),
    moment_column("at"),
    visitor_column(),  # keyed hash of the address, changes daily
    Column("place", String(6), nullable=False, server_default=""),
    Index("label_scan_number", "number", "at"),
)

report = Table(  # somebody says that something is wrong with a certificate
    "report",
    metadata,
    id_column(),
    number_column(),
    Column("county", String(6), nullable=False, server_default=""),
    moment_column("at"),
    Column("kind", String(24), nullable=False),
    words_column("words"),
    words_column("contact"),
    visitor_column(),
    *done_columns("handled"),
    words_column("answer"),
    Index("report_number", "number"),
    Index("report_county", "county", "at"),
)

evaluation = Table(
    "evaluation",
    metadata,
    id_column(),
    number_column(),
    moment_column("at"),
    Column("stars", Integer, nullable=False),
    words_column("words"),
    visitor_column(),
    Index("evaluation_number", "number"),
)

subject_block = Table(  # what other registers say of a subject: production | trace | credit | certification
    "subject_block",
    metadata,
    Column("subject_id", Whole, nullable=False),
    Column("block", String(16), nullable=False),
    Column("body", Document, nullable=False),
    words_column("source"),
    moment_column("updated_at"),
    PrimaryKeyConstraint("subject_id", "block"),
)

subject_choice = Table(  # a subject that wants its telephone shown whole
    "subject_choice",
    metadata,
    Column("subject_id", Whole, primary_key=True),
    Column("show_phone", Boolean, nullable=False, server_default=false()),
)
