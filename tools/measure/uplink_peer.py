"""``python -m tools.measure.uplink_peer PORT FOLDER COUNT``: the other side of a measured drain, in a process of its own.

With a COUNT it only counts messages and makes the file ``all`` when it has them. With 0 it welcomes a terminal and receipts its batches at once,
without keeping them: what a terminal needs shows best against somebody who needs nothing.
"""

from __future__ import annotations

import json
import select
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.wire.topics import Down, Up, down, parse, up_filter
from kiosk.wire.uplink import WINDOW, Receipt, Welcome


def _client(folder: Path, port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "peer", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("sxc")
    client.on_subscribe = lambda *_: (folder / "ready").touch()
    client.on_connect = lambda *_: client.subscribe([(up_filter(Up.HELLO), 1), (up_filter(Up.CERT), 1)])
    client.on_socket_open = lambda _c, _u, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.connect("127.0.0.1", port)
    return client


def count(port: int, folder: Path, messages: int) -> None:
    """The bare other side."""
    left = [messages]
    client = _client(folder, port)

    def heard(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            (folder / "all").touch()

    client.on_message = heard
    client.loop_forever()


def receipt(port: int, folder: Path) -> None:
    """Welcome, then one cumulative receipt for what has come."""
    came: list[mqtt.MQTTMessage] = []
    client = _client(folder, port)

    def heard(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        address = parse(message.topic)
        if address is not None and address.word is Up.HELLO:
            client.publish(down(address.terminal, Down.WELCOME), Welcome(utc=datetime.now(UTC), receipt_upto=0).encode(), 1)
        else:
            came.append(message)

    client.on_message = heard
    while True:
        client.loop(0.02)
        more = client.socket() is not None and select.select([client.socket()], [], [], 0)[0]
        if came and (not more or len(came) >= WINDOW // 2):
            last = came[-1]
            address = parse(last.topic)
            if address is not None:
                made = Receipt(ledger=_ledger(last.payload), upto=_last(last.payload))
                client.publish(down(address.terminal, Down.RECEIPT), made.encode(), 1)
            came.clear()


def _last(payload: bytes) -> int:
    """The last ``seq``, without reading the whole batch."""
    return int(payload[payload.rindex(b'"seq":') + 6 :].partition(b",")[0])


def _ledger(payload: bytes) -> str:
    return str(json.loads(b"{" + payload[payload.rindex(b'"ledger"') :])["ledger"])


if __name__ == "__main__":
    if int(sys.argv[3]):
        count(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    receipt(int(sys.argv[1]), Path(sys.argv[2]))
