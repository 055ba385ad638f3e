"""The demonstration's centre and the terminal's agent that reports to it: processes of their own, on free ports of this machine only.

    with DemoCentre(folder, logs) as centre:
        station = make_demo_station(..., fleet=centre.link)
        ...                                    # the terminal is started here: it comes up first
        centre.begin(station)
        centre.wait_ready()
        centre.wait_arrived(number, digits)

Rules: its parts begin in the background and yield to the terminal; they end with the block, or with us however we end. Raises ``CentreError``,
whose words say what did not work and where to read on.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from kiosk.domain.number import CertificateNumber
from tools.bench.station import FleetLink
from tools.fleet.broker import mosquitto_path

LOGIN = "yanshi"
PASSWORD = "kan-yi-kan-140703"
"""Of a centre that only this machine reaches and that knows nothing but invented people."""
READY_S = 60.0
ARRIVES_S = 45.0
_LOOK_S = 0.2
_END_S = 20.0


class CentreError(Exception):
    """The centre did not do its part."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


def broker_name() -> str:
    """The broker that a centre on this machine would start: mosquitto, else amqtt, else ""."""
    if mosquitto_path() is not None:
        return "mosquitto"
    return "amqtt" if find_spec("amqtt") is not None else ""


def free_port(wanted: int = 0) -> int:
    """``wanted`` if nobody uses it now, else any free port of this machine."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CentreError("no free port on this machine")


class DemoCentre:
    """See the module. ``logs`` is where its parts write what they say; ``port`` is wanted for the web application."""

    def __init__(self, folder: Path, logs: Path, *, port: int = 0) -> None:
        self._folder = folder
        self._logs = logs
        self._broker_port = free_port()
        self._port = free_port(port)
        self._parts: list[_Part] = []
        self._ready = threading.Event()
        self._ending = threading.Event()
        self._keeper: threading.Thread | None = None
        self.address = f"http://127.0.0.1:{self._port}"
        self.link = FleetLink(f"127.0.0.1:{self._broker_port}", folder / "centre.pub")

    def __enter__(self) -> DemoCentre:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.tell_to_end()
        if self._keeper is not None:
            self._keeper.join()
        for part in self._parts:
            try:
                part.process.wait(_END_S)
            except subprocess.TimeoutExpired:
                part.process.kill()
                part.process.wait()

    def begin(self, station: Path) -> None:
        """Start everything for the terminal of this station file; returns at once."""
        # Programs end with the thread that started them (``_tied``), so one thread starts them all and stays.
        self._keeper = threading.Thread(target=self._keep, args=(station,), name="demo-centre", daemon=True)
        self._keeper.start()

    def tell_to_end(self) -> None:
        """Ask all parts to end and do not wait."""
        self._ending.set()
        for part in reversed(self._parts):
            if part.process.poll() is None:
                part.process.terminate()

    def wait_ready(self, within_s: float = READY_S) -> None:
        """Until the web application answers and the agent runs. Raises ``CentreError``."""
        deadline = time.monotonic() + within_s
        while not self._ready.wait(_LOOK_S):
            self._check_parts()
            if time.monotonic() > deadline:
                raise CentreError(f"中心在 {within_s:.0f} 秒内没有启动，见 {self._logs / 'centre.log'}")

    def wait_arrived(self, number: CertificateNumber, digits: str, within_s: float = ARRIVES_S) -> None:
        """Until the console knows the certificate and the public page says that its code ``digits`` is valid. Raises ``CentreError``."""
        deadline = time.monotonic() + within_s
        with self.console() as client:
            while True:
                self._check_parts()
                found = client.get(f"/console/certificates/{number.compact}").status_code == 200
                standing = self.standing(client, digits) if found else "absent"
                if standing == "valid":
                    return
                if standing != "absent":
                    raise CentreError(f"中心收到了合格证，但查验结果是 {standing}，见 {self._logs / 'centre.log'}")
                if time.monotonic() > deadline:
                    logs = " 和 ".join(str(self._logs / f"{name}.log") for name in ("centre", "agent"))
                    raise CentreError(f"合格证在 {within_s:.0f} 秒内没有到中心，见 {logs}")
                time.sleep(_LOOK_S)

    @contextmanager
    def console(self) -> Iterator[httpx.Client]:
        """A visitor who has logged in at the console. Raises ``CentreError``, also when the centre stops answering."""
        try:
            with httpx.Client(base_url=self.address, trust_env=False, timeout=10) as client:
                answer = client.post("/console/login", data={"login": LOGIN, "password": PASSWORD, "next": "/"})
                if answer.status_code != 303:
                    raise CentreError(f"值班台不让登录（{answer.status_code}），见 {self._logs / 'centre.log'}")
                yield client
        except httpx.HTTPError as err:
            raise CentreError(f"值班台没有回答（{type(err).__name__}），见 {self._logs / 'centre.log'}") from err

    @staticmethod
    def standing(client: httpx.Client, digits: str) -> str:
        """What the public page would say of a code: ``absent`` until its certificate is there, then ``valid`` or why not."""
        answer = client.post("/p/scan", json={"digits": digits})
        return str(answer.json().get("standing", "refused")) if answer.status_code == 200 else f"HTTP {answer.status_code}"

    def _check_parts(self) -> None:
        for part in self._parts:
            code = part.process.poll()
            if code is not None and not self._ending.is_set():
                raise CentreError(f"{part.name} 自己退出了（{code}），见 {part.log}")

    def _keep(self, station: Path) -> None:
        host = [sys.executable, "-m", "tools.bench.centre_host", "--station", str(station), "--folder", str(self._folder)]
        host += ["--login", LOGIN, "--port", str(self._port), "--broker-port", str(self._broker_port)]
        process = self._start("centre", host, words=f"{PASSWORD}\n")
        while not self._ending.is_set() and process.poll() is None and not self._answers():
            time.sleep(_LOOK_S)
        # Only now: an agent that finds no broker comes back after a while of its own choice.
        if not self._ending.is_set() and process.poll() is None:
            self._start("agent", [sys.executable, "-m", "kiosk.agent", "--station", str(station)])
            self._ready.set()
        self._ending.wait()

    def _answers(self) -> bool:
        with socket.socket() as broker:
            if broker.connect_ex(("127.0.0.1", self._broker_port)) != 0:
                return False
        try:
            return httpx.get(f"{self.address}/healthz", trust_env=False, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _start(self, name: str, command: list[str], words: str = "") -> subprocess.Popen[bytes]:
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = _tied(command, out)
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as inlet:
            inlet.write(words.encode())
        self._parts.append(_Part(name, process, log))
        if self._ending.is_set():
            process.terminate()
        return process


def _tied(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A process of ours at low priority; it is told to end when the thread that starts it ends, however that comes."""
    tie = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return subprocess.Popen(["nice", "-n", "5", *tie, *command], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
