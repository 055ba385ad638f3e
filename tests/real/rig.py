"""One machine with a real USB path: virtual devices of this process behind libusb's own system calls in another one.

test (virtual devices, Bus) <- Unix socket -> usb_kernel.py (umockdev) <- ioctl -> libusb, pyusb, our drivers (a client process)
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from drivers.virtual.bus import Bus, BusServer, VirtualUsbDevice

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"
PRELOAD = "libumockdev-preload.so.0"
Facts = dict[str, Any]


def why_not() -> str:
    """Empty when this machine has what the real path needs, else what is missing."""
    probe = "import gi; gi.require_version('UMockdev', '1.0'); from gi.repository import UMockdev"
    if not Path(SYSTEM_PYTHON).exists():
        return f"no {SYSTEM_PYTHON}"
    done = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


class Lines:
    """JSON lines of a process, read by a thread so that a test can wait for one of them."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._queue: queue.Queue[Facts | None] = queue.Queue()
        self.seen: list[Facts] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def next(self, timeout_s: float = 10.0) -> Facts:
        line = self._queue.get(timeout=timeout_s)
        assert line is not None, f"the process ended; it said {self.seen}"
        return line

    def wait_for(self, wanted: Callable[[Facts], bool], timeout_s: float = 10.0) -> Facts:
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            assert left > 0, f"did not come within {timeout_s} s; seen: {self.seen}"
            try:
                line = self.next(left)
            except queue.Empty:
                continue
            if wanted(line):
                return line

    def _read(self) -> None:
        for line in self._stream:
            facts = json.loads(line)
            self.seen.append(facts)
            self._queue.put(facts)
        self._queue.put(None)


class Client:
    """Our drivers in a process of their own, under umockdev's preload."""

    def __init__(self, environment: dict[str, str], arguments: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.lines = Lines(self.process.stdout)

    def say(self, **facts: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(facts) + "\n")
        self.process.stdin.flush()

    def wait_for(self, wanted: Callable[[Facts], bool], timeout_s: float = 10.0) -> Facts:
        return self.lines.wait_for(wanted, timeout_s)

    def end(self) -> str:
        """Close its input, wait for its end and return what it complained about."""
        assert self.process.stdin is not None and self.process.stderr is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        return self.process.stderr.read()


class RealUsb:
    """The machine. ``plug`` and ``unplug`` do it on the virtual bus and before libusb's eyes."""

    def __init__(self) -> None:
        self.bus = Bus()
        self._folder = tempfile.TemporaryDirectory(prefix="real-usb-")
        socket_path = Path(self._folder.name) / "bus"
        self._server = BusServer(self.bus, socket_path).__enter__()
        self._kernel = subprocess.Popen(
            [SYSTEM_PYTHON, str(HERE / "usb_kernel.py"), str(socket_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "LD_PRELOAD": PRELOAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._kernel.stdout is not None
        self._answers = Lines(self._kernel.stdout)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LD_PRELOAD": PRELOAD,
            "UMOCKDEV_DIR": self._answers.next()["root"],
        }
        self._clients: list[Client] = []
        self._ports: dict[VirtualUsbDevice, str] = {}

    def __enter__(self) -> RealUsb:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for client in self._clients:
            if client.process.poll() is None:
                client.process.kill()
                client.process.wait()
        assert self._kernel.stdin is not None
        self._kernel.stdin.close()
        try:
            self._kernel.wait(5)
        finally:
            if self._kernel.poll() is None:
                self._kernel.kill()
            self.bus.close()
            self._server.__exit__(None, None, None)
            self._folder.cleanup()

    def plug(self, device: VirtualUsbDevice, port: str = "1-1", *, driver: str = "", report_descriptor: bytes = b"") -> None:
        """``port`` as in sysfs; ``driver`` is the kernel driver that takes the device first."""
        self.bus.plug(device)
        key = next(item.key for item in self.bus.attached() if item.descriptor is device.descriptor)
        self._ports[device] = port
        self._tell(op="plug", key=key, port=port, driver=driver, report_descriptor=report_descriptor.hex().upper())

    def unplug(self, device: VirtualUsbDevice) -> None:
        """Pull the plug, whatever is on its way."""
        self.bus.unplug(device)
        self._tell(op="unplug", port=self._ports.pop(device))

    def add_keyboard(self, number: int) -> str:
        """An event device; returns its path."""
        self._tell(op="add_keyboard", number=number)
        return f"/dev/input/event{number}"

    def type_keys(self, number: int, events: bytes) -> None:
        """What the keyboard sends, as the kernel writes it."""
        self._tell(op="type_keys", number=number, events=events.hex())

    def remove_keyboard(self, number: int) -> None:
        """Pull it out."""
        self._tell(op="remove_keyboard", number=number)

    def add_camera(self, number: int, control: int, maximum: int) -> str:
        """A camera with one V4L2 control; returns its path."""
        self._tell(op="add_camera", number=number, control=control, maximum=maximum)
        return f"/dev/video{number}"

    def light_orders(self, number: int) -> list[int]:
        """What its control was set to, in order."""
        return list(self._tell(op="light_orders", number=number)["orders"])

    def python(self, program: str, timeout_s: float = 20.0) -> str:
        """What a program prints on this machine."""
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=True,
        )
        return done.stdout.strip()

    def owner(self, device: VirtualUsbDevice) -> str:
        """The kernel driver that still has the device, "" when it was sent away."""
        return str(self._tell(op="owner", port=self._ports[device])["owner"])

    def command(self, arguments: str, timeout_s: float = 30.0) -> tuple[int, list[Facts], str]:
        """``python -m drivers ... --json`` on this machine: exit code, objects, what it complained about."""
        done = subprocess.run(
            [sys.executable, "-m", "drivers", *arguments.split(), "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def client(self, family: str, place: str = "") -> Client:
        """A supervised driver, of the device at a place, that goes on until the test ends it."""
        return self._start([str(HERE / "usb_client.py"), family, *([place] if place else [])])

    def running_command(self, arguments: str) -> Client:
        """``python -m drivers ... --json`` that the test goes on with."""
        return self._start(["-m", "drivers", *arguments.split(), "--json"])

    def _start(self, arguments: list[str]) -> Client:
        client = Client(self.environment, arguments)
        self._clients.append(client)
        return client

    def _tell(self, **command: object) -> Facts:
        assert self._kernel.stdin is not None
        self._kernel.stdin.write(json.dumps(command) + "\n")
        self._kernel.stdin.flush()
        answer = self._answers.next()
        assert answer["done"] == command["op"]
        return answer
