"""The issuer as a real process, to be killed: ``python -m kiosk.issuing`` on a demonstration station.

As a program (``python -m support.issuers STATION MOMENT CALL``) it kills itself with SIGKILL once, at a chosen moment of a chosen call:
``beforeCommit`` or ``afterCommit`` (before the answer). The next start of the same station lives.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Connection

from kiosk.config import StationConfig, load_station
from kiosk.issuing import __main__ as program
from kiosk.issuing.server import IssuerServer
from kiosk.store.engine import WRITES
from kiosk.wire.issuer_rpc import Ask, Frame
from tools.bench.station import make_demo_station

ROOT = Path(__file__).resolve().parents[2]
_DIED = "died"


def remote_station(folder: Path, more: str = "") -> StationConfig:
    """A demonstration station whose issuer is a process of its own."""
    file = make_demo_station(folder, own_issuer=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(more)
    return load_station(file)


class IssuerProcess:
    """The issuer of the station in ``folder``; ``moment`` and ``call`` as in ``python -m support.issuers``. As a block: started, and killed after it."""

    def __init__(self, folder: Path, moment: str = "", call: str = "") -> None:
        self.station = folder / "station.toml"
        self.path = folder / "issuer" / "issuer.sock"
        self._command = [sys.executable, "-m", "kiosk.issuing", "--station", str(self.station)]
        if moment:
            self._command = [sys.executable, "-m", "support.issuers", str(self.station), moment, call]
        self._log = folder / "issuer.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        self._is_over = False

    def __enter__(self) -> IssuerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def begin(self) -> None:
        """Start without waiting."""
        with self._turn:
            self._is_over = False
            self._begin()

    def _begin(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )

    def start(self, within_s: float = 60.0) -> None:
        """Start and wait until it answers the door."""
        self.begin()
        assert self._process is not None
        until = time.monotonic() + within_s
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(str(self.path)) == 0:
                    return
            time.sleep(0.02)
        self.kill()
        raise AssertionError(self._log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """As the kernel would. Whoever watches for a death of its own brings it back no more."""
        with self._turn:
            self._is_over = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def end(self) -> int:
        """In order; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def died(self, within_s: float = 60.0) -> bool:
        """Wait for a death of its own; whether it was the chosen one."""
        assert self._process is not None
        return self._process.wait(within_s) == -signal.SIGKILL and (self.station.parent / _DIED).exists()

    def reborn(self) -> threading.Thread:
        """Start again as soon as it has died the chosen death, as the service manager does."""

        def watch() -> None:
            if self.died():
                with self._turn:
                    if not self._is_over:
                        self._begin()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        return thread


def _main(station: str, moment: str, call: str) -> int:
    mark = Path(station).parent / _DIED

    def die() -> None:
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

    if not mark.exists():
        program.IssuerServer = _faulty(moment, call, die)  # type: ignore[misc]
    return program.main(["--station", station])


def _faulty(moment: str, call: str, die: Callable[[], None]) -> type[IssuerServer]:
    def at_commit(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            die()

    class Faulty(IssuerServer):
        def _done(self, ask: Ask, body: bytes) -> Frame:
            if ask.call != call:
                return super()._done(ask, body)
            if moment == "beforeCommit":
                event.listen(self._issuer._file._engine, "commit", at_commit)
            done = super()._done(ask, body)
            die()
            return done

    return Faulty


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
