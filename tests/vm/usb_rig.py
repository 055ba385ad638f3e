"""Virtual devices on the kernel's USB, and the drivers beside them as the app's unit runs them."""

from __future__ import annotations

import base64
import json
import queue
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pytest

from drivers.printer.record import PrinterJob
from drivers.virtual.bus import VirtualUsbDevice
from drivers.virtual.usbip import CONTROLLER, KernelPort

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = "/opt/kiosk/bin/python"
SLOW_S = 90.0
"""The longest wait for something that takes a second on a terminal: this machine is emulated, and not alone."""
_NOT_FOR_A_COMMAND = {"Type", "NotifyAccess", "WatchdogSec", "ExecStart", "Restart", "RestartPreventExitStatus", "RestartSec"}
_TROUBLE = re.compile(r"Oops|BUG:|WARNING:|Call Trace|general protection|refcount_t|blocked for more than|KASAN|use-after-free")
Facts = dict[str, Any]


def in_the_units_sandbox(*command: str) -> list[str]:
    """A command line that runs with the user, groups and confinement of ``kiosk-app.service``; of ours it sees what is installed."""
    words = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--working-directory=/"]
    section = (ROOT / "systemd" / "kiosk-app.service").read_text(encoding="utf-8").partition("[Service]")[2].partition("\n[")[0]
    for line in section.splitlines():
        if "=" in line and not line.startswith("#") and line.partition("=")[0] not in _NOT_FOR_A_COMMAND:
            words += ["-p", line]
    return [*words, "--setenv=PYTHONDONTWRITEBYTECODE=1", "--setenv=LANG=C.UTF-8", *command]


class App:
    """The process of ``usb_app``: commands in, records out, in the order in which they came."""

    def __init__(self) -> None:
        command = in_the_units_sandbox(PRODUCT, str(Path(__file__).with_name("usb_app.py")))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin = self._process.stdin
        self._answers: dict[int, queue.Queue[Facts]] = {}
        self._count = 0
        self._changed = threading.Condition()
        self._records: list[Facts] = []
        self._is_over = False
        threading.Thread(target=self._read, args=(self._process.stdout,), name="lines-of-the-app", daemon=True).start()

    def close(self) -> None:
        self._stdin.close()
        self._process.wait(SLOW_S)

    # ---- commands -----------------------------------------------------------------------------------------------------------

    def begin(self, op: str, **facts: Any) -> int:
        """Say it; ``answer`` waits for what it says."""
        self._count += 1
        self._answers[self._count] = queue.Queue()
        self._stdin.write(json.dumps({"n": self._count, "op": op, **facts}) + "\n")
        self._stdin.flush()
        return self._count

    def answer(self, number: int, timeout_s: float = SLOW_S) -> Facts:
        answer = self._answers[number].get(timeout=timeout_s)
        assert "failed" not in answer, answer
        return answer

    def do(self, op: str, **facts: Any) -> Facts:
        return self.answer(self.begin(op, **facts))

    def cli(self, line: str) -> Facts:
        """One command line of ``python -m drivers``."""
        return self.do("cli", arguments=line.split())

    def print(self, name: str, job: PrinterJob) -> None:
        self.do("print", name=name, job=job.job_id, data=base64.b64encode(job.data).decode(), height_mm=job.height_mm)

    # ---- records ------------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """A place in the order of records."""
        with self._changed:
            return len(self._records)

    def since(self, place: int, name: str) -> list[Facts]:
        with self._changed:
            return [record for record in self._records[place:] if record.get("name") == name]

    def wait(self, name: str, place: int = 0, timeout_s: float = SLOW_S, **wanted: Any) -> Facts:
        """The first record from ``place`` on that has all of these values."""

        def found() -> Facts | None:
            return next((r for r in self._records[place:] if r.get("name") == name and wanted.items() <= r.items()), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or self._is_over, timeout_s)
            record = found()
            assert record is not None, f"{name} never told {wanted}; it told {self._records[place:][-20:]}"
            return record

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            facts = json.loads(line)
            if "n" in facts:
                self._answers[facts["n"]].put(facts)
            else:
                with self._changed:
                    self._records.append(facts)
                    self._changed.notify_all()
        with self._changed:
            self._is_over = True
            self._changed.notify_all()


@pytest.fixture(scope="session")
def whole_app() -> Iterator[App]:
    app = App()
    app.do("memory")  # it is up
    assert app._records[0] == {"listening": True}
    yield app
    app.close()


class Devices:
    """Supervised devices of one test; they are stopped with it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._names: list[str] = []

    def start(self, name: str, family: str, *, place: str = "", profile: str = "", **settings: Any) -> None:
        self._names.append(name)
        self._app.do("start", name=name, family=family, place=place, profile=profile, settings=settings)

    def stop(self, name: str) -> float:
        """Seconds that it took."""
        self._names.remove(name)
        return float(self._app.do("stop", name=name)["seconds"])

    def stop_all(self) -> None:
        for name in list(self._names):
            self.stop(name)


@pytest.fixture
def app(whole_app: App) -> App:
    return whole_app


@pytest.fixture
def devices(whole_app: App) -> Iterator[Devices]:
    devices = Devices(whole_app)
    yield devices
    devices.stop_all()


@pytest.fixture
def plug() -> Iterator[Callable[..., KernelPort]]:
    """Plugs devices into the kernel's ports; all are pulled in the end."""
    with ExitStack() as stack:

        def plugged(device: VirtualUsbDevice, port: int = 0) -> KernelPort:
            there = KernelPort(device, port)
            stack.callback(there.unplug, SLOW_S)
            there.plug(SLOW_S)
            return there

        yield plugged


@pytest.fixture(autouse=True)
def kernel_stays_well() -> Iterator[None]:
    """No oops, no warning, and nothing left in a port."""
    mark = f"kiosk-vm: a test begins at {time.time()}"
    Path("/dev/kmsg").write_text(mark, encoding="ascii")
    yield
    said = kernel_log().rpartition(mark)[2]  # all of it where the mark was pushed out
    assert not _TROUBLE.search(said), said
    rows = [row.split() for row in (CONTROLLER / "status").read_text(encoding="ascii").splitlines()[1:]]
    assert {row[2] for row in rows} == {"004"}, rows


def kernel_log() -> str:
    return subprocess.run(["dmesg", "--notime"], capture_output=True, text=True, check=True, timeout=SLOW_S).stdout


def settle(*ports: KernelPort) -> None:
    """Until udev has given their nodes to a group, and done the rest of what the kernel told it."""
    for port in ports:
        wait_until(lambda: node_of(port).group() != "root", f"udev gave {port.place} to nobody")  # noqa: B023 - ends before the next
    subprocess.run(["udevadm", "settle", f"--timeout={SLOW_S:.0f}"], check=True, timeout=2 * SLOW_S)


def wait_until(is_true: Callable[[], bool], what: str, timeout_s: float = SLOW_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def driver_of(port: KernelPort, interface: int = 0) -> str:
    """The kernel's driver of an interface, "" for none; ``usbfs`` is a program that claimed it."""
    link = Path("/sys/bus/usb/devices") / f"{port.place}:1.{interface}" / "driver"
    return link.resolve().name if link.exists() else ""


def node_of(port: KernelPort) -> Path:
    device = Path("/sys/bus/usb/devices") / port.place
    numbers = [int((device / name).read_text(encoding="ascii")) for name in ("busnum", "devnum")]
    return Path(f"/dev/bus/usb/{numbers[0]:03d}/{numbers[1]:03d}")


def place_of(port: int, interface: int | None = None) -> str:
    """The place of a port of the virtual controller, as a station file would name it."""
    return f"path:platform-vhci_hcd.0-usb-0:{port + 1}" + (f":1.{interface}" if interface is not None else "")
