"""The SXC1 token: 36 bytes of body, 64 bytes of signature, 241 decimal digits behind an https address (``docs/token-format.md``).

Layout of the body (big-endian)::

     0  1  version (high nibble, 1) | algorithm (low nibble: 1 Ed25519, 2 SM2 with SM3, 3 P-256)
     1  3  key id
     4  4  counter: with the key's terminal it is the certificate's number; no clock inside
     8  1  copy i      9  1  of n
    10  3  issued, minutes since 2025-01-01T00:00Z
    13  1  clock quality (``ClockQuality``)
    14  3  county (GB/T 2260, 20 bits) | document type (4 bits: 1 producer's certificate, 2 purchaser's)
    17  2  product
    19  3  quantity: mantissa (20 bits) | unit code (4 bits)
    22  1  basis bits: 1 control, 2 own test, 4 entrusted test
    23  5  subject id (40 bits)
    28  8  first 64 bits of SHA-256 over the canonical record

The signature covers ``b"SXC1" + host + body`` (host in ASCII). Quantity unit codes: 0..3 are kilograms times 10**-3..10**0 (the smallest code
whose mantissa holds the amount; digits below it are rounded half up), 8 is pieces, 9 is hundreds of pieces rounded half up. The exact quantity
and its unit stand in the record that the digest binds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum

from kiosk.domain.certificate import ClockQuality
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.quantity import Quantity, Unit

VERSION = 1
BODY_BYTES = 36
SIGNATURE_BYTES = 64
TOKEN_BYTES = BODY_BYTES + SIGNATURE_BYTES
DIGITS = 241
MAX_HOST = 11
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_DOMAIN = b"SXC1"
_HOST = re.compile(r"[a-z0-9][a-z0-9.-]*")
_URL = re.compile(rf"https://({_HOST.pattern})/(\d*)")
_MAX_MANTISSA = (1 << 20) - 1
_LEAST_DIGITS = 20
"""Fewer are somebody else's short link, not a torn code of ours."""
_BASIS_BITS = {Basis.CONTROL: 1, Basis.OWN_TEST: 2, Basis.ENTRUSTED_TEST: 4}
_DOCUMENT_TYPES = {CertificateForm.T2026_PRODUCER: 1, CertificateForm.T2026_PURCHASER: 2, CertificateForm.T2021: 3}


class Algorithm(IntEnum):
    """Signature algorithms; only Ed25519 is made today."""

    ED25519 = 1
    SM2 = 2
    P256 = 3


class TokenError(ValueError):
    """A text or bytes that are no token of ours. ``code``: notOurs | truncated | malformed | unknownVersion | unknownAlgorithm | field."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class TokenBody:
    """The meaning of the 36 bytes. ``issued`` is UTC, whole minutes; ``amount`` as coded (see the module's words on rounding)."""

    key_id: int
    counter: int
    copy: int
    copies: int
    issued: datetime
    clock: ClockQuality
    county: int
    document_type: int
    product: int
    mantissa: int
    unit_code: int
    basis: frozenset[Basis]
    subject: int
    digest: bytes
    algorithm: Algorithm = Algorithm.ED25519

    @property
    def amount(self) -> Decimal:
        """Kilograms, or pieces."""
        if self.unit_code <= 3:
            return Decimal(self.mantissa).scaleb(self.unit_code - 3)
        return Decimal(self.mantissa) * (100 if self.unit_code == 9 else 1)

    @property
    def is_weight(self) -> bool:
        """Whether ``amount`` counts kilograms."""
        return self.unit_code <= 3

    def to_bytes(self) -> bytes:
        """The 36 bytes. Raises ``TokenError('field')`` for a value that does not fit."""
        minutes = (self.issued - EPOCH) // timedelta(minutes=1)
        basis = sum(_BASIS_BITS[item] for item in self.basis)
        try:
            body = b"".join(
                (
                    bytes([VERSION << 4 | self.algorithm]),
                    self.key_id.to_bytes(3, "big"),
                    self.counter.to_bytes(4, "big"),
                    bytes([self.copy, self.copies]),
                    minutes.to_bytes(3, "big"),
                    bytes([self.clock]),
                    _packed(self.county, self.document_type),
                    self.product.to_bytes(2, "big"),
                    _packed(self.mantissa, self.unit_code),
                    bytes([basis]),
                    self.subject.to_bytes(5, "big"),
                    self.digest,
                )
            )
        except (OverflowError, ValueError) as err:
            raise TokenError("field") from err
        if len(body) != BODY_BYTES or not 1 <= self.copy <= self.copies:
            raise TokenError("field")
        return body

    @classmethod
    def from_bytes(cls, body: bytes) -> TokenBody:
        """Read 36 bytes. Raises ``TokenError``."""
        if len(body) != BODY_BYTES:
            raise TokenError("truncated")
        if body[0] >> 4 != VERSION:
            raise TokenError("unknownVersion")
        try:
            algorithm = Algorithm(body[0] & 0x0F)
        except ValueError as err:
            raise TokenError("unknownAlgorithm") from err
        county, document_type = _unpacked(body[14:17])
        mantissa, unit_code = _unpacked(body[19:22])
        try:
            clock = ClockQuality(body[13])
        except ValueError as err:
            raise TokenError("malformed") from err
        known = sum(_BASIS_BITS.values())
        if not 1 <= body[8] <= body[9] or body[22] & ~known or unit_code not in (0, 1, 2, 3, 8, 9):
            raise TokenError("malformed")
        return cls(
            key_id=int.from_bytes(body[1:4], "big"),
            counter=int.from_bytes(body[4:8], "big"),
            copy=body[8],
            copies=body[9],
            issued=EPOCH + timedelta(minutes=int.from_bytes(body[10:13], "big")),
            clock=clock,
            county=county,
            document_type=document_type,
            product=int.from_bytes(body[17:19], "big"),
            mantissa=mantissa,
            unit_code=unit_code,
            basis=frozenset(item for item, bit in _BASIS_BITS.items() if body[22] & bit),
            subject=int.from_bytes(body[23:28], "big"),
            digest=body[28:36],
            algorithm=algorithm,
        )


def code_quantity(quantity: Quantity) -> tuple[int, int]:
    """Mantissa and unit code of a quantity."""
    if quantity.unit is Unit.KG:
        for code in range(4):
            mantissa = int((quantity.amount.scaleb(3 - code)).to_integral_value(ROUND_HALF_UP))
            if mantissa <= _MAX_MANTISSA:
                return mantissa, code
        raise TokenError("field")
    pieces = int(quantity.amount)
    return (pieces, 8) if pieces <= _MAX_MANTISSA else (int((quantity.amount / 100).to_integral_value(ROUND_HALF_UP)), 9)


def document_type(form: CertificateForm) -> int:
    """The document type of a form."""
    return _DOCUMENT_TYPES[form]


def signed_message(host: str, body: bytes) -> bytes:
    """What the signature covers."""
    return _DOMAIN + host.encode("ascii") + body


def encode_url(host: str, token: bytes) -> str:
    """The text of the QR. Raises ``TokenError('field')`` for a host that is too long or a token of the wrong size."""
    if len(token) != TOKEN_BYTES or len(host) > MAX_HOST or not _HOST.fullmatch(host):
        raise TokenError("field")
    return f"https://{host}/{int.from_bytes(token, 'big'):0{DIGITS}d}"


def decode_url(url: str) -> tuple[str, bytes]:
    """Host and token of a QR's text; only the one canonical writing is accepted. Raises ``TokenError``."""
    match = _URL.fullmatch(url) if len(url) <= 400 and url.isascii() else None
    if match is None:
        raise TokenError("notOurs")
    host, digits = match[1], match[2]
    if len(host) > MAX_HOST:
        raise TokenError("notOurs")
    if len(digits) < DIGITS:
        raise TokenError("truncated" if len(digits) >= _LEAST_DIGITS else "notOurs")
    value = int(digits)
    if len(digits) > DIGITS or value >> (8 * TOKEN_BYTES):
        raise TokenError("malformed")
    return host, value.to_bytes(TOKEN_BYTES, "big")


def _packed(high: int, low: int) -> bytes:
    if not 0 <= high <= _MAX_MANTISSA or not 0 <= low <= 15:
        raise TokenError("field")
    return (high << 4 | low).to_bytes(3, "big")


def _unpacked(raw: bytes) -> tuple[int, int]:
    value = int.from_bytes(raw, "big")
    return value >> 4, value & 0x0F
