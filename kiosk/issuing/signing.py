"""What issuing needs of a signing key, and the one place of the terminal that holds it."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kiosk.credential.keylist import TrustedKey
from kiosk.credential.secret_file import KeyFileError
from kiosk.credential.signer import Signer, load_signer
from kiosk.credential.token import TokenBody, TokenError, code_quantity, document_type, encode_url, signed_message
from kiosk.domain.certificate import ClockQuality, Label
from kiosk.domain.number import CertificateNumber
from kiosk.domain.promise import Promise
from kiosk.issuing.issuer import Refused


class LabelSigner(Protocol):
    """Makes the signed code of one copy."""

    @property
    def is_demo(self) -> bool:
        """True when the key is a demonstration key."""
        ...

    @property
    def key_id(self) -> int:
        """Id of the key in the trusted key list."""
        ...

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
        """The label of copy ``copy`` of ``copies``; ``digest`` are the 8 bytes of ``domain.certificate.record_digest``.

        Raises ``Refused('unsignable')`` for facts that the code cannot hold.
        """
        ...


class SigningKeyError(Exception):
    """This terminal cannot sign. ``code``: missing | openToOthers | malformed (the file) | notOurs (the key list names another key)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class TokenLabelSigner:
    """Signs SXC1 tokens for the address ``https://host/``. ``county`` in the token is that of the origin."""

    def __init__(self, signer: Signer, host: str, *, is_demo: bool) -> None:
        self._signer = signer
        self._host = host
        self.is_demo = is_demo
        self.key_id = signer.key_id

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
        """See ``LabelSigner.sign``."""
        try:
            mantissa, unit_code = code_quantity(made.quantity)
            body = TokenBody(
                key_id=self.key_id,
                counter=number.counter,
                copy=copy,
                copies=copies,
                issued=issued_at,
                clock=clock,
                county=int(made.origin.county),
                document_type=document_type(made.form),
                product=made.product.id,
                mantissa=mantissa,
                unit_code=unit_code,
                basis=made.basis,
                subject=made.subject.id,
                digest=digest,
                algorithm=self._signer.algorithm,
            ).to_bytes()
        except (TokenError, ValueError) as err:
            raise Refused("unsignable") from err
        token = body + self._signer.sign(signed_message(self._host, body))
        return Label(copy, copies, token, encode_url(self._host, token))


def load_label_signer(path: Path, own: Sequence[TrustedKey], host: str) -> TokenLabelSigner:
    """The signer with the private key in ``path``, which must be one of ``own``: those that the trusted key list names for this terminal.

    Raises ``SigningKeyError``.
    """
    for key in own:
        try:
            signer = load_signer(path, key.key_id)
        except KeyFileError as err:
            raise SigningKeyError(err.code) from err
        if hmac.compare_digest(signer.public_key, key.public_key):
            return TokenLabelSigner(signer, host, is_demo=key.demo)
    raise SigningKeyError("notOurs")
