"""Many small rows into a table in one statement: sent one by one they cost as much as the certificates beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import String, Table, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


class Upsert:
    """A statement, made once. ``change`` and ``where`` get the row that met its key; without ``change`` what is there stays."""

    def __init__(
        self,
        table: Table,
        keys: Sequence[str],
        change: Callable[[Any], dict[str, Any]] | None = None,
        where: Callable[[Any], Any] | None = None,
    ) -> None:
        self._table, self._keys = table, list(keys)
        self._change, self._where = change, where
        self._made: dict[tuple[str, ...], Any] = {}

    def put(self, tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert ``rows``, which all have the same columns and no key twice. No bytes among them."""
        if not rows:
            return
        dialect, names = tx.dialect.name, list(rows[0])
        statement = self._made.get((dialect, *names))
        if statement is None:
            statement = self._made[(dialect, *names)] = self._make(dialect, names)
        if dialect == "postgresql":
            # one text: the driver writes an array value by value, which takes longer than the database takes for the rows
            tx.execute(statement, {"given": json.dumps(rows, default=str)})
        else:
            tx.execute(statement, list(rows))

    def _make(self, dialect: str, names: list[str]) -> Any:
        made: Any
        if dialect == "postgresql":
            given = func.json_to_recordset(cast(bindparam("given", type_=String()), postgresql.JSON))
            source = given.table_valued(*(column(name, self._table.c[name].type) for name in names)).render_derived(with_types=True)
            made = postgresql.insert(self._table).from_select(names, select(*(source.c[name] for name in names)))
        else:
            made = sqlite.insert(self._table)
        if self._change is None:
            return made.on_conflict_do_nothing(index_elements=self._keys)
        met = None if self._where is None else self._where(made.excluded)
        return made.on_conflict_do_update(index_elements=self._keys, set_=self._change(made.excluded), where=met)
