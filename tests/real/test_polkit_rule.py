"""The agent may restart the app and the machine, as a real polkitd judges; nothing else, and nobody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from support.polkit_world import POLKITD

ROOT = Path(__file__).parents[2]
AGENT, APP = 64001, 64002
UNITS, REBOOT, POWER_OFF = (
    "org.freedesktop.systemd1.manage-units",
    "org.freedesktop.login1.reboot",
    "org.freedesktop.login1.power-off",
)
YES, NO, ONLY_WITH_A_PASSWORD = 0, 1, 2


def can_run() -> bool:
    if os.getuid() != 0 or not POLKITD.exists() or not all(map(shutil.which, ("dbus-daemon", "dbus-send", "unshare", "setpriv"))):
        return False
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_run(), reason="needs root, mounts of its own, polkitd and dbus-daemon")
def test_the_agent_restarts_app_and_machine_and_nothing_else() -> None:
    questions = [
        ((AGENT, UNITS, {"unit": "kiosk-app.service", "verb": "restart"}), YES),
        ((AGENT, UNITS, {"unit": "kiosk-app.service", "verb": "stop"}), NO),
        ((AGENT, UNITS, {"unit": "kiosk-issuer.service", "verb": "restart"}), NO),
        ((AGENT, UNITS, {"unit": "ssh.service", "verb": "start"}), NO),
        ((AGENT, REBOOT, {}), YES),
        ((AGENT, POWER_OFF, {}), ONLY_WITH_A_PASSWORD),
        ((APP, UNITS, {"unit": "kiosk-app.service", "verb": "restart"}), ONLY_WITH_A_PASSWORD),
        ((APP, REBOOT, {}), ONLY_WITH_A_PASSWORD),
    ]
    with tempfile.TemporaryDirectory(prefix="polkit-") as folder:
        command = [
            "unshare",
            "--mount",
            sys.executable,
            "-m",
            "support.polkit_world",
            str(ROOT / "systemd/polkit-1/rules.d"),
            folder,
        ]
        done = subprocess.run(
            command,
            input=json.dumps([question for question, _ in questions]),
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            capture_output=True,
            text=True,
            check=True,
            timeout=90,
        )
    assert json.loads(done.stdout) == [answer for _, answer in questions]
