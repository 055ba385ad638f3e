"""Who says what where on the business plane: ``sxc/v1/<terminal>/up/<word>`` and ``.../down/<word>``, all QoS 1, never retained.

``up(terminal, Up.CERT)`` and ``down(terminal, Down.RECEIPT)`` name a topic, ``parse`` reads one, ``up_filter`` and ``down_filter`` are subscriptions.
The topics of the health plane stand in ``kiosk.wire.sparkplug.topic``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ROOT = "sxc/v1"
PRIMARY_HOST = "sxc"
"""Sparkplug host id of the centre; its state stands at ``spBv1.0/STATE/sxc``."""
SHARED_GROUP = "ingest"
"""Shared subscription group of the collectors."""

_TOPIC = re.compile(r"sxc/v1/(\d{10})/(up|down)/([a-z]+)")


class Up(StrEnum):
    """What a terminal says."""

    HELLO = "hello"
    CERT = "cert"
    JOB = "job"


class Down(StrEnum):
    """What the centre says."""

    WELCOME = "welcome"
    RECEIPT = "receipt"
    JOB = "job"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Address:
    """A topic taken apart."""

    terminal: str
    word: Up | Down


def up(terminal: str, word: Up) -> str:
    """Where a terminal publishes."""
    return f"{ROOT}/{terminal}/up/{word.value}"


def down(terminal: str, word: Down) -> str:
    """Where the centre publishes."""
    return f"{ROOT}/{terminal}/down/{word.value}"


def down_filter(terminal: str) -> str:
    """What a terminal subscribes to."""
    return f"{ROOT}/{terminal}/down/+"


def up_filter(word: Up, group: str = "") -> str:
    """What a collector subscribes to; with ``group`` as a shared subscription (MQTT 5, and Mosquitto and EMQX for 3.1.1)."""
    topic = f"{ROOT}/+/up/{word.value}"
    return f"$share/{group}/{topic}" if group else topic


def parse(topic: str) -> Address | None:
    """The address of a business topic, None for any other topic."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None
    words: dict[str, Up | Down] = {w.value: w for w in (Up if match[2] == "up" else Down)}
    word = words.get(match[3])
    return None if word is None else Address(match[1], word)
