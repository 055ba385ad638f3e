"""One connection of the centre to a broker: MQTT 5 where it is spoken, else 3.1.1; comes back by itself, with jitter.

Rules: clean start, so the broker holds nothing for us; a message is acknowledged by hand, after its COMMIT; callbacks only put things into queues.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tools.fleet.config import Broker

log = logging.getLogger("fleet.link")

RECEIVE_MAXIMUM = 400
"""Messages the broker may have on their way to one collector without an acknowledgement."""
_KEEPALIVE_S = 30
_NEGOTIATION_S = 6.0


@dataclass(frozen=True, slots=True)
class Got:
    """A message. ``generation`` says which connection it came by: only that one can acknowledge it."""

    topic: str
    payload: bytes = field(repr=False)
    qos: int
    mid: int
    generation: int
    retained: bool


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says when we are gone."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """What this broker can do."""

    protocol: MQTTProtocolVersion
    shared: bool


class Link:
    """A connection that is made again whenever it falls.

    ``subscriptions(spoken)`` are asked for after every connect; ``on_message`` runs in the network's thread and must be quick;
    ``will()`` is asked before every connect, ``on_up``/``on_down`` follow it.
    """

    def __init__(
        self,
        broker: Broker,
        name: str,
        subscriptions: Callable[[Spoken], Sequence[tuple[str, int]]],
        on_message: Callable[[Got], None],
        *,
        will: Callable[[], Will] | None = None,
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[], None] = lambda: None,
        manual_ack: bool = False,
    ) -> None:
        self._broker = broker
        self._name = name
        self._subscriptions = subscriptions
        self._on_message = on_message
        self._will = will
        self._on_up = on_up
        self._on_down = on_down
        self._manual = manual_ack
        self._client: mqtt.Client | None = None
        self._generation = 0
        self._closing = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"{name}-link", daemon=True)
        self._protocol = MQTTProtocolVersion.MQTTv5
        self.up = threading.Event()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self) -> None:
        """Say good-bye; the broker publishes no Will."""
        self._closing.set()
        self._lost.set()
        client = self._client
        if client is not None:
            client.disconnect()
        self._thread.join(10)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> bool:
        """Hand a message over; False when there is no connection (then it is lost: whoever needs it asks again)."""
        client = self._client
        if client is None or not self.up.is_set():
            return False
        return client.publish(topic, payload, qos, retain).rc == mqtt.MQTT_ERR_SUCCESS

    def ack(self, got: Got) -> None:
        """Tell the broker that we have it. Does nothing for a message of an older connection."""
        client = self._client
        if client is not None and got.generation == self._generation and got.qos:
            client.ack(got.mid, got.qos)

    def _keep(self) -> None:
        wait = 0.5
        while not self._closing.is_set():
            if self._connect():
                wait = 0.5
                self._lost.wait()
                self._drop()
            self._closing.wait(wait * random.uniform(0.5, 1.5))
            wait = min(wait * 2, 20.0)

    def _connect(self) -> bool:
        self._lost.clear()
        self._generation += 1
        client = self._new_client(self._generation)
        self._client = client
        try:
            self._open(client)
        except (OSError, ValueError) as err:
            log.warning("%s: no broker (%s)", self._name, type(err).__name__)
            return False
        client.loop_start()
        for _ in range(int(_NEGOTIATION_S * 10)):
            if self.up.wait(0.1):
                return True
            if self._lost.is_set() or self._closing.is_set():
                break
        if self._protocol is MQTTProtocolVersion.MQTTv5 and not self._closing.is_set():
            # some brokers close the connection instead of saying that they speak 3.1.1 only
            self._protocol = MQTTProtocolVersion.MQTTv311
        else:
            self._protocol = MQTTProtocolVersion.MQTTv5
        self._drop()
        return False

    def _open(self, client: mqtt.Client) -> None:
        if self._will is not None:
            will = self._will()
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        options: dict[str, Any] = {}
        if self._protocol is MQTTProtocolVersion.MQTTv5:
            properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
            options = {"clean_start": True, "properties": properties}
        client.connect(self._broker.host, self._broker.port, _KEEPALIVE_S, **options)

    def _new_client(self, generation: int) -> mqtt.Client:
        options: dict[str, Any] = {} if self._protocol is MQTTProtocolVersion.MQTTv5 else {"clean_session": True}
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            f"{self._name}-{random.getrandbits(32):08x}",
            protocol=self._protocol,
            manual_ack=self._manual,
            reconnect_on_failure=False,
            **options,
        )
        client.max_inflight_messages_set(RECEIVE_MAXIMUM)
        broker = self._broker
        if broker.user:
            password = None if broker.password_file is None else broker.password_file.read_text(encoding="utf-8").strip()
            client.username_pw_set(broker.user, password)
        if broker.ca is not None:
            client.tls_set(
                str(broker.ca),
                None if broker.certificate is None else str(broker.certificate),
                None if broker.key is None else str(broker.key),
                cert_reqs=ssl.CERT_REQUIRED,
            )

        def connected(_c: mqtt.Client, _u: object, _f: object, reason: Any, properties: Any) -> None:
            if reason.is_failure:
                log.warning("%s: refused (%s)", self._name, reason)
                self._lost.set()
                return
            shared = getattr(properties, "SharedSubscriptionAvailable", 1) if properties is not None else 1
            spoken = Spoken(self._protocol, bool(shared) and self._protocol is MQTTProtocolVersion.MQTTv5)
            wanted = list(self._subscriptions(spoken))
            if wanted:
                client.subscribe(wanted)
            self.up.set()
            log.info("%s: connected, MQTT %s", self._name, "5" if self._protocol is MQTTProtocolVersion.MQTTv5 else "3.1.1")
            self._on_up()

        def disconnected(*_: object) -> None:
            if generation == self._generation:
                self._lost.set()

        def came(_c: mqtt.Client, _u: object, message: mqtt.MQTTMessage) -> None:
            self._on_message(Got(message.topic, bytes(message.payload), message.qos, message.mid, generation, message.retain))

        client.on_connect = connected
        client.on_disconnect = disconnected
        client.on_message = came
        client.on_socket_open = _at_once
        return client

    def _drop(self) -> None:
        was_up = self.up.is_set()
        self.up.clear()
        client = self._client
        if client is not None:
            client.disconnect()
            client.loop_stop()
        self._client = None
        if was_up and not self._closing.is_set():
            log.warning("%s: connection lost", self._name)
            self._on_down()


def _at_once(_client: object, _data: object, sock: Any) -> None:
    """A receipt behind an acknowledgement would wait 40 ms for the broker's TCP to speak; a terminal with a full window waits with it."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
