"""The file itself refuses to change the legal record, whoever holds the pen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.domain.certificate import PaperOutcome
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.store.database import LedgerFile
from kiosk.store.errors import StoreError
from support.builders import a_promise
from support.ledgers import FakeClock, open_issuer


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[LedgerIssuer]:
    with open_issuer(tmp_path, FakeClock()) as opened:
        made = opened.issue(a_promise(copies=2))
        opened.issue(a_promise("second"))
        job = opened.begin_print(made.number, 1, reprint=False)
        opened.record_print(job.job_id, PaperOutcome.UNKNOWN)
        opened.void(made.number, "写错了", "clerk")
        yield opened


FORBIDDEN = [
    "UPDATE outbox_event SET body = x'00'",
    "DELETE FROM outbox_event",
    "INSERT OR REPLACE INTO outbox_event (seq, kind, body) VALUES (1, 'void', x'00')",
    "UPDATE audit SET by = 'nobody' WHERE seq = 1",
    "DELETE FROM audit WHERE seq = 1",
    "UPDATE certificate SET subject_name = 'x' WHERE counter = 2",
    "UPDATE certificate SET counter = 9 WHERE counter = 2",
    "UPDATE certificate SET voided_at = NULL WHERE counter = 1",
    "UPDATE certificate SET void_reason = 'x' WHERE counter = 1",
    "DELETE FROM certificate WHERE counter = 2",
    "INSERT OR REPLACE INTO certificate SELECT * FROM certificate WHERE counter = 2",
    "INSERT INTO certificate SELECT counter + 7, 'x', 'x', issued_at, day, clock_quality, boot_id, boot_ms, form, basis, subject_id, "
    "subject_kind, subject_name, subject_phone, subject_county, subject_base, subject_status, credit_code, person_name, person_hash, "
    "product_id, product_name, product, amount, unit, quantity_source, scale_serial, scale_verified_until, origin_county, origin, phone, "
    "copies, evidence, notice_version, words_version, confirmed_at, signature, record, digest, key_id, demo, station, NULL, NULL, NULL "
    "FROM certificate WHERE counter = 2",
    "UPDATE label SET token = x'00'",
    "UPDATE label SET url = 'https://x.test/1'",
    "DELETE FROM label",
    "UPDATE print_job SET outcome = 'confirmed'",
    "UPDATE print_job SET reprint = 1",
    "DELETE FROM print_job",
    "UPDATE terminal SET last_counter = 1",
    "UPDATE terminal SET code = '1407030099'",
    "DELETE FROM terminal",
    "INSERT INTO terminal (id, code, generation, created_at, last_counter) VALUES (2, 'x', 'x', 'x', 0)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_file_refuses(issuer: LedgerIssuer, statement: str) -> None:
    file: LedgerFile = issuer._file
    with pytest.raises(StoreError, match="constraint"), file.writing() as tx:
        tx.exec_driver_sql(statement)


def test_every_column_of_the_certificate_but_the_void_is_kept_by_a_trigger(issuer: LedgerIssuer) -> None:
    file: LedgerFile = issuer._file
    with file.reading() as tx:
        columns = [row[1] for row in tx.exec_driver_sql("PRAGMA table_info(certificate)")]
    for column in set(columns) - {"voided_at", "void_reason", "voided_by"}:
        with pytest.raises(StoreError, match="constraint"), file.writing() as tx:
            tx.exec_driver_sql(f"UPDATE certificate SET {column} = {column} WHERE counter = 2")
