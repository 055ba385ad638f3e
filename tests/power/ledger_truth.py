"""What must be true of a ledger after any death, given all that it had answered before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from kiosk.credential.verify import Status, verify_url
from kiosk.domain.certificate import PaperOutcome, canonical_record
from kiosk.domain.number import CertificateNumber
from kiosk.issuing.ledger_issuer import LedgerIssuer
from support.builders import NOON
from support.ledgers import TERMINAL
from tests.power import worker

Line = dict[str, object]


def check(issuer: LedgerIssuer, folder: Path, lines: Sequence[Line], deaths: int) -> None:
    """Raise ``AssertionError`` at the first thing that is not as it was promised."""
    told = [line for line in lines if line["kind"] == "ok"]
    issuer.check_whole()
    assert issuer.broken_audit_row() is None
    counters = _numbers_are_whole(issuer, told, deaths)
    _every_answered_issue_is_there(issuer, told)
    _every_label_is_signed(issuer, folder, counters)
    _every_paper_is_as_it_was_told(issuer, lines)
    _outbox_and_audit_tell_the_same_story(issuer)


def _numbers_are_whole(issuer: LedgerIssuer, told: Iterable[Line], deaths: int) -> list[int]:
    with issuer._reading() as tx:
        counters = list(tx.exec_driver_sql("SELECT counter FROM certificate ORDER BY counter").scalars())
        (last,) = tx.exec_driver_sql("SELECT last_counter FROM terminal").scalars()
    assert counters == list(range(1, last + 1)), "no number is lost, doubled or skipped"
    answered = {line["counter"] for line in told if line["what"] == "issue"}
    assert answered <= set(counters)
    assert len(counters) - len(answered) <= deaths, "a death leaves at most the one certificate that was being written"
    return counters


def _every_answered_issue_is_there(issuer: LedgerIssuer, told: Iterable[Line]) -> None:
    for line in (line for line in told if line["what"] == "issue"):
        found = issuer.find(CertificateNumber(TERMINAL, int(str(line["counter"]))))
        assert found.promise == worker.promise_of(str(line["promise_id"]))
        assert [label.url for label in found.labels] == line["urls"]


def _every_label_is_signed(issuer: LedgerIssuer, folder: Path, counters: Iterable[int]) -> None:
    keys = worker.key_list(folder)
    for counter in counters:
        found = issuer.find(CertificateNumber(TERMINAL, counter))
        assert [label.copy for label in found.labels] == list(range(1, found.promise.copies + 1))
        record = canonical_record(found.number, found.issued_at, found.promise)
        assert all(verify_url(label.url, keys, NOON, record).status is Status.VALID for label in found.labels)


def _every_paper_is_as_it_was_told(issuer: LedgerIssuer, lines: Sequence[Line]) -> None:
    begun = {line["job"]: (line["counter"], line["copy"]) for line in lines if line["kind"] == "ok" and line["what"] == "begin"}
    ended = {line["job"]: line["outcome"] for line in lines if line["kind"] == "ok" and line["what"] == "record"}
    asked = {line["job"]: line["outcome"] for line in lines if line["kind"] == "ask" and line["what"] == "record"}
    with issuer._reading() as tx:
        rows = tx.exec_driver_sql("SELECT job_id, counter, copy, outcome FROM print_job").all()
        voided = set(tx.exec_driver_sql("SELECT counter FROM certificate WHERE voided_at IS NOT NULL").scalars())
    stored = {row[0]: row for row in rows}
    assert set(begun) <= set(stored)
    for job, (counter, copy) in begun.items():
        assert stored[job][1:3] == (counter, copy)
    for job, outcome in ended.items():
        assert stored[job][3] == outcome
    for job, (_, _, _, outcome) in stored.items():
        assert outcome in ("pending", asked.get(job)), "an end is the one that was asked for, or none"
    offered = {(item.number.counter, item.copy): item.job for item in issuer.unfinished()}
    for job, (_, counter, copy, outcome) in stored.items():
        if counter in voided:
            assert (counter, copy) not in offered
        elif outcome == "pending":
            found = offered[counter, copy]
            assert found is not None and (found.job_id, found.outcome) == (job, PaperOutcome.UNKNOWN), "the person is asked"
        else:
            assert ((counter, copy) in offered) is (outcome != "confirmed")
    with issuer._reading() as tx:
        labels = {tuple(row) for row in tx.exec_driver_sql("SELECT counter, copy FROM label")}
    tried = {(row[1], row[2]) for row in rows}
    assert {pair for pair in labels - tried if pair[0] not in voided} <= set(offered), "a copy that was never begun is offered"


def _outbox_and_audit_tell_the_same_story(issuer: LedgerIssuer) -> None:
    events = issuer.events_after(0, 1_000_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    bodies = [(event.kind, json.loads(event.body)) for event in events]
    with issuer._reading() as tx:
        count = {
            "certificate": tx.exec_driver_sql("SELECT count(*) FROM certificate").scalar_one(),
            "void": tx.exec_driver_sql("SELECT count(*) FROM certificate WHERE voided_at IS NOT NULL").scalar_one(),
            "print": tx.exec_driver_sql("SELECT count(*) FROM print_job WHERE outcome <> 'pending'").scalar_one(),
            "registration": tx.exec_driver_sql("SELECT count(*) FROM subject_local").scalar_one(),
            "reprint": tx.exec_driver_sql("SELECT count(*) FROM audit WHERE kind = 'allowReprint'").scalar_one(),
        }
        links = list(tx.exec_driver_sql("SELECT hash FROM audit ORDER BY seq").scalars())
    assert Counter(kind for kind, _ in bodies) == {kind: n for kind, n in count.items() if n}
    assert [body["counter"] for kind, body in bodies if kind == "certificate"] == list(range(1, count["certificate"] + 1))
    anchors = [bytes.fromhex(body["audit"]) for _, body in bodies if "audit" in body]
    assert anchors == links, "every audited deed has its event, in the same order"
