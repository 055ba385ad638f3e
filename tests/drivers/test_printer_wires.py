"""Slow, stopped and narrow wires: a serial line at its true speed, a handshake, a TCP window that closes. Nothing blocks, nothing is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from drivers.device import DeviceStatus
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.finder import printer_finder
from drivers.printer.profile import PrinterProfile, printer_profile
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.transport.tap import Tap, tapped
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.printer_engine import EngineProfile, Extension, PrinterEngine
from drivers.virtual.printer_line import SerialPrinter
from drivers.virtual.printer_paper import PageEnd
from drivers.virtual.printer_tcp import TcpPrinter
from drivers.virtual.tspl_engine import TsplEngine
from support.lines import pty_with

SLOW = {"write_s": 0.2, "stall_s": 1.5, "settle_s": 1.5, "poll_s": 0.2, "reply_s": 0.3}
EPSON = replace(printer_profile("epson-80"), **SLOW)
SMALL = EngineProfile("small", buffer_bytes=1024, process_id=Extension.WORKS)


class Served:
    """A driver on its thread at a place."""

    def __init__(self, profile: PrinterProfile, place: str, baud: int) -> None:
        finder = tapped(printer_finder(place, baud=baud, flow=profile.flow), Tap())
        transport = finder()
        assert transport is not None
        self.transport, self.profile = transport, profile
        self.driver = printer_driver(profile)
        self.heard: list[object] = []
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self.driver.run, args=(transport, self.heard.append, self.stop))
        self._thread.start()
        self.wait_for(lambda: any(isinstance(record, DeviceStatus) for record in self.heard))

    def wait_for(self, is_so, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, self.heard
            time.sleep(0.01)

    def submit(self, rows: int, seed: int = 1) -> PrinterJob:
        width = min(384, self.profile.head_dots)
        dots = random.Random(seed).randbytes(width // 8 * rows).replace(b"\x10", b"\x30").replace(b"\x1b", b"\x3b")
        job = PrinterJob(str(seed), encode_label(MonoBitmap(width, rows, dots), self.profile), rows / 8)
        self.driver.submit(job)
        return job

    def outcome(self, seconds: float = 30) -> JobDone:
        self.wait_for(lambda: any(isinstance(record, JobDone) for record in self.heard), seconds)
        return next(record for record in self.heard if isinstance(record, JobDone))

    def close(self) -> None:
        self.stop.set()
        self._thread.join(10)
        self.transport.close()
        assert not self._thread.is_alive()


@contextmanager
def served(profile: PrinterProfile, printer: SerialPrinter, baud: int) -> Iterator[Served]:
    with pty_with(printer.serve) as place:
        bench = Served(profile, place, baud)
        try:
            yield bench
        finally:
            bench.close()


def cut_pages(engine: PrinterEngine) -> list[bytes]:
    return [page.raw for page in engine.pages if page.ended_by is PageEnd.CUT]


def test_the_only_printer_is_found_at_another_socket_and_of_two_none_is_guessed():
    bus = Bus()
    bus.plug(VirtualPrinter())
    backend = VirtualBackend(bus)
    assert printer_finder("usb:1-77", backend=backend)() is None
    moved = printer_finder("usb:1-77", backend=backend, may_move=True)()
    assert moved is not None and moved.port.startswith("usb:1-")
    moved.close()
    bus.plug(VirtualPrinter())
    assert printer_finder("usb:1-77", backend=backend, may_move=True)() is None
    assert printer_finder("path:pci-0000:00:14.0-usb-0:9:1.0", backend=backend, may_move=True)() is None
    bus.close()


def test_a_label_at_9600_baud_takes_its_time_and_is_confirmed():
    printer = SerialPrinter(PrinterEngine("epson", speed_mm_s=150), baud=9600)
    with served(EPSON, printer, 9600) as bench:
        began = time.monotonic()
        job = bench.submit(rows=96)
        done = bench.outcome()
        assert done.outcome is Outcome.CONFIRMED
        assert time.monotonic() - began > 0.9 * len(job.data) / 960
        assert cut_pages(printer.engine) == [job.data]


def test_a_fault_on_a_slow_line_is_noticed_while_the_rest_of_the_label_is_still_here():
    printer = SerialPrinter(PrinterEngine("epson", speed_mm_s=150), baud=9600)
    profile = replace(EPSON, band_rows=16)
    with served(profile, printer, 9600) as bench:
        bench.submit(rows=192)
        bench.wait_for(lambda: (strip := printer.engine.strip) is not None and strip.height_dots >= 20)
        printer.engine.open_cover()
        began = time.monotonic()
        done = bench.outcome()
        assert time.monotonic() - began < 2.5
        assert (done.outcome, done.error) == (Outcome.FAILED, "coverOpen")
        assert done.bytes_sent < done.bytes_total / 2


def test_a_cancelled_job_on_a_slow_line_stops_between_two_bands():
    printer = SerialPrinter(PrinterEngine("epson", speed_mm_s=150), baud=9600)
    with served(replace(EPSON, band_rows=16), printer, 9600) as bench:
        bench.submit(rows=400)
        bench.wait_for(lambda: (strip := printer.engine.strip) is not None and strip.height_dots >= 10)
        bench.driver.cancel("1")
        began = time.monotonic()
        done = bench.outcome()
        assert time.monotonic() - began < 2 and done.error == "cancelled"


def test_a_serial_printer_that_says_stop_gets_every_byte():
    printer = SerialPrinter(PrinterEngine(SMALL, speed_mm_s=40), baud=115200, room=512)
    profile = replace(EPSON, speed_mm_s=40, stall_s=4.0)
    with served(profile, printer, 115200) as bench:
        job = bench.submit(rows=200)
        assert bench.outcome().outcome is Outcome.CONFIRMED
        assert cut_pages(printer.engine) == [job.data]
        # Its own buffer, what it held when it said stop, and what was on the wire then.
        assert printer.most_held < 2048


def test_a_label_printer_on_a_serial_line_prints_and_confirms():
    printer = SerialPrinter(TsplEngine(speed_mm_s=76), baud=38400)
    profile = replace(printer_profile("tspl-60"), **SLOW)
    with served(profile, printer, 38400) as bench:
        bench.submit(rows=160)
        assert bench.outcome().outcome is Outcome.CONFIRMED
        assert [page.ended_by for page in printer.engine.pages] == [PageEnd.GAP]


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_closed_tcp_window_never_blocks_and_loses_nothing(comes_back):
    """The printer stops reading: its buffer and the sockets run full, then nothing moves."""
    profile = replace(printer_profile("clone-80"), **SLOW, speed_mm_s=1000, lead_rows=10_000)
    with TcpPrinter(PrinterEngine(SMALL, speed_mm_s=1000)) as server:
        bench = Served(profile, f"tcp:127.0.0.1:{server.port}", 0)
        try:
            server.engine.set_stuck(True)
            job = bench.submit(rows=2400)
            bench.wait_for(lambda: server.engine.pending_bytes >= 1024)
            if comes_back:
                time.sleep(0.8)
                server.engine.set_stuck(False)
                assert bench.outcome().outcome is Outcome.CONFIRMED
                assert cut_pages(server.engine) == [job.data]
            else:
                began = time.monotonic()
                done = bench.outcome()
                assert time.monotonic() - began < 6
                assert (done.outcome, done.error) == (Outcome.UNKNOWN, "timeOut")
                # What the kernel may keep, and no more, counts as taken.
                assert done.bytes_sent < 60_000 < done.bytes_total
        finally:
            bench.close()
