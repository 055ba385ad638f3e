"""The issuer on the encrypted ledger: one method, one transaction.

Rules
- One lock serialises all callers; the file has one owner and one connection.
- What a method returned is on disk. When it raised, the ledger is as before; only after ``storeBroken`` at the very commit may the disk still
  have it, and then the same promise again returns that certificate.
- Time comes from the clock port alone, numbers never from it.
"""

from __future__ import annotations

import copy as copying
import threading
import time as os_time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy.engine import Connection

from kiosk.domain.certificate import Certificate, PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Registration, Subject, SubjectId
from kiosk.issuing import audit, habits, numbering, outbox, pins, records, registration, reprint, void
from kiosk.issuing.issue import IssueDesk, SubjectRegister, issue, numbers_problem, same_promise
from kiosk.issuing.issuer import (
    Clock,
    Habits,
    OutboxEvent,
    Refused,
    StoreUnavailable,
    TodayRow,
    TrustedTime,
    Unfinished,
)
from kiosk.issuing.printing import Paper
from kiosk.issuing.signing import LabelSigner
from kiosk.issuing.standing import NoCentre, StandingWord
from kiosk.store.database import LedgerFile
from kiosk.store.errors import StoreError

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LedgerIssuer:
    """``issuer.Issuer`` on a ``LedgerFile``. Open it with ``open``; usable from any thread."""

    def __init__(self, file: LedgerFile, desk: IssueDesk, clock: Clock, terminal_code: str) -> None:
        self._file = file
        self._desk = desk
        self._clock = clock
        self._terminal = terminal_code
        self._paper = Paper(terminal_code, uuid.uuid4().hex)
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls,
        path: Path,
        key: bytes,
        signer: LabelSigner,
        register: SubjectRegister,
        clock: Clock,
        terminal_code: str,
        station: str,
        built_at: datetime,
        centre: StandingWord | None = None,
        first_number: int | None = None,
    ) -> LedgerIssuer:
        """Own the ledger at ``path``, making it if need be; ``first_number``: see ``IssueDesk``. Raises ``StoreUnavailable`` (fact ``reason``: see ``store.errors``)."""
        desk = IssueDesk(signer, register, station, built_at, _boot_id(), centre or NoCentre(), first_number)
        with _as_issuer_error():
            file = LedgerFile.open(path, key)
            try:
                with file.reading() as tx:
                    begun = numbering.require_terminal(tx, terminal_code)
                if not begun:
                    with file.writing() as tx:
                        numbering.begin_ledger(tx, terminal_code, clock.read().now)
            except BaseException:
                file.close()
                raise
        return cls(file, desk, clock, terminal_code)

    def of_app(self, run: str) -> LedgerIssuer:
        """The same ledger for an app in a process of its own, which ``run`` names: attempts on paper are under way as long as that run is asked for."""
        other = copying.copy(self)
        other._paper = Paper(self._terminal, run)
        return other

    def close(self) -> None:
        """Close the ledger."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> LedgerIssuer:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def is_demo(self) -> bool:
        """True when the signing key is a demonstration key."""
        return self._desk.signer.is_demo

    def clock_problem(self) -> str:
        """See ``Issuer.clock_problem``."""
        return numbering.clock_problem(self._time(), self._desk.built_at, self._begun())

    def numbers_problem(self) -> str:
        """See ``Issuer.numbers_problem``."""
        return numbers_problem(self._desk, self._begun())

    def issue(self, made: Promise) -> Certificate:
        """See ``Issuer.issue``."""
        with self._lock:
            with self._reading() as tx:
                earlier = same_promise(tx, made, self._terminal)
            if earlier is not None:
                return earlier
            with self._writing() as tx:
                return issue(tx, self._desk, made, self._time(), _boot_ms())

    def find(self, number: CertificateNumber) -> Certificate:
        """See ``Issuer.find``."""
        with self._reading() as tx:
            return records.require(tx, number, self._terminal)

    def begin_print(self, number: CertificateNumber, copy: int, *, reprint: bool, attempt: str = "") -> PrintJob:
        """See ``Issuer.begin_print``. The same ``attempt`` again is the same job."""
        with self._writing() as tx:
            return self._paper.begin(tx, number, copy, reprint=reprint, now=self._now(), attempt=attempt)

    def record_print(
        self, job_id: int, outcome: PaperOutcome, error: str = "", *, layout_version: str = "", font_digest: str = ""
    ) -> None:
        """See ``Issuer.record_print``."""
        with self._writing() as tx:
            self._paper.record(tx, job_id, outcome, error, (layout_version, font_digest), self._now())

    def answer_paper(self, job_id: int, answer: PaperAnswer) -> None:
        """See ``Issuer.answer_paper``."""
        with self._writing() as tx:
            self._paper.answer(tx, job_id, answer, self._now())

    def give_up_copy(self, number: CertificateNumber, copy: int, by: str) -> None:
        """See ``Issuer.give_up_copy``."""
        with self._writing() as tx:
            self._paper.give_up(tx, number, copy, by, self._now())

    def unfinished(self) -> Sequence[Unfinished]:
        """See ``Issuer.unfinished``."""
        with self._reading() as tx:
            return self._paper.unfinished(tx)

    def void(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.void``."""
        with self._writing() as tx:
            void.void(tx, number, self._terminal, reason, by, self._now())
            return records.require(tx, number, self._terminal)

    def allow_reprint(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """See ``Issuer.allow_reprint``."""
        with self._writing() as tx:
            reprint.allow_reprint(tx, number, self._terminal, reason, by, self._now())
            return records.require(tx, number, self._terminal)

    def today(self, day: date) -> Sequence[TodayRow]:
        """See ``Issuer.today``."""
        with self._reading() as tx:
            return habits.today(tx, day, self._terminal)

    def habits(self, subject: SubjectId) -> Habits:
        """The subject's last certificate and usual products."""
        with self._reading() as tx:
            return habits.habits(tx, subject)

    def register(self, registration_: Registration) -> Subject:
        """See ``Issuer.register``."""
        with self._writing() as tx:
            return registration.register(
                tx,
                registration_,
                self._now(),
                registration.random_id,
                lambda subject_id: self._desk.register.get(subject_id) is not None,
            )

    def registered(self, person_hash: bytes) -> Sequence[Subject]:
        """See ``Issuer.registered``."""
        with self._reading() as tx:
            return registration.by_person(tx, person_hash)

    def registered_by_phone(self, phone: str) -> Sequence[Subject]:
        """Subjects registered on this terminal with exactly this phone."""
        with self._reading() as tx:
            return registration.by_phone(tx, phone)

    def set_pin(self, subject: SubjectId, pin: str, by: str) -> None:
        """See ``Issuer.set_pin``. Raises ``Refused('pinShape')`` for anything but six digits."""
        with self._writing() as tx:
            pins.set_pin(tx, subject, pin, by, self._now())

    def ensure_pin(self, subject: SubjectId, pin: str, by: str) -> None:
        """Set-up: give this PIN unless it is the one there is; an existing lock then stays."""
        with self._lock:
            with self._reading() as tx:
                if pins.fits(tx, subject, pin):
                    return
            self.set_pin(subject, pin, by)

    def check_pin(self, subject: SubjectId, pin: str) -> bool:
        """See ``Issuer.check_pin``. False also where no PIN was given."""
        with self._writing() as tx:
            fits, wait_s = pins.check_pin(tx, subject, pin, self._now())
        if wait_s:
            raise Refused("pinLocked", wait_s=wait_s)
        return fits

    def keep_check(self, facts: Mapping[str, str], by: str) -> None:
        """See ``Issuer.keep_check``."""
        with self._writing() as tx:
            audit.append(tx, self._now(), audit.Deed.CHECK_DEVICE, by, None, facts)

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """See ``Issuer.events_after``."""
        with self._reading() as tx:
            return outbox.after(tx, seq, limit)

    def outbox_span(self) -> tuple[str, int, int]:
        """The ledger's generation, first and last ``seq`` of the outbox (0 and 0: empty)."""
        with self._reading() as tx:
            found = numbering.state(tx)
            if found is None:
                raise StoreUnavailable("storeBroken", reason="otherTerminal")
            return found.generation, *outbox.span(tx)

    def voids(self) -> Sequence[tuple[int, int]]:
        """Void certificates of this terminal as (key id, counter), for ``KeyList.with_void``."""
        with self._reading() as tx:
            return void.voids(tx)

    def last_counter(self) -> int:
        """Counter of the last certificate; 0 before the first."""
        with self._reading() as tx:
            found = numbering.state(tx)
        return 0 if found is None else found.last_counter

    def last_issued_at(self) -> datetime | None:
        """When the last certificate was made; None before the first."""
        with self._reading() as tx:
            found = numbering.state(tx)
        return None if found is None else found.last_issued_at

    def _begun(self) -> numbering.TerminalState:
        with self._reading() as tx:
            found = numbering.state(tx)
        if found is None:
            raise StoreUnavailable("storeBroken", reason="otherTerminal")
        return found

    def broken_audit_row(self) -> int | None:
        """Upkeep: the first row of the legal log that does not fit its chain, None when it holds."""
        with self._reading() as tx:
            return audit.first_broken_link(tx)

    def check_whole(self) -> None:
        """Upkeep: read every page of the ledger. Raises ``StoreUnavailable``."""
        with self._lock, _as_issuer_error():
            self._file.check_whole()

    def ledger_bytes(self) -> int:
        """See ``TerminalIssuer.ledger_bytes``."""
        try:
            return self._file.path.stat().st_size
        except OSError as err:
            raise StoreUnavailable("storeBroken", reason="cannotOpen") from err

    def _time(self) -> TrustedTime:
        read = self._clock.read()
        return TrustedTime(read.now.astimezone(UTC), read.quality)

    def _now(self) -> datetime:
        return self._time().now

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock, _as_issuer_error(), self._file.writing() as tx:
            yield tx

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._lock, _as_issuer_error(), self._file.reading() as tx:
            yield tx


@contextmanager
def _as_issuer_error() -> Iterator[None]:
    try:
        yield
    except StoreError as err:
        raise StoreUnavailable(err.code, reason=err.reason) from err


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _boot_ms() -> int:
    return os_time.clock_gettime_ns(os_time.CLOCK_BOOTTIME) // 1_000_000
