"""The terminal's side of the bench in a test: the real drivers, finders and supervisors on the bench's socket, as ``assembly`` connects them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.printer.encode import encode_label
from drivers.printer.escpos_device import EscPosPrinter
from drivers.printer.finder import printer_finder
from drivers.printer.profile import printer_profile
from drivers.printer.record import JobDone, MonoBitmap, PrinterJob
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import scale_profile
from drivers.scale.record import ScaleReading, ScaleStatus
from drivers.scanner.camera import Camera
from drivers.scanner.source import find_camera
from drivers.supervisor import Finder, Supervisor
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import RemoteBus
from tools.bench.bench import Bench

T = TypeVar("T")
REST = (ScaleStatus.STABLE, ScaleStatus.ZERO)


def a_bitmap(seed: int = 1, width: int = 480, height: int = 640) -> MonoBitmap:
    """Noise of a label's size, without bytes that spell real-time commands."""
    return MonoBitmap(width, height, random.Random(seed).randbytes(width // 8 * height).replace(b"\x10", b"\x11"))


class BenchHost:
    """Drivers that a test starts one by one; ``wait_for`` waits for a record of any of them."""

    def __init__(self, bench: Bench) -> None:
        self.records: list[object] = []
        self.reader = IdCardReader(reader_profile("sam_usb"))
        self.camera = Camera()
        self.printer_profile = printer_profile("epson-80")
        self.printer = EscPosPrinter(self.printer_profile)
        self._bench = bench
        self._bus = RemoteBus(bench.usb_socket)
        self._more = threading.Condition()
        self._supervisors: list[Supervisor] = []

    def use_reader(self) -> None:
        self._use(self.reader, reader_finder(reader_profile("sam_usb"), backend=VirtualBackend(self._bus)))

    def use_scale(self, profile: str = "hid") -> None:
        place = "" if profile == "hid" else str(self._bench.folder / "scale-tty")
        found = scale_profile(profile)
        self._use(Scale(found), scale_finder(found, place, backend=VirtualBackend(self._bus)))

    def use_printer(self, place: str = "") -> None:
        self._use(self.printer, printer_finder(place, backend=VirtualBackend(self._bus)))

    def use_camera(self) -> None:
        self.camera.arm()
        self._use(self.camera, find_camera(f"pictures:{self._bench.folder / 'camera'}"))

    def print(self, job_id: str = "1", seed: int = 1) -> None:
        """Hand a label to the printer's driver."""
        bitmap = a_bitmap(seed)
        self.printer.submit(PrinterJob(job_id, encode_label(bitmap, self.printer_profile), bitmap.height_dots / 8))

    def wait_for(self, kind: type[T], fits: Callable[[T], bool] = lambda _: True, *, since: int = 0, seconds: float = 8) -> T:
        """The first record from ``since`` on that fits."""

        def found() -> list[T]:
            return [record for record in self.records[since:] if isinstance(record, kind) and fits(record)]

        with self._more:
            assert self._more.wait_for(lambda: bool(found()), seconds), self.records[since:]
            return found()[0]

    def online(self, kind: DeviceKind, *, since: int = 0) -> DeviceStatus:
        return self.wait_for(DeviceStatus, lambda s: s.kind is kind and s.state is DeviceState.ONLINE, since=since)

    def gone(self, kind: DeviceKind, *, since: int = 0) -> DeviceStatus:
        return self.wait_for(DeviceStatus, lambda s: s.kind is kind and s.state is DeviceState.NO_DEVICE, since=since)

    def error(self, error: str, *, since: int = 0) -> DeviceStatus:
        return self.wait_for(DeviceStatus, lambda s: s.error == error, since=since)

    def weight(self, kg: str, *, since: int = 0) -> ScaleReading:
        return self.wait_for(ScaleReading, lambda r: r.status in REST and str(r.weight_kg) == kg, since=since)

    def printed(self, job_id: str = "1") -> JobDone:
        return self.wait_for(JobDone, lambda done: done.job_id == job_id)

    def close(self) -> None:
        for supervisor in self._supervisors:
            supervisor.stop()
        self._bus.close()

    def _use(self, driver: object, finder: Finder) -> None:
        supervisor = Supervisor(driver, finder, self._hear, poll_s=0.05, jitter=lambda: 0.0)  # type: ignore[arg-type]
        self._supervisors.append(supervisor)
        supervisor.start()

    def _hear(self, record: object) -> None:
        with self._more:
            self.records.append(record)
            self._more.notify_all()


def wait_until(is_so: Callable[[], bool], seconds: float = 5) -> None:
    """For what tells nobody when it happens."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def happened(bench: Bench) -> list[str]:
    """What the bench noted, oldest first."""
    happenings = bench.state()["happenings"]
    assert isinstance(happenings, list)
    return [item["what"] for item in happenings]
