"""``python -m drivers`` against virtual devices: a USB bus in the place of libusb's, ptys, TCP, pictures."""

import io
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import serial

from drivers.cli.app import main
from drivers.cli.desk import Desk
from drivers.cli.scale import PROTOCOLS
from drivers.scale.profile import load_profiles
from drivers.transport import serial as transport_serial
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.camera import VirtualCamera, code_picture
from drivers.virtual.hid_scale import VirtualHidScale
from drivers.virtual.load_cell import Fault, LoadCell
from drivers.virtual.printer import VirtualLabelPrinter, VirtualPrinter
from drivers.virtual.printer_engine import PrinterEngine
from drivers.virtual.printer_tcp import TcpPrinter
from drivers.virtual.reader import VirtualCard, VirtualReader
from drivers.virtual.reader_line import serve_reader
from drivers.virtual.scanner import VirtualHidPosScanner
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
from drivers.virtual.tspl_engine import NO_PAPER
from tests.support.lines import PtyLine, pty_with

CARD = VirtualCard(
    name="王建国",
    number="142421196804123019",
    sex="1",
    nation="11",
    address="山西省晋中市太谷区明星镇南庄村",
    authority="太谷区公安局",
    valid_from="20080229",
    valid_to="20280229",
)


class Terminal:
    """Runs commands in this process and keeps what they wrote."""

    def __init__(self, backend: Any, serial_ports: tuple[str, ...] = ()) -> None:
        self.desk = Desk(io.StringIO(), io.StringIO(), io.StringIO(), backend=backend, serial_ports=lambda: serial_ports)
        self.code = -1

    def __call__(self, command: str, answers: str = "") -> list[dict[str, Any]]:
        self.desk = replace(self.desk, out=io.StringIO(), err=io.StringIO(), answers=io.StringIO(answers))
        self.code = main([*command.split(), "--json"], desk=self.desk)
        return [json.loads(line) for line in self.desk.out.getvalue().splitlines()]

    @property
    def remarks(self) -> list[str]:
        return self.desk.err.getvalue().splitlines()


@pytest.fixture
def bus() -> Iterator[Bus]:
    bus = Bus()
    yield bus
    bus.close()


@pytest.fixture
def run(bus: Bus) -> Terminal:
    return Terminal(VirtualBackend(bus))


def scale_on(talker: Streaming | Answering, kg: str = "12.350", fault: Fault = Fault.NONE) -> Any:
    cell = LoadCell(ramp_s=0)
    cell.set_weight(Decimal(kg))
    cell.set_fault(fault)
    return pty_with(VirtualSerialScale(talker, cell).serve)


# ---- scales -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "talker"),
    [
        ("toledo-continuous", ToledoContinuous()),
        ("toledo-continuous", ToledoContinuous(checksum=False)),
        ("mt-sics", MtSics()),
        ("xk3190", YaohuaStx()),
        ("xk3190", YaohuaCommand()),
        ("xk3190-equals-reversed", YaohuaEquals(reversed_digits=True)),
        ("dahua", CasClone()),
        ("cas", CasEcr()),
        ("cas", CasClone()),
        ("cas", Cas22Line()),
        ("toledo-8217", Toledo8217()),
        ("and-standard", AndLine()),
        ("and-standard", ExcellLine()),
    ],
)
def test_every_protocol_is_read_on_a_line(run, protocol, talker):
    with scale_on(talker) as path:
        readings = run(f"read scale --port {path} --protocol {protocol} --count 2 --timeout 5")
    assert (run.code, len(readings)) == (0, 2), run.remarks
    for reading in readings:
        assert set(reading) == {"weight_kg", "status", "raw"}
        assert reading["weight_kg"] == "12.350"
        assert bytes.fromhex(reading["raw"])
    if not protocol.startswith("xk3190"):  # they do not tell rest: it takes a second of equal frames
        assert readings[-1]["status"] == "stable"


def test_every_protocol_name_has_its_profiles():
    assert set(PROTOCOLS) >= {"toledo-continuous", "mt-sics", "xk3190", "dahua", "cas", "toledo-8217", "and-standard"}
    assert {name for names in PROTOCOLS.values() for name in names} <= set(load_profiles())


def test_a_scale_without_a_motion_flag_comes_to_rest(run):
    with scale_on(YaohuaStx()) as path:
        readings = run(f"read scale --port {path} --protocol xk3190 --count 16")
    assert readings[0]["status"] == "unstable"
    assert readings[-1] == {**readings[0], "status": "stable"}


def test_readings_come_one_a_frame(run):
    with scale_on(ToledoContinuous()) as path:
        began = time.monotonic()
        readings = run(f"read scale --port {path} --protocol toledo-continuous --count 5")
    assert len(readings) == 5 and {reading["weight_kg"] for reading in readings} == {"12.350"}
    assert time.monotonic() - began < 2.5


def test_what_crosses_the_wire_is_recorded_when_asked(run, tmp_path):
    file = tmp_path / "wire.jsonl"
    with scale_on(ToledoContinuous()) as path:
        assert run(f"read scale --port {path} --protocol toledo-continuous --count 3 --record {file}")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0] == {"op": "open", "kind": "scale", "port": path}
    assert b"12350" in b"".join(bytes.fromhex(line["data"]) for line in lines if line["op"] == "read")
    run(f"read idcard --record {tmp_path / 'card.jsonl'}")
    assert run.code == 2 and run.remarks == ["drivers: a card reader is never recorded"]
    run(f"read scale --port {path} --record /nowhere/x")
    assert run.code == 2


def test_where_there_is_no_weight_there_is_no_number(run):
    with scale_on(ToledoContinuous(), fault=Fault.OVERLOAD) as path:
        readings = run(f"read scale --port {path} --protocol toledo-continuous")
    assert (readings[0]["weight_kg"], readings[0]["status"]) == (None, "overweight")


def test_without_a_protocol_the_line_is_found_out(run):
    with scale_on(YaohuaStx()) as path:
        assert run(f"read scale --port {path}")[0]["weight_kg"] == "12.350"
        assert any("xk3190_stx" in remark for remark in run.remarks)
        found = run(f"probe scale --port {path}")
    assert (found[0]["protocol"], found[0]["baud"], found[0]["line"], found[0]["checked"]) == ("xk3190_stx", 9600, "8N1", True)


def test_without_a_port_a_talking_line_is_found_by_listening(bus):
    with scale_on(CasClone()) as path:
        run = Terminal(VirtualBackend(bus), (path,))
        assert run("read scale")[0]["weight_kg"] == "12.350"


def test_without_a_port_the_usb_scale_is_taken(run, bus):
    scale = VirtualHidScale(LoadCell(ramp_s=0), period_s=0.03)
    scale.set_weight(Decimal("1.250"))
    bus.plug(scale)
    readings = run("read scale --count 3")
    assert [(reading["weight_kg"], reading["status"]) for reading in readings] == [("1.250", "stable")] * 3


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("read scale --protocol avery", "unknown protocol 'avery'"),
        ("read scale --port /dev/ttyUSB77 --protocol cas", "/dev/ttyUSB77 is not there"),
        ("read scale --port usb:9-9", "usb:9-9 is not there"),
        ("read scale", "no scale found"),
        ("read idcard", "the card reader is not there"),
        ("read idcard --protocol foo", "unknown protocol 'foo'"),
        ("probe scale", "needs --port"),
        ("probe --port /dev/ttyS99", "what it may ask"),
        ("health printer --port /dev/ttyUSB77", "/dev/ttyUSB77 is not there"),
        ("health printer --port tcp:127.0.0.1:1", "cannot be opened"),
        ("health printer --protocol foo", "unknown protocol 'foo'"),
        ("read scanner --protocol foo", "unknown protocol 'foo'"),
        ("read scanner --protocol wedge", "wedge needs --port"),
        ("read scanner --image /no/such.png", "/no/such.png is not there"),
        ("read scanner --port /dev/video77", "/dev/video77 is not there"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_two(run, command, says):
    assert run(command) == []
    assert run.code == 2
    assert len(run.remarks) == 1 and says in run.remarks[0]


def test_a_port_without_permission_or_in_use_is_said_so(run, monkeypatch):
    with scale_on(ToledoContinuous()) as path:
        with serial.Serial(path, exclusive=True):
            run(f"read scale --port {path} --protocol cas")
        assert run.code == 2 and "in use" in run.remarks[0]

        def denied(*arguments: object, **settings: object) -> None:
            raise serial.SerialException(13, "Permission denied")

        monkeypatch.setattr(transport_serial.serial, "Serial", denied)
        monkeypatch.setattr(transport_serial, "is_settling", lambda node: False)
        run(f"read scale --port {path} --protocol toledo-continuous")
        assert run.code == 2 and "no permission" in run.remarks[0]


def test_a_silent_scale_ends_in_time_with_one(run):
    with scale_on(ToledoContinuous(), fault=Fault.MUTE) as path:
        began = time.monotonic()
        assert run(f"read scale --port {path} --protocol toledo-continuous --timeout 1") == []
        assert run.code == 1 and time.monotonic() - began < 9
        assert "nothing readable" in run.remarks[-1]


def test_the_health_of_a_scale_has_three_depths(run):
    with scale_on(ToledoContinuous(), kg="1.000") as path:
        where = f"--port {path} --protocol toledo-continuous"
        assert run(f"health scale {where}")[0]["state"] == "online" and run.code == 0
        assert run(f"health scale --level external {where}")[0]["status"] == "stable" and run.code == 0
        right = run(f"health scale --level interactive --reference 1.000 {where}", answers="y\n")
        assert right[0]["difference_kg"] == "0.000" and run.code == 0
        wrong = run(f"health scale --level interactive --reference 2 {where}", answers="y\n")
        assert wrong[0]["difference_kg"] == "-1.000" and run.code == 1
        assert run(f"health scale --level interactive {where}", answers="n\n") == [] and run.code == 1


# ---- card readers -----------------------------------------------------------------------------------------------------------


def test_a_card_is_printed_with_its_fields_and_no_photo(run, bus):
    reader = VirtualReader(pace=0)
    reader.put_card(CARD)
    bus.plug(reader)
    (card,) = run("read idcard")
    assert card == {
        "kind": "resident",
        "name": "王建国",
        "sex": "男",
        "nation": "满",
        "born": "1968-04-12",
        "address": "山西省晋中市太谷区明星镇南庄村",
        "number": "142421196804123019",
        "authority": "太谷区公安局",
        "valid_from": "2008-02-29",
        "valid_to": "2028-02-29",
        "warnings": [],
    }


def test_a_card_on_a_serial_reader_is_read_too(run):
    reader = VirtualReader(pace=0)
    reader.put_card(replace(CARD, valid_to="长期"))
    with pty_with(lambda line, stop: serve_reader(reader, line, stop)) as path:
        (card,) = run(f"read idcard --port {path}")
        assert card["valid_to"] == "长期" and card["name"] == "王建国"
        (found,) = run(f"probe idcard --port {path}")
    assert found["module"] == "05.03-20130101-0012345678-0987654321"


def test_no_card_and_no_reader_end_with_one(run, bus):
    bus.plug(VirtualReader(pace=0))
    assert run("read idcard --timeout 0.5") == []
    assert run.code == 1 and "no card" in run.remarks[-1]
    with scale_on(ToledoContinuous()) as path:
        assert run(f"probe idcard --port {path}") == [] and run.code == 1


def test_a_refused_card_is_a_remark_and_the_next_one_is_read(run, bus):
    reader = VirtualReader(pace=0)
    reader.put_card(CARD)
    reader.faults.pull_at_byte = 700
    bus.plug(reader)
    assert run("read idcard --timeout 1") == []
    assert any("mediaRemoved" in remark for remark in run.remarks)
    assert "王" not in " ".join(run.remarks)


def test_the_health_of_a_reader(run, bus):
    reader = VirtualReader(pace=0)
    bus.plug(reader)
    assert run("health idcard")[0]["state"] == "online" and run.code == 0
    reader.put_card(CARD)
    (found,) = run("health idcard --level external")
    assert (found["check"], found["card"], run.code) == ("External HCheck: Successful", "present", 0)
    answer = run("health idcard --level interactive")
    assert answer[0]["check"] == "Interactive HCheck: Complete"
    assert answer[0]["error"] == "" and "王" not in json.dumps(answer, ensure_ascii=False)
    reader.faults.mute = True
    assert run("health idcard")[0]["state"] == "hardwareError" and run.code == 1


# ---- printers ---------------------------------------------------------------------------------------------------------------


def test_the_health_of_a_printer_has_its_words(run, bus):
    printer = VirtualPrinter()
    bus.plug(printer)
    fine = run("health printer")[0]
    assert (fine["state"], fine["paper"], fine["cover"], fine["error"], run.code) == ("online", "full", "closed", "", 0)
    printer.engine.open_cover()
    bad = run("health printer")[0]
    assert (bad["state"], bad["cover"], bad["error"], run.code) == ("userError", "open", "coverOpen", 1)


def test_a_printer_is_probed_with_the_bytes_it_said(run, bus):
    bus.plug(VirtualPrinter(), port=1)
    bus.plug(VirtualHidScale(), port=2)
    bus.plug(VirtualHidPosScanner(), port=3)
    found, scale, scanner = run("probe")
    assert (scale["port"], scale["protocol"], scanner["port"], scanner["protocol"]) == ("usb:1-2", "hid", "usb:1-3", "hid-pos")
    assert (found["kind"], found["status"]) == ("printer", {"1": "12", "2": "12", "3": "12", "4": "12"})
    assert "MFG" in found["device_id"]


def test_a_test_print_is_one_piece_and_confirmed(run, bus):
    printer = VirtualPrinter()
    bus.plug(printer)
    _, done = run("health printer --level external --protocol epson-80")
    assert (done["test_print"], done["bytes_sent"], run.code) == ("confirmed", done["bytes_total"], 0)
    assert len(printer.engine.pages) == 1
    _, asked = run("health printer --level interactive --protocol epson-80", answers="n\n")
    assert asked["test_print"] == "failed" and run.code == 1


def test_a_printer_on_the_network_has_health_too(run):
    with TcpPrinter(PrinterEngine()) as printer:
        answer = run(f"health printer --port tcp:127.0.0.1:{printer.port}")[0]
    assert (answer["state"], answer["paper"]) == ("online", "full")


def test_a_label_printer_has_health_in_its_own_language(run, bus):
    printer = VirtualLabelPrinter()
    bus.plug(printer)
    fine, done = run("health printer --protocol tspl-60 --level external")
    assert (fine["state"], fine["paper"], done["test_print"], run.code) == ("online", "full", "confirmed", 0)
    printer.engine.set_fault(NO_PAPER)
    assert run("health printer --protocol tspl-60")[0]["paper"] == "out" and run.code == 1
    assert run("probe printer --protocol tspl-60")[0]["status"] == {"ESC ! ?": "04"}


# ---- everything -------------------------------------------------------------------------------------------------------------


def test_list_names_what_is_plugged_in(run, bus):
    bus.plug(VirtualReader(pace=0), port=1)
    bus.plug(VirtualHidScale(), port=2)
    bus.plug(VirtualPrinter(), port=3)
    devices = {device["port"]: device for device in run("list") if device["port"].startswith("usb:")}
    assert {port: device["kind"] for port, device in devices.items()} == {
        "usb:1-1": "reader",
        "usb:1-2": "scale",
        "usb:1-3": "printer",
    }
    assert devices["usb:1-1"]["ids"] == "0400:c35a" and devices["usb:1-3"]["name"] == "Virtual Receipt printer"


def test_health_of_all_says_what_is_missing(run):
    answers = {answer["kind"]: answer["state"] for answer in run("health")}
    assert answers.keys() == {"reader", "scale", "printer", "scanner"} and run.code == 1
    assert answers["reader"] == answers["scale"] == answers["printer"] == "noDevice"


def test_pictures_are_decoded_one_object_each(run, tmp_path: Path):
    good, empty, broken = tmp_path / "码.png", tmp_path / "white.png", tmp_path / "broken.png"
    cv2.imencode(".png", code_picture("https://hgz.cn/1", 4))[1].tofile(good)
    cv2.imencode(".png", 255 - 0 * code_picture("x", 4))[1].tofile(empty)
    broken.write_bytes(b"no picture")
    found = run(f"read scanner --image {good} {empty} {broken}")
    assert [(item["file"], item["text"]) for item in found] == [
        (str(good), "https://hgz.cn/1"),
        (str(empty), None),
        (str(broken), None),
    ]
    assert found[0]["engine"] == "zxing" and all(item["ms"] >= 0 for item in found) and run.code == 0


def test_a_self_decoding_scanner_is_found_and_read(run, bus):
    scanner = VirtualHidPosScanner()
    bus.plug(scanner)
    (health,) = run("health scanner")
    assert (health["state"], health["error"], health["port"]) == ("online", "", "usb:1-1")
    (health,) = run("health scanner --level external")
    assert (health["check"], health["way"], health["answers"], run.code) == ("External HCheck: Successful", "hid-pos", "yes", 0)
    scanner.scan("合格证".encode("gb18030"))
    assert run("read scanner --timeout 5") == [{"text": "合格证", "engine": "hid-pos"}]


def test_the_health_of_a_camera_is_a_picture_and_then_a_code(run, tmp_path: Path):
    camera = VirtualCamera(tmp_path / "view")
    camera.clear()
    place = f"pictures:{tmp_path / 'view'}"
    (health,) = run(f"health scanner --port {place}")
    assert (health["check"], run.code) == ("Internal HCheck: Successful", 0)
    (health,) = run(f"health scanner --port {place} --level external")
    assert (health["check"], health["width"], run.code) == ("External HCheck: Successful", "1280", 0)
    camera.show_picture(np.full((720, 1280, 3), 3, np.uint8))
    (health,) = run(f"health scanner --port {place} --level external")
    assert (health["check"], run.code) == ("External HCheck: Failed (blind)", 1)
    (health,) = run(f"health scanner --port {place} --level interactive --timeout 1")
    assert (health["check"], run.code) == ("Interactive HCheck: Not Responding (timeOut)", 1)
    camera.show("https://hgz.cn/1")
    (health,) = run(f"health scanner --port {place} --level interactive --timeout 10")
    assert (health["check"], health["engine"], run.code) == ("Interactive HCheck: Complete", "zxing", 0)
    camera.cover()
    (health,) = run(f"health scanner --port {place} --level external")
    assert (health["check"], run.code) == ("External HCheck: Not Responding (timeOut)", 1)


def test_a_serial_scanner_is_read_by_its_port(run):
    def say(line: PtyLine, stop: threading.Event) -> None:
        while not stop.wait(0.1):
            line.write(b"CODE-1\r\n")

    with pty_with(say) as path:
        assert run(f"read scanner --port {path} --timeout 5") == [{"text": "CODE-1", "engine": "serial"}]


def test_the_module_runs_as_a_command_and_imports_no_virtual_device():
    code = "import runpy, sys; sys.argv = ['drivers', 'read', 'scale', '--port', '/dev/ttyUSB77', '--protocol', 'cas']\n"
    code += "try:\n    runpy.run_module('drivers', run_name='__main__')\nexcept SystemExit as end:\n    print(end.code)\n"
    code += "print([name for name in sys.modules if name.startswith(('drivers.virtual', 'kiosk'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split("\n")[:2] == ["2", "[]"]
    assert done.stderr == "drivers: /dev/ttyUSB77 is not there\n"
