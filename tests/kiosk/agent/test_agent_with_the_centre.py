"""The real agent and the real centre's processes over a real broker: certificates, health and a job, end to end."""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from kiosk.credential.keylist import dump_key_list
from kiosk.wire.job import JobKind
from kiosk.wire.order import Standing
from support.agents import ListSource, RunningAgent, station, until
from support.centre_processes import collector_part, running_broker
from tools.fleet.collector import jobs
from tools.fleet.collector.worker import utc_now
from tools.fleet.simulator.checker import check
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.terminals import key_list, make_terminals
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import health_now, job


def test_certificates_health_and_a_job_between_agent_and_centre(tmp_path: Path) -> None:
    (one,) = make_terminals(1)
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    (tmp_path / "keys.json").write_text(json.dumps(dump_key_list(key_list([one]))), encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'centre.db'}"
    begun = utc_now() - timedelta(hours=1)
    for number in range(300):
        one.issue(begun + timedelta(seconds=number))
    events = list(one.events)
    with ExitStack() as stack:
        store = open_store(url)
        stack.callback(store.close)
        register(store, [one], utc_now())
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        for part in ("host", "ingest:0"):
            stack.enter_context(collector_part(tmp_path, url, broker.port, part))
        config = station(tmp_path / "t", broker.port, one.code, centre_key=str(tmp_path / "centre.pub"))
        source = ListSource(events, one.generation)
        with RunningAgent(config, source) as agent:
            until(lambda: agent.parts.pump._upto == len(events), 60, "the last receipt")
            until(lambda: _health(store, one.code), 30, "health")
            with store.writing() as tx:
                key, last = jobs.load_centre_key(tmp_path / "centre.key"), utc_now() + timedelta(minutes=5)
                ordered = jobs.order(tx, key, one.code, JobKind.PAUSE_ISSUING, {"reason": "停电检修"}, last, "tester", utc_now())
            until(lambda: _status(store, ordered) == "SUCCEEDED", 30, "the job's end")
            until(lambda: Standing.decode((config.paths.runtime / "standing.json").read_bytes()).pause.reason == "停电检修")
        verdict = check(store, [one])
        assert verdict.is_clean, str(verdict)


def _status(store: Store, job_id: str) -> str:
    with store.reading() as tx:
        return str(tx.execute(select(job.c.status).where(job.c.id == job_id)).scalar_one())


def _health(store: Store, code: str) -> bool:
    with store.reading() as tx:
        rows = tx.execute(select(health_now.c.metric).where(health_now.c.terminal == code)).scalars().all()
    return "Issuing/state" in rows
