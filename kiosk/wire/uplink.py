"""Hello, welcome, certificates and receipts: how what a terminal issued reaches the centre exactly once.

``Hello`` (up) -> ``Welcome`` (down) -> ``CertBatch`` (up), at most ``WINDOW`` without a receipt -> ``Receipt`` (down).

Rules
- A receipt is sent only after the centre's COMMIT; it is cumulative: ``upto`` means that every event up to it was stored or listed in ``bad``.
  A PUBACK proves nothing.
- Events are addressed by (ledger generation, seq). A receipt for another ledger, or beyond what was sent, moves nothing.
- ``body`` is the ledger's outbox body word for word: its canonical JSON has the hash ``sha256``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from kiosk.wire.canonical import WireError, canonical_json, read_json, sha256_hex
from kiosk.wire.message import Count, Hash, Message, Moment, Part

MAX_EVENTS = 50
"""Events of one batch."""
MAX_BATCH_BYTES = 60 * 1024
"""Some public clouds' brokers refuse more than 64 KiB; a batch is cut earlier when its bodies are long."""
_AROUND = 160
"""Bytes of an event beside its body."""
WINDOW = 16
"""Batches on their way: published and not yet receipted."""

EventKind = Literal["certificate", "void", "reprint", "print", "registration"]
_KINDS = frozenset(get_args(EventKind))


class ClockSource(StrEnum):
    """Where a terminal has its time from. ``welcome``: from the centre; ``restored``: from the disk after a start without battery."""

    NTP = "ntp"
    GSM = "gsm"
    WELCOME = "welcome"
    RTC = "rtc"
    RESTORED = "restored"
    UNTRUSTED = "untrusted"


class OutboxSpan(Part):
    """What the ledger holds: first and last ``seq``, 0 and 0 when it is empty."""

    first: Count
    last: Count


class Mark(Part):
    """One event by its place and the hash of its body: by it the centre sees whether this ledger still is the one it knows."""

    seq: Count
    sha256: Hash


class ClockReport(Part):
    """The terminal's time; ``err_ms`` is the estimated error, None when nobody knows."""

    utc: Moment
    src: ClockSource = Field(strict=False)
    err_ms: Count | None = None


class Hello(Message):
    """Said once after each connect. ``conf``, ``dir`` and ``keys`` are the versions in use, 0 for none.

    ``marks``: the last event that was receipted and the last one there is. A ledger that went back in time and was filled again without the
    centre ends where it did, but not with the same bytes.
    """

    boot: str = Field(min_length=1, max_length=64)
    ledger: str = Field(min_length=1, max_length=64)
    sw: str = Field(max_length=64)
    conf: Count
    dir: Count
    keys: Count
    outbox: OutboxSpan
    clock: ClockReport
    marks: tuple[Mark, ...] = Field(default=(), max_length=4, strict=False)


class Desired(Part):
    """What the centre wants in use; 0 and "" mean: no wish."""

    conf: Count = 0
    dir: Count = 0
    keys: Count = 0
    sw: str = Field(default="", max_length=64)


class Pause(Part):
    """Whether issuing is paused, and the reason the public reads."""

    on: bool = False
    reason: str = Field(default="", max_length=120)


class Welcome(Message):
    """Answer to a hello, also pushed on change.

    ``receipt_upto``: what the centre has of this ledger; ``counter_floor``: no number at or below it may be given any more; ``jobs`` are
    signed jobs as JSON (``kiosk.wire.job.read_job`` checks each).
    """

    utc: Moment
    receipt_upto: Count
    desired: Desired = Desired()
    jobs: tuple[dict[str, Any], ...] = Field(default=(), strict=False)
    counter_floor: Count = 0
    pause: Pause = Pause()


class BadCode(StrEnum):
    """Why the centre could not store an event as it is."""

    CONFLICT = "conflict"
    MALFORMED = "malformed"
    BAD_TOKEN = "badToken"
    UNKNOWN_KEY = "unknownKey"


class BadEvent(Part):
    """One event that was recorded as bad. It is receipted all the same: sending it again changes nothing."""

    seq: Count
    code: BadCode = Field(strict=False)


class Receipt(Message):
    """Everything up to ``upto`` of this ledger is stored."""

    ledger: str = Field(min_length=1, max_length=64)
    upto: Count
    bad: tuple[BadEvent, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _bad_is_covered(self) -> Receipt:
        if any(event.seq > self.upto for event in self.bad):
            raise ValueError("bad beyond upto")
        return self


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One outbox row. ``body`` are the ledger's own bytes (canonical JSON)."""

    seq: int
    kind: str
    body: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the body's bytes."""
        return sha256_hex(self.body)


class _Entry(Part):
    seq: Count
    kind: EventKind
    body: dict[str, Any]
    sha256: Hash


class _Batch(Message):
    ledger: str = Field(min_length=1, max_length=64)
    events: tuple[_Entry, ...] = Field(min_length=1, max_length=MAX_EVENTS, strict=False)


@dataclass(frozen=True, slots=True)
class CertBatch:
    """Up to ``MAX_EVENTS`` events in the order of their ``seq``."""

    ledger: str
    events: tuple[WireEvent, ...]

    @property
    def first(self) -> int:
        """Lowest ``seq``."""
        return self.events[0].seq

    @property
    def last(self) -> int:
        """Highest ``seq``."""
        return self.events[-1].seq

    def encode(self) -> bytes:
        """Canonical JSON; the bodies' bytes go in as they are. Raises ``WireError`` (malformed) for a body that is not canonical JSON."""
        pieces: list[bytes] = []
        for event in self.events:
            body, kind = event.body, event.kind
            if kind not in _KINDS or not (body.startswith(b"{") and body.endswith(b"}")):
                raise WireError("malformed")
            # Neither the kinds nor a hash need escapes: this is their canonical JSON. Long bodies are copied once, by the join.
            pieces.append(body)
            pieces.append(f',"kind":"{kind}","seq":{event.seq},"sha256":"{sha256(body).hexdigest()}"}},{{"body":'.encode())
        pieces[-1] = pieces[-1].removesuffix(b',{"body":')
        return b'{"events":[{"body":%b],"ledger":%b,"v":1}' % (b"".join(pieces), canonical_json(self.ledger))

    @classmethod
    def decode(cls, data: bytes) -> CertBatch:
        """Read a batch. Raises ``WireError`` (malformed: also for a hash that does not fit its body, or ``seq`` out of order)."""
        batch = _Batch.read(read_json(data))
        events = tuple(WireEvent(e.seq, e.kind, canonical_json(e.body)) for e in batch.events)
        if any(entry.sha256 != event.sha256 for entry, event in zip(batch.events, events, strict=True)):
            raise WireError("malformed")
        if any(later.seq <= earlier.seq for earlier, later in pairwise(events)):
            raise WireError("malformed")
        return cls(batch.ledger, events)


def batches(ledger: str, events: Sequence[WireEvent], most: int = MAX_BATCH_BYTES) -> list[CertBatch]:
    """Cut events into batches by number and by ``most`` bytes. One that alone is too long travels alone."""
    made: list[CertBatch] = []
    part: list[WireEvent] = []
    size = 0
    for event in events:
        more = len(event.body) + _AROUND
        if part and (len(part) >= MAX_EVENTS or size + more > most):
            made.append(CertBatch(ledger, tuple(part)))
            part, size = [], 0
        part.append(event)
        size += more
    if part:
        made.append(CertBatch(ledger, tuple(part)))
    return made
