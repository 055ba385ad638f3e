"""The terminal's own agent against the centre's own processes: nothing between them is made for the test."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select

from kiosk.credential.keylist import dump_key_list
from kiosk.credential.secret_file import write_secret
from kiosk.wire.job import JobKind
from support.agents import CENTRE_KEY, ListSource, RunningAgent, station, until
from support.centre import database_url
from support.centre_processes import HAS_MOSQUITTO, collector_part, running_broker
from tools.fleet.collector import jobs
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import key_list, make_terminals
from tools.fleet.store.database import open_store
from tools.fleet.store.queries import find_terminal, health_of, jobs_of
from tools.fleet.store.schema import certificate

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")


def test_a_real_agent_is_welcomed_heard_obeyed_and_receipted(tmp_path: Path) -> None:
    (one,) = make_terminals(1)
    for _ in range(120):
        one.issue(utc_now())
    folder = tmp_path / "centre"
    folder.mkdir()
    write_secret(folder / "centre.key", CENTRE_KEY.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    (folder / "keys.json").write_text(json.dumps(dump_key_list(key_list([one]))), encoding="utf-8")
    url = database_url("postgresql", tmp_path)
    store = open_store(url)
    register(store, [one], utc_now())
    with store.writing() as tx:
        args = {"reason": "设备检修"}
        jobs.order(tx, CENTRE_KEY, one.code, JobKind.PAUSE_ISSUING, dict(args), utc_now() + timedelta(hours=1), "chen", utc_now())
    with ExitStack() as stack:
        stack.callback(store.close)
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        for part in ("host", "ingest:0"):
            stack.enter_context(collector_part(folder, url, broker.port, part))
        source = ListSource(one.events, one.generation)
        agent = stack.enter_context(RunningAgent(station(tmp_path / "terminal", broker.port, one.code), source))

        def status() -> str:
            with store.reading() as tx:
                return jobs_of(tx, one.code)[0].status

        def is_receipted() -> bool:
            # the agent's own cursor; its file belongs to its thread
            return bool(agent.parts.pump._upto == one.events[-1].seq)

        until(is_receipted, 60, "the last receipt")
        until(lambda: status() == "SUCCEEDED", 30, "the pause")
        for _ in range(5):
            one.issue(utc_now())
        until(is_receipted, 30, "the receipt of the newest")

        def is_heard() -> bool:
            with store.reading() as tx:
                return {("", "Issuing/state"), ("", "Outbox/pending")} <= {(m.device, m.metric) for m in health_of(tx, one.code)}

        until(is_heard, 30, "the birth")
        verdict = check(store, [one])
        assert verdict.is_clean, str(verdict)
        with store.reading() as tx:
            row = find_terminal(tx, one.code)
            assert row is not None
            assert (row.ledger, row.paused, row.pause_reason) == (one.generation, True, "设备检修")
            assert row.born_at is not None
            assert len(tx.execute(select(certificate.c.number)).all()) == 125
