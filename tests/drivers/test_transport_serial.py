"""The serial transport on pseudo-terminals: seven bits, parity in software, errors by name, a line that goes away."""

import os
import pty
import termios
import threading
import time
import tty
from collections.abc import Iterator

import pytest
import serial

from drivers.errors import DeviceGone, NeedsPerson, TryAgain
from drivers.transport import serial as transport_serial
from drivers.transport.serial import LineSettings, open_serial

SEVEN_EVEN = LineSettings(9600, 7, "E", 1)


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def test_a_pseudo_terminal_carries_seven_bits_again_and_again(line):
    ours, path = line
    for _ in range(3):
        port = open_serial(path, SEVEN_EVEN)
        os.write(ours, bytes([0x02 | 0x80, 0x31 | 0x80, 0x32]))
        assert port.read(16, 0.5) == b"\x021" + b"2"
        assert port.write(b"W", 0.5) == 1
        assert os.read(ours, 16) == b"W"
        port.close()


def test_an_adapter_that_refuses_seven_bits_gets_the_parity_bit_made_here(line, monkeypatch):
    ours, path = line
    real = serial.Serial

    def refusing(*arguments, bytesize, **settings):
        if bytesize == 7:
            raise termios.error(22, "Invalid argument")
        return real(*arguments, bytesize=bytesize, **settings)

    monkeypatch.setattr(transport_serial.serial, "Serial", refusing)
    monkeypatch.setattr(transport_serial, "_is_pseudo_terminal", lambda path: False)
    port = open_serial(path, SEVEN_EVEN)
    port.write(b"WC", 0.5)
    assert os.read(ours, 16) == bytes([0x57 | 0x80, 0x43 | 0x80])  # five and three ones
    os.write(ours, bytes([0x82, 0x3F, 0xE1, 0x8D]))
    assert port.read(16, 0.5) == b"\x02?a\r"
    port.close()
    odd = open_serial(path, LineSettings(9600, 7, "O", 1))
    odd.write(b"WU", 0.5)
    assert os.read(ours, 16) == bytes([0x57, 0x55 | 0x80])
    odd.close()


def test_a_line_belongs_to_one(line):
    _, path = line
    first = open_serial(path, LineSettings())
    with pytest.raises(TryAgain) as err:
        open_serial(path, LineSettings())
    assert err.value.code == "deviceBusy"
    first.close()
    open_serial(path, LineSettings()).close()


def test_no_permission_needs_a_person(line, monkeypatch):
    def denied(*arguments, **settings):
        raise serial.SerialException(13, "Permission denied")

    monkeypatch.setattr(transport_serial.serial, "Serial", denied)
    monkeypatch.setattr(transport_serial, "is_settling", lambda node: False)
    with pytest.raises(NeedsPerson) as err:
        open_serial(line[1], LineSettings())
    assert err.value.code == "permissionDenied"


def test_a_line_that_has_just_come_is_not_there_yet(line, monkeypatch):
    def denied(*arguments, **settings):
        raise serial.SerialException(13, "Permission denied")

    monkeypatch.setattr(transport_serial.serial, "Serial", denied)
    monkeypatch.setattr(transport_serial, "is_settling", lambda node: True)
    with pytest.raises(TryAgain) as err:
        open_serial(line[1], LineSettings())
    assert err.value.code == "noDevice"


def test_what_waited_before_opening_is_dropped(line):
    ours, path = line
    os.write(ours, b"old")
    port = open_serial(path, LineSettings())
    assert port.read(16, 0.05) == b""
    port.close()


def test_a_read_waits_no_longer_than_told_and_a_full_line_takes_a_part_and_says_which(line):
    ours, path = line
    port = open_serial(path, LineSettings())
    began = time.monotonic()
    assert port.read(16, 0.1) == b""
    assert time.monotonic() - began < 5  # it ends; how soon is the machine's affair
    data = bytes(place % 251 for place in range(1 << 18))
    taken = port.write(data, 0.1)
    assert 0 < taken < len(data)
    heard = b""
    while len(heard) < taken:
        heard += os.read(ours, 4096)
    assert heard == data[:taken]
    port.close()


class Sleeper:
    """A clock that only sleep moves: a busy machine changes nothing."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_paced_line_takes_no_more_than_the_wire_carries(line, monkeypatch):
    ours, path = line
    clock = Sleeper()
    monkeypatch.setattr(transport_serial, "time", clock)
    port = open_serial(path, LineSettings(9600), is_paced=True)
    assert port.bytes_per_s == 960
    taken = port.write(bytes(4096), 0.3)
    assert clock.now == pytest.approx(100.3)
    # 0.3 s of 960 bytes a second and what may lie ahead of the wire, but for the last step and a broken byte.
    most = 960 * (0.3 + transport_serial._AHEAD_S)
    assert most - 960 * transport_serial._STEP_S - 1 <= taken <= most
    assert len(os.read(ours, 8192)) == taken
    port.close()


def test_a_printer_that_says_stop_holds_the_line_and_loses_nothing(line):
    ours, path = line
    port = open_serial(path, LineSettings(115200, flow="xonxoff"), is_paced=True)
    os.write(ours, b"\x13")
    time.sleep(0.05)
    first = port.write(bytes(range(200)), 0.2)
    os.write(ours, b"\x11")
    time.sleep(0.05)
    rest = port.write(bytes(range(200))[first:], 0.5)
    heard = b""
    while len(heard) < first + rest:
        heard += os.read(ours, 4096)
    assert (first, heard) == (0, bytes(range(200)))
    assert port.read(16, 0.05) == b""
    port.close()


def test_a_line_that_hangs_up_is_gone():
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    port = open_serial(os.ttyname(theirs), LineSettings())
    os.close(theirs)
    threading.Timer(0.1, os.close, [ours]).start()
    with pytest.raises(DeviceGone):
        for _ in range(20):
            port.read(16, 0.2)
    port.close()
    port.close()


class DeafLine:
    """A USB adapter whose driver minds no handshake: everything written goes out."""

    def __init__(self, line, flow, monkeypatch):
        self._ours, path = line
        monkeypatch.setattr(transport_serial, "_is_deaf", lambda path: True)
        monkeypatch.setattr(transport_serial.time, "sleep", lambda seconds: None)
        settings = {}
        real = serial.Serial

        def opened(*arguments, **chosen):
            settings.update(chosen)
            return real(*arguments, **{**chosen, "rtscts": False})

        monkeypatch.setattr(transport_serial.serial, "Serial", opened)
        self.port = open_serial(path, LineSettings(115200, flow=flow), is_paced=True)
        self.settings = settings

    def say(self, data):
        os.write(self._ours, data)

    def got(self):
        return os.read(self._ours, 4096)


def test_xoff_is_minded_here_where_the_kernels_driver_is_deaf(line, monkeypatch):
    deaf = DeafLine(line, "xonxoff", monkeypatch)
    assert deaf.settings["xonxoff"] is False  # else the kernel would swallow it
    assert deaf.port.write(b"first", 0.2) == 5 and deaf.got() == b"first"
    deaf.say(b"\x12\x13")
    assert deaf.port.write(b"held", 0.2) == 0
    assert deaf.port.read(16, 0.2) == b"\x12"  # the answer that came with it is not lost
    deaf.say(b"\x11\x16")
    assert deaf.port.write(b"freed", 0.5) == 5 and deaf.got() == b"freed"
    assert deaf.port.read(16, 0.2) == b"\x16"
    deaf.say(b"\x13")
    assert deaf.port.read(16, 0.2) == b""  # heard while reading too
    assert deaf.port.write(b"held", 0.1) == 0
    deaf.port.close()


def test_a_dropped_cts_is_minded_here_where_the_kernels_driver_is_deaf(line, monkeypatch):
    deaf = DeafLine(line, "rtscts", monkeypatch)
    assert deaf.settings["rtscts"] is True  # RTS is the kernel's to raise
    raised = [False]
    monkeypatch.setattr(type(deaf.port._serial), "cts", property(lambda port: raised[0]))
    assert deaf.port.write(b"held", 0.1) == 0
    raised[0] = True
    assert deaf.port.write(b"freed", 0.5) == 5 and deaf.got() == b"freed"
    deaf.port.close()


@pytest.mark.parametrize(
    ("driver", "on_usb", "is_deaf"),
    [("cdc_acm", True, True), ("ch341-uart", True, True), ("ftdi_sio", True, False), ("serial8250", False, False)],
)
def test_who_minds_no_handshake_is_known_by_the_driver(tmp_path, driver, on_usb, is_deaf):
    device = tmp_path / "devices" / "1-1:1.0"
    device.mkdir(parents=True)
    if on_usb:
        (device / "bInterfaceClass").write_text("02\n", encoding="ascii")
    (tmp_path / "drivers" / driver).mkdir(parents=True)
    (device / "driver").symlink_to(tmp_path / "drivers" / driver)
    (tmp_path / "class/tty/ttyX0").mkdir(parents=True)
    (tmp_path / "class/tty/ttyX0/device").symlink_to(device)
    assert transport_serial._is_deaf("/dev/ttyX0", tmp_path) is is_deaf
    assert not transport_serial._is_deaf("/dev/ttyX1", tmp_path)
