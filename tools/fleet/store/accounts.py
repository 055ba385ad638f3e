"""Roles and passwords of the console: scrypt with a salt of its own each (RFC 7914; n = 2**15, r = 8, p = 1: 32 MiB and a tenth of a second a guess)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

ROLES = ("viewer", "operator", "administrator")
"""Each may what those before it may."""
LEAST_CHARACTERS = 10
MOST_CHARACTERS = 200
_N, _R, _P = 1 << 15, 8, 1
_MAX_MEMORY = 64 << 20


class WeakPassword(ValueError):
    """Too short, too long, or it holds the login."""


def hash_password(password: str, login: str = "") -> str:
    """What is kept. Raises ``WeakPassword``."""
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS or (login and login.casefold() in password.casefold()):
        raise WeakPassword
    salt = os.urandom(16)
    return f"scrypt${_text(salt)}${_text(_derive(password, salt))}"


def password_fits(password: str, kept: str) -> bool:
    """Whether it is the one; takes the same time for a wrong one. For a login that nobody has, ask with ``NOBODY``."""
    kind, _, rest = kept.partition("$")
    salt, _, digest = rest.partition("$")
    if kind != "scrypt" or len(password) > MOST_CHARACTERS:
        return False
    return hmac.compare_digest(_derive(password, base64.b64decode(salt)), base64.b64decode(digest))


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=_N, r=_R, p=_P, maxmem=_MAX_MEMORY)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


NOBODY = f"scrypt${_text(bytes(16))}${_text(bytes(64))}"
"""A hash that no password has."""
