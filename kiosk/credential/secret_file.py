"""Secrets in files that nobody else may read: keys of the ledger, the directory, the look-up hash and the signature."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be used. ``code``: missing | openToOthers | malformed | unreadable (somebody else's)."""

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
    except PermissionError as err:
        raise KeyFileError("unreadable") from err
    if len(secret) != size:
        raise KeyFileError("malformed")
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Write a secret that only its owner can read: the whole of it, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with fresh.open("wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
