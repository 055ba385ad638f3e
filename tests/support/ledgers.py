"""Ledgers for tests: a fake signer, a register in memory, a clock that is told the time, and an issuer over a real encrypted file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.credential.keylist import TrustedKey
from kiosk.credential.secret_file import write_secret
from kiosk.credential.signer import load_signer, new_private_key
from kiosk.credential.token import Algorithm
from kiosk.domain.certificate import ClockQuality, Label
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.domain.subject import Subject, SubjectId
from kiosk.issuing.issuer import TrustedTime
from kiosk.issuing.ledger_issuer import LedgerIssuer
from kiosk.issuing.signing import LabelSigner, TokenLabelSigner, load_label_signer
from kiosk.issuing.standing import StandingWord
from support.builders import NOON, a_subject

KEY = bytes(range(32))
TERMINAL = "1407030031"
STATION = "太谷区明星镇农产品服务站"
BUILT = datetime(2026, 11, 1, tzinfo=UTC)


class FakeSigner:
    """A code that shows what it was made from; no signature."""

    is_demo = True
    key_id = 31

    def sign(
        self,
        number: CertificateNumber,
        issued_at: datetime,
        clock: ClockQuality,
        made: Promise,
        copy: int,
        copies: int,
        digest: bytes,
    ) -> Label:
        seed = f"{number} {issued_at} {int(clock)} {copy}/{copies} {digest.hex()}".encode()
        return Label(copy, copies, hashlib.shake_256(seed).digest(100), f"https://q.test/{number.compact}/{copy}")


@dataclass
class FakeRegister:
    """A register of whoever was put in."""

    subjects: dict[SubjectId, Subject] = field(default_factory=dict)

    @classmethod
    def of(cls, *subjects: Subject) -> FakeRegister:
        return cls({subject.id: subject for subject in subjects})

    def get(self, subject_id: SubjectId) -> Subject | None:
        return self.subjects.get(subject_id)


@dataclass
class FakeClock:
    """Stands still until it is moved."""

    now: datetime = NOON
    quality: ClockQuality = ClockQuality.NTP

    def read(self) -> TrustedTime:
        return TrustedTime(self.now, self.quality)

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def real_signer(folder: Path, key_id: int = 7, host: str = "q.test", *, demo: bool = True) -> TokenLabelSigner:
    """A signer with a fresh key that the key list names for ``TERMINAL``."""
    path = folder / f"signing-{key_id}.key"
    write_secret(path, new_private_key())
    public = load_signer(path, key_id).public_key
    key = TrustedKey(key_id, Algorithm.ED25519, public, TERMINAL, STATION, "140703", NOON, demo=demo)
    return load_label_signer(path, [key], host)


def open_issuer(
    folder: Path,
    clock: FakeClock | None = None,
    register: FakeRegister | None = None,
    signer: LabelSigner | None = None,
    terminal: str = TERMINAL,
    centre: StandingWord | None = None,
    first_number: int | None = None,
) -> LedgerIssuer:
    return LedgerIssuer.open(
        folder / "ledger.db",
        KEY,
        signer or FakeSigner(),
        register if register is not None else FakeRegister.of(a_subject()),
        clock or FakeClock(),
        terminal,
        STATION,
        BUILT,
        centre,
        first_number,
    )
