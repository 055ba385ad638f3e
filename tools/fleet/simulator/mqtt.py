"""A light MQTT 3.1.1 client on asyncio, so that thousands of connections fit into one process.

What a terminal needs and no more: CONNECT with a Will, SUBSCRIBE, PUBLISH at QoS 0 and 1, PINGREQ. Clean sessions only.
Source: MQTT 3.1.1 (OASIS).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK, _PINGREQ, _PINGRESP, _DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14
_ANSWER_S = 20.0


class MqttError(Exception):
    """The connection is of no use (any more)."""


@dataclass(frozen=True, slots=True)
class Last:
    """The Will."""

    topic: str
    payload: bytes = field(repr=False)
    qos: int = 1


class MqttClient(asyncio.Protocol):
    """One connection. ``on_message(topic, payload)`` is called in the loop; ``closed`` is set when it is over."""

    def __init__(self, on_message: Callable[[str, bytes], None]) -> None:
        self._on_message = on_message
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._next_id = 0
        self._beat: asyncio.TimerHandle | None = None
        self.closed = asyncio.Event()

    async def connect(
        self,
        host: str,
        port: int,
        client_id: str,
        user: str = "",
        password: str = "",
        will: Last | None = None,
        keepalive: int = 60,
    ) -> None:
        """Open the connection and the session. Raises ``MqttError`` or ``OSError``."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, port)
        flags = 0x02
        tail = _text(client_id)
        if will is not None:
            flags |= 0x04 | will.qos << 3
            tail += _text(will.topic) + len(will.payload).to_bytes(2, "big") + will.payload
        if user:
            flags |= 0x80
            tail += _text(user)
            if password:
                flags |= 0x40
                tail += _text(password)
        self._send(_CONNECT << 4, _text("MQTT") + bytes([4, flags]) + keepalive.to_bytes(2, "big") + tail)
        await self._answer(self._connected)
        self._ping(keepalive / 2)

    async def subscribe(self, filters: Sequence[str], qos: int = 1) -> None:
        """Subscribe and wait until the broker has heard it."""
        number, future = self._new_id()
        body = number.to_bytes(2, "big") + b"".join(_text(one) + bytes([qos]) for one in filters)
        self._send(_SUBSCRIBE << 4 | 2, body)
        await self._answer(future)

    def publish(self, topic: str, payload: bytes, qos: int = 0) -> None:
        """Send. At QoS 1 the PUBACK is taken note of and nobody waits: only a receipt proves anything."""
        if qos:
            number, _ = self._new_id()
            self._send(_PUBLISH << 4 | 2, _text(topic) + number.to_bytes(2, "big") + payload)
        else:
            self._send(_PUBLISH << 4, _text(topic) + payload)

    def disconnect(self) -> None:
        """Say good-bye: the broker publishes no Will."""
        if self._transport is not None and not self._transport.is_closing():
            self._send(_DISCONNECT << 4, b"")
            self._transport.close()

    def cut(self) -> None:
        """Vanish: the broker publishes the Will."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def backlog(self) -> int:
        """Bytes that the network has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._beat is not None:
            self._beat.cancel()
        for future in (self._connected, *self._waiting.values()):
            if not future.done():
                future.set_exception(MqttError("closed"))
                future.exception()  # nobody may be waiting
        self._waiting.clear()
        self.closed.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head = self._head()
            if head is None:
                return
            start, size = head
            if len(self._buffer) < start + size:
                return
            first = self._buffer[0]
            body = bytes(self._buffer[start : start + size])
            del self._buffer[: start + size]
            self._packet(first, body)

    def _head(self) -> tuple[int, int] | None:
        size = 0
        for at in range(1, 5):
            if len(self._buffer) <= at:
                return None
            size |= (self._buffer[at] & 0x7F) << 7 * (at - 1)
            if not self._buffer[at] & 0x80:
                return at + 1, size
        raise MqttError("length")

    def _packet(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == _PUBLISH:
            end = 2 + int.from_bytes(body[:2], "big")
            topic, qos = body[2:end].decode("utf-8"), first >> 1 & 3
            if qos:
                self._send(_PUBACK << 4, body[end : end + 2])
                end += 2
            self._on_message(topic, body[end:])
        elif kind == _CONNACK:
            if not self._connected.done():
                if body[1]:
                    self._connected.set_exception(MqttError(f"refused {body[1]}"))
                else:
                    self._connected.set_result(None)
        elif kind in (_PUBACK, _SUBACK):
            future = self._waiting.pop(int.from_bytes(body[:2], "big"), None)
            if future is not None and not future.done():
                future.set_result(None)

    def _send(self, first: int, body: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        size, length = len(body), bytearray()
        while True:
            size, digit = divmod(size, 128)
            length.append(digit | (0x80 if size else 0))
            if not size:
                break
        self._transport.write(bytes([first]) + length + body)

    def _new_id(self) -> tuple[int, asyncio.Future[None]]:
        self._next_id = self._next_id % 65535 + 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = future
        return self._next_id, future

    def _ping(self, every: float) -> None:
        self._send(_PINGREQ << 4, b"")
        self._beat = asyncio.get_running_loop().call_later(every, self._ping, every)

    @staticmethod
    async def _answer(future: asyncio.Future[None]) -> None:
        try:
            await asyncio.wait_for(future, _ANSWER_S)
        except TimeoutError as err:
            raise MqttError("no answer") from err


def _text(text: str) -> bytes:
    raw = text.encode("utf-8")
    return len(raw).to_bytes(2, "big") + raw
