"""Is this code genuine? Answered from the code and a key list alone, without any network.

Rules: the first check that fails decides and is named; a verdict never depends on the clock, which only ages the list into a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.credential.keylist import STALE_DAYS, KeyList, TrustedKey
from kiosk.credential.token import BODY_BYTES, TOKEN_BYTES, Algorithm, TokenBody, TokenError, decode_url, signed_message
from kiosk.domain.certificate import record_digest
from kiosk.domain.number import CertificateNumber


class Status(StrEnum):
    """The answer, in the order of the checks."""

    NOT_OURS = "notOurs"  # no code of this system
    TRUNCATED = "truncated"  # a part is missing
    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknownVersion"
    WRONG_HOST = "wrongHost"  # the address is not the list's
    UNKNOWN_KEY = "unknownKey"
    UNKNOWN_ALGORITHM = "unknownAlgorithm"
    BAD_SIGNATURE = "badSignature"
    REVOKED = "revoked"  # the terminal's key no longer counts for this number
    VOIDED = "voided"
    RECORD_MISMATCH = "recordMismatch"  # genuine code, other record
    VALID = "valid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``body``, ``number`` and ``key`` are there once the signature held (also for revoked and voided ones)."""

    status: Status
    body: TokenBody | None = None
    number: CertificateNumber | None = None
    key: TrustedKey | None = None
    list_age_days: int = 0

    @property
    def is_valid(self) -> bool:
        """True only when every check passed."""
        return self.status is Status.VALID

    @property
    def is_stale(self) -> bool:
        """The key list is old: a newer one might know better."""
        return self.list_age_days > STALE_DAYS

    @property
    def demo(self) -> bool:
        """Made with a demonstration key: a specimen, never a certificate."""
        return self.key is not None and self.key.demo


_TOKEN_STATUSES = {
    "notOurs": Status.NOT_OURS,
    "truncated": Status.TRUNCATED,
    "unknownVersion": Status.UNKNOWN_VERSION,
    "unknownAlgorithm": Status.UNKNOWN_ALGORITHM,
}


def verify_url(url: str, keys: KeyList, now: datetime, record: bytes | None = None) -> Verdict:
    """Check a QR's text; with ``record`` (the canonical record) also that it is the one that was signed."""
    try:
        host, token = decode_url(url)
    except TokenError as err:
        return _no_token(err, keys.age_days(now))
    return verify_token(host, token, keys, now, record)


def verify_token(host: str, token: bytes, keys: KeyList, now: datetime, record: bytes | None = None) -> Verdict:
    """The same for a host and a token that did not come as a QR's text."""
    age = keys.age_days(now)
    try:
        body = TokenBody.from_bytes(token[:BODY_BYTES])
    except TokenError as err:
        return _no_token(err, age)
    if len(token) != TOKEN_BYTES:
        return Verdict(Status.TRUNCATED if len(token) < TOKEN_BYTES else Status.MALFORMED, list_age_days=age)
    if host != keys.host:
        return Verdict(Status.WRONG_HOST, list_age_days=age)
    key = keys.keys.get(body.key_id)
    if key is None:
        return Verdict(Status.UNKNOWN_KEY, list_age_days=age)
    if key.algorithm is not body.algorithm or key.algorithm is not Algorithm.ED25519:
        return Verdict(Status.UNKNOWN_ALGORITHM, list_age_days=age)
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(token[BODY_BYTES:], signed_message(host, token[:BODY_BYTES]))
    except InvalidSignature:
        return Verdict(Status.BAD_SIGNATURE, list_age_days=age)
    return Verdict(_standing(body, key, keys, record), body, _number(key, body), key, age)


def _no_token(err: TokenError, age: int) -> Verdict:
    return Verdict(_TOKEN_STATUSES.get(err.code, Status.MALFORMED), list_age_days=age)


def _standing(body: TokenBody, key: TrustedKey, keys: KeyList, record: bytes | None) -> Status:
    if body.counter == 0:
        return Status.MALFORMED
    if key.revoked_after is not None and body.counter > key.revoked_after:
        return Status.REVOKED
    if (body.key_id, body.counter) in keys.voids:
        return Status.VOIDED
    if record is not None and record_digest(record) != body.digest:
        return Status.RECORD_MISMATCH
    return Status.VALID


def _number(key: TrustedKey, body: TokenBody) -> CertificateNumber | None:
    return CertificateNumber(key.terminal, body.counter) if body.counter else None
