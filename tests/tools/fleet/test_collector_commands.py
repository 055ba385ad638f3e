"""The centre at the command line: one command brings everything up and takes everything down again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from amqtt.contexts import Action
from sqlalchemy import select

from support.agents import until
from support.centre_processes import HAS_MOSQUITTO, ROOT, free_port, running_broker
from tools.fleet.__main__ import main
from tools.fleet.broker import TlsServer, write_mosquitto
from tools.fleet.broker_amqtt import may
from tools.fleet.simulator.faults import Faults
from tools.fleet.store.accounts import hash_password
from tools.fleet.store.database import open_store
from tools.fleet.store.queries import find_terminal
from tools.fleet.store.queries_desk import Account, add_account
from tools.fleet.store.schema import account, certificate
from tools.fleet.supervise import Supervisor

ME, OTHER = "1407030031", "1407030032"


def get(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as err:
        return err.code


def wait_for(address: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            get(address)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"nobody at {address}")


@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
def test_one_command_serves_and_ends_with_all_its_processes(tmp_path: Path) -> None:
    folder, port = tmp_path / "centre", free_port()
    with running_broker(tmp_path / "broker") as broker:
        place = ["--folder", str(folder), "--broker", f"127.0.0.1:{broker.port}"]
        command = [sys.executable, "-m", "tools.fleet", "serve", *place, "--port", str(port)]
        with (tmp_path / "log").open("wb") as log:
            served = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            assert get(f"http://127.0.0.1:{port}/q/") == 200
            assert get(f"http://127.0.0.1:{port}/console/") == 200
            assert main(["simulate", *place, "--terminals", "5", "--rate", "5", "--seconds", "3", "--check"]) == 0
            children = _children(served.pid)
            assert len(children) == 2
        finally:
            served.send_signal(signal.SIGTERM)
            assert served.wait(30) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    store = open_store(f"sqlite:///{folder / 'centre.db'}")
    with store.reading() as tx:
        assert len(tx.execute(select(certificate.c.number)).all()) >= 10
    store.close()


@pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
def test_a_signal_before_the_web_application_serves_leaves_nobody_behind(tmp_path: Path) -> None:
    folder = ["--folder", str(tmp_path / "centre"), "--port", str(free_port()), "--broker-port", str(free_port())]
    with (tmp_path / "log").open("wb") as log:
        served = subprocess.Popen(
            [sys.executable, "-m", "tools.fleet", "serve", *folder], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        until(lambda: len(_children(served.pid)) == 3, 60, "broker, host and collector")
        children = _children(served.pid)
        served.send_signal(signal.SIGTERM)
        assert served.wait(60) == 0, (tmp_path / "log").read_text(encoding="utf-8")
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    finally:
        served.kill()
        served.wait()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


@pytest.mark.parametrize("is_behind", [True, False])
def test_behind_a_proxy_the_cookie_is_for_https_only_and_files_are_handed_to_nobody(tmp_path: Path, is_behind: bool) -> None:
    folder, port = tmp_path / "centre", free_port()
    command = [sys.executable, "-m", "tools.fleet", "web", "--folder", str(folder), "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        served = subprocess.Popen(
            command + ["--behind-tls"] * is_behind, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz")
        store = open_store(f"sqlite:///{folder / 'centre.db'}")
        hashed = hash_password("a long enough secret", "chen")
        with store.writing() as tx:
            add_account(tx, Account("chen", "chen", "viewer", "14", hashed, datetime(2026, 11, 25, tzinfo=UTC), None, 0))
        store.close()
        fields = {"login": "chen", "password": "a long enough secret", "next": "/"}
        cookie = httpx.post(f"http://127.0.0.1:{port}/console/login", data=fields).headers["set-cookie"]
        assert cookie.startswith("__Host-sxc_console=") is ("Secure" in cookie) is is_behind
        assert get(f"http://127.0.0.1:{port}/files/x") == 404
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(30)


def test_terminals_are_entered_changed_and_retired(tmp_path: Path) -> None:
    folder = ["--folder", str(tmp_path)]
    assert main(["terminal", ME, "--station", "太谷区明星镇农产品服务站", "--town", "140703101", *folder]) == 0
    assert main(["terminal", ME, "--retire", *folder]) == 0
    store = open_store(f"sqlite:///{tmp_path / 'centre.db'}")
    with store.reading() as tx:
        row = find_terminal(tx, ME)
        assert row is not None
        assert (row.station, row.town, row.county) == ("太谷区明星镇农产品服务站", "140703101", "140703")
        assert row.commissioned_at is not None
        assert row.retired_at is not None
    store.close()
    assert main(["terminal", "12", *folder]) == 2


def test_a_login_is_made_once_and_its_password_is_read_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ["--folder", str(tmp_path)]
    words = tmp_path / "words"
    words.write_text("a long enough secret\n", encoding="utf-8")

    def make(*more: str) -> int:
        with words.open(encoding="utf-8") as typed:
            monkeypatch.setattr(sys, "stdin", typed)
            return main(["account", "chen", *folder, *more])

    assert make("--area", "140703") == 0
    assert make() == 2
    assert make("--area", "149999") == 2
    assert make("--role", "admin") == 2
    store = open_store(f"sqlite:///{tmp_path / 'centre.db'}")
    with store.reading() as tx:
        row = tx.execute(select(account)).one()
        assert (row.login, row.role, row.area) == ("chen", "operator", "140703")
        assert "secret" not in row.password
    store.close()


def test_the_centres_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "--folder", str(tmp_path)]) == 0
    secret = (tmp_path / "centre.key").read_bytes()
    assert (tmp_path / "centre.key").stat().st_mode & 0o077 == 0
    assert len((tmp_path / "centre.pub").read_text(encoding="ascii").strip()) == 64
    assert main(["key", "--folder", str(tmp_path)]) == 2
    assert (tmp_path / "centre.key").read_bytes() == secret
    assert secret.hex() not in capsys.readouterr().out


def test_without_tls_the_broker_listens_on_this_machine_only(tmp_path: Path) -> None:
    plain = write_mosquitto(tmp_path / "plain", 1883).read_text(encoding="utf-8")
    assert "listener 1883 127.0.0.1\n" in plain
    files = TlsServer(Path("/ca.pem"), Path("/broker.pem"), Path("/broker.key"))
    secure = write_mosquitto(tmp_path / "tls", 8883, files).read_text(encoding="utf-8")
    assert "listener 8883\n" in secure
    assert "use_identity_as_username true\n" in secure
    assert "allow_anonymous true" not in secure


@pytest.mark.parametrize(
    ("user", "topic", "action", "allowed"),
    [
        (ME, f"sxc/v1/{ME}/up/cert", Action.PUBLISH, True),
        (ME, f"sxc/v1/{OTHER}/up/cert", Action.PUBLISH, False),
        (ME, f"sxc/v1/{ME}/down/receipt", Action.PUBLISH, False),
        (ME, f"sxc/v1/{ME}/down/+", Action.SUBSCRIBE, True),
        (ME, "sxc/v1/+/down/+", Action.SUBSCRIBE, False),
        (ME, "#", Action.SUBSCRIBE, False),
        (ME, f"spBv1.0/140703/NBIRTH/{ME}", Action.PUBLISH, True),
        (ME, f"spBv1.0/140703/NBIRTH/{OTHER}", Action.PUBLISH, False),
        (ME, f"spBv1.0/140703/DDATA/{ME}/printer", Action.PUBLISH, True),
        (ME, f"spBv1.0/140703/NCMD/{ME}", Action.PUBLISH, False),
        (ME, f"spBv1.0/140703/NCMD/{ME}", Action.RECEIVE, True),
        (ME, "spBv1.0/STATE/sxc", Action.SUBSCRIBE, True),
        (ME, "spBv1.0/STATE/sxc", Action.PUBLISH, False),
        ("sxc", "sxc/v1/+/up/cert", Action.SUBSCRIBE, True),
        ("", f"sxc/v1/{ME}/up/cert", Action.PUBLISH, False),
        (".*", f"sxc/v1/{ME}/up/cert", Action.PUBLISH, False),
    ],
)
def test_the_brokers_rules_give_a_terminal_its_own_topics(user: str, topic: str, action: Action, allowed: bool) -> None:
    assert may(user, topic, action) is allowed


def test_a_process_that_ends_is_begun_again(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    script = f"import os; open({str(marks)!r}, 'a').write('x'); os._exit(3)"
    supervisor = Supervisor([("short", [sys.executable, "-c", script])])
    supervisor.begin()
    until = time.monotonic() + 20
    while time.monotonic() < until and (not marks.exists() or marks.stat().st_size < 2):
        time.sleep(0.05)
    supervisor.end()
    assert marks.stat().st_size >= 2


def test_a_supervisor_that_is_killed_leaves_nobody(tmp_path: Path) -> None:
    script = (
        "import os, sys, threading\n"
        "from tools.fleet.supervise import when_parent_ends\n"
        "when_parent_ends(lambda: os._exit(0))\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "threading.Event().wait()\n"
    )
    parent = (
        "import sys, time\n"
        "from tools.fleet.supervise import Supervisor\n"
        f"Supervisor([('child', [sys.executable, '-c', {script!r}])]).begin()\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    until = time.monotonic() + 20
    while time.monotonic() < until and not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text(encoding="ascii")):
        time.sleep(0.05)
    child = int((tmp_path / "pid").read_text(encoding="ascii"))
    process.kill()
    process.wait()
    while time.monotonic() < until and Path(f"/proc/{child}/cmdline").exists() and Path(f"/proc/{child}/cmdline").read_bytes():
        time.sleep(0.05)
    assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()


def test_faults_are_read_and_strangers_refused() -> None:
    assert Faults.parse("offline:0.1,clone,outage:140703") == Faults(offline=0.1, clone=1.0, outage="140703")
    assert Faults.parse("") == Faults()
    with pytest.raises(ValueError, match="no such fault"):
        Faults.parse("fire:1")
