"""The terminal as a program: how fast it starts, how much memory it takes, how long its screen's thread is ever away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tools.bench.bench import Bench
from tools.bench.display import VirtualDisplay
from tools.bench.player import Player, a_whole_issue, terminal_command
from tools.bench.station import make_demo_station
from tools.measure.row import Row, against_floor, at_most

_STARTS = 5
_SIZE = (1280, 800)
_PERSON = "王建国"
_LONGEST_GAP_MS = 50.0
_SETTLED_S = 4.5


def rows() -> list[Row]:
    """Start against a bare Kivy window; memory and gaps of a whole visit by real touches."""
    with tempfile.TemporaryDirectory(prefix="kiosk-measure-") as place, VirtualDisplay(*_SIZE) as display:
        folder = Path(place)
        station = make_demo_station(folder / "station")
        environment = display.environment()
        with Bench(folder) as bench:
            ours = [sys.executable, "-m", "tools.measure.first_frame", "terminal", str(station), str(bench.usb_socket)]
            bare = [sys.executable, "-m", "tools.measure.first_frame", "bare"]
            _first_frame_s(ours, environment)  # caches of a new installation are filled once
            starts = [(_first_frame_s(ours, environment), _first_frame_s(bare, environment)) for _ in range(_STARTS)]
            memory_mb, kept_ms = _visit(folder, station, bench, display)
    return [
        against_floor("app start to first picture", median(a for a, _ in starts), "s", median(b for _, b in starts), 2.5),
        at_most("resident memory after a visit", memory_mb, "MB", 300),
        at_most("longest time our code kept the screen's thread in a visit", kept_ms, "ms", _LONGEST_GAP_MS),
    ]


def _first_frame_s(command: list[str], environment: dict[str, str]) -> float:
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        passed = time.monotonic() - begun
        process.communicate(timeout=30)
    if line.strip() != "drawn":
        raise RuntimeError(f"{command[3]} did not draw")
    return passed


def _visit(folder: Path, station: Path, bench: Bench, display: VirtualDisplay) -> tuple[float, float]:
    """Resident memory in MB, and the longest time (ms) that our code kept the screen's thread, in one whole visit."""
    eyes = folder / "eyes.sock"
    command = [*terminal_command(station, bench), "--eyes", str(eyes), "--fullscreen"]
    with subprocess.Popen(command, env=display.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        player = Player(display.name, eyes, None, bench)
        try:
            player.at("attract")
            time.sleep(_SETTLED_S)
            player.pulse()  # the start has its own row
            a_whole_issue(player, _PERSON)
            memory_mb = _resident_mb(process.pid)
            gaps = player.pulse()
        finally:
            player.close()
        process.wait(timeout=20)
    return memory_mb, max(kept for _, kept, _ in gaps)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
