"""A demonstration that is told to end takes its virtual screen, its terminal and its folder along."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.screen
ROOT = Path(__file__).resolve().parents[2]


def programs_naming(words: str) -> set[str]:
    """Command lines of all programs that run and have ``words`` in their environment or command line."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if words.encode() in (process / "environ").read_bytes() + (process / "cmdline").read_bytes():
                found.add((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_front_door_ends_the_whole_demonstration(
    tmp_path: Path, request: pytest.FixtureRequest, number: signal.Signals
) -> None:
    # Short: the demonstration makes Unix sockets in it, whose paths have 107 bytes at the most.
    folders = Path(tempfile.mkdtemp(prefix="demo-ends-"))
    request.addfinalizer(lambda: shutil.rmtree(folders, ignore_errors=True))
    environment = {**os.environ, "TMPDIR": str(folders)}
    command = [str(ROOT / "tools" / "dev"), "demo", "--headless", "--out", str(tmp_path / "out")]
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.stdout is not None
    with demo.stdout:
        try:
            for line in demo.stdout:
                if line.split()[-1] == "consent":
                    break
            assert any("Xvfb" in program for program in programs_naming(str(folders)))
            demo.send_signal(number)
            assert demo.wait(90) == 128 + number
        finally:
            demo.kill()
            demo.wait()
    assert programs_naming(str(folders)) == set()
    assert list(folders.iterdir()) == []
