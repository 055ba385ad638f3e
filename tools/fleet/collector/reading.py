"""Reads a message of certificates event by event, so that one broken event does not hold up those beside it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from kiosk.wire.canonical import WireError, read_json
from kiosk.wire.message import MAX_COUNT, VERSION
from kiosk.wire.topics import Up, parse
from kiosk.wire.uplink import MAX_EVENTS, BadCode

KINDS = frozenset({"certificate", "void", "reprint", "print", "registration"})
_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""``canonical_json`` without making an encoder for each event."""
_LEDGER = re.compile(r"[0-9A-Za-z._-]{1,64}")


class Poison(Exception):
    """A message that cannot be read at all. ``code`` says why; nothing of it is quoted."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it came. ``bad`` is set when its hash does not fit its bytes or its kind is unknown; ``raw`` are its canonical bytes."""

    seq: int
    kind: str
    body: dict[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    sha256: bytes
    bad: BadCode | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One readable message."""

    terminal: str
    ledger: str
    events: tuple[Event, ...]


def read_arrival(topic: str, payload: bytes) -> Arrival:
    """Read a message of ``.../up/cert``. Raises ``Poison``."""
    address = parse(topic)
    if address is None or address.word is not Up.CERT:
        raise Poison("topic")
    try:
        body = read_json(payload)
    except WireError as err:
        raise Poison(err.code) from err
    if type(body.get("v")) is not int or body["v"] != VERSION:
        raise Poison("unknownVersion")
    ledger, entries = body.get("ledger"), body.get("events")
    if not isinstance(ledger, str) or not _LEDGER.fullmatch(ledger) or not isinstance(entries, list):
        raise Poison("malformed")
    if not 1 <= len(entries) <= MAX_EVENTS:
        raise Poison("malformed")
    return Arrival(address.terminal, ledger, tuple(_event(entry) for entry in entries))


def _event(entry: Any) -> Event:
    if not isinstance(entry, dict):
        raise Poison("malformed")
    seq, kind, body = entry.get("seq"), entry.get("kind"), entry.get("body")
    # without a place in the ledger nothing can be receipted
    if type(seq) is not int or not 1 <= seq <= MAX_COUNT or not isinstance(kind, str) or not isinstance(body, dict):
        raise Poison("malformed")
    try:
        raw = _ENCODE(body).encode("utf-8")
    except UnicodeEncodeError as err:  # half a surrogate pair is JSON, but no text
        raise Poison("malformed") from err
    digest = hashlib.sha256(raw)
    wrong = kind not in KINDS or entry.get("sha256") != digest.hexdigest()
    return Event(seq, kind if kind in KINDS else "unknown", body, raw, digest.digest(), BadCode.MALFORMED if wrong else None)
