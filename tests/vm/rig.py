"""The installed terminal under its own units, played by a USB touch screen and the bench's devices on the kernel's USB."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.virtual.touchscreen import VirtualTouchscreen
from drivers.virtual.usbip import KernelPort
from tools.bench.bench import Bench
from tools.bench.player import Player
from tools.vm import station

EYES = Path("/run/kiosk/eyes.sock")
LOOKERS = Path("/run/kiosk-eyes")
DROP_IN = Path("/run/systemd/system/kiosk-app.service.d/eyes.conf")
TOUCH_PORT = 7
WIDTH_PX, HEIGHT_PX = 1280, 800
SLOW = 20.0
"""How many times slower than a terminal the emulated machine may be."""


class UsbFinger:
    """The player's finger, on the glass of a USB touch screen; places in pixels as the player knows them."""

    def __init__(self, screen: VirtualTouchscreen) -> None:
        self._screen = screen

    def touch(self, x_px: float, y_px: float, *, hold_s: float = 0.25) -> None:
        self._screen.touch(x_px / WIDTH_PX, y_px / HEIGHT_PX, hold_s=hold_s)

    def drag(self, points: Sequence[tuple[float, float]], *, pause_s: float = 0.05) -> None:
        self._screen.drag([(x / WIDTH_PX, y / HEIGHT_PX) for x, y in points], pause_s=pause_s)


def systemctl(*words: str) -> str:
    done = subprocess.run(["systemctl", "--no-pager", *words], capture_output=True, text=True, check=False, timeout=300)
    return done.stdout.strip()


def shows(unit: str, fact: str) -> str:
    return systemctl("show", "--property", fact, "--value", unit)


def journal(unit: str) -> str:
    asked = ["journalctl", "--no-pager", "-o", "cat", "-u", unit]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout


def wait_until(is_true: Callable[[], bool], what: str, timeout_s: float = 600.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.2)


def install() -> None:
    """The checkout's code becomes the installed one, the way a technician brings a terminal up to date."""
    subprocess.run(["/src/tools/dev", "install"], check=True, timeout=900)


def give_eyes() -> None:
    """The installed app started as its unit starts it, by way of the bench's terminal, which answers what is on the screen."""
    shutil.copytree("/src/tools", LOOKERS / "tools", dirs_exist_ok=True)
    command = f"/opt/kiosk/bin/python -m tools.bench.terminal --station {station.STATION} --eyes {EYES} --fullscreen"
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(
        f"[Service]\nExecStart=\nExecStart={command}\nEnvironment=PYTHONPATH={LOOKERS} PYTHONDONTWRITEBYTECODE=1\n",
        encoding="utf-8",
    )
    systemctl("daemon-reload")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A player at the installed terminal, and its touch screen, which can be pulled out."""

    player: Player
    screen: VirtualTouchscreen
    socket: KernelPort


@contextmanager
def a_terminal(folder: Path, screens: Path | None = None) -> Iterator[Terminal]:
    """The units running, devices plugged in, a finger on the glass."""
    install()
    if not station.STATION.is_file():
        station.main([])
    give_eyes()
    with ExitStack() as stack:
        screen = VirtualTouchscreen()
        socket = stack.enter_context(KernelPort(screen, TOUCH_PORT))
        bench = stack.enter_context(Bench(folder, in_kernel=True))
        EYES.unlink(missing_ok=True)
        systemctl("restart", "kiosk-issuer")
        systemctl("restart", "kiosk-app")
        stack.callback(systemctl, "stop", "kiosk-app")
        wait_until(EYES.exists, "the app answers")
        player = Player(UsbFinger(screen), EYES, screens, bench, print, SLOW)  # type: ignore[arg-type]
        stack.callback(player.close)
        yield Terminal(player, screen, socket)
