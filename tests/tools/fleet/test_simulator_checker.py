"""The checker itself: it finds what was taken away, changed, doubled or invented, in a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from support.centre import DATABASES, NOW, empty_store
from tools.fleet.collector.ingest import Ingest
from tools.fleet.simulator.checker import Verdict, check, compare
from tools.fleet.simulator.filling import commission, deliver
from tools.fleet.simulator.terminals import key_list, make_terminals
from tools.fleet.store.database import Store
from tools.fleet.store.schema import certificate, event

Harm = Callable[[Connection], None]


def lose_a_certificate(tx: Connection) -> None:
    tx.execute(delete(certificate).where(certificate.c.seq == 1))


def lose_a_void(tx: Connection) -> None:
    tx.execute(delete(event).where(event.c.kind == "void"))


def alter_a_certificate(tx: Connection) -> None:
    tx.execute(update(certificate).where(certificate.c.seq == 1).values(record=b"{}"))


def alter_a_print(tx: Connection) -> None:
    tx.execute(update(event).where(event.c.kind == "print").values(body=b"{}"))


def double_a_certificate(tx: Connection) -> None:
    row = tx.execute(select(certificate).where(certificate.c.seq == 1)).mappings().first()
    assert row is not None
    tx.execute(insert(certificate).values(**{**row, "received_at": NOW + timedelta(seconds=1)}))


def double_an_event(tx: Connection) -> None:
    row = tx.execute(select(event).where(event.c.kind == "print")).mappings().first()
    assert row is not None
    tx.execute(insert(event).values(**{**row, "received_at": NOW + timedelta(seconds=1)}))


def invent_a_void(tx: Connection) -> None:
    row = tx.execute(select(event).where(event.c.kind == "void")).mappings().first()
    assert row is not None
    tx.execute(insert(event).values(**{**row, "seq": 99}))


def judged(store: Store, harm: Harm | None = None) -> Verdict:
    people = make_terminals(2)
    commission(store, people, NOW)
    for one in people:
        one.issue(NOW)
        one.issue(NOW + timedelta(seconds=1))
    people[0].void(people[0].numbers[0], NOW)
    deliver(Ingest(store), key_list(people), people, NOW)
    if harm is not None:
        with store.writing() as tx:
            harm(tx)
    return check(store, people)


@pytest.mark.parametrize("kind", DATABASES)
def test_what_arrived_whole_is_clean(kind: str, tmp_path: Path) -> None:
    with empty_store(kind, tmp_path) as store:
        verdict = judged(store)
        assert verdict.is_clean, str(verdict)
        assert (verdict.promised, verdict.held) == (4, 4)


@pytest.mark.parametrize("kind", DATABASES)
@pytest.mark.parametrize(
    ("harm", "field"),
    [
        (lose_a_certificate, "lost"),
        (lose_a_void, "lost"),
        (alter_a_certificate, "altered"),
        (alter_a_print, "altered"),
        (double_a_certificate, "doubled"),
        (double_an_event, "doubled"),
        (invent_a_void, "foreign"),
    ],
)
def test_every_harm_is_told(kind: str, tmp_path: Path, harm: Harm, field: str) -> None:
    with empty_store(kind, tmp_path) as store:
        verdict = judged(store, harm)
        assert not verdict.is_clean
        assert getattr(verdict, field) > 0


Rows = st.dictionaries(st.integers(0, 20), st.binary(max_size=2), max_size=12)


@given(Rows, Rows)
def test_two_sides_are_whole_only_when_they_are_the_same(issued: dict[int, bytes], held: dict[int, bytes]) -> None:
    found = compare(issued.items(), {key: [body] for key, body in issued.items()}, held.items())
    assert found.is_whole == (issued == held)
    assert set(found.lost) == {key for key, body in issued.items() if held.get(key) != body}
    assert set(found.foreign) == held.keys() - issued.keys()
