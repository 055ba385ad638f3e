"""The bench's verbs over a Unix socket: one JSON object a line in, one out. The page and the command line use the same verbs.

{"do": "tap-card", "name": "王建国"}  ->  {"ok": true}
{"do": "tap-card", "name": "谁"}      ->  {"ok": false, "error": "no-such-person", "facts": {...}, "line": "no person is called 谁; ..."}
{"do": "state"}                       ->  {"ok": true, "state": {...}}
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tools.bench.errors import BenchError

if TYPE_CHECKING:
    from tools.bench.bench import Bench

_SOCKET = "control.sock"
_MAX_LINE = 1 << 16
_TIMEOUT_S = 10.0

Request = Mapping[str, Any]


def perform(bench: Bench, request: Request) -> dict[str, Any]:
    """Do what one request says. Never raises ``BenchError``: it becomes the answer."""
    try:
        name = str(request.get("do", ""))
        if name == "state":
            return {"ok": True, "state": bench.state()}
        if name not in _VERBS:
            raise BenchError("no-such-verb", name=name, known=" ".join((*_VERBS, "state")))
        _VERBS[name](bench, request)
    except BenchError as err:
        return {"ok": False, "error": err.code, "facts": err.facts, "line": str(err)}
    return {"ok": True}


def ask(folder: Path, request: Request) -> dict[str, Any]:
    """Ask the bench of that folder. Raises ``BenchError`` (no-bench) when none runs; a refusal is in the answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(folder / _SOCKET))
            with connection.makefile("rwb") as stream:
                stream.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")
                stream.flush()
                line = stream.readline()
    except OSError as err:
        raise BenchError("no-bench", folder=folder) from err
    if not line:
        raise BenchError("no-bench", folder=folder)
    answer: dict[str, Any] = json.loads(line)
    return answer


class ControlServer:
    """Serves the verbs of one bench in its folder while entered."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._path = bench.folder / _SOCKET
        self._server: _Server | None = None

    def __enter__(self) -> ControlServer:
        self._path.unlink(missing_ok=True)
        self._server = _Server(str(self._path), _Handler)
        self._path.chmod(0o600)
        self._server.bench = self._bench
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="virtual-bench-control", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False
    bench: Bench


class _Handler(socketserver.StreamRequestHandler):
    timeout = _TIMEOUT_S

    def handle(self) -> None:
        """Answer each line; a line that is no request is told so."""
        try:
            while line := self.rfile.readline(_MAX_LINE):
                self.wfile.write(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
        except OSError:
            return  # who asked is gone, or fell silent

    def _answer(self, line: bytes) -> dict[str, Any]:
        assert isinstance(self.server, _Server)
        try:
            request = json.loads(line)
        except ValueError:
            request = None
        return perform(self.server.bench, request if isinstance(request, dict) else {})


def _text(request: Request, name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise BenchError("nothing-given", name=name)
    return value


def _number(request: Request, name: str) -> int | None:
    value = request.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise BenchError("not-a-number", name=name)


def _show(bench: Bench, request: Request) -> None:
    bench.show_qr(Path(_text(request, "file")) if request.get("file") else _text(request, "text"))


def _show_label(bench: Bench, request: Request) -> None:
    number = _number(request, "number")
    bench.show_label(len(bench.labels()) if number is None else number)


_VERBS: dict[str, Callable[[Bench, Request], None]] = {
    "tap-card": lambda bench, request: bench.tap_card(_text(request, "name")),
    "remove-card": lambda bench, _: bench.remove_card(),
    "reader": lambda bench, request: bench.reader_fault(_text(request, "fault")),
    "weight": lambda bench, request: bench.set_weight(_text(request, "kg")),
    "scale": lambda bench, request: bench.scale_fault(_text(request, "fault")),
    "printer": lambda bench, request: bench.printer(_text(request, "fault"), _number(request, "number")),
    "unplug": lambda bench, request: bench.unplug(_text(request, "device")),
    "plug": lambda bench, request: bench.plug(_text(request, "device"), _number(request, "port")),
    "show-qr": _show,
    "show-label": _show_label,
    "clear-camera": lambda bench, _: bench.clear_camera(),
}
