"""Fetches an announced file into the agent's folder: resumed where it broke off, bounded by its announced size, believed only by its hash."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from kiosk.agent.jobs import JobFailed
from kiosk.agent.tls import TlsError
from kiosk.wire.sync import Announcement

_CHUNK = 1 << 16
_TRIES = 5
"""Attempts in a row that bring less than a chunk."""
LEAST_BYTES_S = 512
"""A line that carries less is as good as none."""


class Download(Protocol):
    """Gives the bytes of ``path`` from ``start`` on, chunk by chunk. Raises ``OSError``."""

    def __call__(self, path: str, start: int, sink: Callable[[bytes], None]) -> None: ...


class HttpsDownload:
    """HTTPS with range requests below one address; redirects are refused, they lead elsewhere.

    An attempt ends when nothing comes for ``timeout_s``, when the answer's head takes longer than that in all, or when after ``patience_s`` fewer than
    ``LEAST_BYTES_S`` a second have come: whoever sends a byte now and then must not keep the one worker for ever.
    """

    def __init__(
        self,
        base: str,
        context: Callable[[], ssl.SSLContext | None],
        *,
        timeout_s: float = 30.0,
        patience_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(base)
        self._host, self._port, self._folder = parts.hostname or "", parts.port, parts.path
        self._context = context
        self._timeout_s, self._patience_s = timeout_s, patience_s
        self._monotonic = monotonic

    def __call__(self, path: str, start: int, sink: Callable[[bytes], None]) -> None:
        try:
            connection = HTTPSConnection(self._host, self._port, timeout=self._timeout_s, context=self._context())
        except TlsError as err:
            raise OSError(f"tls:{err.code}") from err
        try:
            self._take(connection, path, start, sink)
        except HTTPException as err:
            raise OSError(type(err).__name__) from err
        finally:
            connection.close()

    def _take(self, connection: HTTPSConnection, path: str, start: int, sink: Callable[[bytes], None]) -> None:
        connection.connect()
        with _ending_after(self._timeout_s, connection.sock):
            connection.request("GET", self._folder + path, headers={"Range": f"bytes={start}-"} if start else {})
            answer = connection.getresponse()
        if answer.status != (206 if start else 200):
            raise OSError(f"status {answer.status}")
        if start and not (answer.getheader("Content-Range") or "").startswith(f"bytes {start}-"):
            raise OSError("another range")
        begun, came = self._monotonic(), 0
        while chunk := answer.read1(_CHUNK):
            sink(chunk)
            came += len(chunk)
            passed = self._monotonic() - begun
            if passed > self._patience_s and came < passed * LEAST_BYTES_S:
                raise OSError("too slow")


@contextmanager
def _ending_after(seconds: float, sock: socket.socket) -> Iterator[None]:
    """Hang up when the block takes longer; its reading then fails with an ``OSError`` or finds the end."""
    # the plain socket's own method: TLS is not touched from another thread
    timer = threading.Timer(seconds, lambda: _hang_up(sock))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):  # closed already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def fetch(download: Download, announcement: Announcement, folder: Path) -> Path:
    """The whole checked file. Raises ``JobFailed``: unreachable | tooLong | badHash | disk."""
    part = folder / f"{announcement.kind.value}-{announcement.version}-{announcement.base}-{announcement.sha256[:12]}.part"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.glob(f"{announcement.kind.value}-*.part"):
            if other != part:
                other.unlink()
        vain, had = 0, 0
        while True:
            try:
                _more(download, announcement, part)
                break
            except OSError as err:
                has = part.stat().st_size
                vain, had = (0 if has >= had + _CHUNK else vain + 1), has
                if vain == _TRIES:
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
