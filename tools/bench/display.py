"""A virtual screen and real touches on it: Xvfb and xdotool, ended by whoever began them; and words to the command line."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType


class VirtualDisplay:
    """One Xvfb of the wanted size; use as a context manager. ``name`` is its DISPLAY."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = (width_px, height_px)
        self._server: subprocess.Popen[bytes] | None = None
        self.name = ""

    def __enter__(self) -> VirtualDisplay:
        read_end, write_end = os.pipe()
        width, height = self._size
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-dpi", "96"],
            pass_fds=[write_end],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            os.close(write_end)
            with os.fdopen(read_end) as answer:
                number = answer.readline().strip()
            if not number:
                raise RuntimeError("Xvfb did not start; is the package xvfb installed?")
        except BaseException:  # a signal, too: nobody else would end it
            self._end()
            raise
        self.name = f":{number}"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        if self._server is not None:
            end(self._server)

    def environment(self) -> dict[str, str]:
        """The environment for programs that shall appear on it."""
        return {**os.environ, "DISPLAY": self.name, "LIBGL_ALWAYS_SOFTWARE": "1", "SDL_VIDEODRIVER": "x11"}


def end(process: subprocess.Popen[bytes], patience_s: float = 10.0) -> None:
    """End a program of ours: gently, then not; it has ended when this returns."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Finger:
    """Touches on a display by xdotool, at the pace of a hand."""

    def __init__(self, display: str) -> None:
        self._environment = {**os.environ, "DISPLAY": display}

    def touch(self, x_px: float, y_px: float, *, hold_s: float = 0.06) -> None:
        """Put the finger down and lift it."""
        self._do("mousemove", str(round(x_px)), str(round(y_px)))
        self._do("mousedown", "1")
        time.sleep(hold_s)
        self._do("mouseup", "1")

    def drag(self, points: Sequence[tuple[float, float]], *, pause_s: float = 0.012) -> None:
        """Put the finger down on the first point, move through the others, lift it."""
        first, *rest = points
        self._do("mousemove", str(round(first[0])), str(round(first[1])))
        self._do("mousedown", "1")
        for x_px, y_px in rest:
            time.sleep(pause_s)
            self._do("mousemove", str(round(x_px)), str(round(y_px)))
        time.sleep(pause_s)
        self._do("mouseup", "1")

    def _do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._environment, check=True, capture_output=True)


def has_display() -> bool:
    """Whether a person could see a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def say(words: str) -> None:
    """Tell the person at the command line."""
    print(f"> {words}", flush=True)


def run_folder(base: Path | None = None) -> Path:
    """Where bench and terminal of this user meet: sockets, pictures, the demo station."""
    folder = base or Path(os.environ.get("XDG_RUNTIME_DIR", f"/tmp/kiosk-bench-{os.getuid()}")) / "kiosk-bench"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
