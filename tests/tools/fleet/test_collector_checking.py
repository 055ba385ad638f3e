"""Reading and checking beside the collector finds what is found within it, and nobody's death loses a certificate."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.credential.keylist import KeyList, dump_key_list
from kiosk.wire.topics import Up, up
from kiosk.wire.uplink import BadCode, CertBatch
from support.agents import until
from support.centre import NOW
from support.centre_processes import HAS_MOSQUITTO, collector_part, running_broker
from tools.fleet.collector import jobs
from tools.fleet.collector.checking import Checking
from tools.fleet.collector.work import Looked, look_through
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.run import Load, simulate
from tools.fleet.simulator.station import Wire
from tools.fleet.simulator.terminals import SimulatedTerminal, key_list, make_terminals
from tools.fleet.store.database import default_url, open_store

Message = tuple[str, bytes]


@pytest.fixture
def checking() -> Iterator[Checking]:
    made = Checking(2, again_s=0)
    made.start()
    yield made
    made.close()


def terminals_that_issued() -> list[SimulatedTerminal]:
    terminals = make_terminals(3)
    for one in terminals:
        for minute in range(6):
            one.issue(NOW + timedelta(minutes=minute))
        one.void(one.numbers[2], NOW + timedelta(hours=1))
    return terminals


def messages_of(terminals: list[SimulatedTerminal]) -> list[Message]:
    """In turn, three events a message, with two that nobody can read and one whose body was altered on its way."""
    made = [
        (up(one.code, Up.CERT), CertBatch(one.generation, tuple(one.events[at : at + 3])).encode())
        for at in range(0, len(terminals[0].events), 3)
        for one in terminals
    ]
    topic, payload = made[4]
    made[4] = (topic, payload.replace(b'"copies":', b'"copies":1', 1))
    made.insert(1, (topic, b"\xff"))
    made.append((topic, b"{}"))
    return made


def ask(checking: Checking, messages: list[Message], keys: KeyList) -> Looked | None:
    checking.begin(messages, keys, NOW)
    return checking.finish()


def told(looked: Looked) -> object:
    """All that is stored of it: of a certificate its columns and bytes, of the others their body too."""
    return looked.poisoned, {
        key: [replace(one, event=replace(one.event, body={})) if one.values is not None else one for one in events]
        for key, events in looked.work.items()
    }


def helpers_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def is_running(pid: int) -> bool:
    """A zombie is not: whoever adopted it has not looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_finds_what_is_found_without_it_and_in_the_same_order(checking: Checking) -> None:
    terminals = terminals_that_issued()
    messages, keys = messages_of(terminals), key_list(terminals)
    for some in (messages, messages[:1], messages[1:2]):
        looked = ask(checking, some, keys)
        assert looked is not None
        assert told(looked) == told(look_through(some, keys, NOW))


def test_other_keys_reach_it_with_the_next_batch(checking: Checking) -> None:
    terminals = terminals_that_issued()
    messages = messages_of(terminals)
    for trusted in (terminals[:2], terminals, terminals[1:]):
        looked = ask(checking, messages, key_list(trusted))
        assert looked is not None
        unknown = {
            terminal
            for (terminal, _), events in looked.work.items()
            for one in events
            if one.bad and one.bad.code is BadCode.UNKNOWN_KEY
        }
        assert unknown == {one.code for one in terminals} - {one.code for one in trusted}


def test_one_that_was_killed_has_not_looked_and_comes_again(checking: Checking) -> None:
    terminals = terminals_that_issued()
    messages, keys = messages_of(terminals), key_list(terminals)
    assert ask(checking, messages, keys) is not None
    for victim in helpers_of(os.getpid())[-2:]:
        os.kill(victim, signal.SIGKILL)
        assert ask(checking, messages, keys) is None
    looked = ask(checking, messages, keys)
    assert looked is not None
    assert told(looked) == told(look_through(messages, keys, NOW))


@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
def test_nothing_is_lost_when_they_are_killed_and_they_end_with_their_collector(tmp_path: Path) -> None:
    terminals = make_terminals(5)
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    (tmp_path / "keys.json").write_text(json.dumps(dump_key_list(key_list(terminals))), encoding="utf-8")
    with ExitStack() as stack:
        store = open_store(default_url(tmp_path))
        stack.callback(store.close)
        register(store, terminals, utc_now())
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        stack.enter_context(collector_part(tmp_path, default_url(tmp_path), broker.port, "host"))
        collector = stack.enter_context(collector_part(tmp_path, default_url(tmp_path), broker.port, "ingest:0"))
        until(lambda: bool(helpers_of(collector.pid)), 30, "the processes to check in")
        victims: list[int] = []

        def kill() -> None:
            victims.extend(helpers_of(collector.pid))
            for victim in victims:
                os.kill(victim, signal.SIGKILL)

        killer = threading.Timer(2.0, kill)
        killer.start()
        outcome = simulate(terminals, Wire(port=broker.port), Load(rate=30, seconds=9, report_s=2, drain_s=45, retry_s=2))
        killer.join()
        verdict = check(store, outcome.everyone)
        assert outcome.pending == 0
        assert verdict.is_clean, str(verdict)
        others = helpers_of(collector.pid)
        assert victims
        assert others
        assert not set(victims) & set(others)
        collector.kill()
        collector.wait(10)
        until(lambda: not any(is_running(one) for one in others), 10, "the end of what the collector began")
