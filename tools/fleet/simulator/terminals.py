"""Invented terminals with a ledger in memory that writes what a real one writes: signed codes, outbox bodies, counters.

The same seed gives the same terminals and keys. Bodies and signatures come from ``kiosk.issuing``, so the centre meets the terminal's own bytes.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.credential.keylist import KeyList, TrustedKey
from kiosk.credential.signer import Ed25519Signer
from kiosk.credential.token import Algorithm
from kiosk.directory.catalogue import load_catalogue
from kiosk.directory.divisions import load_divisions
from kiosk.directory.townships import load_townships
from kiosk.domain.certificate import (
    Certificate,
    ClockQuality,
    PaperOutcome,
    PrintJob,
    canonical_record,
    record_digest,
)
from kiosk.domain.form import Basis, CertificateForm
from kiosk.domain.number import CertificateNumber
from kiosk.domain.product import Product
from kiosk.domain.promise import Confirmation, EvidenceLevel, Promise, Signature
from kiosk.domain.quantity import Quantity, QuantitySource, ScaleIdentity, Unit
from kiosk.domain.subject import Place, Subject, SubjectId, SubjectKind
from kiosk.issuing import outbox
from kiosk.issuing.signing import TokenLabelSigner
from kiosk.store.columns import moment_text
from kiosk.wire.canonical import Json, canonical_json
from kiosk.wire.uplink import WireEvent
from tools.directory.invent import invent

HOST = "q.test"
"""Address of the codes; never a real one."""
SUBJECTS = 400
_KEYS_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_INK = Signature((((100, 500), (400, 300), (800, 600)),))
_AUDIT = bytes(32)


@dataclass(slots=True)
class SimulatedTerminal:
    """One terminal: who it is and what it has issued. ``events`` is its outbox, ``events[0].seq`` is 1."""

    code: str
    county: str
    town: str
    station: str
    key_id: int
    private: Ed25519PrivateKey = field(repr=False)
    chance: random.Random = field(repr=False)
    generation: str
    boot: str
    counter: int = 0
    events: list[WireEvent] = field(default_factory=list, repr=False)
    numbers: list[str] = field(default_factory=list, repr=False)
    host: str = HOST
    next_seq: int = 1
    promised: dict[str, list[bytes]] = field(default_factory=dict, repr=False)
    """What the screen said was issued: number to bodies (more than one only after a fault). Nothing ever leaves it, whatever happens to the disk."""
    burnt: set[str] = field(default_factory=set, repr=False)
    """Numbers whose only copy went with the disk."""
    written: dict[int, list[bytes]] = field(default_factory=dict, repr=False)
    """Every body that ever stood under a seq of its outbox, whatever happened to the disk afterwards."""
    demo: bool = True
    """Whether its key is a demonstration key. False is for a test's own key list only: no command line makes such a terminal."""

    def issue(self, at: datetime, *, paper: bool = True) -> WireEvent:
        """A certificate, and when ``paper`` the print of its first copy; answers the certificate's event."""
        made, digest = self._certificate(at)
        self.counter = made.number.counter
        self.numbers.append(made.number.compact)
        body = outbox.certificate_body(made, self.generation, self.key_id, digest, (self.boot, len(self.events) * 60_000), _AUDIT)
        event = self._append("certificate", body)
        self.promised.setdefault(made.number.compact, []).append(event.body)
        if paper:
            job = PrintJob(made.number.counter, made.number, 1, False, PaperOutcome.CONFIRMED)
            self._append("print", outbox.print_body(job, moment_text(at + timedelta(seconds=3))))
        return event

    def void(self, number: str, at: datetime, reason: str = "信息有误") -> WireEvent:
        """Declare one of its certificates void."""
        found = CertificateNumber.parse(number)
        return self._append("void", outbox.decision_body(found, moment_text(at), "clerk", _AUDIT, reason=reason))

    def outbox_span(self) -> tuple[int, int]:
        """First and last seq, 0 and 0 when nothing was issued."""
        return (self.events[0].seq, self.events[-1].seq) if self.events else (0, 0)

    def roll_back(self, events: int, receipted: int = 0) -> None:
        """The disk goes back in time by so many events; the next certificates would take numbers that are already out.

        Events after ``receipted`` that go are gone for good.
        """
        keep = max(0, len(self.events) - events)
        gone = self.events[keep:]
        self.events = self.events[:keep]
        self.next_seq = self.events[-1].seq + 1 if self.events else 1
        lost = [event for event in gone if event.kind == "certificate"]
        self.counter -= len(lost)
        cut = len(self.numbers) - len(lost)
        self.burnt.update(number for number, event in zip(self.numbers[cut:], lost, strict=True) if event.seq > receipted)
        self.numbers = self.numbers[:cut]

    def fast_forward(self, counter_floor: int) -> None:
        """What a terminal does when the centre knows higher numbers of it: none is given twice."""
        self.counter = max(self.counter, counter_floor)

    def twin(self) -> SimulatedTerminal:
        """A clone of its disk in another machine: the same ledger and key, another boot."""
        return SimulatedTerminal(
            self.code,
            self.county,
            self.town,
            self.station,
            self.key_id,
            self.private,
            random.Random(f"twin:{self.code}"),
            self.generation,
            uuid.uuid5(uuid.NAMESPACE_OID, f"twin:{self.boot}").hex,
            self.counter,
            list(self.events),
            list(self.numbers),
            self.host,
            self.next_seq,
            {number: list(bodies) for number, bodies in self.promised.items()},
            written={seq: list(bodies) for seq, bodies in self.written.items()},
            demo=self.demo,
        )

    def _append(self, kind: str, body: dict[str, Json]) -> WireEvent:
        event = WireEvent(self.next_seq, kind, canonical_json({"v": outbox.VERSION, **body}))
        self.next_seq += 1
        self.events.append(event)
        self.written.setdefault(event.seq, []).append(event.body)
        return event

    def _certificate(self, at: datetime) -> tuple[Certificate, bytes]:
        number = CertificateNumber(self.code, self.counter + 1)
        made = self._promise(at)
        digest = record_digest(canonical_record(number, at, made))
        signer = TokenLabelSigner(Ed25519Signer(self.key_id, self.private), self.host, is_demo=self.demo)
        # the first copy is what travels; the others differ in their copy number only
        label = signer.sign(number, at, ClockQuality.NTP, made, 1, made.copies, digest)
        return Certificate(number, at, ClockQuality.NTP, made, (label,), self.station, self.demo), digest

    def _promise(self, at: datetime) -> Promise:
        subject = self.chance.choice(_subjects_of(self.county))
        product = self.chance.choice(_products())
        return Promise(
            promise_id=uuid.UUID(int=self.chance.getrandbits(128)).hex,
            form=CertificateForm.T2026_PURCHASER if subject.kind.is_purchaser else CertificateForm.T2026_PRODUCER,
            subject=subject,
            product=product,
            quantity=_quantity(product, self.chance),
            origin=subject.base,
            phone=subject.phone,
            basis=frozenset({Basis.CONTROL}),
            copies=self.chance.choice((1, 1, 1, 2, 4, 12)),
            confirmation=Confirmation(EvidenceLevel.CARD, "2026-02", "T2026-02", at - timedelta(seconds=8), _INK),
        )


def make_terminals(count: int, seed: int = 1, host: str = HOST, counties: Sequence[str] = ()) -> list[SimulatedTerminal]:
    """``count`` terminals over the counties in turn (all of the province, or these six-digit codes)."""
    codes = list(counties) or [county.code for county in load_divisions().counties()]
    return [_terminal(index, codes[index % len(codes)], index // len(codes) + 1, seed, host) for index in range(count)]


def key_list(terminals: Sequence[SimulatedTerminal], host: str = HOST) -> KeyList:
    """The list that trusts them: as demonstration keys, as long as nobody said otherwise."""
    keys = {
        one.key_id: TrustedKey(
            one.key_id,
            Algorithm.ED25519,
            Ed25519Signer(one.key_id, one.private).public_key,
            one.code,
            one.station,
            one.county,
            _KEYS_SINCE,
            demo=one.demo,
        )
        for one in terminals
    }
    return KeyList(host, _KEYS_SINCE, keys)


def _terminal(index: int, county: str, running: int, seed: int, host: str) -> SimulatedTerminal:
    code = f"{county}{running:04d}"
    chance = random.Random(f"{seed}:{code}")
    towns = load_townships().towns(county)
    town = towns[running % len(towns)] if towns else None
    known = load_divisions().county(county)
    place = ("" if known is None else known.name) + ("" if town is None else town.name)
    return SimulatedTerminal(
        code=code,
        county=county,
        town="" if town is None else town.code,
        station=f"{place}农产品服务站",
        key_id=index + 1,
        private=Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"demo:{seed}:{code}".encode()).digest()),
        chance=chance,
        generation=uuid.UUID(int=chance.getrandbits(128)).hex,
        boot=uuid.UUID(int=chance.getrandbits(128)).hex,
        host=host,
    )


@lru_cache(maxsize=1)
def _products() -> tuple[Product, ...]:
    return tuple(product for product in load_catalogue().all() if product.in_scope)


@lru_cache(maxsize=1)
def _subjects() -> dict[str, list[Subject]]:
    found: dict[str, list[Subject]] = {}
    for index, row in enumerate(invent(SUBJECTS, seed=7)):
        kind = row.kind if not row.kind.is_purchaser else SubjectKind.FARMER
        subject = Subject(
            SubjectId(1000 + index), kind, row.name, row.phone, Place(row.county, row.place), row.credit_code, row.persons[0].name
        )
        found.setdefault(row.county, []).append(subject)
    return found


def _subjects_of(county: str) -> list[Subject]:
    return _subjects().get(county) or next(iter(_subjects().values()))


def _quantity(product: Product, chance: random.Random) -> Quantity:
    unit = product.units[0]
    if unit is not Unit.KG:
        return Quantity(Decimal(chance.randint(1, 300)), unit, QuantitySource.COUNTED)
    amount = Decimal(chance.randint(500, 900_000)).scaleb(-3)
    if chance.random() < 0.15:
        return Quantity(amount, unit, QuantitySource.DECLARED)
    return Quantity(amount, unit, QuantitySource.WEIGHED, ScaleIdentity("0417", date(2027, 3, 31)))
