"""A broker and collectors as real processes, to be killed: mosquitto or amqtt on a free port, ``python -m tools.fleet collect`` parts.

As a program (``python -m support.centre_processes FOLDER URL PORT FAULT``) it is a collector with a fault: ``dieAfterCommit`` kills itself with SIGKILL
between the first COMMIT and its receipt, ``loseReceipts`` publishes every second one only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.wire.message import Message
from kiosk.wire.sparkplug.state import HostState
from kiosk.wire.sparkplug.topic import state_topic
from kiosk.wire.topics import PRIMARY_HOST
from support.broker import RealBroker, free_port
from tools.fleet.broker import broker_command, mosquitto_path
from tools.fleet.collector.keys import KeyFile
from tools.fleet.collector.worker import IngestWorker
from tools.fleet.config import Broker, FleetConfig
from tools.fleet.store.database import open_store

ROOT = Path(__file__).resolve().parents[2]
HAS_MOSQUITTO = mosquitto_path() is not None


@contextmanager
def running_broker(folder: Path, command: list[str] | None = None, port: int = 0) -> Iterator[RealBroker]:
    """A broker that ends with the block."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    broker = RealBroker(command or broker_command(folder, port, tied=False), port, folder / "broker.log")
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def collector_part(
    folder: Path, url: str, port: int, part: str, tls: tuple[Path, Path, Path] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One process of ``collect``: ``host`` or ``ingest:0``; ``tls`` are authority, certificate and key."""
    options = ["--folder", str(folder), "--database", url, "--broker", f"127.0.0.1:{port}", "--part", part]
    if tls is not None:
        options += ["--ca", str(tls[0]), "--certificate", str(tls[1]), "--key", str(tls[2])]
    with _process([sys.executable, "-m", "tools.fleet", "collect", *options], folder / f"{part.replace(':', '-')}.log") as process:
        yield process


@contextmanager
def host_speaks(port: int, within_s: float = 90) -> Iterator[None]:
    """A block in which a host is begun: it ends when that host says that it is there, which it does after its subscriptions."""
    there = threading.Event()
    subscribed = threading.Event()

    def heard(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if HostState.decode(message.payload).online:
            there.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("sxc")
    client.on_connect = lambda *_: client.subscribe(state_topic(PRIMARY_HOST), 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = heard
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert subscribed.wait(within_s)
        yield
        assert there.wait(within_s), "the host did not speak"
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def faulty_collector(folder: Path, url: str, port: int, fault: str) -> Iterator[subprocess.Popen[bytes]]:
    """An ingest process with a fault."""
    command = [sys.executable, "-m", "support.centre_processes", str(folder), url, str(port), fault]
    with _process(command, folder / f"{fault}.log") as process:
        yield process


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class _Faulty(IngestWorker):
    fault = ""
    _count = 0

    def post(self, topic: str, message: Message) -> None:
        self._count += 1
        if self.fault == "dieAfterCommit":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._count % 2:
            super().post(topic, message)


def _main(folder: str, url: str, port: str, fault: str) -> None:
    config = FleetConfig(Path(folder), url, Broker(port=int(port), user="sxc"))
    worker = _Faulty(config, open_store(url), KeyFile(config.keys), 0)
    worker.fault = fault
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()


if __name__ == "__main__":
    _main(*sys.argv[1:])
