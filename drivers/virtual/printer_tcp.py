"""The virtual printer on a TCP port of the loopback interface, as network printers listen on 9100.

Rules: one host at a time, as real ones; what does not fit the buffer stays in the socket (back-pressure), unless the engine's profile loses
overflow; the window is as small as theirs; the printer goes on printing when the host hangs up.
"""

from __future__ import annotations

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType

from drivers.virtual.printer_engine import PrinterEngine

_STEP_S = 0.002
_WINDOW_BYTES = 4096


class TcpPrinter:
    """Serves an engine until closed. Port 0 picks a free one."""

    def __init__(self, engine: PrinterEngine, port: int = 0, address: str = "127.0.0.1") -> None:
        self.engine = engine
        self._listener = socket.create_server((address, port), backlog=1)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW_BYTES)
        self._closed = threading.Event()
        self._host: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="virtual-tcp-printer", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def hang_up(self) -> None:
        """Cut the connection as a pulled network cable with a switch behind it would."""
        host = self._host
        if host is not None:
            with suppress(OSError):
                host.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and serving."""
        self._closed.set()
        self.hang_up()
        self._thread.join(5)
        self._listener.close()

    def __enter__(self) -> TcpPrinter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            readable, _, _ = select.select([self._listener], [], [], 0.05)
            self.engine.advance()
            if readable:
                host, _ = self._listener.accept()
                self._host = host
                with host, suppress(OSError):
                    host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._talk(host)
                self._host = None

    def _talk(self, host: socket.socket) -> None:
        waiting = b""
        while not self._closed.is_set():
            replies = self.engine.transmit(256)
            if replies:
                host.sendall(replies)
            if waiting:
                waiting = waiting[self.engine.receive(waiting) :]
                if waiting:
                    self._closed.wait(_STEP_S)
                continue
            readable, _, _ = select.select([host], [], [], _STEP_S)
            if readable:
                waiting = host.recv(4096)
                if not waiting:
                    return
