"""Fetches an announced file into the agent's folder: resumed where it broke off, bounded by its announced size, believed only by its hash."""

from __future__ import annotations

import hashlib
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from kiosk.agent.jobs import JobFailed
from kiosk.wire.sync import Announcement

_CHUNK = 1 << 16
_TIMEOUT_S = 30
_TRIES = 5


class Download(Protocol):
    """Gives the bytes of ``path`` from ``start`` on, chunk by chunk. Raises ``OSError``."""

    def __call__(self, path: str, start: int, sink: Callable[[bytes], None]) -> None: ...


class HttpsDownload:
    """HTTPS with range requests below one address; redirects are refused, they lead elsewhere."""

    def __init__(self, base: str, context: Callable[[], ssl.SSLContext | None]) -> None:
        self._base = base
        self._context = context

    def __call__(self, path: str, start: int, sink: Callable[[bytes], None]) -> None:
        opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=self._context()), _NoRedirect())
        request = urllib.request.Request(self._base + path, headers={"Range": f"bytes={start}-"} if start else {})
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            if start and answer.status != 206:
                raise OSError("the server knows no ranges")
            while chunk := answer.read(_CHUNK):
                sink(chunk)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def fetch(download: Download, announcement: Announcement, folder: Path) -> Path:
    """The whole checked file. Raises ``JobFailed``: unreachable | tooLong | badHash | disk."""
    part = folder / f"{announcement.kind.value}-{announcement.version}-{announcement.base}-{announcement.sha256[:12]}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.glob(f"{announcement.kind.value}-*.part"):
            if other != part:
                other.unlink()
        for left in reversed(range(_TRIES)):
            try:
                _more(download, announcement, part)
                break
            except (OSError, urllib.error.URLError) as err:
                if not left:
                    raise JobFailed("unreachable") from err
        return _checked(part, announcement)
    except OSError as err:
        raise JobFailed("disk") from err


def _more(download: Download, announcement: Announcement, part: Path) -> None:
    with part.open("ab") as file:
        start = file.tell()
        if start >= announcement.size:
            return

        def sink(chunk: bytes) -> None:
            if file.tell() + len(chunk) > announcement.size:
                raise JobFailed("tooLong")
            file.write(chunk)

        try:
            download(announcement.path, start, sink)
        except JobFailed:
            file.truncate(0)
            raise
        file.flush()
        os.fsync(file.fileno())
        if file.tell() < announcement.size:
            raise OSError("broke off")


def _checked(part: Path, announcement: Announcement) -> Path:
    digest = hashlib.sha256()
    with part.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != announcement.sha256:
        part.unlink()
        raise JobFailed("badHash")
    return part
