"""Secrets in files that nobody else may read: keys of the ledger, the directory, the look-up hash and the signature."""

from __future__ import annotations

import stat
from pathlib import Path

_KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used. ``code``: missing | openToOthers | malformed."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_secret(path: Path, size: int = _KEY_BYTES) -> bytes:
    """A secret of ``size`` bytes from a file only its owner can read. Raises ``KeyFileError``."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileError("openToOthers")
        secret = path.read_bytes()
    except FileNotFoundError as err:
        raise KeyFileError("missing") from err
    if len(secret) != size:
        raise KeyFileError("malformed")
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Write a secret that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(secret)
