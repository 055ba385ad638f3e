"""Stores events of terminals, each once, in one transaction a batch; and says what may be receipted after its COMMIT.

Rules
- Whoever takes in a terminal's events holds its ``intake`` row, so two collectors never decide about one terminal at once.
- An event is known by (terminal, ledger, seq), a certificate by its number. The same bytes again change nothing. Other bytes are a conflict: kept in
  ``conflict``, never written over what was there.
- A seq that a rolled-back disk gave again is a conflict too; a certificate under it whose number is free is a certificate all the same.
- ``upto`` is the highest seq below which nothing is missing; what is bad counts as held, because its bytes are kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from kiosk.credential.keylist import KeyList
from kiosk.store.columns import moment_from
from kiosk.wire.uplink import BadCode
from tools.fleet.collector.bulk import Bulk, bulk_for
from tools.fleet.collector.check import Bad, check_certificate
from tools.fleet.collector.reading import Arrival, Event
from tools.fleet.collector.sums import count_issued
from tools.fleet.collector.upsert import Upsert
from tools.fleet.collector.work import Checked, StreamKey, Work, checked
from tools.fleet.store.database import Store
from tools.fleet.store.partitions import ensure_partitions, month_of
from tools.fleet.store.schema import certificate, certificate_key, conflict, event, intake, stream

_KNOWN = Upsert(intake, ("terminal",))
_PROGRESS = Upsert(
    stream, ("terminal", "ledger"), lambda new: {name: new[name] for name in ("upto", "highest", "gap_since", "last_at")}
)
_MAX_BAD = 200
"""A receipt names no more at once; the rest is in the centre's list."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What the COMMIT made true for one ledger: goes into its receipt."""

    terminal: str
    ledger: str
    upto: int
    bad: tuple[tuple[int, BadCode], ...]


@dataclass(slots=True)
class Taken:
    """The outcome of a batch."""

    settled: list[Settled] = field(default_factory=list)
    certificates: int = 0
    duplicates: int = 0


@dataclass(slots=True)
class _Stream:
    """One ledger's row while the transaction works on it."""

    upto: int = 0
    highest: int = 0
    gap_since: datetime | None = None
    seen: set[int] = field(default_factory=set)
    bad: dict[int, BadCode] = field(default_factory=dict)


class Ingest:
    """Takes batches into one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bulk: Bulk = bulk_for(store.engine.dialect.name)
        self._month: datetime | None = None

    def take(self, arrivals: Sequence[Arrival], keys: KeyList, now: datetime) -> Taken:
        """Check and store them, all or nothing. Raises SQLAlchemy's errors; then nothing may be receipted."""
        return self.store(checked(arrivals, keys, now), now)

    def store(self, work: Work, now: datetime) -> Taken:
        """Store what ``checked`` made."""
        self._months(now)
        taken = Taken()
        with self._store.writing() as tx:
            _Batch(tx, self._bulk, now, taken).run(work)
        return taken

    def recheck(self, keys: KeyList, now: datetime, limit: int = 500) -> int:
        """Take in certificates that came before their terminal's key was known; answers how many."""
        self._months(now)
        with self._store.writing() as tx:
            waiting = select(conflict).where(conflict.c.code == BadCode.UNKNOWN_KEY.value, conflict.c.resolved_at.is_(None))
            rows: dict[str, dict[str, Any]] = {}
            ids: dict[str, int] = {}
            for row in tx.execute(waiting.where(conflict.c.kind == "certificate").order_by(conflict.c.id).limit(limit)):
                raw = bytes(row.body)
                values = check_certificate(
                    Event(row.seq, row.kind, json.loads(raw), raw, bytes(row.sha256)), row.terminal, keys, now
                )
                if isinstance(values, Bad) or values["number"] in rows:
                    continue
                place = {"ledger": row.ledger, "seq": row.seq, "received_at": now, "record": raw, "sha256": bytes(row.sha256)}
                rows[values["number"]] = {**values, **place}
                ids[values["number"]] = row.id
            stored = self._bulk.certificates(tx, list(rows.values()))
            for number, row_id in ids.items():
                done = {"resolved_at": now, "resolved_by": "keys"} if number in stored else {"code": BadCode.CONFLICT.value}
                tx.execute(update(conflict).where(conflict.c.id == row_id).values(**done))
            count_issued(tx, [rows[number] for number in sorted(stored)], now)
        return len(stored)

    def _months(self, now: datetime) -> None:
        """This month's partitions stand before its first row comes."""
        if self._month != month_of(now):
            with self._store.writing() as tx:
                ensure_partitions(tx, now)
            self._month = month_of(now)


class _Batch:
    """One transaction."""

    def __init__(self, tx: Connection, bulk: Bulk, now: datetime, taken: Taken) -> None:
        self._tx = tx
        self._bulk = bulk
        self._now = now
        self._taken = taken
        self._streams: dict[StreamKey, _Stream] = {}
        self._certificates: dict[str, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._conflicts: list[dict[str, Any]] = []
        self._voids: dict[str, tuple[datetime, str]] = {}
        self._late: list[str] = []

    def run(self, work: Work) -> None:
        self._lock(sorted({terminal for terminal, _ in work}))
        self._read_streams(sorted(work))
        for key, events in work.items():
            self._sort(key, events)
        self._store_certificates()
        self._bulk.events(self._tx, self._events)
        if self._conflicts:
            statement = _upsert(self._tx, conflict).on_conflict_do_nothing()
            self._tx.execute(statement, self._conflicts)
        self._void()
        self._close_streams()

    def _lock(self, terminals: Sequence[str]) -> None:
        rows = [{"terminal": code, "last_at": self._now} for code in terminals]
        _KNOWN.put(self._tx, rows)
        held = select(intake.c.terminal).where(intake.c.terminal.in_(terminals)).order_by(intake.c.terminal).with_for_update()
        self._tx.execute(held).all()

    def _read_streams(self, keys: Sequence[StreamKey]) -> None:
        self._streams = {key: _Stream() for key in keys}
        found = select(stream.c.terminal, stream.c.ledger, stream.c.upto, stream.c.highest, stream.c.gap_since)
        for code, ledger, upto, highest, gap in self._tx.execute(
            found.where(stream.c.terminal.in_(sorted({code for code, _ in keys})))
        ):
            if (code, ledger) in self._streams:
                self._streams[code, ledger] = _Stream(upto, highest, gap)

    def _sort(self, key: StreamKey, events: list[Checked]) -> None:
        """Tell new events from those held, and those from others under the same seq."""
        flow = self._streams[key]
        held = self._held(key, [one.event.seq for one in events if one.event.seq <= flow.highest])
        for one in events:
            seq, digest = one.event.seq, one.event.sha256
            known = held.get(seq)
            if known is not None:
                codes = {code for sha, code in known if sha == digest}
                if not codes:
                    self._refuse(key, one, Bad(BadCode.CONFLICT, "sameSeq"))
                    held[seq].append((digest, BadCode.CONFLICT))
                    self._keep_all_the_same(key, one)
                else:
                    self._taken.duplicates += 1
                    flow.bad.update((seq, code) for code in codes if code is not None)
                continue
            if one.bad is not None:
                self._refuse(key, one, one.bad)
                held[seq] = [(digest, one.bad.code)]
            else:
                held[seq] = [(digest, None)]
                self._accept(key, one)
            flow.seen.add(seq)

    def _held(self, key: StreamKey, seqs: list[int]) -> dict[int, list[tuple[bytes, BadCode | None]]]:
        """What is held under these seqs: hash, and the code when it was bad."""
        held: dict[int, list[tuple[bytes, BadCode | None]]] = {}
        if not seqs:
            return held
        code, ledger = key
        for table in (certificate, event):
            for seq, digest in self._tx.execute(
                select(table.c.seq, table.c.sha256).where(
                    table.c.terminal == code, table.c.ledger == ledger, table.c.seq.between(min(seqs), max(seqs))
                )
            ):
                held.setdefault(seq, []).append((bytes(digest), None))
        bad = select(conflict.c.seq, conflict.c.sha256, conflict.c.code).where(
            conflict.c.terminal == code, conflict.c.ledger == ledger, conflict.c.seq.between(min(seqs), max(seqs))
        )
        for seq, digest, word in self._tx.execute(bad):
            held.setdefault(seq, []).append((bytes(digest), BadCode(word)))
        return held

    def _accept(self, key: StreamKey, one: Checked, *, is_seq_free: bool = True) -> None:
        if one.values is None:
            if is_seq_free:
                self._events.append(self._event_row(key, one, one.event.raw))
            if one.event.kind == "void" and one.number is not None:
                self._voids[one.number] = (moment_from(one.event.body["at"]), one.event.body["reason"])
            return
        number = one.values["number"]
        same = self._certificates.get(number)
        if same is not None:  # twice in one batch, under two seqs or two ledgers
            self._again(key, one, same["sha256"])
            return
        self._certificates[number] = {
            **one.values,
            "received_at": self._now,
            "ledger": key[1],
            "seq": one.event.seq,
            "record": one.event.raw,
            "sha256": one.event.sha256,
            "_key": key,
            "_one": one,
        }
        if one.event.seq < self._streams[key].highest:
            self._late.append(number)

    def _keep_all_the_same(self, key: StreamKey, one: Checked) -> None:
        """A seq given twice: the ledger went back in time. What its terminal signed under a number of its own, and what it voided, still holds."""
        if one.bad is None and one.event.kind in ("certificate", "void"):
            self._accept(key, one, is_seq_free=False)

    def _again(self, key: StreamKey, one: Checked, held: bytes) -> None:
        """A number that is already there, under another seq."""
        if held == one.event.sha256:
            self._taken.duplicates += 1
            self._events.append(self._event_row(key, one, b""))
        else:
            self._refuse(key, one, Bad(BadCode.CONFLICT, "sameNumber"))

    def _event_row(self, key: StreamKey, one: Checked, body: bytes) -> dict[str, Any]:
        return {
            "terminal": key[0],
            "ledger": key[1],
            "seq": one.event.seq,
            "received_at": self._now,
            "kind": one.event.kind,
            "number": one.number,
            "body": body,
            "sha256": one.event.sha256,
        }

    def _refuse(self, key: StreamKey, one: Checked, bad: Bad) -> None:
        row = self._event_row(key, one, one.event.raw)
        self._conflicts.append({**row, "code": bad.code.value, "detail": bad.detail})
        self._streams[key].bad[one.event.seq] = bad.code

    def _store_certificates(self) -> None:
        rows = list(self._certificates.values())
        stored = self._bulk.certificates(self._tx, rows)
        others = [row for row in rows if row["number"] not in stored]
        if others:
            keys = select(certificate_key.c.number, certificate_key.c.sha256).where(
                certificate_key.c.number.in_([row["number"] for row in others])
            )
            held = {number: bytes(digest) for number, digest in self._tx.execute(keys)}
            for row in others:
                self._again(row["_key"], row["_one"], held[row["number"]])
        fresh = [row for row in rows if row["number"] in stored]
        self._taken.certificates = len(fresh)
        count_issued(self._tx, fresh, self._now)
        self._late = [number for number in self._late if number in stored]

    def _void(self) -> None:
        """Mark what was declared void; also certificates that came after their void."""
        if self._late:
            late = select(event.c.number, event.c.body).where(event.c.kind == "void", event.c.number.in_(self._late))
            for number, body in self._tx.execute(late):
                self._voids.setdefault(number, _void_of(bytes(body)))
        if not self._voids:
            return
        keys = select(certificate_key.c.number, certificate_key.c.received_at).where(certificate_key.c.number.in_(self._voids))
        for number, received_at in self._tx.execute(keys).all():
            at, reason = self._voids[number]
            self._tx.execute(
                update(certificate)
                .where(certificate.c.number == number, certificate.c.received_at == received_at, certificate.c.voided_at.is_(None))
                .values(voided_at=at, void_reason=reason)
            )

    def _close_streams(self) -> None:
        rows = []
        for (code, ledger), flow in sorted(self._streams.items()):
            before = flow.upto
            upto, highest = before, max(flow.highest, max(flow.seen, default=0))
            while upto + 1 in flow.seen:
                upto += 1
            if upto < flow.highest and upto > before:
                upto = self._contiguous((code, ledger), upto, flow.seen)
                flow.bad.update(self._bad_between((code, ledger), before, upto))
            gap = None if upto == highest else flow.gap_since or self._now
            rows.append(
                {"terminal": code, "ledger": ledger, "upto": upto, "highest": highest, "gap_since": gap, "last_at": self._now}
            )
            bad = sorted((seq, word) for seq, word in flow.bad.items() if seq <= upto)[-_MAX_BAD:]
            self._taken.settled.append(Settled(code, ledger, upto, tuple(bad)))
        _PROGRESS.put(self._tx, rows)

    def _contiguous(self, key: StreamKey, upto: int, seen: set[int]) -> int:
        """``upto`` moved over what was held behind the gap that just closed."""
        code, ledger = key
        held = set(seen)
        for table in (certificate, event, conflict):
            held.update(
                self._tx.execute(
                    select(table.c.seq).where(table.c.terminal == code, table.c.ledger == ledger, table.c.seq > upto)
                ).scalars()
            )
        while upto + 1 in held:
            upto += 1
        return upto

    def _bad_between(self, key: StreamKey, after: int, upto: int) -> dict[int, BadCode]:
        rows = self._tx.execute(
            select(conflict.c.seq, conflict.c.code).where(
                conflict.c.terminal == key[0], conflict.c.ledger == key[1], conflict.c.seq > after, conflict.c.seq <= upto
            )
        )
        return {seq: BadCode(word) for seq, word in rows}


def _void_of(body: bytes) -> tuple[datetime, str]:

    read = json.loads(body)
    return moment_from(read["at"]), read["reason"]


def _upsert(tx: Connection, table: Table) -> Any:
    return (postgresql if tx.dialect.name == "postgresql" else sqlite).insert(table)
