"""Paper: recorded before and after, marked where a paper may already be out, asked for again after a power cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.domain.certificate import Certificate, PaperAnswer, PaperOutcome
from kiosk.domain.number import CertificateNumber
from kiosk.issuing.issuer import Refused
from kiosk.issuing.ledger_issuer import LedgerIssuer
from support.builders import TODAY, a_promise
from support.ledgers import open_issuer

PENDING, CONFIRMED, FAILED, UNKNOWN = PaperOutcome


def attempt(issuer: LedgerIssuer, made: Certificate, copy: int, outcome: PaperOutcome, *, reprint: bool = False) -> int:
    job = issuer.begin_print(made.number, copy, reprint=reprint)
    if outcome is not PENDING:
        issuer.record_print(job.job_id, outcome, "" if outcome is CONFIRMED else "paperOut")
    return job.job_id


def open_copies(issuer: LedgerIssuer) -> list[tuple[int, str | None]]:
    return [(item.copy, None if item.job is None else item.job.outcome.value) for item in issuer.unfinished()]


def test_every_copy_is_open_until_it_is_proven(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise(copies=3))
        assert open_copies(issuer) == [(1, None), (2, None), (3, None)]
        attempt(issuer, made, 1, CONFIRMED)
        attempt(issuer, made, 2, FAILED)
        attempt(issuer, made, 3, UNKNOWN)
        assert open_copies(issuer) == [(2, "failed"), (3, "unknown")]
        (row,) = issuer.today(TODAY)
        assert (row.copies, row.printed) == (3, 1)


def test_an_attempt_under_way_is_not_offered_again_but_is_unknown_after_a_power_cut(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise(copies=2))
        job_id = attempt(issuer, made, 1, PENDING)
        assert open_copies(issuer) == [(2, None)]
    with open_issuer(tmp_path) as issuer:
        assert open_copies(issuer) == [(1, "unknown"), (2, None)]
        assert issuer.unfinished()[0].job is not None
        issuer.answer_paper(job_id, PaperAnswer.GOT_IT)
        assert open_copies(issuer) == [(2, None)]


def test_the_same_number_is_offered_again_and_marked(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        attempt(issuer, made, 1, PENDING)
    with open_issuer(tmp_path) as issuer:
        job = issuer.begin_print(made.number, 1, reprint=False)
        assert job.reprint is True
        issuer.record_print(job.job_id, CONFIRMED)
        assert issuer.unfinished() == []
        assert issuer.find(made.number).labels == made.labels


@pytest.mark.parametrize(("first", "marked"), [(FAILED, False), (UNKNOWN, True), (PENDING, True)])
def test_only_after_a_proven_failure_a_second_attempt_carries_no_mark(tmp_path: Path, first: PaperOutcome, marked: bool) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        attempt(issuer, made, 1, first)
        assert issuer.begin_print(made.number, 1, reprint=False).reprint is marked


def test_a_settled_copy_prints_again_only_with_a_clerk_s_leave_and_once(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        attempt(issuer, made, 1, CONFIRMED)
        for reprint in (False, True):
            with pytest.raises(Refused, match="reprintNotAllowed"):
                issuer.begin_print(made.number, 1, reprint=reprint)
        assert issuer.allow_reprint(made.number, "标签弄湿了", "clerk") == made
        attempt(issuer, made, 1, FAILED, reprint=True)
        attempt(issuer, made, 1, CONFIRMED, reprint=True)
        with pytest.raises(Refused, match="reprintNotAllowed"):
            issuer.begin_print(made.number, 1, reprint=True)


def test_a_person_may_say_no_and_later_find_it(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        job_id = attempt(issuer, made, 1, UNKNOWN)
        issuer.answer_paper(job_id, PaperAnswer.NOT_GOT)
        assert open_copies(issuer) == [(1, "unknown")]
        issuer.answer_paper(job_id, PaperAnswer.GOT_IT)
        assert open_copies(issuer) == []
        bodies = [json.loads(event.body) for event in issuer.events_after(0, 99) if event.kind == "print"]
        assert [body["answer"] for body in bodies] == [None, "notGot", "gotIt"]
        (row,) = issuer.today(TODAY)
        assert row.printed == 1


def test_an_answer_about_an_older_attempt_does_not_close_a_newer_one(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        old = attempt(issuer, made, 1, UNKNOWN)
        attempt(issuer, made, 1, FAILED)
        issuer.answer_paper(old, PaperAnswer.GOT_IT)
        assert open_copies(issuer) == [(1, "failed")]


def test_a_denied_older_attempt_does_not_reopen_what_a_newer_one_settled(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        old = attempt(issuer, made, 1, UNKNOWN)
        issuer.answer_paper(old, PaperAnswer.GOT_IT)
        issuer.allow_reprint(made.number, "标签弄湿了", "clerk")
        attempt(issuer, made, 1, CONFIRMED)
        issuer.answer_paper(old, PaperAnswer.NOT_GOT)
        assert open_copies(issuer) == []


def test_a_paper_that_was_claimed_by_mistake_is_open_again(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        job_id = attempt(issuer, issuer.issue(a_promise()), 1, UNKNOWN)
        issuer.answer_paper(job_id, PaperAnswer.GOT_IT)
        issuer.answer_paper(job_id, PaperAnswer.NOT_GOT)
        assert open_copies(issuer) == [(1, "unknown")]


@pytest.mark.parametrize("outcome", [CONFIRMED, FAILED])
def test_nobody_is_asked_about_a_known_end(tmp_path: Path, outcome: PaperOutcome) -> None:
    with open_issuer(tmp_path) as issuer:
        job_id = attempt(issuer, issuer.issue(a_promise()), 1, outcome)
        with pytest.raises(Refused, match="notAsked"):
            issuer.answer_paper(job_id, PaperAnswer.GOT_IT)


def test_an_end_is_written_once(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        job_id = attempt(issuer, issuer.issue(a_promise()), 1, UNKNOWN)
        issuer.record_print(job_id, UNKNOWN)
        with pytest.raises(Refused, match="alreadyRecorded"):
            issuer.record_print(job_id, CONFIRMED)
        with pytest.raises(ValueError, match="pending"):
            issuer.record_print(job_id, PENDING)
        assert [event.kind for event in issuer.events_after(0, 9)] == ["certificate", "print"]


def test_a_copy_given_up_leaves_the_list_and_is_audited(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise(copies=2))
        issuer.give_up_copy(made.number, 2, "producer")
        issuer.give_up_copy(made.number, 2, "producer")
        assert open_copies(issuer) == [(1, None)]
        with pytest.raises(Refused, match="notFound"):
            issuer.give_up_copy(made.number, 3, "producer")
        bodies = [json.loads(event.body) for event in issuer.events_after(0, 9)]
        assert [body.get("outcome") for body in bodies] == [None, "givenUp"]


def test_unknown_copies_and_jobs_are_not_found(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        for number, copy in ((made.number, 0), (made.number, 2), (CertificateNumber("1407030032", 1), 1)):
            with pytest.raises(Refused, match="notFound"):
                issuer.begin_print(number, copy, reprint=False)
        with pytest.raises(Refused, match="notFound"):
            issuer.record_print(99, CONFIRMED)


def test_void_takes_a_reason_happens_once_and_ends_all_paper(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise(copies=2))
        with pytest.raises(Refused, match="reasonMissing"):
            issuer.void(made.number, "  ", "clerk")
        voided = issuer.void(made.number, "写错了重量", "clerk")
        assert (voided.void_reason, voided.voided_at is not None) == ("写错了重量", True)
        assert issuer.find(made.number) == voided
        assert issuer.unfinished() == []
        assert issuer.voids() == [(31, made.number.counter)]
        with pytest.raises(Refused, match="alreadyVoided"):
            issuer.void(made.number, "再来", "clerk")
        with pytest.raises(Refused, match="alreadyVoided"):
            issuer.allow_reprint(made.number, "再来", "clerk")
        with pytest.raises(Refused, match="alreadyVoided"):
            issuer.begin_print(made.number, 1, reprint=True)
        assert issuer.issue(a_promise("next")).number.counter == 2
        (_, row) = issuer.today(TODAY)
        assert row.voided
        assert [event.kind for event in issuer.events_after(0, 9)] == ["certificate", "void", "certificate"]


def test_the_outcome_of_a_paper_that_ended_after_a_void_is_kept(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        made = issuer.issue(a_promise())
        job = issuer.begin_print(made.number, 1, reprint=False)
        issuer.void(made.number, "写错了", "clerk")
        issuer.record_print(job.job_id, UNKNOWN)
        issuer.answer_paper(job.job_id, PaperAnswer.NOT_GOT)
        assert issuer.unfinished() == []


def test_layout_and_font_are_kept_with_the_attempt(tmp_path: Path) -> None:
    with open_issuer(tmp_path) as issuer:
        job = issuer.begin_print(issuer.issue(a_promise()).number, 1, reprint=False)
        issuer.record_print(job.job_id, CONFIRMED, layout_version="1", font_digest="ab" * 8)
        with issuer._reading() as tx:
            kept = tx.exec_driver_sql("SELECT layout_version, font_digest FROM print_job").one()
    assert tuple(kept) == ("1", "ab" * 8)
