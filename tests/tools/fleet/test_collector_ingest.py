"""Certificates are taken in once, on both databases, whatever comes in which order."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from kiosk.credential.keylist import KeyList
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import BadCode, CertBatch, WireEvent
from support.centre import DATABASES, NOW, empty_store
from tools.fleet.area import Area
from tools.fleet.collector.ingest import Ingest, Settled
from tools.fleet.collector.keys import KeyFile
from tools.fleet.collector.reading import Arrival, Poison, read_arrival
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import Store
from tools.fleet.store.queries_console import issued_by_hour, specimens_made
from tools.fleet.store.schema import certificate, conflict, event, issuance, stream, terminal_day


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with empty_store(request.param, tmp_path) as made:
        yield made


def a_terminal(certificates: int = 0) -> tuple[SimulatedTerminal, KeyList]:
    one = make_terminals(1)[0]
    for index in range(certificates):
        one.issue(NOW + timedelta(minutes=index))
    return one, key_list([one])


def arrival(one: SimulatedTerminal, *events: WireEvent) -> Arrival:
    return read_arrival(up(one.code, Up.CERT), CertBatch(one.generation, events).encode())


def take(store: Store, keys: KeyList, *arrivals: Arrival) -> Settled:
    settled = Ingest(store).take(arrivals, keys, NOW).settled
    assert len(settled) == 1
    return settled[0]


def count(store: Store, table: Any) -> int:
    with store.reading() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar() or 0


def sums(tx: Connection, table: Any) -> tuple[int, int]:
    """Certificates and specimens."""
    found = tx.execute(select(func.sum(table.c.certificates), func.sum(table.c.specimens))).one()
    return found[0], found[1]


def altered(event_: WireEvent, **changes: Any) -> WireEvent:
    body = {**json.loads(event_.body), **changes}
    return replace(event_, body=json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def test_the_same_again_changes_nothing(store: Store) -> None:
    one, keys = a_terminal(3)
    first = take(store, keys, arrival(one, *one.events))
    again = take(store, keys, arrival(one, *one.events))
    assert first == again == Settled(one.code, one.generation, 6, ())
    assert (count(store, certificate), count(store, event), count(store, conflict)) == (3, 3, 0)
    with store.reading() as tx:
        assert sums(tx, issuance) == sums(tx, terminal_day) == (0, 3)


def test_specimens_are_counted_beside_certificates_and_never_among_them(store: Store) -> None:
    real, training = make_terminals(2, counties=["140703"])
    real.demo = False
    register(store, [real, training], NOW)
    for one, times in ((real, 2), (training, 5)):
        for _ in range(times):
            one.issue(NOW, paper=False)
    keys = key_list([real, training])
    Ingest(store).take([arrival(real, *real.events), arrival(training, *training.events)], keys, NOW)
    with store.reading() as tx:
        assert sums(tx, issuance) == sums(tx, terminal_day) == (2, 5)
        used = {row.terminal: row.labels for row in tx.execute(select(terminal_day.c.terminal, terminal_day.c.labels))}
        labels = {one.code: sum(json.loads(event_.body)["copies"] for event_ in one.events) for one in (real, training)}
        assert used == labels  # a specimen uses paper all the same
        for code in ("140703", real.town):  # a county's sum is kept, a township's is counted
            area, day = Area.parse(code), (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
            specimens = 5 if training.town == real.town or code == "140703" else 0
            assert (sum(issued_by_hour(tx, area, *day).values()), specimens_made(tx, area, *day)) == (2, specimens)


def test_what_the_key_list_calls_a_specimen_is_one_whatever_the_terminal_says(store: Store) -> None:
    one, keys = a_terminal()
    one.demo = False
    one.issue(NOW)
    assert json.loads(one.events[0].body)["demo"] is False
    take(store, keys, arrival(one, *one.events))
    with store.reading() as tx:
        assert sums(tx, issuance) == (0, 1)
        assert tx.execute(select(certificate.c.demo)).scalars().all() == [True]


def test_the_same_twice_in_one_batch_counts_once(store: Store) -> None:
    one, keys = a_terminal(2)
    settled = take(store, keys, arrival(one, *one.events), arrival(one, *one.events))
    assert settled.upto == 4
    assert count(store, certificate) == 2


def test_a_gap_holds_the_receipt_until_it_closes(store: Store) -> None:
    one, keys = a_terminal(4)
    early, gap, late = one.events[:2], one.events[2:3], one.events[3:]
    assert take(store, keys, arrival(one, *early)).upto == 2
    assert take(store, keys, arrival(one, *late)).upto == 2
    with store.reading() as tx:
        row = tx.execute(select(stream)).one()
        assert (row.upto, row.highest, row.gap_since) == (2, 8, NOW)
    assert take(store, keys, arrival(one, *gap)).upto == 8
    with store.reading() as tx:
        assert tx.execute(select(stream.c.gap_since)).scalar() is None


def test_other_bytes_under_a_number_are_a_conflict_and_overwrite_nothing(store: Store) -> None:
    one, keys = a_terminal(2)
    take(store, keys, arrival(one, *one.events))
    held = one.events[2].body
    one.roll_back(2)
    one.generation = "a" * 32
    other = one.issue(NOW + timedelta(hours=3))
    settled = take(store, keys, arrival(one, other))
    assert other.body != held
    assert settled.bad == ()  # behind a gap: its receipt waits
    with store.reading() as tx:
        row = tx.execute(select(conflict)).one()
        assert (row.code, row.detail, bytes(row.body)) == ("conflict", "sameNumber", other.body)
        record = select(certificate.c.record).where(certificate.c.number == one.numbers[1])
        assert bytes(tx.execute(record).scalar_one()) == held


def test_other_bytes_under_a_seq_are_a_conflict_and_named_in_the_receipt(store: Store) -> None:
    one, keys = a_terminal(2)
    take(store, keys, arrival(one, *one.events))
    one.roll_back(2)
    one.issue(NOW + timedelta(hours=3))
    settled = take(store, keys, arrival(one, *one.events[2:]))
    assert settled.upto == 4
    assert (3, BadCode.CONFLICT) in settled.bad
    assert take(store, keys, arrival(one, *one.events[2:])).bad == settled.bad
    assert count(store, certificate) == 2


def test_after_a_rollback_numbers_of_their_own_are_certificates_and_their_seq_a_conflict(store: Store) -> None:
    one, keys = a_terminal(3)
    take(store, keys, arrival(one, *one.events))
    one.roll_back(4, receipted=6)
    one.fast_forward(3)
    after = one.issue(NOW + timedelta(hours=3))
    void = one.void(one.numbers[-1], NOW + timedelta(hours=4))
    settled = take(store, keys, arrival(one, *one.events[-3:]))
    assert (after.seq, void.seq) == (3, 5)
    assert [seq for seq, _ in settled.bad] == [3, 4, 5]
    with store.reading() as tx:
        row = tx.execute(select(certificate).where(certificate.c.number == one.numbers[-1])).one()
        assert (row.counter, bytes(row.record), row.void_reason) == (4, after.body, "信息有误")
    assert take(store, keys, arrival(one, *one.events[-3:])) == settled
    assert (count(store, certificate), count(store, conflict)) == (4, 3)


def test_a_certificate_whose_key_comes_later_is_taken_in_then(store: Store) -> None:
    one, keys = a_terminal(2)
    unknown = replace(keys, keys={})
    take(store, unknown, arrival(one, *one.events))
    ingest = Ingest(store)
    assert ingest.recheck(unknown, NOW) == 0
    assert ingest.recheck(keys, NOW) == 2
    assert ingest.recheck(keys, NOW) == 0
    assert count(store, certificate) == 2
    assert take(store, keys, arrival(one, *one.events)).upto == 4
    assert count(store, certificate) == 2


def test_a_void_is_kept_whenever_it_comes(store: Store) -> None:
    one, keys = a_terminal(2)
    void = one.void(one.numbers[0], NOW)
    take(store, keys, arrival(one, void))
    take(store, keys, arrival(one, *one.events[:-1]))
    with store.reading() as tx:
        rows = {row.number: row.void_reason for row in tx.execute(select(certificate.c.number, certificate.c.void_reason))}
    assert rows == {one.numbers[0]: "信息有误", one.numbers[1]: None}


def test_nobody_voids_the_certificate_of_another(store: Store) -> None:
    mine, theirs = make_terminals(2)
    mine.issue(NOW)
    theirs.issue(NOW)
    keys = key_list([mine, theirs])
    Ingest(store).take([arrival(mine, *mine.events)], keys, NOW)
    forged = theirs.void(mine.numbers[0], NOW)
    Ingest(store).take([arrival(theirs, *theirs.events)], keys, NOW)
    with store.reading() as tx:
        assert tx.execute(select(certificate.c.voided_at).where(certificate.c.number == mine.numbers[0])).scalar() is None
        assert tx.execute(select(conflict.c.code).where(conflict.c.seq == forged.seq)).scalar() == "malformed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contact": "13900000000"}, BadCode.BAD_TOKEN),
        ({"copies": 200}, BadCode.BAD_TOKEN),
        ({"terminal": "1401059999"}, BadCode.MALFORMED),
        ({"station": "a\0b"}, BadCode.MALFORMED),
        ({"token": "####"}, BadCode.MALFORMED),
        ({"token": "AAAA"}, BadCode.BAD_TOKEN),
        ({"quantity": {"amount": "-1", "unit": "kg", "source": "weighed", "scale": None}}, BadCode.MALFORMED),
        ({"issuedAt": "yesterday"}, BadCode.MALFORMED),
        ({"issuedAt": "9999-12-31T23:59:59.000000Z"}, BadCode.MALFORMED),
        ({"quantity": {"amount": "1e-999999999", "unit": "kg", "source": "weighed", "scale": None}}, BadCode.MALFORMED),
        ({"quantity": {"amount": "NaN", "unit": "kg", "source": "weighed", "scale": None}}, BadCode.MALFORMED),
        ({"quantity": "many"}, BadCode.MALFORMED),
        ({"subject": []}, BadCode.MALFORMED),
    ],
)
def test_what_its_terminal_did_not_sign_is_kept_apart(store: Store, changes: dict[str, Any], code: BadCode) -> None:
    one, keys = a_terminal(1)
    settled = take(store, keys, arrival(one, altered(one.events[0], **changes), one.events[1]))
    assert settled == Settled(one.code, one.generation, 2, ((1, code),))
    assert count(store, certificate) == 0


def test_a_key_that_nobody_knows_is_told(store: Store) -> None:
    one, keys = a_terminal(1)
    settled = take(store, replace(keys, keys={}), arrival(one, one.events[0]))
    assert settled.bad == ((1, BadCode.UNKNOWN_KEY),)


def test_one_event_with_a_wrong_hash_does_not_hold_up_the_others(store: Store) -> None:
    one, keys = a_terminal(2)
    body = json.loads(CertBatch(one.generation, tuple(one.events)).encode())
    body["events"][0]["sha256"] = "0" * 64
    settled = take(store, keys, read_arrival(up(one.code, Up.CERT), json.dumps(body).encode()))
    assert settled == Settled(one.code, one.generation, 4, ((1, BadCode.MALFORMED),))
    assert count(store, certificate) == 1


def test_a_clone_of_the_disk_shows_as_conflicts(store: Store) -> None:
    one, keys = a_terminal(2)
    twin = one.twin()
    one.issue(NOW + timedelta(hours=1))
    twin.issue(NOW + timedelta(hours=2))
    take(store, keys, arrival(one, *one.events))
    settled = take(store, keys, arrival(twin, *twin.events))
    assert [code for _, code in settled.bad] == [BadCode.CONFLICT, BadCode.CONFLICT]
    assert count(store, certificate) == 3


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"v":2}',
        b'{"v":1,"ledger":"x","events":[]}',
        b'{"v":1,"ledger":"x","events":[{"seq":true}]}',
    ],
)
def test_a_message_that_cannot_be_read_is_poison(payload: bytes) -> None:
    with pytest.raises(Poison):
        read_arrival("sxc/v1/1401050001/up/cert", payload)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), cut=st.integers(1, 5))
def test_any_order_and_any_repetition_ends_the_same(tmp_path: Path, seed: int, cut: int) -> None:
    chance = random.Random(seed)
    one, keys = a_terminal(5)
    one.void(one.numbers[2], NOW)
    pieces = [one.events[at : at + cut] for at in range(0, len(one.events), cut)]
    sent = pieces + chance.choices(pieces, k=3)
    chance.shuffle(sent)
    folder = tmp_path / f"{seed}-{cut}"
    folder.mkdir(exist_ok=True)
    with empty_store("sqlite", folder) as store:
        ingest = Ingest(store)
        upto = [settled.upto for piece in sent for settled in ingest.take([arrival(one, *piece)], keys, NOW).settled]
        assert upto == sorted(upto)
        assert upto[-1] == 11
        assert (count(store, certificate), count(store, event), count(store, conflict)) == (5, 6, 0)
        with store.reading() as tx:
            assert tx.execute(select(certificate.c.number).where(certificate.c.voided_at.is_not(None))).scalars().all() == [
                one.numbers[2]
            ]
    (folder / "centre.db").unlink()


def test_what_came_before_there_was_any_list_of_keys_is_taken_in_with_the_first(store: Store, tmp_path: Path) -> None:
    one, keys = a_terminal(1)
    nobody = KeyFile(tmp_path / "none.json").current()
    assert take(store, nobody, arrival(one, one.events[0])).bad == ((1, BadCode.UNKNOWN_KEY),)
    assert Ingest(store).recheck(keys, NOW) == 1
    assert count(store, certificate) == 1
