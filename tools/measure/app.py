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
from tools.bench.station import make_demo_station
from tools.measure import app_visits
from tools.measure.row import Row, against_floor, at_most

_STARTS = 5
_SIZE = (1280, 800)
_LONGEST_GAP_MS = 50.0
_VISITS = {"calm": app_visits.calm, "chatter": app_visits.chattering, "hung": app_visits.hung, "lying": app_visits.lying}
_TOLD = {
    "calm": "in a visit",
    "chatter": "with a scale of 100,000 reports a second",
    "hung": "with reader, scale and printer hung",
    "lying": "with devices that lie",
}


def rows() -> list[Row]:
    """Start against a bare Kivy window; memory and gaps of whole visits by real touches."""
    with tempfile.TemporaryDirectory(prefix="kiosk-measure-") as place, VirtualDisplay(*_SIZE) as display:
        folder = Path(place)
        station = make_demo_station(folder / "station")
        environment = display.environment()
        with Bench(folder) as bench:
            ours = [sys.executable, "-m", "tools.measure.first_frame", "terminal", str(station), str(bench.usb_socket)]
            bare = [sys.executable, "-m", "tools.measure.first_frame", "bare"]
            _first_frame_s(ours, environment)  # caches of a new installation are filled once
            starts = [(_first_frame_s(ours, environment), _first_frame_s(bare, environment)) for _ in range(_STARTS)]
        felt = {name: play(folder / name, display) for name, play in _VISITS.items()}
    return [
        against_floor("app start to first picture", median(a for a, _ in starts), "s", median(b for _, b in starts), 2.5),
        at_most("resident memory after visits", max(one.memory_mb for one in felt.values()), "MB", 300),
        *(
            at_most(
                f"longest time our code kept the screen's thread, {_TOLD[name]} (on {one.page})", one.kept_ms, "ms", _LONGEST_GAP_MS
            )
            for name, one in felt.items()
        ),
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
