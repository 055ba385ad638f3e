"""Certificate, its labels and the truth about each piece of paper."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum

from kiosk.domain.form import Basis
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")


class ClockQuality(IntEnum):
    """Where the time came from; travels in the QR (fleet.md 5.6). Values are wire bytes."""

    UNTRUSTED = 0
    RTC = 1
    RESTORED = 2
    WELCOME = 3
    GSM = 4
    NTP = 5


def beijing_date(moment: datetime) -> date:
    """The calendar day in China of an aware moment."""
    return moment.astimezone(BEIJING).date()


@dataclass(frozen=True, slots=True)
class Label:
    """One copy i of n with its own signed code. ``url`` is the text of the QR."""

    copy: int
    copies: int
    token: bytes = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A promise with a number, a time (UTC) and a terminal. Exists only after COMMIT.

    ``demo`` is True when the signing key is a demonstration key: everything made with it says 演示样张.
    """

    number: CertificateNumber
    issued_at: datetime
    clock: ClockQuality
    promise: Promise
    labels: tuple[Label, ...]
    station: str
    demo: bool
    voided_at: datetime | None = None
    void_reason: str = ""


def canonical_record(number: CertificateNumber, issued_at: datetime, made: Promise) -> bytes:
    """The printed facts as canonical JSON (UTF-8, sorted keys, no spaces): what the digest in the QR binds."""
    record = {
        "basis": [b.value for b in Basis if b in made.basis],
        "contact": made.phone,
        "copies": made.copies,
        "county": made.origin.county,
        "form": made.form.value,
        "issued": issued_at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S+08:00"),
        "number": number.compact,
        "origin": made.origin.text,
        "product": made.product.name,
        "quantity": made.quantity.printed,
        "subject": made.subject.name,
    }
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def record_digest(record: bytes) -> bytes:
    """First 64 bits of SHA-256 over the canonical record."""
    return hashlib.sha256(record).digest()[:8]


class PaperOutcome(StrEnum):
    """The truth about one piece of paper. PENDING is written before the printer moves."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PaperAnswer(StrEnum):
    """What the person said when the machine could not know."""

    GOT_IT = "gotIt"
    NOT_GOT = "notGot"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One attempt to put one copy on paper. ``reprint`` attempts carry the 补打 mark."""

    job_id: int
    number: CertificateNumber
    copy: int
    reprint: bool
    outcome: PaperOutcome
    error: str = ""
    answer: PaperAnswer | None = None
