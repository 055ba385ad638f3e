"""The scale driver against virtual scales over the real transports: pyusb, and pyserial on a pty."""

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from select import select

import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.errors import NeedsPerson
from drivers.scale.device import Scale
from drivers.scale.finder import USAGE_PAGE, scale_finder
from drivers.scale.profile import load_profiles
from drivers.scale.record import ScaleReading, ScaleStatus, WeightMode
from drivers.supervisor import Supervisor
from drivers.transport.hid import hid_ports
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.hid_scale import REPORT_DESCRIPTOR, Status, VirtualHidScale
from drivers.virtual.load_cell import Fault, LoadCell
from drivers.virtual.serial_scale import (
    Answering,
    Streaming,
    ToledoContinuous,
    VirtualSerialScale,
    YaohuaCommand,
    YaohuaEquals,
    YaohuaStx,
)
from drivers.virtual.serial_scale_asked import AndLine, Cas22Line, CasClone, CasEcr, ExcellLine, MtSics, Toledo8217
from drivers.virtual.serial_scale_lines import A12Line, Nci, OhausLine
from support.records import Records

PROFILES = load_profiles()


class Log(Records):
    """What the driver told, with a way to wait for it."""

    def wait_for(self, wanted: Callable[[object], bool], since: int = 0, timeout_s: float = 5.0) -> object:
        with self._more:
            assert self._more.wait_for(lambda: any(wanted(record) for record in self.records[since:]), timeout_s), self.records[
                since:
            ]
            return next(record for record in self.records[since:] if wanted(record))

    @property
    def readings(self) -> list[ScaleReading]:
        return [record for record in self.records if isinstance(record, ScaleReading)]


def at_rest(kilograms: str) -> Callable[[object], bool]:
    def wanted(record: object) -> bool:
        return (
            isinstance(record, ScaleReading)
            and record.weight_kg == Decimal(kilograms)
            and record.status in (ScaleStatus.STABLE, ScaleStatus.ZERO)
        )

    return wanted


def has(status: ScaleStatus) -> Callable[[object], bool]:
    return lambda record: isinstance(record, ScaleReading) and record.status is status


@contextmanager
def hid_bench(scale: VirtualHidScale, plugged: bool = True) -> Iterator[tuple[Bus, Log]]:
    bus, log = Bus(), Log()
    if plugged:
        bus.plug(scale)
    finder = scale_finder(PROFILES["hid"], backend=VirtualBackend(bus))
    supervisor = Supervisor(Scale(PROFILES["hid"]), finder, log, poll_s=0.05)
    supervisor.start()
    try:
        yield bus, log
    finally:
        supervisor.stop()
        bus.close()


def a_hid_scale(ramp_s: float = 0.3) -> VirtualHidScale:
    return VirtualHidScale(LoadCell(ramp_s=ramp_s), period_s=0.03)


def test_a_weight_put_on_a_hid_scale_moves_and_settles():
    scale = a_hid_scale()
    with hid_bench(scale) as (_, log):
        log.wait_for(at_rest("0"))
        scale.set_weight(Decimal("1.250"))
        log.wait_for(at_rest("1.250"))
        moving = [reading for reading in log.readings if reading.status is ScaleStatus.UNSTABLE]
        assert len(moving) >= 2
        scale.set_weight(Decimal(0))
        log.wait_for(at_rest("0"), since=len(log.records))


def test_the_weight_left_in_the_endpoint_is_not_told():
    scale = a_hid_scale(ramp_s=0)
    scale.set_weight(Decimal("9.000"))
    scale.plugged()
    left_behind = VirtualHidScale(scale.cell, period_s=0.03)
    scale.set_weight(Decimal("1.250"))
    with hid_bench(left_behind) as (_, log):
        log.wait_for(at_rest("1.250"))
        assert Decimal("9.000") not in [reading.weight_kg for reading in log.readings]


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.OVERLOAD, ScaleStatus.OVERWEIGHT), (Fault.NEGATIVE, ScaleStatus.UNDER_ZERO), (Fault.UNSTABLE, ScaleStatus.UNSTABLE)],
)
def test_faults_of_a_hid_scale_have_their_words(fault, status):
    scale = a_hid_scale()
    with hid_bench(scale) as (_, log):
        log.wait_for(at_rest("0"))
        scale.set_fault(fault)
        log.wait_for(has(status))
        scale.set_fault(Fault.NONE)
        log.wait_for(at_rest("0"), since=len(log.records) - 1)


def test_a_hid_scale_in_need_of_calibration_is_a_sick_device():
    scale = a_hid_scale()
    scale.force_status(Status.CALIBRATE)
    with hid_bench(scale) as (_, log):
        log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.error == "needsCalibration")


def test_an_unplugged_hid_scale_is_found_again():
    scale = a_hid_scale()
    with hid_bench(scale) as (bus, log):
        log.wait_for(at_rest("0"))
        scale.set_weight(Decimal("2.000"))
        log.wait_for(at_rest("2.000"))
        bus.unplug(scale)
        log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
        log.wait_for(has(ScaleStatus.NOT_READY))
        since = len(log.records)
        bus.plug(scale)
        log.wait_for(at_rest("2.000"), since=since)


def test_only_a_scale_or_an_unowned_hid_device_is_touched(tmp_path):
    def interface(name: str, descriptor: bytes | None, driver: bool) -> None:
        (tmp_path / name / "0003:1234:5678.0001").mkdir(parents=True)
        (tmp_path / name / "bInterfaceClass").write_text("03\n")
        if driver:
            (tmp_path / name / "driver").mkdir()
        if descriptor is not None:
            (tmp_path / name / "0003:1234:5678.0001" / "report_descriptor").write_bytes(descriptor)

    interface("1-1:1.0", bytes.fromhex("05 0D 09 04 A1 01"), driver=True)
    interface("1-2.3:1.0", REPORT_DESCRIPTOR, driver=True)
    interface("2-1:1.0", None, driver=False)
    (tmp_path / "2-2:1.0").mkdir()
    assert list(hid_ports(USAGE_PAGE, tmp_path)) == ["usb:1-2.3", "usb:2-1"]


def test_a_serial_scale_without_a_line_needs_a_person():
    with pytest.raises(NeedsPerson):
        scale_finder(PROFILES["xk3190_stx"])()
    assert scale_finder(PROFILES["xk3190_stx"], "/dev/no-such-line")() is None


class PtyLine:
    """The scale's end of a pty."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        ready, _, _ = select([self._fd], [], [], timeout_s)
        return os.read(self._fd, max_bytes) if ready else b""

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)


@contextmanager
def serial_bench(profile: str, talker: Streaming | Answering) -> Iterator[tuple[VirtualSerialScale, Log]]:
    line = PROFILES[profile].line
    assert line is not None
    scale, log, stop = VirtualSerialScale(talker, LoadCell(ramp_s=0.3), baud=line.baud), Log(), threading.Event()
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path = os.ttyname(theirs)
    serving = threading.Thread(target=scale.serve, args=(PtyLine(ours), stop))
    supervisor = Supervisor(Scale(PROFILES[profile]), scale_finder(PROFILES[profile], path), log, poll_s=0.05)
    serving.start()
    supervisor.start()
    try:
        yield scale, log
    finally:
        stop.set()
        serving.join(5)
        supervisor.stop()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("profile", "talker"),
    [("toledo_continuous_8n1", ToledoContinuous()), ("xk3190_stx", YaohuaStx()), ("xk3190_command", YaohuaCommand())],
)
def test_a_weight_put_on_a_serial_scale_settles(profile, talker):
    with serial_bench(profile, talker) as (scale, log):
        scale.set_weight(Decimal("1.250"))
        began = time.monotonic()
        log.wait_for(at_rest("1.250"))
        assert time.monotonic() - began < 3.0


def test_a_serial_scale_that_falls_mute_loses_its_weight():
    with serial_bench("toledo_continuous_8n1", ToledoContinuous()) as (scale, log):
        log.wait_for(at_rest("0"))
        scale.set_fault(Fault.MUTE)
        log.wait_for(has(ScaleStatus.NOT_READY))
        scale.set_fault(Fault.NONE)
        log.wait_for(at_rest("0"), since=len(log.records) - 1)


@pytest.mark.parametrize(
    ("profile", "talker"),
    [
        ("toledo_continuous", ToledoContinuous()),
        ("xk3190_stx", YaohuaStx()),
        ("xk3190_equals", YaohuaEquals(reversed_digits=False)),
        ("xk3190_equals_reversed", YaohuaEquals(reversed_digits=True)),
        ("xk3190_command", YaohuaCommand()),
        ("xk3190_a12", A12Line()),
        ("mt_sics", MtSics()),
        ("cas", CasEcr()),
        ("dahua", CasClone()),
        ("dahua_window", CasClone()),
        ("toledo_8217", Toledo8217()),
        ("and_standard", AndLine()),
        ("excell", ExcellLine()),
        ("cas_22", Cas22Line()),
        ("nci", Nci()),
        ("ohaus", OhausLine()),
    ],
)
def test_each_protocol_at_the_pace_of_its_line_weighs_and_lets_its_weight_go(profile, talker):
    """A weight, overload, the weight again, silence: at no time does a number stand that the scale no longer says."""
    with serial_bench(profile, talker) as (scale, log):
        scale.set_weight(Decimal("1.253"))
        log.wait_for(at_rest("1.253"))
        scale.set_fault(Fault.OVERLOAD)
        log.wait_for(lambda record: isinstance(record, ScaleReading) and record.weight_kg is None, since=len(log.records))
        scale.set_fault(Fault.NONE)
        log.wait_for(at_rest("1.253"), since=len(log.records))
        scale.set_fault(Fault.MUTE)
        silent = time.monotonic()
        log.wait_for(has(ScaleStatus.NOT_READY), since=len(log.records))
        assert time.monotonic() - silent < max(1.0, 3 * PROFILES[profile].period_s) + 1.0
        assert log.readings[-1].weight_kg is None


def test_net_and_tare_reach_the_reading_over_a_line():
    with serial_bench("toledo_continuous", ToledoContinuous(tare_divisions=500)) as (scale, log):
        scale.set_weight(Decimal("1.250"))
        log.wait_for(at_rest("0.750"))
        assert (log.readings[-1].mode, log.readings[-1].tare_kg) == (WeightMode.NET, Decimal("0.500"))
