"""No birth is lost for good, whatever it came before: the host's own start, or the hello that enters its terminal into the register."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from kiosk.wire.health import DEVICES, NODE
from kiosk.wire.sparkplug.edge import EdgeNode, Publish
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import state_topic
from kiosk.wire.topics import PRIMARY_HOST, Up, up
from kiosk.wire.uplink import ClockReport, ClockSource, Hello, OutboxSpan
from support.agents import until
from support.broker import running
from support.centre import database_url
from support.centre_processes import HAS_MOSQUITTO
from tools.fleet.collector import jobs
from tools.fleet.collector.host import Host
from tools.fleet.collector.worker import utc_now
from tools.fleet.config import Broker, Delays, FleetConfig
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import health_now, terminal

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
CODE = "1407030031"


class Stranger:
    """A terminal that nobody has entered: says what it is told to, and is born again when it is asked."""

    def __init__(self, port: int) -> None:
        self._edge = EdgeNode(CODE[:6], CODE, NODE, {name.value: rows for name, rows in DEVICES.items()})
        self._edge.report_node({"Issuing/state": "issuing"}, 1000)
        self._edge.connecting(7)
        self.sees_host, self.is_subscribed = threading.Event(), threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, CODE)
        self._client.username_pw_set(CODE)
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in self._topics])
        self._client.on_subscribe = lambda *_: self.is_subscribed.set()
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    @property
    def _topics(self) -> tuple[str, ...]:
        return (*self._edge.subscriptions, state_topic(PRIMARY_HOST))

    def is_born(self) -> None:
        self._say(*self._edge.connected(2000))

    def says_hello(self) -> None:
        clock = ClockReport(utc=utc_now(), src=ClockSource.NTP, err_ms=None)
        hello = Hello(boot="b", ledger="l", sw="0.1.0", conf=1, dir=1, keys=1, outbox=OutboxSpan(first=0, last=0), clock=clock)
        self._client.publish(up(CODE, Up.HELLO), hello.encode(), 1).wait_for_publish(10)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _say(self, *messages: Publish) -> None:
        for message in messages:
            self._client.publish(message.topic, message.payload, message.qos).wait_for_publish(10)

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == state_topic(PRIMARY_HOST):
            if HostState.decode(message.payload).online:
                self.sees_host.set()
            return
        for said in self._edge.heard_command(message.topic, message.payload, 3000).publish:
            self._client.publish(said.topic, said.payload, said.qos)


@contextmanager
def running_host(folder: Path, url: str, store: Store, port: int) -> Iterator[None]:
    """The host in a thread of the test."""
    config = FleetConfig(folder, url, Broker(port=port, user="sxc"), delays=replace(Delays(), reorder_s=0.3))
    host = Host(config, store, jobs.load_centre_key(folder / "centre.key"))
    worker = threading.Thread(target=host.run)
    worker.start()
    try:
        yield
    finally:
        host.stop()
        worker.join(20)


@pytest.mark.parametrize("before", ["the host's start", "the hello"])
def test_a_birth_that_came_too_early_is_told_again(before: str, tmp_path: Path) -> None:
    url = database_url("sqlite", tmp_path)
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    with ExitStack() as stack:
        store = open_store(url)
        stack.callback(store.close)
        broker = stack.enter_context(running(tmp_path / "broker"))
        stranger = Stranger(broker.port)
        stack.callback(stranger.leave)
        assert stranger.is_subscribed.wait(10)
        if before == "the host's start":
            stranger.is_born()
        stack.enter_context(running_host(tmp_path, url, store, broker.port))
        assert stranger.sees_host.wait(30)  # told after its subscriptions: from now on it hears everything
        if before == "the hello":
            stranger.is_born()
        stranger.says_hello()

        def is_born_at_the_centre() -> bool:
            with store.reading() as tx:
                return tx.execute(select(terminal.c.born_at).where(terminal.c.code == CODE)).scalar() is not None

        until(is_born_at_the_centre, 30, "the birth")
        with store.reading() as tx:
            rows = tx.execute(select(health_now.c.metric, health_now.c.value).where(health_now.c.terminal == CODE)).all()
        assert ("Issuing/state", "issuing") in [tuple(row) for row in rows]
