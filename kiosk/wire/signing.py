"""The centre's signature over a JSON document: Ed25519 over its canonical form without ``sig``."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.wire.canonical import WireError, canonical_json

_SIGNATURE_TEXT = 86
"""64 bytes in base64url without padding."""


def signed(body: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The document with its ``sig``."""
    bare = {name: value for name, value in body.items() if name != "sig"}
    return {**bare, "sig": base64.urlsafe_b64encode(key.sign(canonical_json(bare))).rstrip(b"=").decode("ascii")}


def verify(body: object, key: Ed25519PublicKey) -> None:
    """Check ``sig``. Raises ``WireError`` (malformed, badSignature); after that nothing in the document may be believed."""
    if not isinstance(body, dict):
        raise WireError("malformed")
    bare = {name: value for name, value in body.items() if name != "sig"}
    try:
        key.verify(_signature(body.get("sig")), canonical_json(bare))
    except (InvalidSignature, binascii.Error, ValueError, TypeError) as err:
        raise WireError("badSignature") from err


def read_public_key(text: str) -> Ed25519PublicKey:
    """A centre key file: 64 hex digits. Raises ``WireError`` (malformed)."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text.strip()))
    except ValueError as err:
        raise WireError("malformed") from err


def _signature(text: object) -> bytes:
    if not isinstance(text, str) or len(text) != _SIGNATURE_TEXT:
        raise ValueError("not a signature")
    return base64.b64decode(text + "==", altchars=b"-_", validate=True)
