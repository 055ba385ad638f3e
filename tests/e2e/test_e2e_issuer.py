"""The terminal whose issuer is a process of its own: nothing of a visit is lost or doubled, whenever that process dies."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from kiosk.config import load_station
from kiosk.credential.keylist import load_key_list
from kiosk.credential.verify import Status, verify_url
from kiosk.issuing.clock import SystemClock
from kiosk.session.events import Key
from kiosk.session.notice import Notice
from kiosk.session.pages import Page
from kiosk.session.visit import Visit
from support.centre_processes import HAS_MOSQUITTO, collector_part, running_broker
from support.issuers import IssuerProcess, remote_station
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import TERMINAL
from tools.fleet.collector.jobs import make_centre_key
from tools.fleet.config import FleetConfig
from tools.fleet.store.database import open_store
from tools.fleet.store.schema import certificate, event

_WITHIN_S = 60.0


@contextmanager
def a_far_desk(folder: Path, moment: str = "", call: str = "", more: str = "") -> Iterator[tuple[Desk, IssuerProcess]]:
    """A bench, a terminal without ledger and signing key, and the issuer's process."""
    config = remote_station(folder / "station", f'secrets = "issuer-secrets"\nstate = "issuer-state"\n{more}')
    secrets = folder / "station" / "issuer-secrets"
    secrets.mkdir(mode=0o700)
    for name in ("ledger.key", "signing.key"):
        (config.paths.secrets / name).rename(secrets / name)
    (secrets / "directory.key").write_bytes((config.paths.secrets / "directory.key").read_bytes())
    (secrets / "directory.key").chmod(0o600)
    process = IssuerProcess(folder / "station", moment, call)
    process.start()
    try:
        with Bench(folder) as bench:
            desk = Desk(load_station(process.station), bench)
            try:
                yield desk, process
            finally:
                desk.stop()
    finally:
        process.kill()


def codes(desk: Desk) -> list[str]:
    return [zxingcpp.read_barcodes(np.asarray(Image.open(label.png).convert("L")))[0].text for label in desk.bench.labels()]


def ready_to_issue(desk: Desk) -> Desk:
    return desk.identified().weighed()


def test_a_terminal_without_key_and_ledger_prints_a_label_that_verifies(tmp_path: Path) -> None:
    with a_far_desk(tmp_path) as (desk, _):
        ready_to_issue(desk).press(Key.ISSUE).at(Page.DONE)
        made = desk.visit.certificate
        assert made is not None
        [code] = codes(desk)
        assert code == made.labels[0].url
        assert verify_url(code, load_key_list(desk.config.paths.keys), SystemClock().read().now).status is Status.VALID
        assert not (desk.config.paths.state / "ledger.db").exists()
        desk.press(Key.ANOTHER).at(Page.PRODUCT)
        desk.wait(lambda s: isinstance(s.errand, Visit) and s.errand.last is not None, "his last time")


@pytest.mark.parametrize(
    ("moment", "call"),
    [("beforeCommit", "issue"), ("afterCommit", "issue"), ("beforeCommit", "begin_print"), ("afterCommit", "begin_print")],
)
def test_an_issuer_that_dies_and_comes_back_is_not_noticed(tmp_path: Path, moment: str, call: str) -> None:
    with a_far_desk(tmp_path, moment, call) as (desk, process):
        ready_to_issue(desk)
        reborn = process.reborn()
        desk.press(Key.ISSUE).at(Page.DONE, within_s=40)
        reborn.join(20)
        made = desk.visit.certificate
        assert made is not None and made.number.counter == 1
        assert codes(desk) == [made.labels[0].url]
        desk.press(Key.FINISH).at(Page.ATTRACT)
        ready_to_issue(desk).press(Key.ISSUE).at(Page.DONE)
        assert desk.visit.certificate is not None and desk.visit.certificate.number.counter == 2


def test_while_the_issuer_is_away_the_screen_says_so_and_the_promise_is_kept(tmp_path: Path) -> None:
    with a_far_desk(tmp_path) as (desk, process):
        ready_to_issue(desk)
        process.kill()
        desk.press(Key.ISSUE).at(Page.STOPPED, within_s=30)
        assert desk.visit.notice == Notice("issuerAway")
        process.start()
        desk.press(Key.RETRY).at(Page.PROMISE).press(Key.ISSUE).at(Page.DONE)
        assert desk.visit.certificate is not None and desk.visit.certificate.number.counter == 1


def test_nobody_begins_a_visit_while_the_issuer_is_away(tmp_path: Path) -> None:
    with a_far_desk(tmp_path) as (desk, process):
        desk.healthy().at(Page.ATTRACT)
        process.kill()
        desk.wait(lambda s: s.clock_problem == "issuerAway", "the word of it", within_s=40)
        desk.press(Key.START).wait(lambda s: s.notice == Notice("issuerAway"), "a refusal")
        assert desk.state.page is Page.ATTRACT
        process.start()
        desk.wait(lambda s: s.clock_problem == "", "the issuer", within_s=40)
        ready_to_issue(desk).press(Key.ISSUE).at(Page.DONE)


def test_a_card_read_while_the_issuer_is_away_is_told_plainly(tmp_path: Path) -> None:
    with a_far_desk(tmp_path) as (desk, process):
        desk.healthy().at(Page.ATTRACT).press(Key.START).at(Page.CONSENT).press(Key.AGREE).at(Page.IDENTIFY)
        process.kill()
        desk.bench.tap_card("王建国")
        desk.wait(lambda s: s.said == Notice("issuerAway"), "the reason", within_s=40)
        process.start()
        desk.bench.remove_card()
        desk.bench.tap_card("王建国")
        desk.at(Page.PRODUCT)


def test_a_death_while_the_label_prints_loses_no_outcome(tmp_path: Path) -> None:
    with a_far_desk(tmp_path, "beforeCommit", "record_print") as (desk, process):
        ready_to_issue(desk)
        reborn = process.reborn()
        desk.press(Key.ISSUE).at(Page.DONE, within_s=40)
        reborn.join(20)
        desk.press(Key.FINISH).at(Page.ATTRACT)
    process.start()
    try:
        with Bench(tmp_path) as bench:
            again = Desk(load_station(process.station), bench)
            try:
                again.healthy().at(Page.ATTRACT)
                time.sleep(1)  # a question about open paper would come with the first answer of the ledger
                assert Page.OPEN_PAPER not in again.pages
            finally:
                again.stop()
    finally:
        process.kill()


@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
def test_four_processes_bring_each_certificate_to_the_centre_once_though_the_issuer_dies(tmp_path: Path) -> None:
    centre = tmp_path / "centre"
    centre.mkdir()
    config = FleetConfig(centre)
    make_centre_key(config.centre_key, config.centre_public)
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        fleet = f'[fleet]\nenabled = true\nbrokers = ["127.0.0.1:{broker.port}"]\ncentre_key = "{config.centre_public}"\n'
        desk, issuer = stack.enter_context(a_far_desk(tmp_path, "afterCommit", "issue", fleet))
        config.keys.write_bytes(desk.config.paths.keys.read_bytes())
        subprocess.run([sys.executable, "-m", "tools.fleet", "terminal", TERMINAL, "--folder", str(centre)], check=True)
        for part in ("host", "ingest:0"):
            stack.enter_context(collector_part(centre, config.url, broker.port, part))
        command = [sys.executable, "-m", "kiosk.agent", "--station", str(issuer.station)]
        agent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        stack.callback(agent.wait, 20)
        stack.callback(agent.terminate)
        reborn = issuer.reborn()
        ready_to_issue(desk).press(Key.ISSUE).at(Page.DONE, within_s=60)
        reborn.join(20)
        desk.press(Key.FINISH).at(Page.ATTRACT)
        ready_to_issue(desk).press(Key.ISSUE).at(Page.DONE)
        [first, second] = codes(desk)
        store = open_store(config.url)
        stack.callback(store.close)
        deadline = time.monotonic() + _WITHIN_S
        while True:
            with store.reading() as tx:
                rows = tx.execute(select(certificate.c.counter, certificate.c.record).order_by(certificate.c.counter)).all()
                prints = [json.loads(body) for (body,) in tx.execute(select(event.c.body).where(event.c.kind == "print"))]
            if len(rows) == len(prints) == 2:
                break
            assert time.monotonic() < deadline, (rows, prints)
            time.sleep(0.1)
    tokens = [base64.b64decode(json.loads(record)["token"]) for _, record in rows]
    assert [counter for counter, _ in rows] == [1, 2]
    assert [int.from_bytes(token, "big") for token in tokens] == [int(code.rpartition("/")[2]) for code in (first, second)]
    assert [(row["outcome"], row["reprint"]) for row in prints] == [("confirmed", False)] * 2
