"""The terminal's signing key. Only ``kiosk.issuing`` may import this.

Rules: the private key is read from a file that nobody else may read; it never leaves this object; the algorithm is open (``Signer``), Ed25519 is
what exists. A hardware key (UKey, SDF device with SM2) becomes another ``Signer``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kiosk.credential.secret_file import read_secret
from kiosk.credential.token import Algorithm


class Signer(Protocol):
    """Signs messages with one key."""

    @property
    def key_id(self) -> int: ...

    @property
    def algorithm(self) -> Algorithm: ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        ...


class Ed25519Signer:
    """A software key (RFC 8032)."""

    algorithm = Algorithm.ED25519

    def __init__(self, key_id: int, private: Ed25519PrivateKey) -> None:
        self.key_id = key_id
        self._private = private

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def load_signer(path: Path, key_id: int) -> Ed25519Signer:
    """The signer whose raw 32-byte private key lies in ``path``. Raises ``KeyFileError``."""
    return Ed25519Signer(key_id, Ed25519PrivateKey.from_private_bytes(read_secret(path)))


def new_private_key() -> bytes:
    """A fresh raw private key."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
