"""The console's people and what they did."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from tools.fleet.store.columns import Document, Moment, count_column, id_column, moment_column, words_column
from tools.fleet.store.schema.base import metadata

account = Table(
    "account",
    metadata,
    Column("login", String(40), primary_key=True),
    words_column("name"),
    Column("role", String(16), nullable=False),  # viewer | operator | administrator
    Column("area", String(9), nullable=False),  # a code of tools.fleet.area
    Column("password", Text, nullable=False),  # tools.fleet.console.passwords
    moment_column("created_at"),
    Column("disabled_at", Moment),
    count_column("epoch"),  # a new one ends all its sessions
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    moment_column("at"),
    Column("who", String(40), nullable=False),
    Column("deed", String(40), nullable=False),
    words_column("object"),
    Column("detail", Document),
    Index("audit_at", "at"),
)
