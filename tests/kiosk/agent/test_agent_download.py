"""Announced files over real HTTPS on loopback: cut lines, false servers, servers that send too much, too slowly or something else."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kiosk.agent.download import HttpsDownload, fetch
from kiosk.agent.jobs import JobFailed
from kiosk.agent.tls import TlsFiles, make_context
from kiosk.wire.sync import Announcement, FileKind
from support import broker as real
from support.agents import TERMINAL

CONTENT = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(12_000))
"""384,000 bytes that do not repeat: a piece in the wrong place does not go unnoticed."""
FILE = Announcement(
    kind=FileKind.DIRECTORY,
    version=7,
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    path="releases/directory-7.gz",
    made_at=datetime(2026, 11, 25, 6, tzinfo=UTC),
)


@dataclass
class Files:
    """A file server with a certificate that wants one too. ``act`` may answer in place of the usual answer."""

    pki: real.Pki
    server: Any
    content: bytes = CONTENT
    cut_after: int = 0
    act: Callable[[BaseHTTPRequestHandler], bool] = lambda _handler: False
    starts: list[int] = field(default_factory=list)
    callers: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.server.server_address[1]}/files/"


class _Handler(BaseHTTPRequestHandler):
    files: Files

    def do_GET(self) -> None:
        files = self.files
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        files.starts.append(start)
        files.paths.append(self.path)
        names = dict(pair[0] for pair in self.connection.getpeercert()["subject"])  # type: ignore[attr-defined]
        files.callers.append(names["commonName"])
        if files.act(self):
            return
        body = files.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(files.content) - 1}/{len(files.content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if files.cut_after:
            self.wfile.write(body[: files.cut_after])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # clients that hang up are what is tested


def _serve(pki: real.Pki, made: Any) -> Iterator[Files]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    context.load_verify_locations(pki.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    # the handshake belongs to the handler's thread: a client that refuses must not stop the listener
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    files = Files(pki, server)
    server.RequestHandlerClass.files = files  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield files
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> real.Pki:
    return real.Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def pair(pki: real.Pki) -> real.Pair:
    return pki.pair(TERMINAL)


@pytest.fixture
def files(pki: real.Pki) -> Iterator[Files]:
    yield from _serve(pki, pki.server())


@pytest.fixture
def take(tmp_path: Path, pki: real.Pki, pair: real.Pair) -> Callable[..., Path]:
    """Fetch ``FILE`` from a server as a terminal does."""

    def run(files: Files, *, announced: Announcement = FILE, **more: Any) -> Path:
        trusted = TlsFiles(pki.ca, pair.certificate, pair.key)
        download = HttpsDownload(files.base, lambda: make_context(trusted, dates_count=True), **more)
        return fetch(download, announced, tmp_path / "incoming")

    return run


def test_a_file_comes_whole_and_the_server_saw_who_asked(files: Files, take: Callable[..., Path]) -> None:
    assert take(files).read_bytes() == CONTENT
    assert (files.starts, files.callers, files.paths) == ([0], [TERMINAL], ["/files/releases/directory-7.gz"])


def test_a_line_that_breaks_again_and_again_goes_on_where_it_was(files: Files, take: Callable[..., Path]) -> None:
    files.cut_after = 70_000  # more breaks than vain attempts are allowed: each brought something
    assert take(files).read_bytes() == CONTENT
    assert files.starts == [0, 70_000, 140_000, 210_000, 280_000, 350_000]


def test_what_came_before_a_failure_is_there_for_the_next_order(files: Files, take: Callable[..., Path], tmp_path: Path) -> None:
    def once(handler: BaseHTTPRequestHandler) -> bool:
        files.cut_after = 100_000 if len(files.starts) == 1 else 0
        if len(files.starts) > 1:
            handler.send_error(503)
        return len(files.starts) > 1

    files.act = once
    with pytest.raises(JobFailed, match="unreachable"):
        take(files)
    assert files.starts == [0, *[100_000] * 5]
    files.act, files.cut_after = lambda _handler: False, 0
    assert take(files).read_bytes() == CONTENT
    assert files.starts[-1] == 100_000


def test_a_server_without_ranges_or_with_another_range_spoils_nothing(files: Files, take: Callable[..., Path]) -> None:
    def without(handler: BaseHTTPRequestHandler) -> bool:
        if len(files.starts) == 1:
            return False
        handler.send_response(200 if len(files.starts) == 2 else 206)
        handler.send_header("Content-Range", f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT)
        return True

    files.act, files.cut_after = without, 100_000
    with pytest.raises(JobFailed, match="unreachable"):
        take(files)
    files.act, files.cut_after = lambda _handler: False, 0
    assert take(files).read_bytes() == CONTENT


@pytest.mark.parametrize("announces", [True, False])
def test_more_than_was_announced_is_not_kept(files: Files, take: Callable[..., Path], tmp_path: Path, announces: bool) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        if announces:
            handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        while True:
            handler.wfile.write(CONTENT)

    files.act = endless
    with pytest.raises(JobFailed, match="tooLong"):
        take(files)
    (part,) = (tmp_path / "incoming").iterdir()
    assert part.stat().st_size == 0


def test_other_bytes_of_the_right_length_are_thrown_away(files: Files, take: Callable[..., Path], tmp_path: Path) -> None:
    files.content = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(JobFailed, match="badHash"):
        take(files)
    assert not list((tmp_path / "incoming").iterdir())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(files: Files, take: Callable[..., Path], status: int) -> None:
    def elsewhere(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(status)
        handler.send_header("Location", files.base + "elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    files.act = elsewhere
    with pytest.raises(JobFailed, match="unreachable"):
        take(files)
    assert set(files.paths) == {"/files/releases/directory-7.gz"}


def false_servers(pki: real.Pki, folder: Path) -> dict[str, Any]:
    return {
        "wrongCa": real.Pki(folder / "other", "other").server(),
        "wrongName": pki.server(host="localhost"),
        "expired": pki.server(valid=real.EXPIRED),
    }


@pytest.mark.parametrize("fault", ["wrongCa", "wrongName", "expired"])
def test_a_false_server_hears_no_request(pki: real.Pki, tmp_path: Path, take: Callable[..., Path], fault: str) -> None:
    own = real.Pki(tmp_path / "own", "own")  # files of its own: a server's pair is written under one name
    trusted = own if fault != "wrongCa" else pki
    for files in _serve(trusted, false_servers(trusted, tmp_path)[fault]):
        download = HttpsDownload(files.base, lambda: make_context(TlsFiles(trusted.ca), dates_count=True))
        with pytest.raises(JobFailed, match="unreachable"):
            fetch(download, FILE, tmp_path / "incoming")
        assert files.starts == []


def test_a_caller_without_a_certificate_gets_nothing(files: Files, pki: real.Pki, tmp_path: Path) -> None:
    download = HttpsDownload(files.base, lambda: make_context(TlsFiles(pki.ca), dates_count=True))
    with pytest.raises(JobFailed, match="unreachable"):
        fetch(download, FILE, tmp_path / "incoming")
    assert files.starts == []


def test_a_server_that_does_not_speak_tls_is_left_alone(tmp_path: Path, pki: real.Pki) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def plain() -> None:
            for _ in range(5):
                near, _address = listener.accept()
                with near:
                    heard.append(near.recv(4096))
                    near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        thread = threading.Thread(target=plain, daemon=True)
        thread.start()
        base = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(JobFailed, match="unreachable"):
            fetch(HttpsDownload(base, lambda: make_context(TlsFiles(pki.ca), dates_count=True)), FILE, tmp_path / "incoming")
        thread.join(5)
    assert len(heard) == 5
    assert not [words for words in heard if b"GET" in words]


def mute(handler: BaseHTTPRequestHandler) -> bool:
    """Takes the request and says nothing."""
    handler.connection.recv(1)
    return True


def slow_head(handler: BaseHTTPRequestHandler) -> bool:
    """A header line that never ends, letter by letter."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def slow_body(handler: BaseHTTPRequestHandler) -> bool:
    """The file, byte by byte, each well within the timeout."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    for byte in CONTENT:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("trick", [mute, slow_head, slow_body])
def test_a_server_that_drips_does_not_hold_the_worker(
    files: Files, take: Callable[..., Path], trick: Callable[[BaseHTTPRequestHandler], bool]
) -> None:
    files.act = trick
    begun = time.monotonic()
    with pytest.raises(JobFailed, match="unreachable"):
        take(files, timeout_s=0.3, patience_s=0.5)
    assert time.monotonic() - begun < 5 * 0.5 + 8
    assert len(files.starts) == 5


def test_a_slow_but_honest_line_is_waited_for(files: Files, take: Callable[..., Path]) -> None:
    def steady(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        for at in range(0, len(CONTENT), 32_000):
            handler.wfile.write(CONTENT[at : at + 32_000])
            handler.wfile.flush()
            time.sleep(0.08)
        return True

    files.act = steady
    assert take(files, timeout_s=5, patience_s=0.2).read_bytes() == CONTENT
    assert files.starts == [0]
