"""The installed terminal under systemd on a bare Debian: a whole visit by a USB touch screen, and what its units do when something ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image
from rig import Terminal, a_terminal, journal, shows, systemctl, wait_until

from drivers.virtual.usbip import KernelPort
from tools.bench.player import a_whole_issue
from tools.bench.station import CLERK_PIN
from tools.vm import station

RED_INK = (176, 42, 34)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with a_terminal(tmp_path_factory.mktemp("bench")) as one:
        yield one


def at_attract(terminal: Terminal) -> None:
    terminal.player.at("attract", words="打印机、秤、读卡器正常")


def main_pid(unit: str) -> int:
    return int(shows(unit, "MainPID"))


def inside(pid: int, namespace: str, *command: str) -> subprocess.CompletedProcess[str]:
    asked = ["nsenter", "--target", str(pid), namespace, "setpriv", "--reuid=kiosk", "--regid=kiosk", "--clear-groups", *command]
    return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)


def test_devices_come_online_for_the_units_own_user(terminal: Terminal) -> None:
    at_attract(terminal)
    assert shows("kiosk-app", "User") == "kiosk"
    assert Path(f"/proc/{main_pid('kiosk-app')}").stat().st_uid != 0


def test_a_farmer_leaves_with_a_label_whose_code_verifies(terminal: Terminal) -> None:
    at_attract(terminal)
    a_whole_issue(terminal.player, "王建国")
    (label,) = terminal.player.bench.labels()
    (code,) = zxingcpp.read_barcodes(Image.open(label.png))
    asked = ["/opt/kiosk/bin/python", "-m", "kiosk.credential", "verify", code.text, "--keys", "/var/lib/kiosk/keys.json", "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300, cwd="/")
    assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True), done.stdout


def test_a_finger_is_heard_once(terminal: Terminal) -> None:
    terminal.player.at("attract").touch("startClerk").at("clerkPin").type(CLERK_PIN).at("clerkToday").touch("back").at("attract")


def test_a_touch_screen_that_was_pulled_works_again_in_another_socket(terminal: Terminal) -> None:
    terminal.player.at("attract")
    found = journal("kiosk-app").count('"touch-screen"')
    terminal.socket.unplug()
    wait_until(lambda: '"touch-screen-left"' in journal("kiosk-app"), "the loss is noticed")
    with KernelPort(terminal.screen, 9):
        wait_until(lambda: journal("kiosk-app").count('"touch-screen"') > found, "it is found")
        terminal.player.touch("start").at("consent").touch("back").at("attract")
        found = journal("kiosk-app").count('"touch-screen"')
    terminal.socket.plug()
    wait_until(lambda: journal("kiosk-app").count('"touch-screen"') > found, "it is found at home")


def test_an_issuer_that_is_killed_comes_back_and_the_app_goes_on(terminal: Terminal) -> None:
    app, issuer = main_pid("kiosk-app"), main_pid("kiosk-issuer")
    back = journal("kiosk-app").count('"issuer-back"')
    os.kill(issuer, signal.SIGKILL)
    wait_until(lambda: main_pid("kiosk-issuer") not in (0, issuer), "systemd starts it again")
    wait_until(lambda: journal("kiosk-app").count('"issuer-back"') > back, "the app hears it again")
    at_attract(terminal)
    assert main_pid("kiosk-app") == app


def test_the_app_has_no_network_and_none_of_the_others_secrets(terminal: Terminal) -> None:
    pid = main_pid("kiosk-app")
    links = inside(pid, "--net", "ip", "-brief", "link").stdout.split("\n")
    assert [line.split()[0] for line in links if line] == ["lo"]
    for folder in ("/etc/kiosk/issuer", "/etc/kiosk/fleet", "/var/lib/kiosk-issuer"):
        assert inside(pid, "--mount", "ls", folder).returncode != 0
    assert inside(pid, "--mount", "ls", "/etc/kiosk/secrets").stdout.split() == ["directory.key", "lookup.key"]


def test_the_agent_may_restart_the_app_and_touch_nothing_else(terminal: Terminal) -> None:
    app = main_pid("kiosk-app")

    def as_agent(*words: str) -> int:
        asked = ["setpriv", "--reuid=kiosk-agent", "--regid=kiosk", "--clear-groups", "systemctl", "--no-ask-password", *words]
        return subprocess.run(asked, capture_output=True, check=False, timeout=600).returncode

    assert as_agent("stop", "kiosk-app.service") != 0
    assert as_agent("restart", "kiosk-issuer.service") != 0
    assert main_pid("kiosk-app") == app
    assert as_agent("restart", "kiosk-app.service") == 0
    assert main_pid("kiosk-app") not in (0, app)


def test_when_the_app_cannot_start_a_card_stands_on_the_screen_until_it_can(terminal: Terminal) -> None:
    secret = station.APP / "lookup.key"
    away = secret.with_name("away")
    secret.rename(away)
    try:
        systemctl("restart", "kiosk-app")
        card = "kiosk-failure@kiosk-app.service.service"
        wait_until(lambda: shows(card, "SubState") == "running" and red_pixels() > 500, "the card")
        assert shows("kiosk-app", "ActiveState") in ("failed", "inactive")
    finally:
        away.rename(secret)
    systemctl("stop", card)  # as after its five minutes
    wait_until(lambda: shows("kiosk-app", "ActiveState") == "active", "the app is tried again")


def red_pixels() -> int:
    """How much of the card's red stands in the frame buffer."""
    width, height = map(int, Path("/sys/class/graphics/fb0/virtual_size").read_text(encoding="ascii").split(","))
    stride = int(Path("/sys/class/graphics/fb0/stride").read_text(encoding="ascii"))
    rows = np.frombuffer(Path("/dev/fb0").read_bytes()[: stride * height], np.uint8).reshape(height, stride)
    pixels = rows[:, : width * 4].reshape(height, width, 4)[..., 2::-1]
    return int(np.count_nonzero((pixels == RED_INK).all(axis=-1)))
