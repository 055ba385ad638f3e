"""A device that chatters, beside a quiet one: how long another thread has to wait for its turn, and what is left in memory.

The drivers run under their supervisors as on a terminal, on the pyusb backend of the virtual bus and on a pseudo-terminal that another process floods.
A thread that wants to run each 5 ms stands for the screen's. The longest gap is the best of ``RUNS`` runs: what other people's load does to one of them
does not happen in all, what the device does happens in each. The floor is the same thread beside a device that says nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.device import DeviceStatus
from drivers.driver import Driver
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.scanner.device import CodeScanner
from drivers.scanner.finder import scanner_finder
from drivers.scanner.profile import scanner_profiles
from drivers.supervisor import Finder, Supervisor
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus, VirtualUsbDevice
from drivers.virtual.hid_scale import VirtualHidScale
from drivers.virtual.load_cell import LoadCell
from drivers.virtual.reader import VirtualReader
from drivers.virtual.scanner import VirtualHidPosScanner
from tools.measure.row import Row, at_most

RUNS = 5
RUN_S = 2.0
TICK_S = 0.005
REPORTS_HZ = 100_000
MOST_GAP_MS = 50.0
MOST_GROWTH_MB = 4.0
_WARM_S = 0.6
_FLOOD = "import os,sys\nframes=bytes.fromhex(sys.argv[2])*200\nwhile True: os.write(int(sys.argv[1]),frames)"
_TOLEDO_MOVING = "022D3820202031323530202020202030 0D14".replace(" ", "")


class ChatteringScale(VirtualHidScale):
    """Answers every transfer at once with the report of that moment: of 100,000 a second, the one that the host came for."""

    def __init__(self) -> None:
        super().__init__(LoadCell(ramp_s=0))

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        grams = int(time.monotonic() * REPORTS_HZ) % 30_000
        return bytes([3, 3, 3, 0xFD]) + grams.to_bytes(2, "little")


class ChatteringReader(VirtualReader):
    """Talks without being asked, without end."""

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        return (bytes.fromhex("AAAAAA96690004000080") + b"\x00") * (max_bytes // 11)


class ChatteringScanner(VirtualHidPosScanner):
    """A report with another code at every transfer."""

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        code = str(int(time.monotonic() * REPORTS_HZ)).encode()
        return (bytes([2, len(code)]) + b"]Q1" + code).ljust(64, b"\0")[:max_bytes]


@dataclass(frozen=True)
class Seen:
    """One run: seconds, megabytes, seconds of processor time a second, and how often the device was opened."""

    longest_gap_s: float
    growth_mb: float
    cpu: float
    opened: int


def rows() -> list[Row]:
    """Measure each device."""
    quiet = min(_watched(*_quiet()).longest_gap_s for _ in range(RUNS)) * 1000
    found: list[Row] = []
    for name, bench in (("scale on USB", _usb_scale), ("scale on a line", _line), ("reader", _reader), ("scanner", _scanner)):
        seen = []
        for _ in range(RUNS):
            with bench() as (driver, finder):
                seen.append(_watched(driver, finder))
        assert all(run.opened for run in seen), f"the {name} was never heard"
        found.append(_screen(name, min(run.longest_gap_s for run in seen) * 1000, quiet))
        found.append(at_most(f"memory beside a chattering {name}", max(run.growth_mb for run in seen), "MB", MOST_GROWTH_MB))
        found.append(at_most(f"processor for a chattering {name}", min(run.cpu for run in seen), "cores", 0.5))
    return found


def _screen(name: str, gap_ms: float, quiet_ms: float) -> Row:
    """Where other people's load keeps the thread waiting beside a quiet device too, the device must not make it worse."""
    return Row(
        name=f"screen beside a chattering {name}",
        value=gap_ms,
        unit="ms",
        floor=quiet_ms,
        ratio=gap_ms / quiet_ms,
        goal=f"<= {MOST_GAP_MS:g} ms, or <= its floor",
        holds=gap_ms <= max(MOST_GAP_MS, quiet_ms),
    )


def _watched(driver: Driver, finder: Finder) -> Seen:
    told: list[DeviceStatus] = []
    supervisor = Supervisor(driver, finder, lambda record: told.append(record) if isinstance(record, DeviceStatus) else None)
    supervisor.start()
    if isinstance(driver, IdCardReader | CodeScanner):
        driver.arm()
    try:
        time.sleep(_WARM_S)
        memory, busy, began = _resident_mb(), time.process_time(), time.monotonic()
        gap = _longest_gap(RUN_S)
        cpu = (time.process_time() - busy) / (time.monotonic() - began)
        return Seen(gap, _resident_mb() - memory, cpu, told[-1].statistics.get("ReconnectCount", 0))
    finally:
        supervisor.stop()


def _longest_gap(seconds: float) -> float:
    """How late a thread that wants to run each ``TICK_S`` came at worst, from one turn to the next."""
    gaps: list[float] = []

    def tick() -> None:
        last = began = time.monotonic()
        longest = 0.0
        while last - began < seconds:
            time.sleep(TICK_S)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        gaps.append(longest)

    screen = threading.Thread(target=tick, name="ticker")
    screen.start()
    screen.join()
    return gaps[0]


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _quiet() -> tuple[Driver, Finder]:
    return Scale(load_profiles()["hid"]), lambda: None


@contextmanager
def _plugged(device: VirtualUsbDevice, make: Callable[[VirtualBackend], tuple[Driver, Finder]]) -> Iterator[tuple[Driver, Finder]]:
    bus = Bus()
    bus.plug(device)
    try:
        yield make(VirtualBackend(bus))
    finally:
        bus.close()


@contextmanager
def _usb_scale() -> Iterator[tuple[Driver, Finder]]:
    profile = load_profiles()["hid"]
    with _plugged(ChatteringScale(), lambda backend: (Scale(profile), scale_finder(profile, backend=backend))) as found:
        yield found


@contextmanager
def _reader() -> Iterator[tuple[Driver, Finder]]:
    profile = reader_profile("sam_usb")
    with _plugged(ChatteringReader(), lambda backend: (IdCardReader(profile), reader_finder(profile, backend=backend))) as found:
        yield found


@contextmanager
def _scanner() -> Iterator[tuple[Driver, Finder]]:
    profile = scanner_profiles()["hid-pos"]
    with _plugged(ChatteringScanner(), lambda backend: (CodeScanner(profile), scanner_finder(profile, backend=backend))) as found:
        yield found


@contextmanager
def _line() -> Iterator[tuple[Driver, Finder]]:
    profile = load_profiles()["toledo_continuous"]
    host, wire = os.openpty()
    tty.setraw(host)
    place = os.ttyname(wire)
    flood = subprocess.Popen([sys.executable, "-c", _FLOOD, str(host), _TOLEDO_MOVING], pass_fds=[host])
    try:
        yield Scale(profile), scale_finder(profile, place)
    finally:
        flood.kill()
        flood.wait()
        os.close(host)
        os.close(wire)
