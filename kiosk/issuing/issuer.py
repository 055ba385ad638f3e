"""The narrow door to everything that is legally true on a terminal.

Rules: one owner of the ledger; a promise is validated again here; ``issue`` is idempotent by ``promise_id``; what it returned is on disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from kiosk.domain.certificate import Certificate, ClockQuality, PaperAnswer, PaperOutcome, PrintJob
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import ProductId
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Place, Registration, Subject, SubjectId


class IssuerError(Exception):
    """The issuer refused. ``code`` is a text id, ``facts`` are safe to log."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


class Refused(IssuerError):
    """The request breaks a rule.

    Issue: paused | clockUntrusted | numbersUnknown | promise:<code> | subjectUnknown | subjectSuspended | unsignable | numbersUsedUp. Certificate: notFound | alreadyVoided | reasonMissing.
    Paper: reprintNotAllowed | alreadyRecorded | notAsked. Others: registration | pinShape | pinLocked (fact ``wait_s``).
    """


PAUSED = "paused"
"""The centre paused issuing here."""


class StoreUnavailable(IssuerError):
    """Nothing was written: diskFull | readOnly | storeBroken. A person must come; the same request may be repeated afterwards.

    The fact ``reason`` tells the technician more (``kiosk.store.errors``). ``issuerAway``: the issuer's process does not answer. What was asked
    may have been done; the same request again is answered as if it came for the first time.
    """


ISSUER_AWAY = "issuerAway"


@dataclass(frozen=True, slots=True)
class TrustedTime:
    """Now (aware UTC) and how far it can be believed."""

    now: datetime
    quality: ClockQuality


class Clock(Protocol):
    """The only source of time of the issuer. Never used for numbers."""

    def read(self) -> TrustedTime: ...


@dataclass(frozen=True, slots=True)
class LastTime:
    """What this subject promised last: the way to "和上次一样"."""

    product_id: ProductId
    origin: Place = field(repr=False)
    phone: str = field(repr=False)
    issued_at: datetime
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Habits:
    """The subject's last certificate and his products, most frequent and recent first (at most 8)."""

    last: LastTime | None
    products: tuple[ProductId, ...]


@dataclass(frozen=True, slots=True)
class TodayRow:
    """One line of the clerk's list."""

    number: CertificateNumber
    issued_at: datetime
    subject_name: str = field(repr=False)
    product_name: str
    quantity: str
    copies: int
    printed: int
    voided: bool


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A copy whose paper is not settled: the last job is pending (power cut), failed, or unknown without an answer, or no job was begun."""

    number: CertificateNumber
    copy: int
    copies: int
    product_name: str
    issued_at: datetime
    job: PrintJob | None


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """One row of the append-only outbox: what the centre must learn. ``kind``: certificate | void | reprint | print | registration."""

    seq: int
    kind: str
    body: bytes


class Issuer(Protocol):
    """Every method raises ``Refused`` or ``StoreUnavailable``; both leave the ledger as it was."""

    @property
    def is_demo(self) -> bool:
        """True when the signing key is a demonstration key."""
        ...

    def clock_problem(self) -> str:
        """ "" when issuing is possible now, else ``clockUntrusted`` (before the last issue, or before the build)."""
        ...

    def numbers_problem(self) -> str:
        """ "" when a number may be given, else ``numbersUnknown``: a new ledger in a fleet, and the centre has not yet said which are given."""
        ...

    def issue(self, made: Promise) -> Certificate:
        """Number, sign all copies and store in one transaction. The same ``promise_id`` again returns the same certificate."""
        ...

    def find(self, number: CertificateNumber) -> Certificate:
        """The stored certificate with its labels. Raises ``Refused('notFound')``."""
        ...

    def begin_print(self, number: CertificateNumber, copy: int, *, reprint: bool) -> PrintJob:
        """Record an attempt before the printer moves.

        The job's ``reprint`` is what the paper must show: True also where False was asked, but an earlier attempt may have left a paper.
        Raises ``Refused('reprintNotAllowed')`` for a copy whose paper is settled and whose reprint nobody permitted.
        """
        ...

    def record_print(
        self, job_id: int, outcome: PaperOutcome, error: str = "", *, layout_version: str = "", font_digest: str = ""
    ) -> None:
        """Record how the attempt ended: CONFIRMED, FAILED or UNKNOWN; and what drew it, so that a reprint can be compared."""
        ...

    def answer_paper(self, job_id: int, answer: PaperAnswer) -> None:
        """Keep what the person said about an UNKNOWN attempt."""
        ...

    def give_up_copy(self, number: CertificateNumber, copy: int, by: str) -> None:
        """A person decided that this copy is not wanted on paper any more; it leaves ``unfinished``."""
        ...

    def unfinished(self) -> Sequence[Unfinished]:
        """Copies without a settled paper, oldest first (void certificates and given-up copies excluded)."""
        ...

    def void(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """Void with a reason. ``by`` is a role ("clerk"), never a person's name."""
        ...

    def allow_reprint(self, number: CertificateNumber, reason: str, by: str) -> Certificate:
        """Audit a reprint with its reason; printing goes through ``begin_print(..., reprint=True)``."""
        ...

    def today(self, day: date) -> Sequence[TodayRow]:
        """Certificates of a Beijing day, newest first."""
        ...

    def habits(self, subject: SubjectId) -> Habits: ...

    def register(self, registration: Registration) -> Subject:
        """Add a provisional subject; the same person and kind again returns the entry there is."""
        ...

    def registered(self, person_hash: bytes) -> Sequence[Subject]:
        """Subjects registered on this terminal that this person may promise for."""
        ...

    def registered_by_phone(self, phone: str) -> Sequence[Subject]: ...

    def set_pin(self, subject: SubjectId, pin: str, by: str) -> None:
        """The station gives a subject a PIN of six digits (kept as a slow salted hash)."""
        ...

    def check_pin(self, subject: SubjectId, pin: str) -> bool:
        """True when it fits. Five wrong ones lock for 15 s, doubling: raises ``Refused('pinLocked', wait_s=...)``."""
        ...

    def keep_check(self, facts: Mapping[str, str], by: str) -> None:
        """Write how a check of a device ended into the legal log."""
        ...

    def voids(self) -> Sequence[tuple[int, int]]:
        """Void certificates of this terminal as (key id, counter): a check here must know them before any list does."""
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """Outbox rows with a higher ``seq``, oldest first."""
        ...


class TerminalIssuer(Issuer, Protocol):
    """The whole issuing side as the app needs it: on the ledger itself, or on the issuer's socket."""

    def last_counter(self) -> int:
        """Counter of the last certificate; 0 before the first."""
        ...

    def last_issued_at(self) -> datetime | None:
        """When the last certificate was made; None before the first."""
        ...

    def broken_audit_row(self) -> int | None:
        """Upkeep: the first row of the legal log that does not fit its chain, None when it holds."""
        ...

    def check_whole(self) -> None:
        """Upkeep: read every page of the ledger."""
        ...

    def ledger_bytes(self) -> int:
        """Upkeep: how large the ledger's file is."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
