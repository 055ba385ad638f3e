"""The events door: the agent's process sees exactly the outbox, and nobody gets anything else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.agent.door import DoorSource
from kiosk.agent.source import SourceUnavailable
from kiosk.issuing.events_door import MAX_LINE, SOCKET, EventsDoor
from kiosk.issuing.ledger_issuer import LedgerIssuer
from support.builders import a_promise
from support.ledgers import open_issuer


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[LedgerIssuer]:
    with open_issuer(tmp_path) as issuer:
        yield issuer


@pytest.fixture
def door(tmp_path: Path, ledger: LedgerIssuer) -> Iterator[EventsDoor]:
    found = EventsDoor(ledger, tmp_path / "run")
    yield found
    found.close()


def asked(folder: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
        visitor.settimeout(5)
        visitor.connect(str(folder / "run" / SOCKET))
        visitor.sendall(line)
        return visitor.recv(65536)


def test_the_agent_sees_the_outbox_byte_by_byte(tmp_path: Path, ledger: LedgerIssuer, door: EventsDoor) -> None:
    source = DoorSource(tmp_path / "run")
    assert (source.span().first, source.span().last) == (0, 0)
    for name in ("a", "b", "c"):
        ledger.issue(a_promise(name * 32))
    events = ledger.events_after(0, 100)
    span = source.span()
    assert (span.first, span.last) == (events[0].seq, events[-1].seq)
    assert [(e.seq, e.kind, e.body) for e in source.events_after(0, 100)] == [(e.seq, e.kind, e.body) for e in events]
    assert [e.seq for e in source.events_after(events[0].seq, 1)] == [events[1].seq]
    source.close()


def test_a_source_outlives_its_door(tmp_path: Path, ledger: LedgerIssuer) -> None:
    source = DoorSource(tmp_path / "run")
    with pytest.raises(SourceUnavailable):
        source.span()
    for _ in range(2):
        door = EventsDoor(ledger, tmp_path / "run")
        assert source.span().last == 0
        door.close()
        with pytest.raises(SourceUnavailable):
            source.span()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b'{"ask": "void"}\n',
        b'{"ask": "events", "after": -1, "limit": 5}\n',
        b"[" * 200 + b"\n",
    ],
)
def test_any_other_question_is_refused_and_the_door_stays_open(tmp_path: Path, door: EventsDoor, line: bytes) -> None:
    assert "error" in json.loads(asked(tmp_path, line))
    assert "generation" in json.loads(asked(tmp_path, b'{"ask": "span"}\n'))


def test_a_line_without_end_is_hung_up_on(tmp_path: Path, door: EventsDoor) -> None:
    assert asked(tmp_path, b"x" * (MAX_LINE + 1)) == b""
    assert "generation" in json.loads(asked(tmp_path, b'{"ask": "span"}\n'))


def test_only_our_own_user_can_open_the_file(tmp_path: Path, door: EventsDoor) -> None:
    assert (tmp_path / "run" / SOCKET).stat().st_mode & 0o777 == 0o600
