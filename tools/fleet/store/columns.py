"""Column types that mean the same on SQLite and on PostgreSQL, and columns that mean the same in several tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, TIMESTAMP, BigInteger, Column, Integer, LargeBinary, Numeric, String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from kiosk.store.columns import moment_from, moment_text


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment to the microsecond: ``timestamptz`` on PostgreSQL, sortable text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return moment_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else moment_from(value)


class Amount(TypeDecorator[Decimal]):
    """A decimal number that comes back digit for digit: ``numeric`` on PostgreSQL, text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


Document = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
"""A JSON value."""

Bytes = LargeBinary
Whole = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; SQLite counts ids only in a column that is called INTEGER."""


def id_column() -> Column[Any]:
    """Counted by the database."""
    return Column("id", Whole, primary_key=True, autoincrement=True)


def of_terminal_column() -> Column[Any]:
    """The ten-digit code."""
    return Column("terminal", String(10), nullable=False)


def county_column() -> Column[Any]:
    """Six digits."""
    return Column("county", String(6), nullable=False)


def ledger_column() -> Column[Any]:
    """The ledger's generation."""
    return Column("ledger", String(64), nullable=False)


def number_column() -> Column[Any]:
    """A certificate's."""
    return Column("number", String(24), nullable=False)


def sha256_column() -> Column[Any]:
    """Of the bytes beside it."""
    return Column("sha256", Bytes, nullable=False)


def visitor_column() -> Column[Any]:
    """A keyed hash of a shopper's address that changes daily."""
    return Column("visitor", String(64), nullable=False, server_default="")


def moment_column(name: str) -> Column[Any]:
    """Aware UTC."""
    return Column(name, Moment, nullable=False)


def words_column(name: str) -> Column[Any]:
    """A text that may be empty and is never absent."""
    return Column(name, Text, nullable=False, server_default="")


def count_column(name: str) -> Column[Any]:
    """From 0."""
    return Column(name, Integer, nullable=False, server_default="0")


def place_column(name: str) -> Column[Any]:
    """How far something is in a ledger."""
    return Column(name, Whole, nullable=False, server_default="0")


def done_columns(deed: str) -> tuple[Column[Any], Column[Any]]:
    """When somebody did it, and who; neither as long as nobody has."""
    return Column(f"{deed}_at", Moment), Column(f"{deed}_by", String(40))
