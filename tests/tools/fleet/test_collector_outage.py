"""A county without a network is one alarm with its cause in the real store, told by the real host over a real broker; not one for each terminal."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from support.agents import until
from support.broker import running
from support.centre import database_url
from support.centre_processes import HAS_MOSQUITTO
from tools.fleet.collector import jobs
from tools.fleet.collector.host import Host
from tools.fleet.config import Broker, Delays, FleetConfig
from tools.fleet.simulator.faults import Faults
from tools.fleet.simulator.filling import register
from tools.fleet.simulator.run import Load, simulate
from tools.fleet.simulator.station import Wire
from tools.fleet.simulator.terminals import make_terminals
from tools.fleet.store.database import open_store
from tools.fleet.store.schema import alert

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
DARK, LIGHT = "140703", "140105"


def at_ten_in_the_morning() -> datetime:
    """The centre's clock, moved into opening hours (10:00 in Beijing and on from there)."""
    return _TEN + timedelta(seconds=time.monotonic() - _BEGUN)


_TEN, _BEGUN = datetime(2026, 11, 25, 2, tzinfo=UTC), time.monotonic()


def test_a_county_whose_connections_fall_together_is_one_alarm_with_its_cause(tmp_path: Path) -> None:
    url = database_url("postgresql", tmp_path)
    terminals = make_terminals(60, counties=[DARK, LIGHT])
    jobs.make_centre_key(tmp_path / "centre.key", tmp_path / "centre.pub")
    with ExitStack() as stack:
        store = open_store(url)
        stack.callback(store.close)
        register(store, terminals, at_ten_in_the_morning())
        broker = stack.enter_context(running(tmp_path / "broker"))
        delays = replace(Delays(), offline_after_s=2)
        config = FleetConfig(tmp_path, url, Broker(port=broker.port, user="sxc"), delays=delays)
        host = Host(config, store, jobs.load_centre_key(tmp_path / "centre.key"), at_ten_in_the_morning)
        worker = threading.Thread(target=host.run)
        worker.start()
        stack.callback(worker.join, 20)
        stack.callback(host.stop)

        def alarms() -> list[tuple[str, str, str, str]]:
            with store.reading() as tx:
                rows = tx.execute(select(alert.c.code, alert.c.county, alert.c.terminal, alert.c.cause)).all()
            return [(row.code, row.county, row.terminal, row.cause) for row in rows]

        load = Load(rate=0, seconds=24, report_s=2, drain_s=1, faults=Faults(outage=DARK))
        fleet = threading.Thread(target=simulate, args=(terminals, Wire(port=broker.port), load))
        fleet.start()
        until(lambda: any(code == "countyOutage" for code, *_ in alarms()), 40, "the alarm")
        time.sleep(3)  # long enough for an alarm of each terminal; the fleet is still there
        told = alarms()
        assert fleet.is_alive()
        fleet.join(60)
        assert [one for one in told if one[0] == "countyOutage"] == [("countyOutage", DARK, "", "networkOrPower")]
        dark = {one.code for one in terminals if one.county == DARK}
        assert len(dark) == 30
        assert not [one for one in told if one[2] in dark and one[0] in ("offline", "silent")]
        assert not [one for one in told if one[1] == LIGHT]
