"""``agent.db``: what the agent must not forget. One owner, WAL, FULL.

Rules: losing the file loses nothing for good: without a cursor everything is sent again, and the centre knows each event already; jobs that were
done may only come again until their ``not_after``. So a damaged file is set aside and begun anew. No personal data in it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from kiosk.store.errors import StoreError, disk_error, store_error
from kiosk.store.owner import Ownership
from kiosk.wire.job import JobKind, JobStatus
from kiosk.wire.message import utc_text
from kiosk.wire.uplink import BadEvent

_SCHEMA = 1
_KEEP_JOBS_S = 400 * 86400
_TABLES = """
CREATE TABLE IF NOT EXISTS cursor (ledger TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bad (ledger TEXT, seq INTEGER, code TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (ledger, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, args TEXT NOT NULL, not_after TEXT NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL,
    boot TEXT NOT NULL, at TEXT NOT NULL, told INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS standing (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it stands. ``boot`` is the boot id when it began; ``told``: the broker has the report of this status."""

    id: str
    kind: JobKind
    args: dict[str, Any]
    not_after: datetime
    status: JobStatus
    detail: dict[str, Any]
    boot: str
    at: datetime
    told: bool


class AgentStore:
    """Open from ``open`` to ``close``; used by one thread. Every method raises ``StoreError``."""

    def __init__(self, path: Path, connection: sqlite3.Connection, ownership: Ownership) -> None:
        self.path = path
        self._db = connection
        self._ownership = ownership

    @classmethod
    def open(cls, path: Path) -> AgentStore:
        """Open or make the file. Raises ``StoreError`` (storeBroken/owned when another agent runs)."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise disk_error(err) from err
        ownership = Ownership.take(path)
        try:
            try:
                return cls(path, _connect(path), ownership)
            except StoreError as err:
                if err.reason not in ("damaged", "notADatabase", "newer"):
                    raise
                _set_aside(path)
                return cls(path, _connect(path), ownership)
        except BaseException:
            ownership.release()
            raise

    def close(self) -> None:
        """Let another owner have the file."""
        self._db.close()
        self._ownership.release()

    def __enter__(self) -> AgentStore:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def receipt_upto(self, ledger: str) -> int:
        """The cursor of a ledger; 0 for one that is not known."""
        row = self._one("SELECT upto FROM cursor WHERE ledger = ?", (ledger,))
        return 0 if row is None else int(row[0])

    def set_receipt(self, ledger: str, upto: int, bad: Iterable[BadEvent], now: datetime) -> None:
        """Move the cursor and keep what the centre called bad, in one transaction."""
        with self._writing() as tx:
            tx.execute("INSERT INTO cursor VALUES (?, ?) ON CONFLICT (ledger) DO UPDATE SET upto = excluded.upto", (ledger, upto))
            rows = [(ledger, event.seq, event.code.value, utc_text(now)) for event in bad]
            tx.executemany("INSERT INTO bad VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)

    def bad_events(self, ledger: str) -> dict[int, str]:
        """``seq`` -> code of everything that the centre called bad."""
        return {
            int(seq): str(code) for seq, code in self._all("SELECT seq, code FROM bad WHERE ledger = ? ORDER BY seq", (ledger,))
        }

    def number(self, name: str) -> int:
        """A kept number, 0 when there is none: version.conf, version.directory, version.keys, broker, protocol."""
        row = self._one("SELECT number FROM value WHERE name = ?", (name,))
        return 0 if row is None else int(row[0])

    def set_number(self, name: str, number: int) -> None:
        """Keep a number."""
        with self._writing() as tx:
            tx.execute("INSERT INTO value VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number", (name, number))

    def next_bd_seq(self) -> int:
        """Draw the ``bdSeq`` of the next CONNECT: 0, 1 ... 255, 0."""
        with self._writing() as tx:
            row = tx.execute("SELECT number FROM value WHERE name = 'bdSeq'").fetchone()
            drawn = 0 if row is None else (int(row[0]) + 1) % 256
            tx.execute("INSERT INTO value VALUES ('bdSeq', ?) ON CONFLICT (name) DO UPDATE SET number = excluded.number", (drawn,))
        return drawn

    def add_job(self, job: StoredJob) -> bool:
        """Keep a job before anything is done about it; False when its id is known already."""
        with self._writing() as tx:
            tx.execute(
                "DELETE FROM job WHERE at < ?",
                (utc_text(datetime.fromtimestamp(job.at.timestamp() - _KEEP_JOBS_S, job.at.tzinfo)),),
            )
            return tx.execute("INSERT INTO job VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", _row(job)).rowcount == 1

    def set_job(self, job: StoredJob) -> None:
        """Keep a new state."""
        with self._writing() as tx:
            tx.execute("INSERT OR REPLACE INTO job VALUES (?,?,?,?,?,?,?,?,?)", _row(job))

    def job(self, job_id: str) -> StoredJob | None:
        """One job."""
        row = self._one("SELECT * FROM job WHERE id = ?", (job_id,))
        return None if row is None else _job(row)

    def jobs(self, *statuses: JobStatus) -> list[StoredJob]:
        """Jobs in these states, in the order in which they came."""
        marks = ",".join("?" * len(statuses))
        return [
            _job(row)
            for row in self._all(f"SELECT * FROM job WHERE status IN ({marks}) ORDER BY at, id", tuple(s.value for s in statuses))
        ]

    def untold_jobs(self) -> list[StoredJob]:
        """Jobs whose state the broker has not acknowledged."""
        return [_job(row) for row in self._all("SELECT * FROM job WHERE told = 0 ORDER BY at, id", ())]

    def standing(self) -> bytes | None:
        """The last standing order for the app, encoded."""
        row = self._one("SELECT body FROM standing", ())
        return None if row is None else bytes(row[0])

    def set_standing(self, body: bytes) -> None:
        """Keep it: the runtime directory does not survive a reboot."""
        with self._writing() as tx:
            tx.execute("INSERT OR REPLACE INTO standing VALUES (1, ?)", (body,))

    def _one(self, sql: str, values: tuple[Any, ...]) -> Any:
        with _told(self.path):
            return self._db.execute(sql, values).fetchone()

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        with _told(self.path):
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _told(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _connect(path: Path) -> sqlite3.Connection:
    with _told(path):
        connection = sqlite3.connect(str(path), isolation_level=None)
        try:
            for name, value, told in (("journal_mode", "WAL", "wal"), ("synchronous", "FULL", 2), ("busy_timeout", "5000", 5000)):
                connection.execute(f"PRAGMA {name}={value}").fetchall()
                if connection.execute(f"PRAGMA {name}").fetchone() != (told,):
                    raise StoreError("storeBroken", "pragma")
            if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                raise StoreError("storeBroken", "damaged")
            if connection.execute("PRAGMA user_version").fetchone()[0] > _SCHEMA:
                raise StoreError("storeBroken", "newer")
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version={_SCHEMA}")
            path.chmod(0o600)
        except BaseException:
            connection.close()
            raise
        return connection


def _set_aside(path: Path) -> None:
    """Keep the damaged file for whoever wants to look; only the latest one."""
    try:
        path.replace(path.with_name(path.name + ".damaged"))
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as err:
        raise disk_error(err) from err


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as err:
        raise store_error(err, path) from err


def _row(job: StoredJob) -> tuple[Any, ...]:
    args, detail = (json.dumps(part, ensure_ascii=False, sort_keys=True) for part in (job.args, job.detail))
    return (
        job.id,
        job.kind.value,
        args,
        utc_text(job.not_after),
        job.status.value,
        detail,
        job.boot,
        utc_text(job.at),
        int(job.told),
    )


def _job(row: Any) -> StoredJob:
    job_id, kind, args, not_after, status, detail, boot, at, told = row
    return StoredJob(
        str(job_id),
        JobKind(kind),
        json.loads(args),
        datetime.fromisoformat(not_after),
        JobStatus(status),
        json.loads(detail),
        str(boot),
        datetime.fromisoformat(at),
        bool(told),
    )
