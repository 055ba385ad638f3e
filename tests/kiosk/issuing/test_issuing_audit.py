"""The legal log is a chain that a rewritten row breaks, anchored in every event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.issuing.ledger_issuer import LedgerIssuer
from support.builders import a_promise
from support.ledgers import open_issuer


def three_deeds(issuer: LedgerIssuer) -> None:
    made = issuer.issue(a_promise("1"))
    issuer.void(made.number, "写错了", "clerk")
    issuer.issue(a_promise("2"))


def test_the_chain_holds_and_every_event_carries_its_link(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        assert issuer.broken_audit_row() is None
        three_deeds(issuer)
        assert issuer.broken_audit_row() is None
        with issuer._reading() as tx:
            links = [row.hex() for row in tx.exec_driver_sql("SELECT hash FROM audit ORDER BY seq").scalars()]
        assert [json.loads(event.body)["audit"] for event in issuer.events_after(0, 9)] == links


@pytest.mark.parametrize(
    ("forgery", "seq"),
    [
        ("UPDATE audit SET facts = '{}' WHERE seq = 2", 2),
        ("UPDATE audit SET by = 'x' WHERE seq = 1", 1),
        ("UPDATE audit SET counter = NULL WHERE seq = 3", 3),
        ("UPDATE audit SET at = '2026-11-24T04:00:00.000001Z' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 2", 3),
    ],
)
def test_a_forged_row_is_named(tmp_path: Path, forgery: str, seq: int) -> None:
    with open_issuer(tmp_path) as issuer:
        three_deeds(issuer)
        with issuer._writing() as tx:
            tx.exec_driver_sql("DROP TRIGGER audit_no_update")
            tx.exec_driver_sql("DROP TRIGGER audit_no_delete")
            tx.exec_driver_sql(forgery)
        assert issuer.broken_audit_row() == seq


def test_a_check_of_a_device_is_a_link_of_the_chain(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        issuer.keep_check({"part": "scale", "check": "Interactive HCheck: Complete", "shown": "5.000"}, "technician")
        three_deeds(issuer)
        with issuer._reading() as tx:
            kind, by, facts = tx.exec_driver_sql('SELECT kind, "by", facts FROM audit WHERE seq = 1').one()
        assert (kind, by, json.loads(facts)["shown"]) == ("checkDevice", "technician", "5.000")
        assert issuer.broken_audit_row() is None
