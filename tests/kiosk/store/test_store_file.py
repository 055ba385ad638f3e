"""The ledger file: encrypted for real, pragmas read back, one owner, damage found, errors told by what can be done."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as cipher
from sqlalchemy import insert

from kiosk.store import database, engine
from kiosk.store.database import LedgerFile
from kiosk.store.engine import read_key
from kiosk.store.errors import StoreError, store_error
from kiosk.store.ledger import outbox_event
from support.ledgers import KEY


def open_ledger(folder: Path, key: bytes = KEY) -> LedgerFile:
    return LedgerFile.open(folder / "ledger.db", key)


def add_event(file: LedgerFile, body: bytes) -> None:
    with file.writing() as tx:
        tx.execute(insert(outbox_event).values(kind="certificate", body=body))


def events(file: LedgerFile) -> list[bytes]:
    with file.reading() as tx:
        return list(tx.exec_driver_sql("SELECT body FROM outbox_event ORDER BY seq").scalars())


def refusal(folder: Path, key: bytes = KEY) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_ledger(folder, key)
    return caught.value


def test_no_plain_byte_of_a_row_reaches_the_disk(tmp_path: Path) -> None:
    name = "王建国太谷区建国蔬菜专业合作社".encode()
    with open_ledger(tmp_path) as file:
        for _ in range(50):
            add_event(file, name * 20)
        during = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    after = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for seen in (during, after):
        assert len(seen) > 50_000
        assert name[:12] not in seen
        assert b"outbox_event" not in seen
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tmp_path / "ledger.db").execute("SELECT * FROM outbox_event")


def test_the_promised_pragmas_hold_on_the_connection_in_use(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file, file.reading() as tx:
        told = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
        cipher_version = tx.exec_driver_sql("PRAGMA cipher_version").scalar()
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    assert cipher_version


def test_a_pragma_that_does_not_take_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PRAGMAS", (("synchronous", "NORMAL", 2),))
    assert refusal(tmp_path).reason == "pragma"


def test_the_wrong_key_is_told_and_harms_nothing(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        add_event(file, b"{}")
    assert (refusal(tmp_path, b"x" * 32).code, refusal(tmp_path, b"x" * 32).reason) == ("storeBroken", "keyWrong")
    with open_ledger(tmp_path) as file:
        assert events(file) == [b"{}"]


def test_a_plain_database_is_not_accepted(tmp_path: Path) -> None:
    plain = sqlite3.connect(tmp_path / "ledger.db")
    plain.execute("CREATE TABLE outbox_event (seq)")
    plain.commit()
    plain.close()
    assert refusal(tmp_path).code == "storeBroken"


def test_a_key_file_must_hold_32_bytes_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    with pytest.raises(StoreError, match="keyMissing"):
        read_key(path)
    path.write_bytes(KEY)
    path.chmod(0o640)
    with pytest.raises(StoreError, match="keyOpenToOthers"):
        read_key(path)
    path.chmod(0o600)
    assert read_key(path) == KEY
    path.write_bytes(KEY[:31])
    with pytest.raises(StoreError, match="keyMissing"):
        read_key(path)


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    with LedgerFile.open(tmp_path / "state" / "ledger.db", KEY):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_second_owner_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    with open_ledger(tmp_path):
        assert refusal(tmp_path).reason == "owned"
        child = os.fork()
        if child == 0:
            try:
                open_ledger(tmp_path)
            except StoreError as err:
                os._exit(3 if err.reason == "owned" else 4)
            os._exit(5)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    open_ledger(tmp_path).close()


def test_a_failed_opening_leaves_the_file_free(tmp_path: Path) -> None:
    open_ledger(tmp_path).close()
    refusal(tmp_path, b"x" * 32)
    open_ledger(tmp_path).close()


@pytest.mark.parametrize("whole_check", [True, False])
def test_one_flipped_bit_in_any_page_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_check: bool) -> None:
    with open_ledger(tmp_path) as file:
        for _ in range(10):
            add_event(file, b"x" * 3000)
    path = tmp_path / "ledger.db"
    good = path.read_bytes()
    if not whole_check:
        monkeypatch.setattr(database, "WHOLE_CHECK_BYTES", 0)
    for page in range(len(good) // 4096):
        bad = bytearray(good)
        bad[page * 4096 + 1234] ^= 1
        path.write_bytes(bad)
        with pytest.raises(StoreError) as caught, open_ledger(tmp_path) as file:
            file.check_whole()
        assert caught.value.code == "storeBroken"
    path.write_bytes(good)
    open_ledger(tmp_path).close()


@pytest.mark.parametrize("emptied", [True, False])
def test_a_lost_ledger_never_begins_anew_with_the_same_numbers(tmp_path: Path, emptied: bool) -> None:
    open_ledger(tmp_path).close()
    path = tmp_path / "ledger.db"
    path.write_bytes(b"") if emptied else path.unlink()
    assert (refusal(tmp_path).code, refusal(tmp_path).reason) == ("storeBroken", "lost")


def test_a_start_that_died_before_the_first_table_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    (tmp_path / "ledger.db.owner").touch()
    with open_ledger(tmp_path) as file:
        assert events(file) == []


def test_a_truncated_file_is_damaged(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        for _ in range(10):
            add_event(file, b"x" * 3000)
    path = tmp_path / "ledger.db"
    path.write_bytes(path.read_bytes()[: 4096 * 5 + 100])
    assert refusal(tmp_path).code == "storeBroken"


def test_a_full_disk_is_told_and_passes(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        add_event(file, b"before")
        with file.reading() as tx:
            pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
            tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreError) as caught:
            add_event(file, b"x" * 100_000)
        assert caught.value.code == "diskFull"
        # The connection was thrown away with its page limit, as if room had been made.
        assert events(file) == [b"before"]
        add_event(file, b"x" * 100_000)
        assert len(events(file)) == 2


def test_a_write_to_a_read_only_database_is_told(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        with file.reading() as tx:
            tx.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(StoreError) as caught:
            add_event(file, b"x")
        assert caught.value.code == "readOnly"


def test_an_exception_undoes_the_whole_transaction(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        with pytest.raises(RuntimeError), file.writing() as tx:
            tx.execute(insert(outbox_event).values(kind="certificate", body=b"lost"))
            raise RuntimeError
        assert events(file) == []


def test_errors_never_show_the_values_of_a_row(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as file:
        with pytest.raises(StoreError) as caught, file.writing() as tx:
            tx.execute(insert(outbox_event), [{"seq": 1, "kind": "certificate", "body": "王建国".encode()}] * 2)
        assert caught.value.reason == "constraint"
        whole_story = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__cause__}"
        assert "王建国" not in whole_story
        assert "\\xe7\\x8e\\x8b" not in whole_story


@pytest.mark.parametrize(
    ("sqlite_code", "code", "reason"),
    [
        (13, "diskFull", ""),
        (8, "readOnly", ""),
        (8 | 1 << 8, "readOnly", ""),
        (1032, "storeBroken", "fileMoved"),
        (10 | 4 << 8, "storeBroken", "ioError"),
        (11, "storeBroken", "damaged"),
        (5, "storeBroken", "busy"),
        (1, "storeBroken", "sqlite"),
    ],
)
def test_result_codes_become_causes(tmp_path: Path, sqlite_code: int, code: str, reason: str) -> None:
    err = cipher.OperationalError("x")
    err.sqlite_errorcode = sqlite_code
    told = store_error(err, tmp_path / "ledger.db")
    assert (told.code, told.reason) == (code, reason)
