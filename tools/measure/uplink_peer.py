"""``python -m tools.measure.uplink_peer PORT FOLDER COUNT``: the other side of a measured drain, in a process of its own.

It welcomes a terminal and receipts each batch at once, without keeping it: what a sender needs shows best against somebody who needs nothing. When it
has COUNT messages it makes the file ``all``.
"""

from __future__ import annotations

import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.wire.topics import Down, Up, down, parse, up_filter
from kiosk.wire.uplink import Receipt, Welcome


def _client(folder: Path, port: int) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "peer", protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set("sxc")
    client.on_subscribe = lambda *_: (folder / "ready").touch()
    client.on_connect = lambda *_: client.subscribe([(up_filter(Up.HELLO), 1), (up_filter(Up.CERT), 1)])
    client.on_socket_open = lambda _c, _u, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.connect("127.0.0.1", port)
    return client


def main(port: int, folder: Path, messages: int) -> None:
    """Listen until the process is ended."""
    left = [messages]
    client = _client(folder, port)

    def heard(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        address = parse(message.topic)
        if address is None:
            return
        if address.word is Up.HELLO:
            client.publish(down(address.terminal, Down.WELCOME), Welcome(utc=datetime.now(UTC), receipt_upto=0).encode(), 1)
            return
        made = Receipt(ledger=_ledger(message.payload), upto=_last(message.payload))
        client.publish(down(address.terminal, Down.RECEIPT), made.encode(), 1)
        left[0] -= 1
        if not left[0]:
            (folder / "all").touch()

    client.on_message = heard
    client.loop_forever()


def _last(payload: bytes) -> int:
    """The last ``seq``, without reading the whole batch."""
    return int(payload[payload.rindex(b'"seq":') + 6 :].partition(b",")[0])


def _ledger(payload: bytes) -> str:
    return str(json.loads(b"{" + payload[payload.rindex(b'"ledger"') :])["ledger"])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
