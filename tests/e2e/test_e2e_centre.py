"""From the scale to the shopper: a certificate issued at the terminal goes through its own agent and a real broker into the centre, and its page opens."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kiosk.config import load_station
from kiosk.session.events import Key
from kiosk.session.pages import Page
from support.centre_processes import HAS_MOSQUITTO, collector_part, running_broker
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import TERMINAL, make_demo_station
from tools.fleet.collector.jobs import make_centre_key
from tools.fleet.collector.keys import KeyFile
from tools.fleet.config import FleetConfig
from tools.fleet.site import make_app
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.schema import certificate

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
_WITHIN_S = 60.0


def numbers(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.execute(select(certificate.c.number)).scalars())


def test_what_the_terminal_issued_stands_at_the_centre_and_on_the_shoppers_page(tmp_path: Path) -> None:
    file = make_demo_station(tmp_path / "station")
    centre = tmp_path / "centre"
    centre.mkdir()
    config = FleetConfig(centre)
    make_centre_key(config.centre_key, config.centre_public)
    config.keys.write_bytes(load_station(file).paths.keys.read_bytes())
    fleet = [sys.executable, "-m", "tools.fleet"]
    subprocess.run([*fleet, "terminal", TERMINAL, "--folder", str(centre)], check=True)
    store = open_store(config.url)
    with ExitStack() as stack:
        stack.callback(store.close)
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        for part in ("host", "ingest:0"):
            stack.enter_context(collector_part(centre, config.url, broker.port, part))
        with file.open("a", encoding="utf-8") as station:
            station.write(
                f'\n[fleet]\nenabled = true\nbrokers = ["127.0.0.1:{broker.port}"]\ncentre_key = "{config.centre_public}"\n'
            )
        desk = Desk(load_station(file), stack.enter_context(Bench(tmp_path)))
        stack.callback(desk.stop)
        agent = subprocess.Popen([sys.executable, "-m", "kiosk.agent", "--station", str(file)], stderr=subprocess.DEVNULL)
        stack.callback(agent.wait, 20)
        stack.callback(agent.terminate)
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        issued = desk.visit.certificate
        assert issued is not None
        deadline = time.monotonic() + _WITHIN_S
        while numbers(store) != [issued.number.compact]:
            assert time.monotonic() < deadline, "the certificate did not arrive"
            time.sleep(0.1)
        page = TestClient(make_app(config, store, KeyFile(config.keys), plain_http=True))
        digits = issued.labels[0].url.rpartition("/")[2]
        answer = page.get(f"/q/{digits}?plain")
        assert answer.status_code == 200
        assert "番茄" in answer.text and "演示样张" in answer.text
        assert "13800000417" not in answer.text
