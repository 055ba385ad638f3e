"""The TLS context: our own authority only, the server's name checked, our certificate shown.

Rules: system authorities are never loaded. Dates are not checked while the machine's clock is not trusted (see ``clock``): safe only because the
authority is pinned and private. Source: OpenSSL ``X509_V_FLAG_NO_CHECK_TIME``.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

_NO_CHECK_TIME = 0x200000


class TlsError(Exception):
    """The files cannot be used: ``code`` is missing | malformed | keyOpenToOthers."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files. Without ``certificate`` and ``key`` the terminal shows a user name and password instead."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None


def make_context(files: TlsFiles, *, dates_count: bool) -> ssl.SSLContext:
    """A client's context. Raises ``TlsError``."""
    try:
        if files.key is not None and files.key.stat().st_mode & 0o077:
            raise TlsError("keyOpenToOthers")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks name and chain
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=str(files.ca))
        if files.certificate is not None:
            context.load_cert_chain(str(files.certificate), None if files.key is None else str(files.key))
    except FileNotFoundError as err:
        raise TlsError("missing") from err
    except (OSError, ssl.SSLError) as err:
        raise TlsError("malformed") from err
    if not dates_count:
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context
