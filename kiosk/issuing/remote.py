"""``TerminalIssuer`` in another process: the app's side of the issuer's socket (``line`` keeps the connection).

Rules
- How an attempt on paper ended is remembered until it could be told: the paper is what it is. So is an attempt whose beginning was never answered:
  asked for again it is the same attempt; else it is told as failed, for no printer moved.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from kiosk.domain.certificate import Certificate, PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Registration, Subject, SubjectId
from kiosk.issuing.issuer import ISSUER_AWAY, Habits, OutboxEvent, Refused, StoreUnavailable, TodayRow, Unfinished
from kiosk.issuing.line import ANSWER_LOST, ANSWER_S, PATIENCE_S, IssuerLine


class RemoteIssuer:
    """See ``issuer.TerminalIssuer``; usable from any thread. ``demo``: what the trusted key list says of this terminal's key."""

    def __init__(
        self,
        path: Path,
        *,
        demo: bool,
        patience_s: float = PATIENCE_S,
        answer_s: float = ANSWER_S,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._demo = demo
        self._line = IssuerLine(path, patience_s, answer_s, wait)

    def on_turn(self, act: Callable[[], None]) -> None:
        """Call ``act`` whenever the issuer is found away, and when it is back; it must not wait."""
        self._line.on_turn = act

    @property
    def is_demo(self) -> bool:
        """True when the signing key is a demonstration key."""
        return self._demo

    def close(self) -> None:
        """Hang up; whoever still waits for the issuer is told that it is away."""
        self._line.close()

    def clock_problem(self) -> str:
        """See ``Issuer.clock_problem``."""
        problem: str = self._line.ask("clock_problem").value()
        return problem

    def numbers_problem(self) -> str:
        """See ``Issuer.numbers_problem``."""
        problem: str = self._line.ask("numbers_problem").value()
        return problem

    def issue(self, made: Promise) -> Certificate:
        """See ``Issuer.issue``."""
        certificate: Certificate = self._line.ask("issue", made).value()
        return certificate

    def find(self, number: CertificateNumber) -> Certificate:
        """See ``Issuer.find``."""
        certificate: Certificate = self._line.ask("find", number).value()
        return certificate

    def begin_print(self, number: CertificateNumber, copy: int, *, reprint: bool) -> PrintJob:
        """See ``Issuer.begin_print``."""
        attempt = (number, copy, reprint)
        with self._line.lock:
            asked_before = self._line.unanswered.pop(attempt, "")
            ask_id = asked_before or uuid.uuid4().hex
            try:
                job: PrintJob = self._line.ask("begin_print", *attempt, ask_id=ask_id).value()
            except StoreUnavailable as err:
                if asked_before or err.facts.get("reason") == ANSWER_LOST:
                    self._line.unanswered[attempt] = ask_id
                raise
            return job

    def record_print(
        self, job_id: int, outcome: PaperOutcome, error: str = "", *, layout_version: str = "", font_digest: str = ""
    ) -> None:
        """See ``Issuer.record_print``. Where it could not be told it is remembered, and told before anything else that is asked later."""
        told = (job_id, outcome, error, layout_version, font_digest)
        with self._line.lock:
            try:
                self._line.ask("record_print", *told).value()
            except StoreUnavailable as err:
                if err.code == ISSUER_AWAY:
                    self._line.owed.append(told)
                raise

    def answer_paper(self, job_id: int, answer: PaperAnswer) -> None:
        """See ``Issuer.answer_paper``."""
        self._line.ask("answer_paper", job_id, answer).value()

    def give_up_copy(self, number: CertificateNumber, copy: int, by: str) -> None:
        """See ``Issuer.give_up_copy``."""
        self._line.ask("give_up_copy", number, copy, by).value()

    def unfinished(self) -> Sequence[Unfinished]:
        """See ``Issuer.unfinished``."""
        found: Sequence[Unfinished] = self._line.ask("unfinished").value()
        return found

    def void(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.void``. When only its answer was lost, the certificate that we made void is no error."""
        answer = self._line.ask("void", number, reason, by)
        if answer.repeated and isinstance(answer.error, Refused) and answer.error.code == "alreadyVoided":
            found = self.find(number)
            if found.void_reason == reason.strip():
                return found
        certificate: Certificate = answer.value()
        return certificate

    def allow_reprint(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.allow_reprint``."""
        certificate: Certificate = self._line.ask("allow_reprint", number, reason, by).value()
        return certificate

    def today(self, day: date) -> Sequence[TodayRow]:
        """See ``Issuer.today``."""
        rows: Sequence[TodayRow] = self._line.ask("today", day).value()
        return rows

    def habits(self, subject: SubjectId) -> Habits:
        """See ``Issuer.habits``."""
        found: Habits = self._line.ask("habits", subject).value()
        return found

    def register(self, registration: Registration) -> Subject:
        """See ``Issuer.register``."""
        subject: Subject = self._line.ask("register", registration).value()
        return subject

    def registered(self, person_hash: bytes) -> Sequence[Subject]:
        """See ``Issuer.registered``."""
        found: Sequence[Subject] = self._line.ask("registered", person_hash).value()
        return found

    def registered_by_phone(self, phone: str) -> Sequence[Subject]:
        """See ``Issuer.registered_by_phone``."""
        found: Sequence[Subject] = self._line.ask("registered_by_phone", phone).value()
        return found

    def set_pin(self, subject: SubjectId, pin: str, by: str) -> None:
        """See ``Issuer.set_pin``."""
        self._line.ask("set_pin", subject, pin, by).value()

    def check_pin(self, subject: SubjectId, pin: str) -> bool:
        """See ``Issuer.check_pin``."""
        fits: bool = self._line.ask("check_pin", subject, pin).value()
        return fits

    def keep_check(self, facts: Mapping[str, str], by: str) -> None:
        """See ``Issuer.keep_check``."""
        self._line.ask("keep_check", facts, by).value()

    def voids(self) -> Sequence[tuple[int, int]]:
        """See ``Issuer.voids``."""
        found: Sequence[tuple[int, int]] = self._line.ask("voids").value()
        return found

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """Not here: events leave by the agent's door alone. Raises ``Refused('notHere')``."""
        raise Refused("notHere")

    def last_counter(self) -> int:
        """See ``TerminalIssuer.last_counter``."""
        counter: int = self._line.ask("last_counter").value()
        return counter

    def last_issued_at(self) -> datetime | None:
        """See ``TerminalIssuer.last_issued_at``."""
        moment: datetime | None = self._line.ask("last_issued_at").value()
        return moment

    def broken_audit_row(self) -> int | None:
        """See ``TerminalIssuer.broken_audit_row``."""
        row: int | None = self._line.ask("broken_audit_row").value()
        return row

    def check_whole(self) -> None:
        """See ``TerminalIssuer.check_whole``."""
        self._line.ask("check_whole").value()

    def ledger_bytes(self) -> int:
        """See ``TerminalIssuer.ledger_bytes``."""
        size: int = self._line.ask("ledger_bytes").value()
        return size
