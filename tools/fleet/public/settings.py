"""What the public page is started with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tools.fleet.public.limits import Rate


def _now() -> datetime:
    return datetime.now(UTC)


_READ, _READ_CODE = Rate(120, 0.5), Rate(60, 1.0)
_WRITE, _WRITE_CODE = Rate(12, 300.0), Rate(20, 600.0)


@dataclass(frozen=True, slots=True)
class Rates:
    """Reading and writing, for one neighbourhood of addresses and for one code. A market may share one address: reading is generous."""

    read: Rate = _READ
    read_code: Rate = _READ_CODE
    write: Rate = _WRITE
    write_code: Rate = _WRITE_CODE


_USUAL = Rates()


@dataclass(frozen=True, slots=True)
class PublicSettings:
    """``signer`` signs excerpts of the key list, ``secret`` makes visitors unrecognisable (any 32 random bytes, kept between restarts)."""

    signer: Ed25519PrivateKey = field(repr=False)
    secret: bytes = field(repr=False)
    rates: Rates = _USUAL
    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic

    @property
    def list_key(self) -> str:
        """The public half of ``signer`` in hex: it stands in the page."""
        return self.signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
