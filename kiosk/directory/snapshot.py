"""One ``directory-N.db``, opened read-only, with one connection for each thread that asks.

Rules: nothing is ever written beside it (no journal, no lock file). Files up to ``WHOLE_CHECK_BYTES`` are read whole when they
are opened; in larger ones every page carries its own HMAC, so damage is an error of the question that meets it, never a wrong
answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlcipher3.dbapi2 as dbapi

from kiosk.directory.schema import FORMAT
from kiosk.store.database import WHOLE_CHECK_BYTES
from kiosk.store.engine import KEY_BYTES, assert_encrypted, unlock
from kiosk.store.errors import StoreError, disk_error, store_error

_CACHE_KIB = 12 * 1024
_PRAGMAS = ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "temp_store=MEMORY", f"cache_size=-{_CACHE_KIB}")


class Snapshot:
    """Open until it is retired and nobody asks any more."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self.subjects = 0
        self._key = key
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[Any] = []
        self._users = 0
        self._retired = False

    @classmethod
    def open(cls, path: Path, key: bytes) -> Snapshot:
        """Open and check.

        Raises ``StoreError``: keyWrong | notEncrypted | damaged | newer (another format) | notADatabase | cannotOpen.
        """
        snapshot = cls(path, key)
        try:
            snapshot._check_at_open()
        except BaseException:
            snapshot.retire()
            raise
        return snapshot

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.retire()

    def enter(self) -> None:
        """Say that a question begins; ``leave`` must follow."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """The question is answered; the last one to leave a retired snapshot closes it."""
        with self._lock:
            self._users -= 1
            self._close_if_done()

    def retire(self) -> None:
        """Close it as soon as nobody asks any more; a second call does nothing."""
        with self._lock:
            self._retired = True
            self._close_if_done()

    @contextmanager
    def asking(self) -> Iterator[Any]:
        """This thread's connection. Raises ``StoreError`` for whatever SQLite finds wrong with the file."""
        self.enter()
        try:
            yield self._connection()
        except dbapi.Error as err:
            raise store_error(err, self.path) from err
        finally:
            self.leave()

    def check_whole(self) -> None:
        """Check the HMAC of every page. Raises ``StoreError`` (storeBroken/damaged). Takes about 3 s a gigabyte."""
        with self.asking() as connection:
            if connection.execute("PRAGMA cipher_integrity_check").fetchall():
                raise StoreError("storeBroken", "damaged")

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(self.path, self._key)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    def _check_at_open(self) -> None:
        try:
            size = self.path.stat().st_size
            assert_encrypted(self.path)
        except OSError as err:
            raise disk_error(err) from err
        with self.asking() as connection:
            pages, page_size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size"))
            if size != pages * page_size:
                raise StoreError("storeBroken", "damaged")
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            if meta.get("format") != str(FORMAT):
                raise StoreError("storeBroken", "newer")
            self.subjects = int(meta["subjects"])
        if size <= WHOLE_CHECK_BYTES:
            self.check_whole()

    def _close_if_done(self) -> None:
        if self._retired and self._users == 0:
            while self._connections:
                self._connections.pop().close()


def _connect(path: Path, key: bytes) -> Any:
    if len(key) != KEY_BYTES:
        raise StoreError("storeBroken", "keyMissing")
    # immutable: a complete directory never changes, so SQLite needs neither locks nor a look for a journal.
    connection = dbapi.connect(
        f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        unlock(connection, key)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection
