"""Serial devices on the real kernel: cdc_acm, its line settings and modem lines, a tty that comes and goes under another number."""

from __future__ import annotations

import fcntl
import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from usb_rig import SLOW_S, app, devices, kernel_stays_well, place_of, plug, wait_until, whole_app

from drivers.printer.encode import encode_label
from drivers.printer.profile import printer_profile
from drivers.printer.record import MonoBitmap, PrinterJob
from drivers.virtual.cdc import VirtualCdcLine
from drivers.virtual.load_cell import LoadCell
from drivers.virtual.printer_engine import PROFILES, PrinterEngine
from drivers.virtual.printer_line import SerialPrinter
from drivers.virtual.reader import VirtualCard, VirtualReader
from drivers.virtual.reader_line import serve_reader
from drivers.virtual.serial_scale import Answering, Streaming, ToledoContinuous, VirtualSerialScale, YaohuaStx
from drivers.virtual.serial_scale_asked import MtSics, Toledo8217
from drivers.virtual.uart import Coding
from drivers.virtual.usbip import KernelPort

__all__ = ["app", "devices", "kernel_stays_well", "plug", "whole_app"]  # fixtures

DETECTED_S = 5.0
"""What is promised of a terminal; here it is only written down."""


def a_scale(talker: Streaming | Answering, wire: Coding, kg: str = "12.350") -> tuple[VirtualSerialScale, VirtualCdcLine]:
    cell = LoadCell(ramp_s=0)
    cell.set_weight(Decimal(kg))
    scale = VirtualSerialScale(talker, cell, baud=wire.baud)
    return scale, VirtualCdcLine(scale.serve, wire=wire)


def a_line(port: KernelPort) -> str:
    """The tty that the kernel made, once udev has given it to dialout."""
    ttys = Path("/sys/bus/usb/devices") / f"{port.place}:1.0" / "tty"
    wait_until(lambda: ttys.exists() and any(ttys.iterdir()), "cdc_acm never made a line")
    node = Path("/dev") / next(ttys.iterdir()).name
    wait_until(lambda: node.exists() and node.group() == "dialout", f"udev gave {node} to nobody")
    return str(node)


@contextmanager
def number_kept(line: str) -> Iterator[None]:
    """Somebody else still has it open, so that its number is not free."""
    held = os.open(line, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield
    finally:
        os.close(held)


# ---- scales -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talker", "wire", "profile", "frame"),
    [
        (ToledoContinuous(), Coding(9600, 7, "E"), "toledo_continuous", "7E1"),
        (YaohuaStx(), Coding(9600), "xk3190_stx", "8N1"),
        (YaohuaStx(), Coding(4800), "xk3190_stx", "8N1"),
        (MtSics(), Coding(9600), "mt_sics", "8N1"),
        (Toledo8217(), Coding(9600, 7, "E"), "toledo_8217", "7E1"),
    ],
)
def test_a_scale_is_recognised_by_its_bits_and_read(app, plug, talker, wire, profile, frame):
    _, adapter = a_scale(talker, wire)
    line = a_line(plug(adapter))
    # An emulated machine has no time in five seconds to ask all that can be asked: the last of them is asked alone.
    alone = "--protocol toledo-8217" if profile == "toledo_8217" else ""
    found = app.cli(f"probe scale --port {line} {alone}")
    assert found["code"] == 0, found["err"]
    sys.stderr.write(f"\n{profile} at {wire}: recognised in {found['seconds']:.2f} s (promised of a terminal: {DETECTED_S:g} s)\n")
    [facts] = found["out"]
    assert (facts["protocol"], facts["baud"], facts["line"]) == (profile, wire.baud, frame)
    read = app.cli(f"read scale --port {line} --protocol {profile} --baud {wire.baud} --count 2")
    assert [reading["weight_kg"] for reading in read["out"]] == ["12.350"] * 2, read["err"]
    assert adapter.coding == wire  # real seven bits, not ours
    wait_until(lambda: not adapter.is_open, "DTR stayed up behind a closed line")


def test_a_scale_that_is_pulled_is_found_again_under_another_number(app, devices, plug):
    scale, adapter = a_scale(YaohuaStx(), Coding(9600))
    port = plug(adapter, 2)
    first = a_line(port)
    devices.start("line", "scale", profile="xk3190_stx", place=place_of(2, 0))
    app.wait("line", kg="12.350")
    with number_kept(first):
        begin = app.now
        port.unplug(SLOW_S)
        app.wait("line", begin, state="noDevice")
        assert app.wait("line", begin, status="notReady")["kg"] is None  # the last number is never left standing
        begin = app.now
        scale.set_weight(Decimal("3.100"))
        port.plug(SLOW_S)
        second = a_line(port)
        assert second != first
        assert app.wait("line", begin, state="online")["port"] == second
        app.wait("line", begin, kg="3.100")
    told = app.since(0, "line")
    assert {record["error"] for record in told if "error" in record} <= {"", "noDevice", "timeOut"}, told


def test_a_line_that_another_program_holds_is_told_so(app, devices, plug):
    line = a_line(plug(a_scale(YaohuaStx(), Coding(9600))[1]))
    held = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.ioctl(held, termios.TIOCEXCL)
    devices.start("held", "scale", profile="xk3190_stx", place=line)
    app.wait("held", error="deviceBusy")
    os.close(held)
    app.wait("held", kg="12.350")


# ---- a reader ---------------------------------------------------------------------------------------------------------------


def test_a_card_is_read_on_a_line(app, devices, plug):
    reader = VirtualReader(pace=0)
    adapter = VirtualCdcLine(lambda line, stop: serve_reader(reader, line, stop), wire=Coding(115200))
    port = plug(adapter)
    card = VirtualCard(name="王建国", number="142421196804123019", valid_from="20080229", valid_to="20280229")
    reader.put_card(card)
    answer = app.cli(f"read idcard --port {a_line(port)}")
    assert [card["number"] for card in answer["out"]] == [card.number], answer["err"]
    devices.start("line reader", "reader", profile="sam_serial", place=place_of(0))
    app.wait("line reader", state="online")
    begin = app.now
    port.unplug(SLOW_S)
    app.wait("line reader", begin, state="noDevice")
    begin = app.now
    port.plug(SLOW_S)
    app.wait("line reader", begin, state="online")
    reader.put_card(card)
    app.do("arm", name="line reader")
    app.wait("line reader", begin, card=card.number)


# ---- a printer --------------------------------------------------------------------------------------------------------------


def a_job(rows: int) -> PrinterJob:
    data = b"".join(((row * 2654435761) % (1 << 64)).to_bytes(8, "big") * 9 for row in range(1, rows + 1))
    return PrinterJob("strip", encode_label(MonoBitmap(576, rows, data), printer_profile("epson-80")), rows / 8)


class Overheard(VirtualCdcLine):
    """Keeps what its far end said."""

    said = b""

    def write(self, data: bytes) -> None:
        self.said += data
        super().write(data)


@pytest.mark.parametrize("flow", ["", "rtscts", "xonxoff"])
def test_a_printer_on_a_line_prints_with_every_way_of_flow(app, devices, plug, flow):
    slow = PrinterEngine(replace(PROFILES["epson"], buffer_bytes=2048), speed_mm_s=3)
    printer = SerialPrinter(slow, baud=115200, says_stop=flow == "xonxoff", room=1024)
    # Without XOFF a full adapter takes nothing from the pipe, as a USB one has no CTS to drop.
    adapter = Overheard(printer.serve, wire=Coding(115200), room=1 << 16 if flow == "xonxoff" else 1024)
    a_line(plug(adapter))
    patient = {"settle_s": 30.0, "stall_s": 60.0}
    devices.start(f"printer {flow}", "printer", profile="epson-80", place=place_of(0, 0), flow=flow, **patient)
    app.wait(f"printer {flow}", state="online")
    assert adapter.lines[-1] == (True, True)  # DTR and RTS, as the kernel raises them
    job = a_job(600 if flow == "xonxoff" else 200)
    app.print(f"printer {flow}", job)
    done = app.wait(f"printer {flow}", job="strip", timeout_s=4 * SLOW_S)
    assert (done["outcome"], done["sent"]) == ("confirmed", len(job.data))
    assert [page.height_dots >= 200 for page in printer.engine.pages] == [True]
    assert (b"\x13" in adapter.said) is (flow == "xonxoff")
    if flow == "xonxoff":
        # What was on the wire until the kernel of this slow machine heard XOFF; a deaf one would send all of it.
        assert printer.most_held < len(job.data) // 3
    devices.stop(f"printer {flow}")
    wait_until(lambda: adapter.lines[-1] == (False, False), "the lines stayed up behind a closed printer")


def test_a_printer_whose_dsr_is_down_gets_nothing_until_it_rises(app, devices, plug):
    printer = SerialPrinter(PrinterEngine(speed_mm_s=400), baud=115200, says_stop=False)
    adapter = VirtualCdcLine(printer.serve, wire=Coding(115200))
    line = a_line(plug(adapter))
    patient = {"flow": "dsrdtr", "settle_s": 20.0, "stall_s": 60.0}
    devices.start("dsr", "printer", profile="epson-80", place=place_of(0, 0), **patient)
    wait_until(lambda: adapter.is_open, "it was never opened")
    app.wait("dsr", port=line)
    assert printer.engine.received == b""
    adapter.say_state(carrier=True, dsr=True)
    wait_until(lambda: bool(printer.engine.received), "a raised DSR was never seen")
    app.wait("dsr", state="online", paper="full")
