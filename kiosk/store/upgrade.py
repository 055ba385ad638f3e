"""Brings a ledger file to the tables this program knows, in one transaction, keeping a copy of the file as it was.

Rules: a file newer than the program is refused, not guessed at; Alembic is imported only when there is something to do (it costs start-up time).
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from kiosk.store.engine import WRITES, connect
from kiosk.store.errors import StoreError

HEAD = "0001"
"""The last step in ``migrations/versions``; a test compares."""

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, path: Path, key: bytes, target: str = HEAD) -> None:
    """Run the missing steps. Raises ``StoreError`` (storeBroken/newer) when the file knows steps that we do not."""
    with engine.connect() as connection:
        found = _version(connection)
    if found == target:
        return
    if found is not None:
        _refuse_newer(found)
        _keep_copy(engine, path, key, found)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        _run(connection, target)


def _version(connection: Connection) -> str | None:
    """The file's step, None for an empty file."""
    if connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first() is None:
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def _refuse_newer(found: str) -> None:
    from alembic.script import ScriptDirectory

    if all(step.revision != found for step in ScriptDirectory(str(_SCRIPTS)).walk_revisions()):
        raise StoreError("storeBroken", "newer")


def _keep_copy(engine: Engine, path: Path, key: bytes, found: str) -> None:
    """A whole encrypted copy beside the file, complete before anything is changed."""
    kept = path.with_name(f"{path.name}.before-{found}")
    making = kept.with_name(kept.name + ".part")
    for stale in (making, making.with_name(making.name + "-wal"), making.with_name(making.name + "-shm")):
        stale.unlink(missing_ok=True)
    making.touch(mode=0o600)
    copy = connect(making, key)
    source = engine.raw_connection()
    try:
        driver = source.driver_connection
        if driver is None:
            raise StoreError("storeBroken", "cannotOpen")
        driver.backup(copy)
    finally:
        source.close()
        copy.close()
    making.replace(kept)


def _run(connection: Connection, target: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, target)
