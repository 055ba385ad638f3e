"""Tables come from migrations alone, equal what the code says, and an upgrade keeps the file as it was beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from kiosk.store import upgrade as upgrades
from kiosk.store.database import LedgerFile
from kiosk.store.engine import connect
from kiosk.store.errors import StoreError
from kiosk.store.ledger import metadata
from support.ledgers import KEY

SCRIPTS = Path(upgrades.__file__).parent / "migrations"


def test_the_head_named_in_code_is_the_last_step() -> None:
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == upgrades.HEAD


def test_an_upgrade_from_nothing_makes_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    with LedgerFile.open(tmp_path / "ledger.db", KEY) as file, file.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_a_ledger_newer_than_the_program_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with LedgerFile.open(path, KEY) as file, file.writing() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        LedgerFile.open(path, KEY)
    assert (caught.value.code, caught.value.reason) == ("storeBroken", "newer")
    assert path.read_bytes() == before


def test_before_an_upgrade_a_whole_encrypted_copy_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    with LedgerFile.open(path, KEY) as file, file.writing() as tx:
        tx.exec_driver_sql("INSERT INTO outbox_event (kind, body) VALUES ('certificate', x'7b7d')")
    ran: list[str] = []
    monkeypatch.setattr(upgrades, "_run", lambda _, target: ran.append(target))
    LedgerFile.open(path, KEY, target="0002").close()
    assert ran == ["0002"]
    kept = tmp_path / "ledger.db.before-0001"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"SQLite format" not in kept.read_bytes()[:16]
    copy = connect(kept, KEY)
    assert copy.execute("SELECT count(*) FROM outbox_event").fetchone() == (1,)
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    copy.close()
    assert not list(tmp_path.glob("*.part*"))


def test_a_step_that_fails_leaves_the_file_at_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    LedgerFile.open(path, KEY).close()

    def half(connection: object, target: str) -> None:
        connection.exec_driver_sql("ALTER TABLE audit ADD COLUMN half TEXT")  # type: ignore[attr-defined]
        raise RuntimeError(target)

    monkeypatch.setattr(upgrades, "_run", half)
    with pytest.raises(RuntimeError):
        LedgerFile.open(path, KEY, target="0002")
    monkeypatch.undo()
    with LedgerFile.open(path, KEY) as file, file.reading() as tx:
        assert "half" not in [row[1] for row in tx.exec_driver_sql("PRAGMA table_info(audit)")]
