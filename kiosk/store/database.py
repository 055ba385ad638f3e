"""The opened ledger file: owned, encrypted, proved, upgraded, and reopened after any failure.

Rules
- ``writing()`` and ``reading()`` are the only ways in; every error of SQLite leaves them as ``StoreError``.
- A connection that failed once is thrown away: after a failed fsync nothing that it says can be believed.
- Not for several threads at once; the issuer serialises.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import sqlcipher3.dbapi2 as dbapi
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from kiosk.store.engine import WRITES, assert_encrypted, open_engine
from kiosk.store.errors import StoreError, disk_error, store_error
from kiosk.store.owner import Ownership
from kiosk.store.upgrade import HEAD, upgrade

WHOLE_CHECK_BYTES = 32 * 2**20
"""Files up to this size are checked whole at every start (about 0.1 s); of larger ones only what decides numbers. Every page carries an
HMAC, so damage elsewhere is found when it is read; ``check_whole`` is for the weekly upkeep."""
_SMALL_TABLES = ("terminal", "station_pin", "subject_local")


class LedgerFile:
    """One ledger file, held from ``open`` to ``close``."""

    def __init__(self, path: Path, engine: Engine, ownership: Ownership) -> None:
        self.path = path
        self._engine = engine
        self._ownership = ownership

    @classmethod
    def open(cls, path: Path, key: bytes, target: str = HEAD) -> LedgerFile:
        """Open or make the ledger. Raises ``StoreError`` (see there for the reasons)."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise disk_error(err) from err
        ownership = Ownership.take(path)
        file = None
        try:
            if ownership.has_begun and not (path.exists() and path.stat().st_size):
                raise StoreError("storeBroken", "lost")
            file = cls(path, open_engine(path, key), ownership)
            with file._told():
                upgrade(file._engine, path, key, target)
            assert_encrypted(path)
            file._check_at_open()
            ownership.mark_begun()
        except BaseException:
            if file is not None:
                file._engine.dispose()
            ownership.release()
            raise
        return file

    def close(self) -> None:
        """Close the file and let another owner have it."""
        self._engine.dispose()
        self._ownership.release()

    def __enter__(self) -> LedgerFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction with the write lock from its start; committed at the end, undone by any exception. Raises ``StoreError``."""
        with self._told(), self._engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view. Raises ``StoreError``."""
        with self._told(), self._engine.connect() as connection, connection.begin():
            yield connection

    def check_whole(self) -> None:
        """Read every page. Raises ``StoreError`` (storeBroken/damaged). Takes about 5 s a gigabyte."""
        self._quick_check("")

    def _check_at_open(self) -> None:
        if self.path.stat().st_size <= WHOLE_CHECK_BYTES:
            self.check_whole()
            return
        for table in _SMALL_TABLES:
            self._quick_check(f"({table})")

    def _quick_check(self, scope: str) -> None:
        with self.reading() as connection:
            if connection.exec_driver_sql(f"PRAGMA quick_check{scope}").scalars().all() != ["ok"]:
                raise StoreError("storeBroken", "damaged")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors become ours, and the connection that raised them is not used again."""
        try:
            yield
        except DBAPIError as err:
            self._engine.dispose()
            raise store_error(err.orig or err, self.path) from err
        except dbapi.Error as err:
            self._engine.dispose()
            raise store_error(err, self.path) from err
