"""One MQTT session at a time: clean start, our own waiting, MQTT 5 with 3.1.1 behind it, half-open connections noticed.

``step`` does what is to do now and gives what happened; nothing here has a thread. paho is used as a codec with a socket: a new client for each
attempt, so that nothing queued in one session leaks into the next; its reconnecting and its queue are never used.

Rules
- A session is dead when nothing came for one and a half keep-alives, or when a QoS 1 message found no PUBACK in ``ACK_S``.
- Whoever refuses MQTT 5, or hangs up on it, is asked with 3.1.1 the next time, and so on in turn.
- Neither passwords nor payloads reach a log; reasons are codes.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.agent.backoff import Backoff
from kiosk.agent.tls import TlsError
from kiosk.wire.sparkplug.edge import Publish

ACK_S = 20.0
CONNECT_S = 10.0
_DISCONNECT_WITH_WILL = 4


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to connect."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Connected:
    """A session stands and its subscriptions are acknowledged."""

    broker: Broker
    protocol: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The session is gone, or none came to be; the next attempt comes in ``wait_s``."""

    broker: Broker
    reason: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A message came."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Acked:
    """The broker has a QoS 1 message. It proves nothing about the centre."""

    ticket: int


Happening = Connected | Lost | Heard | Acked


class _Phase(Enum):
    WAITING = 0
    CONNECTING = 1
    SUBSCRIBING = 2
    UP = 3


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are to a broker. ``password`` "" with a client certificate; never shown by ``repr``."""

    client_id: str
    password: str = ""

    def __repr__(self) -> str:
        return f"Account({self.client_id})"


class Connection:
    """``will`` and ``context`` are asked anew for each attempt; ``context`` gives None for a plain connection on this machine."""

    def __init__(
        self,
        brokers: Sequence[Broker],
        account: Account,
        subscriptions: Sequence[str],
        *,
        will: Callable[[], Publish],
        context: Callable[[], ssl.SSLContext | None],
        backoff: Backoff,
        monotonic: Callable[[], float],
        keepalive_s: int = 60,
    ) -> None:
        self._brokers = tuple(brokers)
        self._account = account
        self._subscriptions = tuple(subscriptions)
        self._will, self._context = will, context
        self._backoff = backoff
        self._monotonic = monotonic
        self._keepalive_s = keepalive_s
        self._at = 0
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._phase = _Phase.WAITING
        self._next_at = monotonic()
        self._client: mqtt.Client | None = None
        self._happened: list[Happening] = []
        self._last_in = self._since = 0.0
        self._unacked: dict[int, float] = {}
        self._wanted_acks = 0
        self._refused = ""
        self._largest: int | None = None

    @property
    def is_up(self) -> bool:
        """Whether something may be published."""
        return self._phase is _Phase.UP

    @property
    def largest_packet(self) -> int | None:
        """What the broker accepts at most, None when it did not say."""
        return self._largest

    @property
    def unacked(self) -> int:
        """QoS 1 messages on their way to the broker."""
        return len(self._unacked)

    def publish(self, message: Publish) -> int:
        """Hand over one message; the ticket comes back in ``Acked`` (QoS 1). 0 when there is no session: it is gone."""
        if self._client is None or self._phase is not _Phase.UP:
            return 0
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        if message.qos and info.rc == mqtt.MQTT_ERR_SUCCESS:
            self._unacked[info.mid] = self._monotonic()
        return info.mid

    def step(self, timeout_s: float) -> list[Happening]:
        """Wait at most ``timeout_s`` for the network, do what is to do, tell what happened."""
        now = self._monotonic()
        if self._phase is _Phase.WAITING:
            if now >= self._next_at:
                self._connect()
            else:
                select.select([], [], [], min(timeout_s, self._next_at - now))
        elif self._client is not None:
            self._exchange(self._client, timeout_s)
            self._watch()
        happened, self._happened = self._happened, []
        return happened

    def leave(self, death: Publish, *, onward: bool = False) -> None:
        """Say goodbye in order: the NDEATH, then DISCONNECT ("with will message" in MQTT 5). ``onward``: begin anew, at the next broker."""
        if self._client is not None and self._phase is _Phase.UP:
            self.publish(death)
            reason = None
            if self._protocol is MQTTProtocolVersion.MQTTv5:
                reason = ReasonCode(PacketTypes.DISCONNECT, identifier=_DISCONNECT_WITH_WILL)
            self._client.on_disconnect = None
            self._client.disconnect(reason)
            self._flush(self._client)
        self._close()
        if onward:
            self._next_broker()
            self._fail("hostOffline")

    def _connect(self) -> None:
        broker = self._brokers[self._at]
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._account.client_id,
            protocol=self._protocol,
            clean_session=True if self._protocol is MQTTProtocolVersion.MQTTv311 else None,
            reconnect_on_failure=False,
        )
        client.suppress_exceptions = False
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(64)  # our own window is smaller: paho must never queue
        will = self._will()
        client.will_set(will.topic, will.payload, will.qos, will.retain)
        client.username_pw_set(self._account.client_id, self._account.password or None)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message, client.on_publish = self._on_subscribe, self._on_message, self._on_publish
        self._client, self._refused, self._largest = client, "", None
        self._unacked.clear()
        # Before the attempt: paho may tell of its end from within ``connect``.
        self._phase = _Phase.CONNECTING
        self._since = self._last_in = self._monotonic()
        try:
            context = self._context()
            if context is not None:
                client.tls_set_context(context)
            client.on_socket_open = _no_waiting_for_more
            client.connect(broker.host, broker.port, self._keepalive_s, **self._clean_start())
        except TlsError as err:
            self._fail(f"tls:{err.code}")
        except ssl.SSLCertVerificationError as err:
            self._fail(f"certificate:{err.verify_code}")
        except ssl.SSLError:
            self._fail("tls")
        except (OSError, ValueError) as err:
            self._fail(type(err).__name__)

    def _clean_start(self) -> dict[str, Any]:
        if self._protocol is MQTTProtocolVersion.MQTTv311:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 0
        return {"clean_start": True, "properties": properties}

    def _exchange(self, client: mqtt.Client, timeout_s: float) -> None:
        sock = client.socket()
        if sock is None:
            self._fail("gone")
            return
        try:
            waiting = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            readable, writable, _ = select.select([sock], [sock] if client.want_write() else [], [], 0 if waiting else timeout_s)
            if readable or waiting:
                self._last_in = self._monotonic()
                client.loop_read()
            if writable:
                client.loop_write()
            client.loop_misc()
        except (OSError, ValueError) as err:
            self._fail(type(err).__name__)

    def _watch(self) -> None:
        now = self._monotonic()
        if self._phase in (_Phase.CONNECTING, _Phase.SUBSCRIBING) and now - self._since > CONNECT_S:
            self._fail("noAnswer", version=self._phase is _Phase.CONNECTING)  # some are silent about a version they do not know
        elif self._phase is _Phase.UP and now - self._last_in > 1.45 * self._keepalive_s:
            self._fail("silent")
        elif self._unacked and now - min(self._unacked.values()) > ACK_S:
            self._fail("noPuback")

    def _flush(self, client: mqtt.Client) -> None:
        """Let goodbye go out; one second is enough or the line is dead anyway."""
        until = self._monotonic() + 1.0
        while client.want_write() and client.socket() is not None and self._monotonic() < until:
            self._exchange(client, 0.05)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None) -> None:
        if reason.is_failure:
            self._refused = str(reason.getName() if hasattr(reason, "getName") else reason)
            self._fail(f"refused:{self._refused}", version=reason.value in (1, 132))
            return
        self._largest = getattr(properties, "MaximumPacketSize", None)
        self._phase = _Phase.SUBSCRIBING
        client.subscribe([(topic, 1) for topic in self._subscriptions])

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._fail("subscriptionRefused")
            return
        self._phase = _Phase.UP
        name = "5" if self._protocol is MQTTProtocolVersion.MQTTv5 else "3.1.1"
        self._happened.append(Connected(self._brokers[self._at], name))

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        self._fail(f"closed:{reason.value}", version=self._phase is _Phase.CONNECTING)

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._happened.append(Heard(message.topic, bytes(message.payload)))

    def _on_publish(self, _client: Any, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        if self._unacked.pop(mid, None) is not None:
            self._happened.append(Acked(mid))

    def works(self) -> None:
        """The other side has answered: the next wait is a short one again."""
        self._backoff.reset()

    def _fail(self, reason: str, *, version: bool = False) -> None:
        if self._client is None and reason != "hostOffline":
            return  # told already
        broker = self._brokers[self._at]
        if version:
            v5 = self._protocol is MQTTProtocolVersion.MQTTv5
            self._protocol = MQTTProtocolVersion.MQTTv311 if v5 else MQTTProtocolVersion.MQTTv5
        elif reason != "hostOffline" and self._phase is not _Phase.UP:
            self._next_broker()
        self._close()
        wait_s = self._backoff.next_s()
        self._next_at = self._monotonic() + wait_s
        self._happened.append(Lost(broker, reason, round(wait_s, 3)))

    def _next_broker(self) -> None:
        self._at = (self._at + 1) % len(self._brokers)

    def _close(self) -> None:
        client, self._client, self._phase = self._client, None, _Phase.WAITING
        self._unacked.clear()
        if client is not None:
            client.on_disconnect = None
            sock = client.socket()
            if sock is not None:
                sock.close()


def _no_waiting_for_more(_client: Any, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
