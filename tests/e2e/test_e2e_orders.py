"""What the centre orders, through its own queue, a real broker and the real agent process, done by a whole terminal and told back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.config import load_station
from kiosk.session.events import Key
from kiosk.session.pages import Page
from kiosk.wire.order import ORDERS_FOLDER
from support.centre_processes import HAS_MOSQUITTO, collector_part, running_broker
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import TERMINAL, make_demo_station
from tools.fleet.area import Area
from tools.fleet.collector.jobs import load_centre_key, make_centre_key
from tools.fleet.config import FleetConfig
from tools.fleet.site import StoreJobs
from tools.fleet.store.database import Store, open_store
from tools.fleet.store.queries import JobRow, health_of, jobs_of
from tools.fleet.store.queries_console import terminal_inside

pytestmark = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
_WITHIN_S = 60.0
REASON = "停电检修，下午两点恢复"


@dataclass
class Centre:
    """The centre as a person at its console has it: buttons for jobs, and what it knows."""

    store: Store
    jobs: StoreJobs

    def ordered(self, kind: str, **args: object) -> JobRow:
        """Press the button and wait for the job's end."""
        job = self.jobs.send(TERMINAL, kind, args, "tester")
        ended: list[JobRow] = []

        def is_over() -> bool:
            with self.store.reading() as tx:
                ended[:] = [row for row in jobs_of(tx, TERMINAL) if row.id == job]
            return ended[0].status not in ("QUEUED", "IN_PROGRESS")

        until(is_over, f"the end of {kind}")
        return ended[0]

    def knows(self, metric: str) -> object:
        with self.store.reading() as tx:
            found = [one.value for one in health_of(tx, TERMINAL) if (one.device, one.metric) == ("", metric)]
        return found[0] if found else None

    def reported_configuration(self) -> int:
        with self.store.reading() as tx:
            row = terminal_inside(tx, Area("140703"), TERMINAL)
        assert row is not None
        return row.conf


def until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not happened():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.1)


@contextmanager
def a_fleet(folder: Path) -> Iterator[tuple[Desk, Centre, Callable[[], subprocess.Popen[bytes]]]]:
    """A terminal, its agent's starter, a broker and the centre's processes."""
    file = make_demo_station(folder / "station")
    config = FleetConfig(folder / "centre")
    config.folder.mkdir()
    make_centre_key(config.centre_key, config.centre_public)
    config.keys.write_bytes(load_station(file).paths.keys.read_bytes())
    subprocess.run([sys.executable, "-m", "tools.fleet", "terminal", TERMINAL, "--folder", str(config.folder)], check=True)
    with ExitStack() as stack:
        store = open_store(config.url)
        stack.callback(store.close)
        broker = stack.enter_context(running_broker(folder / "broker"))
        for part in ("host", "ingest:0"):
            stack.enter_context(collector_part(config.folder, config.url, broker.port, part))
        with file.open("a", encoding="utf-8") as station:
            station.write(
                f'\n[fleet]\nenabled = true\nbrokers = ["127.0.0.1:{broker.port}"]\ncentre_key = "{config.centre_public}"\n'
            )
        desk = Desk(load_station(file), stack.enter_context(Bench(folder)))
        stack.callback(desk.stop)

        def start_agent() -> subprocess.Popen[bytes]:
            agent = subprocess.Popen([sys.executable, "-m", "kiosk.agent", "--station", str(file)], stderr=subprocess.DEVNULL)
            stack.callback(agent.wait, 20)
            stack.callback(agent.terminate)
            return agent

        yield desk, Centre(store, StoreJobs(store, load_centre_key(config.centre_key))), start_agent


def test_orders_of_the_centre_are_done_at_the_terminal_and_told_back(tmp_path: Path) -> None:
    with a_fleet(tmp_path) as (desk, centre, start_agent):
        agent = start_agent()
        desk.healthy().at(Page.ATTRACT)

        assert centre.ordered("pauseIssuing", reason=REASON).status == "SUCCEEDED"
        desk.wait(lambda state: state.pause == REASON, "the pause")
        desk.press(Key.START).at(Page.PAUSED)
        assert desk.state.said is not None
        assert dict(desk.state.said.facts)["reason"] == REASON
        until(lambda: centre.knows("Issuing/pause_reason") == REASON, "the reason at the centre")
        desk.press(Key.FINISH).at(Page.ATTRACT)

        printed = len(desk.bench.labels())
        job = centre.ordered("testPrint")
        assert (job.status, job.detail) == ("SUCCEEDED", {"outcome": "confirmed"})
        assert len(desk.bench.labels()) == printed + 1

        job = centre.ordered("selfTest", level="external")
        assert {row["part"] for row in job.detail["checks"]} >= {"printer", "scale", "reader"}

        job = centre.ordered("setConfiguration", conf=1, values={"rules.idle_s": 90, "rules.speech": False})
        assert (job.status, job.detail) == ("SUCCEEDED", {"version": 1})
        until(lambda: centre.reported_configuration() == 1, "the version at the centre")
        until(lambda: centre.knows("Configuration/version") == 1, "the version in the health")
        assert desk.state.options.idle_s == 90
        job = centre.ordered("setConfiguration", conf=2, values={"rules.idle_s": 9000})
        assert (job.status, job.detail["code"], job.detail["name"]) == ("FAILED", "badValue", "rules.idle_s")
        assert centre.reported_configuration() == 1

        assert centre.ordered("resumeIssuing").status == "SUCCEEDED"
        desk.wait(lambda state: state.pause is None, "the end of the pause")
        desk.identified().weighed().press(Key.ISSUE).at(Page.DONE)
        agent.terminate()


def test_a_job_outlives_the_agents_death_and_is_done_once(tmp_path: Path) -> None:
    with a_fleet(tmp_path) as (desk, centre, start_agent):
        agent = start_agent()
        desk.healthy().press(Key.START).at(Page.CONSENT)  # somebody is served: the test print waits
        job = centre.jobs.send(TERMINAL, "testPrint", {}, "tester")

        def status() -> str:
            with centre.store.reading() as tx:
                return next(row.status for row in jobs_of(tx, TERMINAL) if row.id == job)

        until(lambda: status() == "IN_PROGRESS", "the job's beginning")
        orders = desk.config.paths.runtime / ORDERS_FOLDER
        until(
            lambda: any(orders.glob(f"{job}.*")), "the order at the app"
        )  # told before it is handed over: a death in between would end it
        agent.kill()
        agent.wait()
        desk.press(Key.CANCEL).at(Page.ATTRACT)
        until(lambda: len(desk.bench.labels()) == 1, "the test label")
        start_agent()
        until(lambda: status() == "SUCCEEDED", "the job's end")
        assert len(desk.bench.labels()) == 1
