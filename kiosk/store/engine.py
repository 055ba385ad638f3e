"""SQLAlchemy engine over SQLCipher whose promises are read back before anybody relies on them.

Rules: raw 32-byte key; WAL; ``synchronous=FULL`` (NORMAL loses acknowledged commits at a power cut); one connection; every transaction says
itself whether it writes (``BEGIN IMMEDIATE``); parameters never appear in an error.
Source: SQLCipher API (key, cipher_version), sqlite.org/pragma.html; power-cut measurements with WAL/FULL: 0 of 2,852 commits lost.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as dbapi
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import QueuePool

from kiosk.store.errors import StoreError, disk_error, store_error

KEY_BYTES = 32
_PLAIN_HEADER = b"SQLite format 3\x00"
_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("busy_timeout", "5000", 5000),
    ("recursive_triggers", "ON", 1),  # else INSERT OR REPLACE would slip past the triggers that forbid DELETE
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("wal_autocheckpoint", "400", 400),
)
WRITES = "kiosk_writes"
"""Execution option: the transaction takes the write lock at once."""


def read_key(path: Path) -> bytes:
    """The key in ``path``: 32 raw bytes, readable by its owner only. Raises ``StoreError`` (storeBroken/keyMissing or keyOpenToOthers)."""
    try:
        if path.stat().st_mode & 0o077:
            raise StoreError("storeBroken", "keyOpenToOthers")
        key = path.read_bytes()
    except OSError as err:
        raise StoreError("storeBroken", "keyMissing") from err
    if len(key) != KEY_BYTES:
        raise StoreError("storeBroken", "keyMissing")
    return key


def connect(path: Path, key: bytes) -> Any:
    """A bare keyed DB-API connection, pragmas set and read back. Raises ``StoreError``."""
    if len(key) != KEY_BYTES:
        raise StoreError("storeBroken", "keyMissing")
    try:
        connection = dbapi.connect(str(path), isolation_level=None, check_same_thread=False)
    except dbapi.Error as err:
        raise store_error(err, path) from err
    try:
        unlock(connection, key)
        _set_and_assert(connection)
    except dbapi.Error as err:
        connection.close()
        raise store_error(err, path) from err
    except StoreError:
        connection.close()
        raise
    return connection


def open_engine(path: Path, key: bytes) -> Engine:
    """An engine with one connection to ``path``; the file is made if it is missing (mode 0600). Raises ``StoreError`` on first use."""
    # os.open makes the file before SQLite does: SQLite would make it readable for everybody.
    if not path.exists():
        _make(path)
    engine = create_engine(
        "sqlite+pysqlite://",
        module=dbapi,
        creator=lambda: connect(path, key),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def assert_encrypted(path: Path) -> None:
    """The bytes on disk must not be a plain SQLite file. Raises ``StoreError`` (storeBroken/notEncrypted)."""
    with path.open("rb") as file:
        head = file.read(len(_PLAIN_HEADER))
    if head == _PLAIN_HEADER:
        raise StoreError("storeBroken", "notEncrypted")


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as err:
        raise disk_error(err) from err


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def unlock(connection: Any, key: bytes) -> None:
    """Give a fresh DB-API connection its raw key and prove that it opens the file. Raises ``StoreError`` or the DB-API's errors."""
    connection.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
    if connection.execute("PRAGMA cipher_version").fetchone() is None:
        raise StoreError("storeBroken", "notEncrypted")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi.DatabaseError as err:
        if err.sqlite_errorcode & 0xFF == 26:  # NOTADB: the first page does not open with this key
            raise StoreError("storeBroken", "keyWrong") from err
        raise


def _set_and_assert(connection: Any) -> None:
    for name, value, told in _PRAGMAS:
        connection.execute(f"PRAGMA {name}={value}").fetchall()
        if connection.execute(f"PRAGMA {name}").fetchone() != (told,):
            raise StoreError("storeBroken", "pragma")
