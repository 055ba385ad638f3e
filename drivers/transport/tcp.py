"""A TCP byte pipe (printers on port 9100)."""

from __future__ import annotations

import select
import socket
from contextlib import suppress

from drivers.errors import DeviceGone, TryAgain

CONNECT_S = 3.0
_KERNEL_KEEPS_BYTES = 8192
"""Of what was taken and not yet acknowledged (the kernel doubles it): it would rather keep megabytes, each of them "taken"."""


def open_tcp(address: str, port: int, connect_s: float = CONNECT_S) -> TcpTransport:
    """Connect. Raises ``TryAgain('timeOut')`` when nobody answers in time, ``TryAgain('offline')`` when the connection is refused."""
    try:
        connection = socket.create_connection((address, port), timeout=connect_s)
    except TimeoutError as err:
        raise TryAgain("timeOut") from err
    except OSError as err:
        raise TryAgain("offline", errno=err.errno) from err
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_KEEPS_BYTES)
    connection.setblocking(False)
    return TcpTransport(connection, f"tcp:{address}:{port}")


class TcpTransport:
    """One connection. Owned by one thread."""

    def __init__(self, connection: socket.socket, port: str) -> None:
        self._connection = connection
        self._port = port

    @property
    def port(self) -> str:
        return self._port

    def write(self, data: bytes, timeout_s: float) -> int:
        """Returns what the kernel took: on TCP that is no proof that the device has it."""
        _, writable, _ = select.select([], [self._connection], [], timeout_s)
        if not writable:
            return 0
        try:
            return self._connection.send(data)
        except BlockingIOError:
            return 0
        except OSError as err:
            raise DeviceGone(errno=err.errno) from err

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        readable, _, _ = select.select([self._connection], [], [], timeout_s)
        if not readable:
            return b""
        try:
            data = self._connection.recv(max_bytes)
        except BlockingIOError:
            return b""
        except OSError as err:
            raise DeviceGone(errno=err.errno) from err
        if not data:
            raise DeviceGone
        return data

    def close(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
