"""Checks of health through the supervisor: each one asked for ends in exactly one answer, and no card is read for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from drivers.device import DeviceKind, DeviceState, DeviceStatus
from drivers.errors import DeviceGone, DriverFault, TryAgain
from drivers.health import HealthChecked, HealthLevel, HealthResult
from drivers.idcard.device import IdCardReader
from drivers.idcard.finder import reader_finder
from drivers.idcard.profile import reader_profile
from drivers.scale.device import HEALTH_S, Scale
from drivers.scale.finder import scale_finder
from drivers.scale.profile import load_profiles
from drivers.supervisor import Supervisor
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.hid_scale import VirtualHidScale
from drivers.virtual.load_cell import Fault, LoadCell
from drivers.virtual.reader import VirtualCard, VirtualReader
from support.records import Records

CARD = VirtualCard(name="王建国", number="142421196804123019", address="山西省晋中市太谷区明星镇南庄村")


class Log(Records):
    def wait_for(self, wanted: Callable[[object], bool], timeout_s: float = 8.0) -> object:
        with self._more:
            assert self._more.wait_for(lambda: any(map(wanted, self.records)), timeout_s), self.records
            return next(record for record in reversed(self.records) if wanted(record))

    def checks(self) -> list[HealthChecked]:
        return [record for record in self.records if isinstance(record, HealthChecked)]

    def statuses(self) -> list[DeviceStatus]:
        return [record for record in self.records if isinstance(record, DeviceStatus)]


def is_online(record: object) -> bool:
    return isinstance(record, DeviceStatus) and record.state is DeviceState.ONLINE


def is_check(record: object) -> bool:
    return isinstance(record, HealthChecked)


class Wire:
    port = "wire:1"

    def close(self) -> None: ...


class Fake:
    """A driver whose run is given."""

    kind = DeviceKind.SCALE
    patience_s = 5.0

    def __init__(self, run: Callable[..., None]) -> None:
        self.run = run
        self.asked = threading.Event()

    def check_health(self) -> None:
        self.asked.set()


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def start(log):
    running = []

    def go(driver, finder, bus=None, **options):
        supervisor = Supervisor(driver, finder, log, poll_s=0.05, jitter=lambda: 0.0, **options)
        running.append((supervisor, bus))
        supervisor.start()
        return supervisor

    yield go
    for supervisor, bus in running:
        supervisor.stop()
        if bus is not None:
            bus.close()


def test_a_reader_says_whether_a_card_lies_there_without_selecting_or_reading_it(start, log):
    bus, reader = Bus(), VirtualReader(pace=0)
    bus.plug(reader)
    profile = replace(reader_profile("sam_usb"), poll_s=0.02)
    supervisor = start(IdCardReader(profile), reader_finder(profile, backend=VirtualBackend(bus)), bus)
    log.wait_for(is_online)
    supervisor.check_health(HealthLevel.EXTERNAL)
    log.wait_for(is_check)
    reader.put_card(CARD)
    supervisor.check_health(HealthLevel.EXTERNAL)
    log.wait_for(lambda record: is_check(record) and record.facts.get("card") == "present")
    assert [(check.text, dict(check.facts)) for check in log.checks()] == [
        ("External HCheck: Successful", {"card": "absent"}),
        ("External HCheck: Successful", {"card": "present"}),
    ]
    assert not {bytes([0x20, 0x02]), bytes([0x30, 0x01])} & set(reader.commands)
    assert CARD.name not in repr(log.records) and CARD.number not in repr(log.records)


def test_a_mute_reader_is_not_responding(start, log):
    bus, reader = Bus(), VirtualReader(pace=0)
    bus.plug(reader)
    profile = replace(reader_profile("sam_usb"), poll_s=0.02, command_timeout_s=0.1)
    supervisor = start(IdCardReader(profile), reader_finder(profile, backend=VirtualBackend(bus)), bus)
    log.wait_for(is_online)
    reader.faults.mute = True
    supervisor.check_health(HealthLevel.EXTERNAL)
    assert log.wait_for(is_check).text == "External HCheck: Not Responding (timeOut)"


def a_scale(start, kg="0"):
    bus, scale = Bus(), VirtualHidScale(LoadCell(ramp_s=0), period_s=0.03)
    scale.set_weight(Decimal(kg))
    bus.plug(scale)
    return start(Scale(load_profiles()["hid"]), scale_finder(load_profiles()["hid"], backend=VirtualBackend(bus)), bus), scale, bus


def test_a_scale_at_zero_is_well_and_a_restless_one_is_not(start, log):
    supervisor, scale, _ = a_scale(start)
    log.wait_for(is_online)
    supervisor.check_health(HealthLevel.EXTERNAL)
    first = log.wait_for(is_check)
    assert (first.text, dict(first.facts)) == ("External HCheck: Successful", {"status": "zero", "weight_kg": "0.000"})
    scale.set_fault(Fault.UNSTABLE)
    time.sleep(0.1)
    supervisor.check_health(HealthLevel.EXTERNAL)
    bad = log.wait_for(lambda record: is_check(record) and record is not first, HEALTH_S + 3)
    assert (bad.result, bad.error, bad.facts["status"]) == (HealthResult.FAILED, "notAtRest", "unstable")


def test_a_silent_scale_and_one_pulled_in_the_middle_of_a_check_are_not_responding(start, log):
    supervisor, scale, bus = a_scale(start)
    log.wait_for(is_online)
    scale.set_fault(Fault.MUTE)
    time.sleep(0.1)
    supervisor.check_health(HealthLevel.EXTERNAL)
    first = log.wait_for(is_check)
    assert first.text == "External HCheck: Not Responding (timeOut)"
    supervisor.check_health(HealthLevel.EXTERNAL)
    time.sleep(0.1)
    bus.unplug(scale)
    second = log.wait_for(lambda record: is_check(record) and record is not first)
    assert second.text == "External HCheck: Not Responding (noDevice)"
    supervisor.check_health(HealthLevel.EXTERNAL)
    supervisor.check_health(HealthLevel.INTERNAL)
    assert [check.text for check in log.checks()][2:] == [
        "External HCheck: Not Responding (noDevice)",
        "Internal HCheck: Not Responding (noDevice)",
    ]


def test_what_a_driver_never_answered_is_answered_when_it_ends(start, log):
    fall = threading.Event()

    def run(transport, emit, stop):
        emit(DeviceStatus(DeviceKind.SCALE, DeviceState.ONLINE))
        fall.wait(5)
        raise TryAgain("hardwareError")

    driver = Fake(run)
    supervisor = start(driver, lambda: Wire())
    log.wait_for(is_online)
    supervisor.check_health(HealthLevel.EXTERNAL)
    assert driver.asked.wait(1) and log.checks() == []
    fall.set()
    assert log.wait_for(is_check).text == "External HCheck: Failed (hardwareError)"


def test_a_mistake_in_a_driver_is_said_and_costs_only_a_back_off(start, log, monkeypatch):
    said = []
    monkeypatch.setattr(threading, "excepthook", lambda what: said.append(what.exc_type))
    runs = []

    def run(transport, emit, stop):
        runs.append(1)
        if len(runs) == 1:
            raise ZeroDivisionError
        emit(DeviceStatus(DeviceKind.SCALE, DeviceState.ONLINE))
        stop.wait(5)

    start(Fake(run), lambda: Wire())
    log.wait_for(is_online)
    assert said == [ZeroDivisionError]
    assert (DeviceState.HARDWARE_ERROR, DriverFault.default_code) in [(status.state, status.error) for status in log.statuses()]


def test_counters_are_current_while_nothing_else_changes(start, log):
    a_scale(start, "1.250")
    log.wait_for(is_online)
    log.wait_for(lambda record: is_online(record) and record.statistics["GoodWeightReadCount"] > 40)
    counts = [status.statistics["GoodWeightReadCount"] for status in log.statuses() if status.state is DeviceState.ONLINE]
    assert counts == sorted(counts) and 2 <= len(counts) <= 5


def test_counters_outlive_the_plug(start, log):
    _, scale, bus = a_scale(start)
    log.wait_for(lambda record: is_online(record) and record.statistics["GoodWeightReadCount"] > 10)
    bus.unplug(scale)
    log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
    bus.plug(scale)
    last = log.wait_for(lambda record: is_online(record) and record.statistics["ReconnectCount"] == 2)
    assert last.statistics["GoodWeightReadCount"] > 10 and last.statistics["CommunicationErrorCount"] == 1


def test_a_driver_that_leaves_and_comes_back_tells_each_change_once(start, log):
    runs = []

    def run(transport, emit, stop):
        runs.append(1)
        status = DeviceStatus(DeviceKind.SCALE, DeviceState.ONLINE, port="wire:1")
        emit(status)
        emit(status)
        if len(runs) == 1:
            raise DeviceGone
        stop.wait(5)

    start(Fake(run), lambda: Wire())
    log.wait_for(lambda record: is_online(record) and record.statistics["ReconnectCount"] == 2)
    assert [status.state for status in log.statuses()] == [
        DeviceState.STARTING,
        DeviceState.ONLINE,
        DeviceState.NO_DEVICE,
        DeviceState.ONLINE,
    ]
