"""A terminal's key is made, trusted and published by the documented commands, and somebody is warned before it must be renewed."""

from __future__ import annotations

import json
import stat
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from kiosk.config import load_station
from kiosk.credential.keylist import KeyListError, load_key_list
from kiosk.domain.certificate import beijing_date
from kiosk.issuing import new_key
from support.agents import ListSource, RunningAgent, until
from support.centre_processes import collector_part, running_broker
from support.terminals import Desk
from tools.bench.bench import Bench
from tools.bench.station import HOST, TERMINAL, FleetLink, make_demo_station
from tools.fleet.__main__ import main as fleet
from tools.fleet.store.database import open_store
from tools.fleet.store.schema import alert, terminal

TODAY = beijing_date(datetime.now(UTC))


def fresh(folder: Path, link: FleetLink | None = None) -> Path:
    """A station without a key of its own."""
    file = make_demo_station(folder, fleet=link)
    (folder / "secrets" / "signing.key").unlink()
    (folder / "keys.json").unlink()
    return file


def made(folder: Path, station: Path, key_id: int, *more: str) -> Path:
    out = folder / f"key-{key_id}.json"
    assert new_key.main(["--station", str(station), "--id", str(key_id), "--out", str(out), *more]) == 0
    return out


def test_a_key_is_to_be_renewed_within_a_year_and_is_never_written_over(tmp_path: Path) -> None:
    station = fresh(tmp_path / "station")
    out = made(tmp_path, station, 7)
    (key,) = load_key_list(out).keys.values()
    assert (key.terminal, key.demo) == (TERMINAL, False)
    assert abs(key.renew_by - TODAY - timedelta(days=365)) <= timedelta(days=1) if key.renew_by else False
    secret = tmp_path / "station" / "secrets" / "signing.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_bytes().hex() not in out.read_text()
    before = secret.read_bytes()
    assert new_key.main(["--station", str(station), "--id", "8", "--out", str(out)]) == 2
    assert secret.read_bytes() == before
    demo = load_key_list(make_demo_station(tmp_path / "demo").parent / "keys.json")
    assert all(one.renew_by is not None and one.renew_by > TODAY + timedelta(days=300) for one in demo.keys.values())


def test_the_list_takes_keys_in_once_and_is_signed_by_the_root(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station, centre, root = fresh(tmp_path / "station"), tmp_path / "centre", tmp_path / "root.key"
    first = made(tmp_path, station, 7)
    bare = json.loads(first.read_text())
    del bare["keys"][0]["renew_by"]
    first.write_text(json.dumps(bare))
    trust = ["trust", str(first), "--folder", str(centre)]
    assert fleet([*trust, "--renew-by", "2027-03-31", "--root-key", str(root)]) == 0
    public = bytes.fromhex((tmp_path / "root.key.pub").read_text())
    assert load_key_list(centre / "keys.json", public).keys[7].renew_by == date(2027, 3, 31)
    with pytest.raises(KeyListError, match="badSignature"):
        load_key_list(centre / "keys.json", bytes(32))
    assert fleet(trust) == 2  # without the root's key the list would be nobody's
    second = made(tmp_path, station, 8, "--key", str(tmp_path / "next.key"))
    other = made(tmp_path, station, 7, "--key", str(tmp_path / "other.key"))
    assert fleet(["trust", str(other), "--root-key", str(root), "--folder", str(centre)]) == 2
    assert "otherKey 7" in capsys.readouterr().err
    assert fleet(["trust", str(second), "--root-key", str(root), "--folder", str(centre)]) == 0
    assert sorted(load_key_list(centre / "keys.json", public).keys) == [7, 8]
    assert fleet(["publish", "keys", "--root", str(tmp_path / "root.key.pub"), "--folder", str(centre)]) == 0
    said = capsys.readouterr()
    assert "keys version 1: 2 entries" in said.out
    assert "renew_by" not in said.err


def test_publishing_tells_of_keys_that_nobody_will_be_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station = fresh(tmp_path / "station")
    out = made(tmp_path, station, 7)
    document = json.loads(out.read_text())
    del document["keys"][0]["renew_by"]
    out.write_text(json.dumps(document))
    assert fleet(["publish", "keys", str(out), "--folder", str(tmp_path / "centre")]) == 0
    assert "1 keys have no renew_by, nobody will be warned: 7" in capsys.readouterr().err


def test_a_key_that_must_be_renewed_soon_is_an_alert_at_the_centre(tmp_path: Path) -> None:
    """From the key's making to the alert: the app's snapshot, the agent, mosquitto, the host."""
    centre, day = tmp_path / "centre", TODAY + timedelta(days=12)
    assert fleet(["key", "--folder", str(centre)]) in (0, 2)  # the first command of a folder makes it
    url = f"sqlite:///{centre / 'centre.db'}"
    with ExitStack() as stack:
        broker = stack.enter_context(running_broker(tmp_path / "broker"))
        station = fresh(tmp_path / "station", FleetLink(f"127.0.0.1:{broker.port}", centre / "centre.pub"))
        assert fleet(["trust", str(made(tmp_path, station, 7, "--renew-by", day.isoformat())), "--folder", str(centre)]) == 0
        assert fleet(["publish", "keys", "--folder", str(centre)]) == 0
        (tmp_path / "station" / "keys.json").write_bytes((centre / "keys.json").read_bytes())  # as who installs the terminal does
        store = open_store(url)
        stack.callback(store.close)
        now = datetime.now(UTC)
        with store.writing() as tx:
            tx.execute(insert(terminal), {"code": TERMINAL, "county": TERMINAL[:6], "commissioned_at": now, "state_since": now})
        stack.enter_context(collector_part(centre, url, broker.port, "host"))
        config = load_station(station)
        assert load_key_list(config.paths.keys).host == HOST
        desk = Desk(config, stack.enter_context(Bench(tmp_path)))
        stack.callback(desk.stop)
        desk.healthy()
        stack.enter_context(RunningAgent(config, ListSource()))

        def warned() -> list[tuple[str, object]]:
            with store.reading() as tx:
                rows = tx.execute(select(alert.c.severity, alert.c.facts).where(alert.c.code == "keyExpiring"))
                return [(row.severity, row.facts) for row in rows]

        until(lambda: bool(warned()), 90, "the alert")
        ((severity, facts),) = warned()
        assert severity == "warning"
        assert facts in ({"days_left": 12}, {"days_left": 11})  # midnight may pass
