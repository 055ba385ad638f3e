"""Units say what systemd understands, and keep what they must not have out of reach, as systemd itself scores them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kiosk import sdnotify
from support.issuers import IssuerProcess, remote_station

UNITS = Path(__file__).parents[1] / "systemd"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def settings(unit: str) -> dict[str, list[str]]:
    """Every setting of a unit with all its values."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", "[")):
            found.setdefault(name, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "at_most"),
    [("kiosk-issuer.service", 1.0), ("kiosk-agent.service", 1.5), ("kiosk-app.service", 2.0), ("kiosk-failure@.service", 1.0)],
)
def test_unit_exposes_little(unit: str, at_most: float) -> None:
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / unit)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert score is not None, said
    assert float(score[1]) <= at_most


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for unit in UNITS.glob("*.service"):
        text = unit.read_text(encoding="utf-8").replace("/opt/kiosk/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    asked = ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.glob("*.service")))]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed")
def test_users_and_shared_folders_are_made_as_written(tmp_path: Path) -> None:
    (tmp_path / "etc" / "kiosk" / "issuer").mkdir(parents=True)
    (tmp_path / "etc" / "kiosk" / "issuer" / "signing.key").touch(0o644)
    for command, file in (("systemd-sysusers", "sysusers.d"), ("systemd-tmpfiles --create", "tmpfiles.d")):
        asked = [*command.split(), f"--root={tmp_path}", str(UNITS / file / "kiosk.conf")]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
    users = dict(line.split(":")[::2][:2] for line in (tmp_path / "etc" / "passwd").read_text(encoding="utf-8").splitlines())
    assert {"kiosk", "kiosk-issuer", "kiosk-agent"} <= set(users) and len(set(users.values())) == len(users)
    for folder in ("var/lib/kiosk", "var/lib/kiosk/directory", "run/kiosk"):
        assert (tmp_path / folder).stat().st_mode & 0o7777 == 0o2770
    assert (tmp_path / "etc/kiosk/issuer/signing.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "etc/kiosk/issuer").stat().st_mode & 0o777 == 0o700


def test_ledger_and_signing_key_are_the_issuers_alone() -> None:
    issuer = settings("kiosk-issuer.service")
    assert issuer["User"] == ["kiosk-issuer"] and issuer["StateDirectoryMode"] == ["0700"]
    assert issuer["PrivateNetwork"] == issuer["PrivateDevices"] == ["yes"] and issuer["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert "PrivateUsers" not in issuer  # it could not see who asks
    for unit in ("kiosk-app.service", "kiosk-agent.service", "kiosk-failure@.service"):
        found = settings(unit)
        assert found["User"] != issuer["User"]
        [hidden] = found["InaccessiblePaths"]
        assert {"-/etc/kiosk/issuer", "-/var/lib/kiosk-issuer"} <= set(hidden.split())
    users = {settings(unit)["User"][0] for unit in ("kiosk-app.service", "kiosk-agent.service", "kiosk-issuer.service")}
    assert len(users) == 3


def test_the_example_station_names_the_users_of_the_units() -> None:
    from kiosk.config import load_station

    config = load_station(UNITS.parent / "firmware_config" / "station.example.toml")
    assert [*config.issuer.users] == settings("kiosk-app.service")["User"]
    assert [*config.issuer.agents] == settings("kiosk-agent.service")["User"]
    assert config.issuer.socket == Path("/run") / settings("kiosk-issuer.service")["RuntimeDirectory"][0] / "issuer.sock"
    assert config.issuer.state == Path("/var/lib") / settings("kiosk-issuer.service")["StateDirectory"][0]


def test_an_app_that_cannot_start_brings_the_card_and_the_card_brings_it_back() -> None:
    app, card = settings("kiosk-app.service"), settings("kiosk-failure@.service")
    assert app["OnFailure"] == ["kiosk-failure@%n.service"]
    assert int(app["StartLimitBurst"][0]) * float(app["RestartSec"][0]) < float(app["StartLimitIntervalSec"][0])
    assert [command.split()[-2:] for command in card["ExecStopPost"]] == [["reset-failed", "%i"], ["start", "%i"]]


def test_a_terminal_that_works_alone_has_no_agent(tmp_path: Path) -> None:
    [condition] = settings("kiosk-agent.service")["ExecCondition"]
    remote_station(tmp_path / "alone")
    remote_station(tmp_path / "led", '[fleet]\nenabled = true\nbrokers = ["127.0.0.1:1"]\ncentre_key = "none"\n')
    codes = []
    for folder in ("alone", "led"):
        command = condition.replace("/opt/kiosk/bin/python", sys.executable)
        command = command.replace("/etc/kiosk/station.toml", str(tmp_path / folder / "station.toml"))
        codes.append(subprocess.run(command.split(), cwd=UNITS.parent, check=False, timeout=30).returncode)
    assert codes == [1, 0]  # ExecCondition: 1 skips the unit without a failure


@contextmanager
def service_manager(folder: Path, monkeypatch: pytest.MonkeyPatch, watchdog_s: float) -> Iterator[socket.socket]:
    """A socket that hears what systemd would hear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(folder / "notify"))
        heard.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", str(int(watchdog_s * 1_000_000)))
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield heard


def test_the_issuer_says_that_it_is_ready_that_it_lives_and_that_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote_station(tmp_path / "s")
    process = IssuerProcess(tmp_path / "s")
    with service_manager(tmp_path, monkeypatch, 0.6) as heard:
        process.begin()
        try:
            assert [heard.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            assert process.path.exists()
            assert process.end() == 0
            said = b""
            while said != b"STOPPING=1":
                said = heard.recv(100)
        finally:
            process.kill()


def test_a_loop_tells_its_life_at_a_third_of_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(sdnotify.time, "monotonic", lambda: now[0])
    with service_manager(tmp_path, monkeypatch, 30) as heard:
        heard.setblocking(False)
        alive, told = sdnotify.Heartbeat(), 0
        for _ in range(61):
            alive.beat()
            now[0] += 1
            try:
                told += heard.recv(100) == b"WATCHDOG=1"
            except BlockingIOError:
                continue
        assert told == 7


def test_without_a_service_manager_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
        monkeypatch.delenv(name, raising=False)
    sdnotify.notify(sdnotify.READY)
    assert sdnotify.watchdog_s() is None
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid() + 1))
    assert sdnotify.watchdog_s() is None  # somebody else is watched
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert sdnotify.watchdog_s() == 3


def test_a_call_that_is_not_allowed_is_refused_and_does_not_kill() -> None:
    for unit in UNITS.glob("*.service"):
        assert settings(unit.name)["SystemCallErrorNumber"] == ["EPERM"], unit.name
