"""The library behind the encoder leaves nothing lying about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_start_leaves_no_temporary_folder(tmp_path: Path) -> None:
    script = "from drivers.printer.encode import ready; ready(); import escpos.printer; print(escpos.printer.Dummy().profile.profile_data['name'])"
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Default"
    assert list(tmp_path.iterdir()) == []
