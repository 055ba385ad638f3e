"""The fast ways into the two databases: COPY on PostgreSQL, executemany on SQLite. Both claim a number before they store its certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Table, insert, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from tools.fleet.store.schema import certificate, certificate_key, event, health_history, health_now

Row = Mapping[str, Any]
_CERTIFICATE = tuple(c.name for c in certificate.c if c.name not in ("voided_at", "void_reason"))
_EVENT = tuple(c.name for c in event.c)
_HEALTH = tuple(c.name for c in health_now.c)
_PAST = tuple(c.name for c in health_history.c)
_ASK = 500


class Bulk(Protocol):
    """Inserts within the caller's transaction."""

    def certificates(self, tx: Connection, rows: Sequence[Row]) -> set[str]:
        """Store the rows whose number is free; answers those numbers. Every number comes once, and all came at one moment."""
        ...

    def events(self, tx: Connection, rows: Sequence[Row]) -> None:
        """Store rows that are known to be new."""
        ...

    def health(self, tx: Connection, now: Sequence[Row], past: Sequence[Row]) -> None:
        """Newest values over the older ones, and the past beside it. Every (terminal, device, metric) of ``now`` comes once."""
        ...


class SqliteBulk:
    """One writer at a time: what is free stays free until COMMIT."""

    def certificates(self, tx: Connection, rows: Sequence[Row]) -> set[str]:
        numbers = [row["number"] for row in rows]
        taken: set[str] = set()
        for at in range(0, len(numbers), _ASK):
            asked = select(certificate_key.c.number).where(certificate_key.c.number.in_(numbers[at : at + _ASK]))
            taken.update(tx.execute(asked).scalars())
        free = [row for row in rows if row["number"] not in taken]
        if free:
            tx.execute(insert(certificate_key), [{name: row[name] for name in ("number", "sha256", "received_at")} for row in free])
            tx.execute(insert(certificate), [{name: row[name] for name in _CERTIFICATE} for row in free])
        return {row["number"] for row in free}

    def events(self, tx: Connection, rows: Sequence[Row]) -> None:
        if rows:
            tx.execute(insert(event), [dict(row) for row in rows])

    def health(self, tx: Connection, now: Sequence[Row], past: Sequence[Row]) -> None:
        made = sqlite.insert(health_now)
        newer = made.on_conflict_do_update(
            index_elements=["terminal", "device", "metric"], set_={"value": made.excluded.value, "at": made.excluded.at}
        )
        if now:
            tx.execute(newer, [dict(row) for row in now])
        if past:
            tx.execute(insert(health_history), [dict(row) for row in past])


class PostgresqlBulk:
    """One statement that claims numbers, then COPY of what it got straight into the partition: the wide rows are written once."""

    # sorted, so that two collectors never wait for each other in a ring
    _CLAIM = text(
        "WITH claimed AS (INSERT INTO certificate_key (number, sha256, received_at)"
        " SELECT number, decode(digest, 'hex'), :moment"
        " FROM unnest(string_to_array(:numbers, ' '), string_to_array(:digests, ' ')) AS n (number, digest)"
        " ORDER BY number ON CONFLICT DO NOTHING RETURNING number)"
        " SELECT coalesce(string_agg(number, ' '), '') FROM claimed"
    )
    _MAKE_HEALTH = "CREATE TEMPORARY TABLE IF NOT EXISTS health_in (LIKE health_now) ON COMMIT DELETE ROWS"
    _HEALTH_NOW = (
        f"INSERT INTO health_now ({', '.join(_HEALTH)}) SELECT {', '.join(_HEALTH)} FROM health_in"
        " ON CONFLICT (terminal, device, metric) DO UPDATE SET value = EXCLUDED.value, at = EXCLUDED.at"
    )

    def certificates(self, tx: Connection, rows: Sequence[Row]) -> set[str]:
        if not rows:
            return set()
        # joined: the driver writes and reads five hundred values one by one, which takes longer than the database takes
        asked = {
            "numbers": " ".join(row["number"] for row in rows),
            "digests": " ".join(row["sha256"].hex() for row in rows),
            "moment": rows[0]["received_at"],
        }
        claimed = set(tx.execute(self._CLAIM, asked).scalar_one().split())
        _copy_binary(tx, certificate, _CERTIFICATE, [row for row in rows if row["number"] in claimed])
        return claimed

    def events(self, tx: Connection, rows: Sequence[Row]) -> None:
        _copy_binary(tx, event, _EVENT, rows)

    def health(self, tx: Connection, now: Sequence[Row], past: Sequence[Row]) -> None:
        if now:
            tx.execute(text(self._MAKE_HEALTH))
            self._copy(tx, f"COPY health_in ({', '.join(_HEALTH)}) FROM STDIN", _HEALTH, [_dumped(row) for row in now])
            tx.execute(text(self._HEALTH_NOW))
        if past:
            self._copy(tx, f"COPY health_history ({', '.join(_PAST)}) FROM STDIN", _PAST, [_dumped(row) for row in past])

    @staticmethod
    def _copy(tx: Connection, statement: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        driver: Any = tx.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[name] for name in columns])


def _copy_binary(tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """COPY in the binary form: a record's bytes travel as they are, not as twice as many hex digits."""
    if not rows:
        return
    driver: Any = tx.connection.driver_connection
    types = [table.c[name].type.compile(dialect=tx.dialect).partition("(")[0].lower() for name in columns]
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row([row[name] for name in columns])


def _dumped(row: Row) -> Row:
    """COPY takes JSON as text; None is no value, not a null of JSON."""
    value = row["value"]
    return {**row, "value": None if value is None else json.dumps(value, ensure_ascii=False)}


def bulk_for(tx_dialect: str) -> Bulk:
    """The way into a database by SQLAlchemy's name of its dialect."""
    return PostgresqlBulk() if tx_dialect == "postgresql" else SqliteBulk()
