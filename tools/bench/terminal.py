"""The real terminal on the bench's devices, or on this machine's own.

python -m tools.bench.terminal --station FILE [--bus SOCKET] [--eyes SOCKET] [--fullscreen]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.__main__ import run
from kiosk.config import load_station
from kiosk.log import to_journal

if TYPE_CHECKING:
    from kiosk.ui.stage import Stage


def main(arguments: list[str] | None = None) -> int:
    """Run until its window closes."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.terminal", description=__doc__)
    parser.add_argument("--station", type=Path, required=True)
    parser.add_argument("--bus", type=Path, help="socket of the bench's USB bus; without it this machine's own USB")
    parser.add_argument("--eyes", type=Path, help="where to answer questions about the screen")
    parser.add_argument("--fullscreen", action="store_true")
    chosen = parser.parse_args(arguments)
    to_journal("%(asctime)s %(message)s")

    def on_stage(stage: Stage) -> Callable[[], None]:
        if chosen.eyes is None:
            return lambda: None
        # Only now: it imports Kivy's window, whose options must be settled before.
        from tools.bench.eyes import Eyes

        return Eyes(stage, chosen.eyes).close

    backend = None if chosen.bus is None else _bench_usb(chosen.bus)
    return run(load_station(chosen.station), fullscreen=chosen.fullscreen, usb_backend=backend, on_stage=on_stage)


def _bench_usb(bus: Path) -> Any:
    # Only now: an installed terminal has no virtual devices.
    from drivers.virtual.backend import VirtualBackend
    from drivers.virtual.bus import RemoteBus

    return VirtualBackend(RemoteBus(bus))


if __name__ == "__main__":
    sys.exit(main())
