"""Units keep what they must not have out of reach, as systemd itself scores them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "systemd"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize(("unit", "at_most"), [("kiosk-agent.service", 2.0), ("kiosk-app.service", 2.0)])
def test_unit_exposes_little(unit: str, at_most: float) -> None:
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / unit)]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert score is not None, said
    assert float(score[1]) <= at_most
