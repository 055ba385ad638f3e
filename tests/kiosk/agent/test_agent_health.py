"""What the agent tells about the machine and the app, and the process itself from its command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from drivers.device import Cover, DeviceState, ErrorLevel, Paper
from kiosk.agent.backoff import Backoff, BackoffRule
from kiosk.agent.clock import AgentClock
from kiosk.agent.health import Machine, StatusReader
from kiosk.config import ConfigError, load_station
from kiosk.wire.health import COVERS, LEVELS, PAPERS, STATES, Can, ClockView, Host, can_issue, node_values
from kiosk.wire.snapshot import STALE_S, ClockStatus, Deadlines, DeviceName, DeviceStatus, Status, Versions
from kiosk.wire.sparkplug.payload import Payload
from kiosk.wire.sparkplug.topic import Kind, parse_topic
from support import broker as real
from support.agents import TERMINAL, SmallCentre, station_file, until

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


def status(**more: object) -> Status:
    body: dict[str, object] = {
        "at": NOW,
        "terminal": TERMINAL,
        "boot": "b",
        "page": "attract",
        "can_issue": True,
        "devices": {DeviceName.PRINTER: DeviceStatus(state="online", paper="full")},
        "clock": ClockStatus(source="ntp"),
        "versions": Versions(software="0.1.0"),
    }
    return Status(**{**body, **more})  # type: ignore[arg-type]


def test_words_are_those_of_the_drivers() -> None:
    assert tuple(DeviceState) == STATES
    assert tuple(ErrorLevel) == LEVELS
    assert tuple(Paper) == PAPERS
    assert tuple(Cover) == COVERS


@pytest.mark.parametrize(
    ("said", "can"),
    [
        (status(), Can.ISSUING),
        (status(can_issue=False, alarms=("storeBroken",)), Can.CANNOT_ISSUE),
        (status(paused=True), Can.CANNOT_ISSUE),
        (status(devices={DeviceName.PRINTER: DeviceStatus(state="online", paper="low")}), Can.DEGRADED),
        (status(devices={DeviceName.SCALE: DeviceStatus(state="noDevice", error="noDevice", level="recoverable")}), Can.DEGRADED),
        (None, Can.CANNOT_ISSUE),
    ],
)
def test_state_says_what_the_farmer_can_do(said: Status | None, can: Can) -> None:
    assert can_issue(said) is can


def test_machine_tells_what_it_can_and_nothing_else(tmp_path: Path) -> None:
    proc, sys_folder = tmp_path / "proc", tmp_path / "sys"
    (sys_folder / "class/thermal/thermal_zone0").mkdir(parents=True)
    (sys_folder / "class/power_supply/AC").mkdir(parents=True)
    proc.mkdir()
    (proc / "meminfo").write_text("MemTotal: 900 kB\nMemAvailable:     512 kB\n")
    (proc / "stat").write_text("cpu 1 2 3\nbtime 1764000000\n")
    (sys_folder / "class/thermal/thermal_zone0/temp").write_text("41500\n")
    (sys_folder / "class/power_supply/AC/type").write_text("Mains\n")
    (sys_folder / "class/power_supply/AC/online").write_text("0\n")
    (tmp_path / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    host = Machine(tmp_path, proc, sys_folder, tmp_path / "os-release").read()
    assert (host.memory_available, host.booted_at_ms, host.cpu_celsius) == (512 * 1024, 1764000000_000, 41.5)
    assert (host.os, host.os_version, host.power) == ("debian", "12", "off")
    assert (host.disk_free or 0) > 0
    bare = Machine(tmp_path / "none", tmp_path / "none", tmp_path / "none", tmp_path / "none").read()
    assert (bare.disk_free, bare.memory_available, bare.cpu_celsius, bare.booted_at_ms, bare.power) == (
        None,
        None,
        None,
        None,
        "unknown",
    )


def test_snapshot_counts_only_while_it_is_fresh_and_whole(tmp_path: Path) -> None:
    now = [NOW]
    reader = StatusReader(tmp_path, lambda: now[0])
    assert reader.read() is None
    (tmp_path / "status.json").write_bytes(status().encode())
    assert reader.read() == status()
    now[0] = NOW + timedelta(seconds=STALE_S + 1)
    assert reader.read() is None
    now[0] = NOW
    (tmp_path / "status.json").write_bytes(status().encode()[:-5])
    assert reader.read() is None


def test_backoff_doubles_with_full_jitter_and_stays_below_its_cap() -> None:
    waits = [[Backoff(BackoffRule(2.0, 60.0)).next_s()] for _ in range(200)]
    firsts = [wait[0] for wait in waits]
    assert max(firsts) - min(firsts) > 1.0  # terminals that lost the same broker do not come back together
    assert all(0.1 <= wait <= 2.0 for wait in firsts)
    one = Backoff(BackoffRule(2.0, 60.0))
    many = [one.next_s() for _ in range(500)]
    assert max(many) <= 60.0
    assert max(many) > 50.0
    one.reset()
    assert one.next_s() <= 2.0


def test_clock_follows_the_centre_where_the_machine_is_wrong(tmp_path: Path) -> None:
    wall, mono = [datetime(2001, 1, 1, tzinfo=UTC).timestamp()], [100.0]
    clock = AgentClock(tmp_path / "no", lambda: wall[0], lambda: mono[0])
    assert not clock.is_trusted
    clock.heard_centre(NOW)
    wall[0] += 10
    mono[0] += 10
    assert clock.now() == NOW + timedelta(seconds=10)
    assert not clock.is_trusted
    assert (clock.offset_ms or 0) < -700_000_000_000
    wall[0] = NOW.timestamp() + 11
    assert clock.is_trusted
    assert clock.offset_ms == 1000


@pytest.mark.parametrize(
    ("fleet", "word"),
    [
        ({"brokers": ["mqtt.example.cn:8883"]}, "needs ca"),
        ({"brokers": []}, "needs brokers"),
        ({"brokers": ["127.0.0.1:1883"], "certificate": "x.pem"}, "belong together"),
        ({"brokers": ["127.0.0.1"]}, "brokers"),
        ({"brokers": ["127.0.0.1:1"], "files_url": "http://files.example.cn/"}, "files_url"),
    ],
)
def test_station_file_refuses_an_unsafe_way_to_the_centre(tmp_path: Path, fleet: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        load_station(station_file(tmp_path, fleet))


def agent(file: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "kiosk.agent", "--station", str(file)], cwd=ROOT, env=env, stderr=subprocess.PIPE
    )


def test_the_process_reports_and_says_goodbye_on_sigterm(tmp_path: Path) -> None:
    with real.running(tmp_path / "broker") as broker:
        centre = SmallCentre(tmp_path / "centre", broker.port)
        until(centre.client.is_connected)
        process = agent(station_file(tmp_path / "t", {"brokers": [f"127.0.0.1:{broker.port}"]}))

        def heard() -> list[tuple[Kind, Payload]]:
            found = [(parse_topic(topic), payload) for topic, payload in list(centre.heard)]
            return [(t.kind, Payload.decode(p)) for t, p in found if t is not None]

        until(lambda: Kind.NBIRTH in [kind for kind, _ in heard()])
        birth = next(payload for kind, payload in heard() if kind is Kind.NBIRTH)
        assert birth.metric("App/alive").value is False  # type: ignore[union-attr]
        assert birth.metric("Properties/FW").value == "0.1.0"  # type: ignore[union-attr]
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        until(lambda: Kind.NDEATH in [kind for kind, _ in heard()])
        assert process.stderr is not None
        process.stderr.close()
        centre.close()


def test_the_process_says_why_it_cannot_start_and_stays_quiet_when_switched_off(tmp_path: Path) -> None:
    off = agent(station_file(tmp_path / "off", {"enabled": False}))
    wrong = agent(station_file(tmp_path / "wrong", {"brokers": ["127.0.0.1:1"], "centre_key": str(tmp_path / "none")}))
    assert off.wait(30) == 0
    assert wrong.wait(30) == 2
    for process, words in ((off, b""), (wrong, b"none")):
        assert process.stderr is not None
        said = process.stderr.read()
        process.stderr.close()
        assert words in said if words else not said


def test_the_agent_does_not_load_drivers_signer_or_screen() -> None:
    code = "import sys, kiosk.agent.__main__; print([m for m in sys.modules if m.startswith(('drivers', 'kivy', 'kiosk.credential.signer', 'kiosk.ui', 'pypinyin'))])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (datetime(2026, 11, 25, 15, 59, tzinfo=UTC), 29),  # still the 25th in Beijing
        (datetime(2026, 11, 25, 16, 0, tzinfo=UTC), 28),
        (datetime(2026, 12, 24, 6, tzinfo=UTC), 0),
        (datetime(2026, 12, 26, 6, tzinfo=UTC), -2),
    ],
)
def test_days_left_are_counted_in_beijing_and_go_below_zero(at: datetime, days: int) -> None:
    said = status(at=at, deadlines=Deadlines(signing_key=date(2026, 12, 24), scale_verification=date(2026, 12, 24)))
    values = node_values(said, Host(), None, ClockView("ntp"), "0.1.0")
    assert (values["Keys/days_left"], values["Scale/verification_days_left"]) == (days, days)
    unset = node_values(status(), Host(), None, ClockView("ntp"), "0.1.0")
    assert (unset["Keys/days_left"], unset["Scale/verification_days_left"]) == (None, None)
