"""Virtual USB lines and keyboards without a kernel: their bits, their requests, their reports."""

import struct
import threading

import pytest

from drivers.scanner.wedge import WedgeAssembler
from drivers.virtual.bus import Bus, Stall, Unplugged
from drivers.virtual.cdc import IN, NOTIFY, OUT, VirtualCdcLine
from drivers.virtual.scanner import usage_of, wedge_events
from drivers.virtual.uart import Coding, heard
from drivers.virtual.wedge import ENDPOINT, VirtualWedge


def test_seven_bits_with_even_parity_are_eight_with_an_even_number_of_ones():
    said = b"\x02 12.350"
    there = heard(said, Coding(9600, 7, "E"), Coding(9600))
    assert all(byte.bit_count() % 2 == 0 for byte in there)
    assert bytes(byte & 0x7F for byte in there) == said
    assert heard(there, Coding(9600), Coding(9600, 7, "E")) == said
    assert heard(said, Coding(9600, 7, "O"), Coding(9600))[0] == 0x02  # one 1: odd already


def test_the_wrong_speed_makes_other_bytes_and_the_right_one_the_same():
    said = bytes(range(32, 127))
    for baud in (4800, 19200):
        assert said not in heard(said, Coding(9600), Coding(baud))
    for coding in (Coding(9600), Coding(9600, 7, "E"), Coding(1200, 7, "N")):
        assert heard(said, coding, coding) == said
    assert heard(b"", Coding(9600), Coding(4800)) == b""
    assert heard(b"U", Coding(9600), Coding(19200))[:1] != b"U"


def test_a_byte_as_the_wire_has_it():
    # 55 at half the speed: start, alternating bits; each of them is seen twice.
    assert heard(b"\x55", Coding(9600), Coding(19200))[0] == 0b01100110


@pytest.fixture
def line():
    adapter = VirtualCdcLine(wire=Coding(9600, 7, "E"))
    bus = Bus()
    bus.plug(adapter)
    yield adapter
    bus.close()


def test_the_host_sets_the_line_and_is_heard_as_it_set_it(line):
    coding = struct.pack("<IBBB", 9600, 0, 2, 7)
    assert line.control_out(0x21, 0x20, 0, 0, coding) == 7
    assert line.control_in(0xA1, 0x21, 0, 0, 7) == coding
    assert (line.coding, line.codings) == (Coding(9600, 7, "E"), [Coding(9600, 7, "E")])
    line.write(b"nobody listens")
    line.control_out(0x21, 0x22, 3, 0, b"")
    line.write(b"W" * 64)
    assert line.transfer_in(IN, 128, 0) + line.transfer_in(IN, 128, 0) == b"W" * 64
    line.control_out(0x21, 0x20, 0, 0, struct.pack("<IBBB", 9600, 0, 0, 8))
    line.write(b"W")
    assert line.transfer_in(IN, 128, 0) == b"\xd7"
    assert line.transfer_out(OUT, b"\xd7", 0) == 1
    assert line.read(8, 0) == b"W"
    line.control_out(0x21, 0x22, 0, 0, b"")
    assert line.lines == [(True, True), (False, False)] and not line.is_open
    with pytest.raises(Stall):
        line.control_out(0x21, 0x20, 0, 0, b"short")


def test_a_full_line_takes_what_fits_and_then_nothing():
    adapter = VirtualCdcLine(room=10)
    assert [adapter.transfer_out(OUT, b"123456", 0.01) for _ in range(3)] == [6, 4, 0]
    assert adapter.read(64, 0) == b"1234561234"


def test_the_modems_lines_are_told_as_the_class_says(line):
    line.say_state(carrier=False, dsr=True)
    assert line.transfer_in(NOTIFY, 16, 0) == bytes.fromhex("A1 20 0000 0000 0200 0200")


def test_the_far_end_runs_while_there_is_power():
    begun, ended = threading.Event(), threading.Event()

    def serve(line, stop):
        begun.set()
        stop.wait(20)
        ended.set()

    adapter, bus = VirtualCdcLine(serve), Bus()
    bus.plug(adapter)
    assert begun.wait(20)
    bus.unplug(adapter)
    assert ended.is_set()
    with pytest.raises(Unplugged):
        adapter.transfer_in(IN, 64, 0)


def test_a_keyboard_types_what_the_kernel_makes_the_same_events_of():
    scanner = VirtualWedge(period_s=0)
    scanner.scan("aB1!")
    reports = []
    while report := scanner.transfer_in(ENDPOINT, 8, 0):
        reports.append(report)
    assert scanner.is_still
    downs = [(report[0], report[2]) for report in reports[::2]]
    assert downs == [(0, 4), (2, 5), (0, 30), (2, 30), (0, 40)]
    assert set(reports[1::2]) == {bytes(8)}
    assert WedgeAssembler().feed(wedge_events("aB1!"), 0.0) == ["aB1!"]  # the same keys by the other way
    with pytest.raises(ValueError):
        usage_of("秤")
