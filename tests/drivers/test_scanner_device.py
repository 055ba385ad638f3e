"""Self-decoding scanners as drivers: HID-POS through pyusb, serial on a pty, the wedge on a pipe of events; armed or not, flooded, unplugged."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.device import DeviceState, DeviceStatus
from drivers.errors import DeviceGone, NeedsPerson
from drivers.health import HealthChecked, HealthLevel, HealthResult
from drivers.scanner.device import CodeScanner
from drivers.scanner.finder import scanner_finder
from drivers.scanner.profile import scanner_profiles
from drivers.scanner.record import CodeScanned
from drivers.supervisor import Finder, Supervisor
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.scanner import ENDPOINT, VirtualHidPosScanner, reports, wedge_events
from tests.support.lines import PtyLine, pty_with
from tests.support.records import Records

PROFILES = scanner_profiles()
LABEL = "https://hgz.cn/" + "1234567890" * 24 + "1"


class Listener(Records):
    def __init__(self) -> None:
        super().__init__()
        self.supervisor: Supervisor | None = None

    def wait_for(self, wanted: Callable[[Any], bool], timeout_s: float = 5.0) -> None:
        with self._more:
            assert self._more.wait_for(lambda: any(wanted(record) for record in self.records), timeout_s), self.records

    @property
    def codes(self) -> list[str]:
        return [record.text for record in self.records if isinstance(record, CodeScanned)]


@pytest.fixture
def supervised() -> Iterator[Callable[[CodeScanner, Finder], Listener]]:
    running: list[Supervisor] = []

    def start(scanner: CodeScanner, finder: Finder) -> Listener:
        log = Listener()
        supervisor = log.supervisor = Supervisor(scanner, finder, log, poll_s=0.05, jitter=lambda: 0.0)
        running.append(supervisor)
        supervisor.start()
        log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.ONLINE)
        return log

    yield start
    for supervisor in running:
        supervisor.stop()


def test_a_hid_pos_scanner_tells_codes_only_while_armed(supervised):
    bus, device, scanner = Bus(), VirtualHidPosScanner(), CodeScanner(PROFILES["hid-pos"])
    bus.plug(device)
    log = supervised(scanner, scanner_finder(PROFILES["hid-pos"], backend=VirtualBackend(bus)))
    device.scan(b"before")
    time.sleep(0.2)
    scanner.arm()
    device.scan(LABEL.encode())
    log.wait_for(lambda record: isinstance(record, CodeScanned))
    scanner.disarm()
    device.scan(b"after")
    time.sleep(0.2)
    assert log.codes == [LABEL]
    assert next(record.engine for record in log.records if isinstance(record, CodeScanned)) == "hid-pos"


def test_a_code_that_stays_before_the_scanner_is_told_once_and_again_after_arming(supervised):
    bus, device, scanner = Bus(), VirtualHidPosScanner(), CodeScanner(PROFILES["hid-pos"])
    bus.plug(device)
    log = supervised(scanner, scanner_finder(PROFILES["hid-pos"], backend=VirtualBackend(bus)))
    scanner.arm()
    for _ in range(5):
        device.scan(b"same")
    device.scan(b"other")
    log.wait_for(lambda record: isinstance(record, CodeScanned) and record.text == "other")
    scanner.arm()
    device.scan(b"other")
    log.wait_for(lambda _: log.codes == ["same", "other", "other"])


def test_an_unplugged_scanner_is_found_again(supervised):
    bus, device, scanner = Bus(), VirtualHidPosScanner(), CodeScanner(PROFILES["hid-pos"])
    bus.plug(device)
    log = supervised(scanner, scanner_finder(PROFILES["hid-pos"], backend=VirtualBackend(bus)))
    scanner.arm()
    first, *_ = reports(LABEL.encode())
    device.push_in(ENDPOINT, first)
    time.sleep(0.1)
    bus.unplug(device)
    log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)
    bus.plug(device, port=2)
    log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.port == "usb:1-2")
    device.scan(b"whole")
    log.wait_for(lambda record: isinstance(record, CodeScanned))
    assert log.codes == ["whole"]


def test_a_serial_scanner_is_read_on_its_line(supervised):
    def say(line: PtyLine, stop: threading.Event) -> None:
        while not stop.wait(0.1):
            line.write("合格证".encode("gb18030")[:3])
            line.write("合格证".encode("gb18030")[3:])

    scanner = CodeScanner(PROFILES["serial"])
    with pty_with(say) as path:
        log = supervised(scanner, scanner_finder(PROFILES["serial"], path))
        scanner.arm()
        log.wait_for(lambda record: record == CodeScanned("合格证", "serial"))


class EventPipe:
    """What an open event device is for the driver, fed by a pipe."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self.port = "/dev/input/event9"

    def write(self, data: bytes, timeout_s: float) -> int:
        raise NeedsPerson("unsupportedCommand")

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                data = os.read(self.reading, max_bytes)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return b""
                time.sleep(0.001)
                continue
            if not data:
                raise DeviceGone
            return data

    def close(self) -> None:
        os.close(self.reading)


def test_a_wedge_types_a_code_and_a_flood_of_keys_stalls_nobody(supervised):
    pipe, scanner = EventPipe(), CodeScanner(PROFILES["wedge"])
    pipes = iter([pipe])
    log = supervised(scanner, lambda: next(pipes, None))
    scanner.arm()
    os.write(pipe.writing, wedge_events("A-17/x"))
    log.wait_for(lambda record: record == CodeScanned("A-17/x", "wedge"))
    stop = threading.Event()

    def flood() -> None:
        events = wedge_events("z" * 50, end="")
        while not stop.is_set():
            os.write(pipe.writing, events)

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        used, began = time.thread_time(), time.monotonic()
        time.sleep(1.0)
        assert time.monotonic() - began < 5 and time.thread_time() - used < 0.2
        assert log.codes == ["A-17/x"]
    finally:
        stop.set()
        flooding.join(5)
        os.close(pipe.writing)
    log.wait_for(lambda record: isinstance(record, DeviceStatus) and record.state is DeviceState.NO_DEVICE)


def test_a_wedge_and_a_line_must_be_named():
    for name in ("wedge", "serial"):
        with pytest.raises(NeedsPerson):
            scanner_finder(PROFILES[name])()
        assert scanner_finder(PROFILES[name], "/dev/nothing-here")() is None


@pytest.mark.parametrize("answers", [True, False])
def test_a_check_of_a_hid_pos_scanner_is_its_descriptor_and_tells_no_code(supervised, answers):
    bus, device, scanner = Bus(), VirtualHidPosScanner(), CodeScanner(PROFILES["hid-pos"])
    bus.plug(device)
    log = supervised(scanner, scanner_finder(PROFILES["hid-pos"], backend=VirtualBackend(bus)))
    if not answers:
        device.control_in = lambda *_: b""  # type: ignore[method-assign]
    device.scan(b"nobody asked for this")
    log.supervisor.check_health(HealthLevel.EXTERNAL)
    log.wait_for(lambda record: isinstance(record, HealthChecked))
    (check,) = [record for record in log.records if isinstance(record, HealthChecked)]
    assert (check.result, check.facts["answers"]) == (
        (HealthResult.SUCCESSFUL, "yes") if answers else (HealthResult.NOT_RESPONDING, "no")
    )
    assert log.codes == []


def test_a_check_of_a_line_says_that_it_is_held_and_cannot_be_asked(supervised):
    def silent(line: PtyLine, stop: threading.Event) -> None:
        stop.wait()

    with pty_with(silent) as path:
        scanner = CodeScanner(PROFILES["serial"])
        log = supervised(scanner, scanner_finder(PROFILES["serial"], path))
        log.supervisor.check_health(HealthLevel.EXTERNAL)
        log.wait_for(lambda record: isinstance(record, HealthChecked) and record.is_good and record.facts["answers"] == "no")
