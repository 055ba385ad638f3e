"""Counts that the collector keeps, so that nobody counts certificates while somebody waits.

What a demonstration key signed is a specimen: counted beside the certificates, never among them.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, PrimaryKeyConstraint, String, Table

from tools.fleet.store.columns import count_column, county_column, moment_column, of_terminal_column
from tools.fleet.store.schema.base import metadata

issuance = Table(  # what was issued in an hour: kept by the collector so that a console never counts certificates
    "issuance",
    metadata,
    moment_column("hour"),  # its beginning, by ``issued_at``
    county_column(),
    Column("product_class", String(16), nullable=False),
    Column("certificates", Integer, nullable=False),
    count_column("specimens"),
    PrimaryKeyConstraint("hour", "county", "product_class"),
)

terminal_day = Table(
    "terminal_day",
    metadata,
    of_terminal_column(),
    Column("day", Date, nullable=False),  # Beijing
    Column("certificates", Integer, nullable=False),
    count_column("specimens"),
    Column("labels", Integer, nullable=False),  # of both: paper is paper
    PrimaryKeyConstraint("terminal", "day"),
)
