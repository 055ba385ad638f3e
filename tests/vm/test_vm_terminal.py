"""The installed terminal under systemd on a bare Debian: a whole visit by a USB touch screen, and what its units do when something ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from rig import a_terminal, journal, shows, wait_until

from tools.bench.player import Player, a_whole_issue


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    with a_terminal(tmp_path_factory.mktemp("bench")) as one:
        yield one


def test_devices_come_online_for_the_units_own_user(player: Player) -> None:
    wait_until(
        lambda: all(f'"{kind}","state":"online"' in journal("kiosk-app") for kind in ("reader", "scale", "printer")), "online"
    )
    assert shows("kiosk-app", "User") == "kiosk"


def test_a_farmer_leaves_with_a_label_whose_code_verifies(player: Player, tmp_path: Path) -> None:
    a_whole_issue(player, "王建国")
    (label,) = player.bench.labels()
    (code,) = zxingcpp.read_barcodes(Image.open(label.png))
    asked = ["/opt/kiosk/bin/python", "-m", "kiosk.credential", "verify", code.text, "--keys", "/var/lib/kiosk/keys.json", "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=300, cwd="/")
    assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True), done.stdout
