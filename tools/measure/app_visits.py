"""Whole visits by real touches, with devices that behave and devices that do not; what they ask of the screen's thread.

Each kind is played three times and the quietest visit counts: what other programs of a shared machine take is not ours.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tools.bench.bench import Bench
from tools.bench.display import Finger, VirtualDisplay
from tools.bench.player import Player, a_whole_issue, terminal_command
from tools.bench.station import make_demo_station

_PERSON = "王建国"
_SERIAL = "toledo-continuous"
_SETTLED_S = 5.0
_BAD_S = 3.0
_REST_S = 1.0
_VISITS = 3


@dataclass(frozen=True, slots=True)
class Felt:
    """``kept_ms``: longest time our code kept the screen's thread in the quietest visit, and on which page; ``memory_mb`` afterwards."""

    kept_ms: float
    page: str
    memory_mb: float


def calm(folder: Path, display: VirtualDisplay) -> Felt:
    """Everything works."""
    return _play(folder, display, lambda player: a_whole_issue(player, _PERSON))


def chattering(folder: Path, display: VirtualDisplay) -> Felt:
    """A serial scale that says 100,000 times a second what lies on it, from the first touch to the last."""

    def visit(player: Player) -> None:
        player.bench.scale_fault("chatter")
        a_whole_issue(player, _PERSON)

    return _play(folder, display, visit, serial_scale=_SERIAL)


def hung(folder: Path, display: VirtualDisplay) -> Felt:
    """Reader, scale and printer stop answering in the middle of their work; the first two come back, the printer does not."""
    return _play(folder, display, lambda player: _trouble(player, reader="mute", scale="mute", printer="mute"))


def lying(folder: Path, display: VirtualDisplay) -> Felt:
    """A reader with wrong checksums, a scale that talks nonsense, a printer whose blade sticks."""
    return _play(folder, display, lambda player: _trouble(player, reader="bad-checksum", scale="garbage", printer="cutter-jam"))


def _trouble(player: Player, *, reader: str, scale: str, printer: str) -> None:
    """A whole visit in which each device has its bad moment."""
    bench = player.bench
    bench.reader_fault(reader)
    player.at("attract").touch("start").at("consent").touch("agree").at("identify")
    bench.tap_card(_PERSON)
    time.sleep(_BAD_S)
    bench.remove_card()
    bench.reader_fault("well")
    time.sleep(1.0)
    bench.tap_card(_PERSON)
    player.at("product").touch("category:vegetable").at("product", words="茄果辣椒").touch("group:solanum")
    player.at("product", words="番茄").touch("product:17")
    bench.remove_card()
    bench.scale_fault(scale)
    player.at("quantity")
    time.sleep(_BAD_S)
    bench.scale_fault("well")
    bench.set_weight(Decimal("126.35"))
    player.at("quantity", words="已稳定").touch("takeWeight").at("origin").touch("next")
    player.at("promise").sign().at("promise")
    bench.printer(printer)
    player.touch("issue")
    time.sleep(2 * _BAD_S)
    bench.printer("well")
    if player.look()["page"] == "askPaper":
        player.touch("gotIt")
    player.at("done", within_s=60.0)
    bench.set_weight(Decimal(0))
    player.touch("finish").at("attract")


def _play(folder: Path, display: VirtualDisplay, visit: Callable[[Player], None], *, serial_scale: str = "") -> Felt:
    quietest: tuple[float, str] | None = None
    with _terminal(folder, display, serial_scale) as (player, pid):
        for _ in range(_VISITS):
            player.pulse()  # what came before has rows of its own
            visit(player)
            page, kept_ms, _ = max(player.pulse(), key=lambda gap: gap[1])
            if quietest is None or kept_ms < quietest[0]:
                quietest = (kept_ms, page)
            player.bench.scale_fault("well")
        time.sleep(_REST_S)
        memory_mb = _resident_mb(pid)
    assert quietest is not None
    return Felt(quietest[0], quietest[1], memory_mb)


@contextmanager
def _terminal(folder: Path, display: VirtualDisplay, serial_scale: str) -> Iterator[tuple[Player, int]]:
    """The real terminal with a bench of its own, settled on its first page."""
    folder.mkdir(parents=True, exist_ok=True)
    station = make_demo_station(folder / "station", serial_scale=serial_scale)
    eyes = folder / "eyes.sock"
    with Bench(folder, serial_scale=serial_scale) as bench:
        command = [*terminal_command(station, bench), "--eyes", str(eyes), "--fullscreen"]
        with subprocess.Popen(command, env=display.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            player = Player(Finger(display.name), eyes, None, bench)
            try:
                player.at("attract")
                time.sleep(_SETTLED_S)
                yield player, process.pid
            finally:
                player.close()
            process.wait(timeout=20)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
