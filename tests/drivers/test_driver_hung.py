"""A wire that hangs for ever, through the real supervisor: it is told, whoever waits is answered, nothing old is told, and closing does not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers import supervisor as supervising
from drivers.device import HUNG, DeviceKind, DeviceState, DeviceStatus
from drivers.health import HealthChecked, HealthLevel
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.finder import printer_finder
from drivers.printer.profile import printer_profile
from drivers.printer.record import JobDone, Outcome, PrinterJob
from drivers.scale import device as scale_device
from drivers.scale.device import Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading
from drivers.supervisor import Supervisor
from drivers.virtual import hid_scale
from drivers.virtual import printer as virtual_printer
from drivers.virtual.bus import Bus
from drivers.virtual.load_cell import LoadCell
from drivers.virtual.printer_engine import PrinterEngine
from drivers.watchdog import Beat
from support.bench_host import a_bitmap
from support.hanging import HangingBackend
from support.records import Records

HID = load_profiles()["hid"]
PRINTER = replace(printer_profile("epson-80"), settle_s=0.4, poll_s=0.2)


class Log(Records):
    def wait_for(self, wanted: Callable[[object], bool], timeout_s: float = 10.0, since: int = 0) -> object:
        with self._more:
            assert self._more.wait_for(lambda: any(map(wanted, self.records[since:])), timeout_s), self.records[-20:]
            return next(record for record in self.records[since:] if wanted(record))

    def of(self, kind: type) -> list:  # type: ignore[type-arg]
        return [record for record in self.records if isinstance(record, kind)]


def is_online(record: object) -> bool:
    return isinstance(record, DeviceStatus) and record.state is DeviceState.ONLINE


def is_hung(record: object) -> bool:
    return isinstance(record, DeviceStatus) and (record.state, record.error) == (DeviceState.HARDWARE_ERROR, HUNG)


def shows(kg: str) -> Callable[[object], bool]:
    return lambda record: isinstance(record, ScaleReading) and record.weight_kg == Decimal(kg)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def held(log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Supervisor, HangingBackend, hid_scale.VirtualHidScale]]:
    """A scale with 1.250 kg on it whose wire can be held."""
    monkeypatch.setattr(scale_device, "PATIENCE_S", 1.5)
    with a_bus() as bus:
        scale = hid_scale.VirtualHidScale(LoadCell(ramp_s=0), period_s=0.05)
        scale.set_weight(Decimal("1.250"))
        bus.plug(scale)
        wire = HangingBackend(bus, hid_scale.VENDOR)
        supervisor = Supervisor(Scale(HID), scale_finder(HID, backend=wire), log, poll_s=0.05, jitter=lambda: 0.0)
        supervisor.start()
        try:
            log.wait_for(shows("1.250"))
            yield supervisor, wire, scale
        finally:
            wire.let_go()
            supervisor.stop()


@contextmanager
def a_bus() -> Iterator[Bus]:
    bus = Bus()
    try:
        yield bus
    finally:
        bus.close()


def test_a_hanging_scale_is_told_and_its_check_fails_and_all_is_well_when_it_comes_back(log, held):
    supervisor, wire, scale = held
    port = log.wait_for(is_online).port
    wire.hold()
    assert wire.caught.wait(5)
    scale.set_weight(Decimal("2.000"))
    supervisor.check_health(HealthLevel.EXTERNAL)
    assert log.of(HealthChecked) == []
    told = log.wait_for(is_hung)
    assert (told.port, told.model) == (port, HID.name)
    log.wait_for(lambda record: isinstance(record, HealthChecked))
    supervisor.check_health(HealthLevel.EXTERNAL)
    supervisor.check_health(HealthLevel.INTERNAL)
    assert [check.text for check in log.of(HealthChecked)] == [
        "External HCheck: Failed (hung)",
        "External HCheck: Failed (hung)",
        "Internal HCheck: Failed (hung)",
    ]
    since = len(log.records)
    wire.let_go()
    log.wait_for(is_online, since=since)
    log.wait_for(shows("2.000"), since=since)
    assert not any(map(shows("1.250"), log.records[since:]))  # the stuck read brought a weight of long ago
    checks = len(log.of(HealthChecked))
    supervisor.check_health(HealthLevel.EXTERNAL)
    log.wait_for(lambda record: len(log.of(HealthChecked)) > checks)
    assert log.of(HealthChecked)[-1].text == "External HCheck: Successful"
    assert len([record for record in log.records if is_hung(record)]) == 1


def test_closing_does_not_wait_for_a_thread_that_hangs_and_hears_nothing_from_it(log, held):
    supervisor, wire, scale = held
    wire.hold()
    log.wait_for(is_hung)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < supervising.JOIN_S - 1
    said = len(log.records)
    scale.set_weight(Decimal("9.000"))
    wire.let_go()
    supervisor._thread.join(5)
    assert not supervisor._thread.is_alive() and supervisor._thread.daemon
    assert log.records[said:] == []


def test_closing_is_bounded_before_anybody_noticed_too(log, held, monkeypatch):
    supervisor, wire, _ = held
    monkeypatch.setattr(supervising, "JOIN_S", 0.3)
    wire.hold()
    assert wire.caught.wait(5)
    began = time.monotonic()
    supervisor.stop()
    assert 0.25 < time.monotonic() - began < 4  # the usual bound is five seconds


def test_a_printer_that_hangs_in_a_job_says_unknown_once_and_takes_no_more_until_it_is_well(log):
    with a_bus() as bus:
        paper = virtual_printer.VirtualPrinter(PrinterEngine("epson"))
        bus.plug(paper)
        wire = HangingBackend(bus, virtual_printer.VENDOR, least_bytes=64)
        driver = printer_driver(PRINTER)
        supervisor = Supervisor(driver, printer_finder("", backend=wire), log, poll_s=0.05, jitter=lambda: 0.0)
        supervisor.start()
        try:
            log.wait_for(is_online)
            wire.hold()
            stream = encode_label(a_bitmap(), PRINTER)
            driver.submit(PrinterJob("begun", stream, 80))
            assert wire.caught.wait(5)
            driver.submit(PrinterJob("waiting", stream, 80))
            log.wait_for(is_hung)
            log.wait_for(lambda record: isinstance(record, JobDone) and record.job_id == "waiting")
            driver.submit(PrinterJob("late", stream, 80))
            assert [(done.job_id, done.outcome, done.error) for done in log.of(JobDone)] == [
                ("begun", Outcome.UNKNOWN, "hardwareError"),
                ("waiting", Outcome.FAILED, "hardwareError"),
                ("late", Outcome.FAILED, "hardwareError"),
            ]
            since = len(log.records)
            wire.let_go()
            log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.error != HUNG, since=since)
            driver.submit(PrinterJob("after", stream, 80))
            log.wait_for(lambda record: isinstance(record, JobDone) and record.job_id == "after", 20)
            assert [done.job_id for done in log.of(JobDone)] == ["begun", "waiting", "late", "after"]
        finally:
            wire.let_go()
            supervisor.stop()


class Given:
    """A driver whose run is given."""

    kind = DeviceKind.SCALE
    patience_s = 0.4

    def __init__(self, run: Callable[..., None]) -> None:
        self.run = run


class Wire:
    port = "wire:1"

    def close(self) -> None: ...


def test_waiting_to_be_stopped_and_waiting_for_a_device_are_no_silence(log):
    def run(transport, emit, stop):
        emit(DeviceStatus(DeviceKind.SCALE, DeviceState.ONLINE))
        stop.wait(1.5)

    looks = iter([None, Wire()])
    supervisor = Supervisor(Given(run), lambda: next(looks, None), log, poll_s=1.2, jitter=lambda: 0.0)
    supervisor.start()
    try:
        log.wait_for(is_online)
        log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
        time.sleep(1.0)
        assert not any(map(is_hung, log.records))
    finally:
        supervisor.stop()


def test_an_opening_that_hangs_is_told_too(log):
    free = threading.Event()

    def find():
        free.wait(20)
        return

    supervisor = Supervisor(Given(lambda *_: None), find, log, poll_s=0.05)
    supervisor.start()
    try:
        log.wait_for(is_hung)
        free.set()
        log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
    finally:
        free.set()
        supervisor.stop()


def test_only_a_look_at_it_or_a_record_is_a_sign_of_life():
    now, ticks = [100.0], []
    stop = Beat(lambda: now[0], lambda: ticks.append(now[0]))
    assert stop.silent_s == 0  # nobody has begun
    assert not stop.is_set()
    now[0] += 7
    assert stop.silent_s == 7
    stop.tick()
    assert stop.silent_s == 0
    now[0] += 3
    stop.rest()
    assert stop.silent_s == 0
    stop.set()
    assert stop.wait(0) and stop.silent_s == 0 and len(ticks) == 3
