"""The truth about each piece of paper: attempts, outcomes, answers, and what is still open.

Rules
- An attempt is recorded before the printer moves; its outcome is written once.
- Only a copy that awaits its paper, or whose reprint a clerk permitted, may be printed.
- The issuer decides on the 补打 mark: wherever an earlier attempt may have left a paper, the new one carries it.
- A pending attempt of a process that is gone counts as unknown.
- The same attempt asked for again (its answer was lost on the way) is the attempt there is, not a second one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import Connection

from kiosk.domain.certificate import PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.issuing import audit, outbox, records
from kiosk.issuing.issuer import Refused, Unfinished
from kiosk.issuing.void import require_valid
from kiosk.store.columns import AnyRow, moment_text
from kiosk.store.errors import StoreError
from kiosk.store.ledger import certificate, label, print_job

# Made once, as in ``records``.
_STANDING = select(label.c.awaits_paper, label.c.reprint_allowed).where(
    label.c.counter == bindparam("wanted"), label.c.copy == bindparam("of")
)
_MAY_HAVE_PAPER = (
    select(print_job.c.job_id)
    .where(
        print_job.c.counter == bindparam("wanted"),
        print_job.c.copy == bindparam("of"),
        print_job.c.outcome != PaperOutcome.FAILED.value,
    )
    .limit(1)
)
_SAME_ATTEMPT = select(print_job).where(
    print_job.c.counter == bindparam("wanted"), print_job.c.copy == bindparam("of"), print_job.c.run == bindparam("as")
)
_OF_RUN = ":"


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper of one terminal in one process; ``run`` names the process that prints."""

    terminal: str
    run: str

    def begin(
        self, tx: Connection, number: CertificateNumber, copy: int, *, reprint: bool, now: datetime, attempt: str = ""
    ) -> PrintJob:
        """Record an attempt. The job's ``reprint`` may be True though False was asked. ``attempt`` names it within the run. Raises ``Refused``."""
        require_valid(tx, number, self.terminal)
        run = f"{self.run}{_OF_RUN}{attempt}" if attempt else self.run
        if attempt and (begun := tx.execute(_SAME_ATTEMPT, {"wanted": number.counter, "of": copy, "as": run}).one_or_none()):
            return self._job(begun)
        row = tx.execute(_STANDING, {"wanted": number.counter, "of": copy}).one_or_none()
        if row is None:
            raise Refused("notFound")
        if not (row.awaits_paper or row.reprint_allowed):
            raise Refused("reprintNotAllowed")
        marked = reprint or self._may_have_paper(tx, number, copy)
        result = tx.execute(
            insert(print_job),
            {
                "counter": number.counter,
                "copy": copy,
                "reprint": marked,
                "run": run,
                "begun_at": now,
                "outcome": PaperOutcome.PENDING.value,
                "error": "",
                "layout_version": "",
                "font_digest": "",
            },
        )
        _set_label(tx, number.counter, copy, awaits_paper=True, reprint_allowed=False, given_up_by=None)
        if result.lastrowid is None:
            raise StoreError("storeBroken", "sqlite")
        return PrintJob(result.lastrowid, number, copy, marked, PaperOutcome.PENDING)

    def record(
        self, tx: Connection, job_id: int, outcome: PaperOutcome, error: str, layout: tuple[str, str], now: datetime
    ) -> None:
        """Write how the attempt ended. Saying the same again does nothing; ``Refused('alreadyRecorded')`` for another end."""
        if outcome is PaperOutcome.PENDING:
            raise ValueError("pending is no end")
        row = self._require_job(tx, job_id)
        if row.outcome != PaperOutcome.PENDING.value:
            if row.outcome == outcome.value:
                return
            raise Refused("alreadyRecorded")
        layout_version, font_digest = layout
        tx.execute(
            update(print_job)
            .where(print_job.c.job_id == job_id)
            .values(outcome=outcome.value, error=error, ended_at=now, layout_version=layout_version, font_digest=font_digest)
        )
        if outcome is PaperOutcome.CONFIRMED:
            self._settle(tx, row)
        ended = replace(self._job(row), outcome=outcome, error=error)
        outbox.append(tx, outbox.EventKind.PRINT, outbox.print_body(ended, moment_text(now)))

    def answer(self, tx: Connection, job_id: int, answer: PaperAnswer, now: datetime) -> None:
        """Keep what the person said; a later answer replaces it, the audit keeps both. ``Refused('notAsked')`` when the end is known."""
        row = self._require_job(tx, job_id)
        if row.outcome not in (PaperOutcome.PENDING.value, PaperOutcome.UNKNOWN.value):
            raise Refused("notAsked")
        if row.answer == answer.value:
            return
        if row.outcome == PaperOutcome.PENDING.value:
            tx.execute(
                update(print_job).where(print_job.c.job_id == job_id).values(outcome=PaperOutcome.UNKNOWN.value, ended_at=now)
            )
        tx.execute(update(print_job).where(print_job.c.job_id == job_id).values(answer=answer.value, answered_at=now))
        if answer is PaperAnswer.GOT_IT:
            self._settle(tx, row)
        elif row.answer is not None:
            self._reopen(tx, row)
        facts: dict[str, str | int] = {"job": job_id, "copy": row.copy, "answer": answer.value}
        audit.append(tx, now, audit.Deed.ANSWER_PAPER, "producer", row.counter, facts)
        said = replace(self._job(row), outcome=PaperOutcome.UNKNOWN, answer=answer)
        outbox.append(tx, outbox.EventKind.PRINT, outbox.print_body(said, moment_text(now)))

    def give_up(self, tx: Connection, number: CertificateNumber, copy: int, by: str, now: datetime) -> None:
        """This copy is not wanted on paper any more. A copy that awaits nothing stays as it is. Raises ``Refused('notFound')``."""
        row = None
        if number.terminal == self.terminal:
            row = tx.execute(
                select(label.c.awaits_paper).where(label.c.counter == number.counter, label.c.copy == copy)
            ).one_or_none()
        if row is None:
            raise Refused("notFound")
        if not row.awaits_paper:
            return
        _set_label(tx, number.counter, copy, awaits_paper=False, given_up_by=by)
        link = audit.append(tx, now, audit.Deed.GIVE_UP_COPY, by, number.counter, {"copy": copy})
        body = outbox.decision_body(number, moment_text(now), by, link, copy=copy, outcome="givenUp")
        outbox.append(tx, outbox.EventKind.PRINT, body)

    def unfinished(self, tx: Connection) -> list[Unfinished]:
        """Copies without a settled paper, oldest first; an attempt under way in this process is not among them."""
        last_job = (
            select(func.max(print_job.c.job_id))
            .where(print_job.c.counter == label.c.counter, print_job.c.copy == label.c.copy)
            .correlate(label)
            .scalar_subquery()
        )
        rows = tx.execute(
            select(
                label.c.counter,
                label.c.copy,
                label.c.copies,
                certificate.c.product_name,
                certificate.c.issued_at,
                print_job.c.job_id,
                print_job.c.reprint,
                print_job.c.run,
                print_job.c.outcome,
                print_job.c.error,
                print_job.c.answer,
            )
            .join(certificate, certificate.c.counter == label.c.counter)
            .outerjoin(print_job, print_job.c.job_id == last_job)
            .where(label.c.awaits_paper == 1)
            .order_by(label.c.counter, label.c.copy)
        )
        return [
            Unfinished(
                number=CertificateNumber(self.terminal, row.counter),
                copy=row.copy,
                copies=row.copies,
                product_name=row.product_name,
                issued_at=row.issued_at,
                job=None if row.job_id is None else self._job(row),
            )
            for row in rows
            if not self._is_under_way(row)
        ]

    def _may_have_paper(self, tx: Connection, number: CertificateNumber, copy: int) -> bool:
        return tx.execute(_MAY_HAVE_PAPER, {"wanted": number.counter, "of": copy}).first() is not None

    def _require_job(self, tx: Connection, job_id: int) -> AnyRow:
        row = tx.execute(select(print_job).where(print_job.c.job_id == job_id)).one_or_none()
        if row is None:
            raise Refused("notFound")
        return row

    def _settle(self, tx: Connection, row: AnyRow) -> None:
        """Close the copy, unless a later attempt of it is open."""
        if self._is_last(tx, row):
            _set_label(tx, row.counter, row.copy, awaits_paper=False)

    def _reopen(self, tx: Connection, row: AnyRow) -> None:
        """The paper that was said to be there is not; a void certificate and a copy tried again since stay as they are."""
        number = CertificateNumber(self.terminal, row.counter)
        if self._is_last(tx, row) and not records.voided(tx, number, self.terminal):
            _set_label(tx, row.counter, row.copy, awaits_paper=True)

    def _is_last(self, tx: Connection, row: AnyRow) -> bool:
        last = select(func.max(print_job.c.job_id)).where(print_job.c.counter == row.counter, print_job.c.copy == row.copy)
        return bool(tx.execute(last).scalar_one() == row.job_id)

    def _is_under_way(self, row: AnyRow) -> bool:
        return bool(row.outcome == PaperOutcome.PENDING.value and self._is_ours(row))

    def _is_ours(self, row: AnyRow) -> bool:
        return bool(row.run.partition(_OF_RUN)[0] == self.run)

    def _job(self, row: AnyRow) -> PrintJob:
        outcome = PaperOutcome(row.outcome)
        if outcome is PaperOutcome.PENDING and not self._is_ours(row):
            outcome = PaperOutcome.UNKNOWN
        return PrintJob(
            job_id=row.job_id,
            number=CertificateNumber(self.terminal, row.counter),
            copy=row.copy,
            reprint=row.reprint,
            outcome=outcome,
            error=row.error,
            answer=None if row.answer is None else PaperAnswer(row.answer),
        )


def _set_label(tx: Connection, counter: int, copy: int, **values: object) -> None:
    tx.execute(update(label).where(label.c.counter == counter, label.c.copy == copy).values(**values))
