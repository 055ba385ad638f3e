"""The figure of issuing is measured on the real path, on a ledger that was filled through the real tables."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from kiosk.store.database import LedgerFile
from tools.measure import issuing


@pytest.mark.slow
def test_rows_name_value_floor_and_goal_and_the_full_ledger_is_whole(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    # Short: the issuer that is measured makes a Unix socket in it, whose path has 107 bytes at the most.
    folder = Path(tempfile.mkdtemp(prefix="measure-"))
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    rows = issuing.rows(certificates=300, samples=20)
    assert [sorted(row) for row in rows] == [["floor", "goal", "holds", "name", "ratio", "unit", "value"]] * 3
    for row in rows:
        assert row["floor"] is not None and row["ratio"] is not None
        assert row["value"] > 1 and row["floor"] > 1
        assert row["holds"] is (row["ratio"] <= float(row["goal"].split()[-1]))
    (ledger,) = folder.glob("kiosk-measure-*/ledger-*/ledger.db")
    with LedgerFile.open(ledger, issuing._KEY) as file, file.reading() as tx:
        counts = {
            table: tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            for table in ("certificate", "label", "print_job", "audit", "outbox_event")
        }
        triggers = tx.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").scalar()
    issued = 300 + 20 + issuing._WARM_UP
    assert triggers == 17
    assert counts == {"certificate": issued, "label": issued, "print_job": issued, "audit": issued, "outbox_event": issued + 300}
