"""USB devices on the real kernel: its enumeration, its drivers, udev's rights, libusb, and our drivers confined as the app's unit is."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from usb_rig import (
    PRODUCT,
    ROOT,
    SLOW_S,
    app,
    devices,
    driver_of,
    in_the_units_sandbox,
    kernel_stays_well,
    node_of,
    place_of,
    plug,
    settle,
    wait_until,
    whole_app,
)

from drivers.printer.encode import encode_label
from drivers.printer.profile import PrinterProfile, printer_profile
from drivers.printer.record import MonoBitmap, PrinterJob
from drivers.virtual.bus import Stall
from drivers.virtual.cdc import VirtualCdcLine
from drivers.virtual.hid_scale import VirtualHidScale
from drivers.virtual.load_cell import Fault, LoadCell
from drivers.virtual.printer import VirtualLabelPrinter, VirtualPrinter
from drivers.virtual.printer_engine import PrinterEngine
from drivers.virtual.reader import VirtualCard, VirtualReader
from drivers.virtual.scanner import VirtualHidPosScanner
from drivers.virtual.tspl_engine import TsplEngine
from drivers.virtual.usbip import KernelPort
from drivers.virtual.wedge import VirtualWedge
from kiosk.domain.form import CertificateForm
from kiosk.label.layout import layout
from kiosk.label.stock import STOCKS
from support.labels import SIZES, content

__all__ = ["app", "devices", "kernel_stays_well", "plug", "whole_app"]  # fixtures

CARD = VirtualCard(
    name="王建国",
    number="142421196804123019",
    nation="11",
    address="山西省晋中市太谷区明星镇南庄村",
    authority="太谷区公安局",
    valid_from="20080229",
    valid_to="20280229",
)
CODE = "https://q.sxnc.cn/" + "7" * 241
EPSON = printer_profile("epson-80")


def a_scale(kg: str) -> VirtualHidScale:
    cell = LoadCell(ramp_s=0)
    cell.set_weight(Decimal(kg))
    return VirtualHidScale(cell)


def a_picture(rows: int, width: int = 576) -> MonoBitmap:
    """Stripes that no two rows share."""
    data = b"".join(((row * 2654435761) % (1 << 64)).to_bytes(8, "big") * (width // 64) for row in range(1, rows + 1))
    return MonoBitmap(width // 64 * 64, rows, data)


def a_job(name: str, rows: int, profile: PrinterProfile = EPSON) -> PrinterJob:
    return PrinterJob(name, encode_label(a_picture(rows), profile), rows / 8)


def a_certificate(stock: str) -> MonoBitmap:
    """A certificate's label as it burns."""
    bitmap = layout(content(CertificateForm.T2026_PRODUCER, SIZES["long"]), STOCKS[stock]).bitmap
    return MonoBitmap(bitmap.width_dots, bitmap.height_dots, bitmap.data)


# ---- what is there ----------------------------------------------------------------------------------------------------------


def test_the_installed_command_lists_and_probes_what_is_plugged_with_the_rights_of_the_app(plug):
    everything = [a_scale("1"), VirtualReader(pace=0), VirtualPrinter(), VirtualHidPosScanner(), VirtualLabelPrinter()]
    ports = [plug(device, number) for number, device in enumerate(everything)]
    settle(*ports)
    rights = [(node_of(port).group(), oct(node_of(port).stat().st_mode & 0o777)) for port in ports]
    assert rights == [(group, "0o660") for group in ("plugdev", "plugdev", "lp", "plugdev", "lp")]
    said = {}
    for verb in ("list", "probe"):
        command = in_the_units_sandbox(PRODUCT, "-m", "drivers", verb, "--json")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2 * SLOW_S)
        assert done.returncode == 0, done.stderr
        said[verb] = {facts["port"]: facts for facts in map(json.loads, done.stdout.splitlines())}
    here = [f"usb:{port.place}" for port in ports]
    assert [said["list"][port] for port in here] == [
        {"port": here[0], "kind": "scale", "ids": "0922:8003", "name": "Virtual HID scale"},
        {"port": here[1], "kind": "reader", "ids": "0400:c35a", "name": "SDT ID card reader"},
        {"port": here[2], "kind": "printer", "ids": "0416:5011", "name": "Virtual Receipt printer"},
        {"port": here[3], "kind": "scanner", "ids": "0c2e:0b61", "name": "Virtual HID-POS scanner"},
        {"port": here[4], "kind": "printer", "ids": "0416:5011", "name": "Virtual Label printer"},
    ]
    assert said["probe"][here[1]]["module"] == "05.03-20130101-0012345678-0987654321"
    assert said["probe"][here[2]]["device_id"].startswith("MFG:Virtual;")
    assert said["probe"][here[0]]["protocol"] == "hid" and said["probe"][here[3]]["protocol"] == "hid-pos"


def test_the_installed_rules_are_read_without_complaint_and_leave_other_devices_alone(plug):
    shipped = ROOT / "systemd" / "udev" / "60-kiosk.rules"
    assert Path("/etc/udev/rules.d/60-kiosk.rules").read_bytes() == shipped.read_bytes()
    began = time.time()
    subprocess.run(["udevadm", "control", "--reload"], check=True, timeout=SLOW_S)
    keyboard, line = plug(VirtualWedge(), 0), plug(VirtualCdcLine(), 1)
    wait_until(
        lambda: "ID_USB_INTERFACES" in _told_by_udev(keyboard) and "ID_USB_INTERFACES" in _told_by_udev(line), "udev never saw them"
    )
    settle()
    assert [(node_of(port).group(), oct(node_of(port).stat().st_mode & 0o777)) for port in (keyboard, line)] == [
        ("root", "0o664")
    ] * 2
    assert _told_by_udev(line)["ID_MM_DEVICE_IGNORE"] == "1"
    assert "ID_MM_DEVICE_IGNORE" not in _told_by_udev(keyboard)
    journal = ["journalctl", "--no-pager", "-o", "cat", "-u", "systemd-udevd", f"--since=@{began:.0f}"]
    said = subprocess.run(journal, capture_output=True, text=True, check=True, timeout=SLOW_S).stdout
    assert "kiosk" not in said, said


def _told_by_udev(port: KernelPort) -> dict[str, str]:
    asked = ["udevadm", "info", "--query=property", f"--path=/sys/bus/usb/devices/{port.place}"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=SLOW_S).stdout
    return dict(line.split("=", 1) for line in said.splitlines())


# ---- what they say ----------------------------------------------------------------------------------------------------------


def test_a_card_is_read(app, plug):
    reader = VirtualReader(pace=0)
    reader.put_card(CARD)
    port = plug(reader)
    settle(port)
    answer = app.cli(f"read idcard --port usb:{port.place}")
    assert (answer["code"], answer["err"]) == (0, "")
    assert answer["out"] == [
        {
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
    ]


def test_a_card_is_read_through_two_pairs_of_pipes(app, plug):
    reader = VirtualReader(pace=0, two_pairs=True)
    reader.put_card(CARD)
    settle(plug(reader))
    answer = app.cli("read idcard")
    assert [card["number"] for card in answer["out"]] == [CARD.number], answer


def test_a_scale_that_the_kernel_holds_is_taken_and_read(app, plug):
    port = plug(a_scale("12.350"))
    settle(port)
    wait_until(lambda: driver_of(port) == "usbhid", "usbhid never took it")
    answer = app.cli("read scale --count 3")
    assert (answer["code"], answer["err"]) == (0, "")
    assert [(reading["weight_kg"], reading["status"]) for reading in answer["out"]] == [("12.350", "stable")] * 3
    assert all(bytes.fromhex(reading["raw"])[0] == 3 for reading in answer["out"])
    assert driver_of(port) == ""  # given back, but not to usbhid: nobody else wants it
    again = app.cli(f"read scale --port usb:{port.place}")
    assert [reading["weight_kg"] for reading in again["out"]] == ["12.350"]


def test_codes_of_a_point_of_sale_scanner_are_read(app, plug):
    scanner = VirtualHidPosScanner()
    port = plug(scanner)
    settle(port)
    wait_until(lambda: driver_of(port) == "usbhid", "usbhid never took it")
    number = app.begin("cli", arguments=["read", "scanner", "--protocol", "hid-pos", "--count", "2", "--timeout", "60"])
    wait_until(lambda: driver_of(port) == "usbfs", "the scanner was never taken")
    scanner.scan(CODE.encode())
    scanner.scan("太谷区".encode("gb18030"))
    answer = app.answer(number)
    assert answer["out"] == [{"text": CODE, "engine": "hid-pos"}, {"text": "太谷区", "engine": "hid-pos"}]


def test_a_printer_that_usblp_holds_says_how_it_is_and_prints_a_test_strip(app, plug):
    printer = VirtualPrinter(PrinterEngine(speed_mm_s=400))
    port = plug(printer)
    settle(port)
    wait_until(lambda: driver_of(port) == "usblp", "usblp never took it")
    answer = app.cli("health printer --protocol epson-80 --level external --timeout 60")
    assert (answer["code"], answer["err"]) == (0, "")
    health, strip = answer["out"]
    assert health == {
        "kind": "printer",
        "state": "online",
        "paper": "full",
        "cover": "closed",
        "error": "",
        "answers": True,
        "port": f"usb:{port.place}",
    }
    assert (strip["test_print"], strip["error"]) == ("confirmed", "") and strip["bytes_sent"] == strip["bytes_total"] > 0
    assert len(printer.engine.pages) == 1
    printer.engine.remove_paper()
    out = app.cli(f"health printer --port usb:{port.place} --protocol epson-80")
    assert (out["code"], out["out"][0]["paper"], out["out"][0]["error"]) == (1, "out", "paperOut")


# ---- a certificate ----------------------------------------------------------------------------------------------------------


def test_a_certificate_burns_dot_by_dot_and_byte_by_byte(app, devices, plug):
    bitmap = a_certificate("75x65")
    printer = VirtualPrinter(PrinterEngine(speed_mm_s=400))
    plug(printer)
    devices.start("paper", "printer", profile="epson-80")
    app.wait("paper", state="online")
    stream = encode_label(bitmap, EPSON)
    app.print("paper", PrinterJob("certificate", stream, bitmap.height_dots / 8))
    done = app.wait("paper", job="certificate")
    assert (done["outcome"], done["job_error"], done["sent"]) == ("confirmed", "", len(stream))
    assert _is_in(stream, bytes(printer.engine.received))
    [page] = printer.engine.pages
    assert page.width_dots == bitmap.width_dots and page.data[: len(bitmap.data)] == bitmap.data
    assert not any(page.data[len(bitmap.data) :])


def _is_in(stream: bytes, received: bytes) -> bool:
    """Whether the printer got the stream with nothing in it but status questions (DLE EOT n), which are asked between two commands."""
    question = re.compile(rb"\x10\x04[\x01-\x04]")
    at = received.find(stream[:64])
    for byte in stream:
        while received[at : at + 1] != bytes([byte]):
            found = question.match(received, at)
            if at < 0 or found is None:
                return False
            at = found.end()
        at += 1
    return True


def test_a_label_printer_burns_the_same_dots(app, devices, plug):
    profile, bitmap = printer_profile("tspl-60"), a_certificate("60x80")
    printer = VirtualLabelPrinter(TsplEngine())
    plug(printer)
    devices.start("labels", "printer", profile="tspl-60")
    app.wait("labels", state="online")
    app.print("labels", PrinterJob("label", encode_label(bitmap, profile), bitmap.height_dots / 8))
    done = app.wait("labels", job="label")
    assert (done["outcome"], done["job_error"]) == ("confirmed", "")
    [page] = printer.engine.pages
    assert page.data[: len(bitmap.data)] == bitmap.data


# ---- what goes wrong --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["reader", "scale", "printer", "scanner"])
def test_nobody_is_called_for_a_device_that_has_just_come_and_it_is_found_again_elsewhere(app, devices, plug, family):
    device = {"reader": VirtualReader, "scale": VirtualHidScale, "printer": VirtualPrinter, "scanner": VirtualHidPosScanner}[
        family
    ]()
    begin = app.now
    devices.start(f"moving {family}", family, place=place_of(0))
    app.wait(f"moving {family}", begin, state="noDevice")
    for number in (0, 3, 0):
        place = app.now
        port = plug(device, number)
        told = app.wait(f"moving {family}", place, state="online")
        assert (told["port"], told["moved_from"]) == (f"usb:{port.place}", "" if number == 0 else place_of(0))
        place = app.now
        port.unplug(SLOW_S)
        assert app.wait(f"moving {family}", place, state="noDevice")["error"] == "noDevice"
    told = app.since(begin, f"moving {family}")
    assert {record["error"] for record in told if "error" in record} <= {"", "noDevice"}, told


def test_a_card_that_is_pulled_is_no_card_and_a_reader_that_is_pulled_is_found_again(app, devices, plug):
    reader = VirtualReader(pace=0.2)
    port = plug(reader)
    devices.start("reader", "reader")
    app.wait("reader", state="online")
    begin = app.now
    reader.faults.pull_at_byte = 700
    reader.put_card(CARD)
    app.do("arm", name="reader")
    app.wait("reader", begin, trouble="mediaRemoved")
    assert not [record for record in app.since(begin, "reader") if "card" in record]
    reader.faults.pull_at_byte = None
    reader.commands.clear()
    begin = app.now
    reader.put_card(CARD)
    wait_until(lambda: b"\x30\x01" in reader.commands, "it never began to read")
    port.unplug(SLOW_S)
    app.wait("reader", begin, state="noDevice")
    port.plug(SLOW_S)
    app.wait("reader", begin, state="online")
    # It is armed still: arming again in the middle of a read means another person, and that read is thrown away.
    assert app.wait("reader", begin, card=CARD.number)


def test_a_printer_that_is_pulled_in_the_middle_confirms_nothing(app, devices, plug):
    printer = VirtualPrinter(PrinterEngine(speed_mm_s=100))
    port = plug(printer)
    devices.start("pulled", "printer")
    app.wait("pulled", state="online")
    begin, before = app.now, len(printer.engine.received)
    app.print("pulled", a_job("half", 1600))
    wait_until(lambda: len(printer.engine.received) > before + 20_000, "it took nothing")
    port.unplug(SLOW_S)
    done = app.wait("pulled", begin, job="half")
    assert done["outcome"] == "unknown" and done["sent"] > 0
    app.wait("pulled", begin, state="noDevice")
    app.print("pulled", a_job("none", 100))
    assert app.wait("pulled", begin, job="none")["outcome"] == "failed"
    begin = app.now
    port.plug(SLOW_S)
    app.wait("pulled", begin, state="online")
    app.print("pulled", a_job("whole", 100))
    assert app.wait("pulled", begin, job="whole")["outcome"] == "confirmed"


def test_two_printers_are_told_apart_by_their_sockets(app, devices, plug):
    first, second = VirtualPrinter(PrinterEngine(speed_mm_s=400)), VirtualPrinter(PrinterEngine(speed_mm_s=400))
    there, _ = plug(first, 1), plug(second, 2)
    devices.start("first", "printer", place=place_of(1))
    devices.start("second", "printer", place=place_of(2))
    for name in ("first", "second"):
        app.wait(name, state="online")
        app.print(name, a_job(f"of the {name}", {"first": 80, "second": 160}[name]))
        assert app.wait(name, job=f"of the {name}")["outcome"] == "confirmed"
    assert [len(printer.engine.pages) for printer in (first, second)] == [1, 1]
    assert first.engine.pages[0].data != second.engine.pages[0].data
    begin = app.now
    there.unplug(SLOW_S)
    app.wait("first", begin, state="noDevice")
    app.print("second", a_job("alone", 80))
    assert app.wait("second", begin, job="alone")["outcome"] == "confirmed"
    app.print("first", a_job("nowhere", 80))
    assert app.wait("first", begin, job="nowhere")["outcome"] == "failed"
    assert [len(printer.engine.pages) for printer in (first, second)] == [1, 2]


class Halting(VirtualHidScale):
    """Its pipe halts when told; only the host can clear that."""

    halts = False

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        if self.halts:
            self.halts = False
            raise Stall
        return super().transfer_in(endpoint, max_bytes, timeout_s)


def test_a_pipe_that_halted_flows_again(app, devices, plug):
    scale = Halting(LoadCell(ramp_s=0))
    plug(scale)
    devices.start("halting", "scale")
    app.wait("halting", kg="0.000")
    begin = app.now
    scale.halts = True
    wait_until(lambda: not scale.halts, "it was never read")
    scale.set_weight(Decimal("2.500"))
    app.wait("halting", begin, kg="2.500")


def test_a_silent_reader_is_told_and_comes_back(app, devices, plug):
    reader = VirtualReader(pace=0)
    reader.faults.mute = True
    plug(reader)
    devices.start("mute", "reader")
    assert app.wait("mute", error="timeOut")["state"] == "hardwareError"
    reader.faults.mute = False
    app.wait("mute", state="online")


class Hanging(VirtualHidScale):
    """Answers no request and moves no report once it hangs."""

    def __init__(self) -> None:
        super().__init__(LoadCell(ramp_s=0))
        self.hangs, self.end = False, threading.Event()

    def transfer_in(self, endpoint: int, max_bytes: int, timeout_s: float) -> bytes:
        if self.hangs:
            self.end.wait(2 * SLOW_S)
        return super().transfer_in(endpoint, max_bytes, timeout_s)

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        if self.hangs:
            self.end.wait(2 * SLOW_S)
        return super().control_in(request_type, request, value, index, length)


def test_a_device_that_hangs_does_not_hold_up_closing(app, devices, plug):
    scale, printer = Hanging(), VirtualPrinter()
    plug(scale, 0)
    plug(printer, 1)
    devices.start("hanging", "scale")
    devices.start("beside", "printer")
    app.wait("hanging", kg="0.000")
    app.wait("beside", state="online")
    begin = app.now
    scale.hangs = True
    try:
        # Silent or hung, by whether the transfer that was taken back came back soon: in either case its number does not stand.
        wait_until(lambda: any(record.get("error") for record in app.since(begin, "hanging")), "nobody was told")
        assert devices.stop("hanging") < 10
        app.print("beside", a_job("beside", 80))
        assert app.wait("beside", begin, job="beside")["outcome"] == "confirmed"
    finally:
        scale.end.set()


def test_a_chattering_scale_fills_nothing_and_holds_up_nobody(app, devices, plug):
    scale, reader = a_scale("3.210"), VirtualReader(pace=0)
    plug(scale, 0)
    plug(reader, 1)
    devices.start("chatter", "scale")
    devices.start("quiet", "reader")
    app.wait("chatter", kg="3.210")
    app.wait("quiet", state="online")
    before = app.do("memory")["kilobytes"]
    scale.set_fault(Fault.CHATTER)
    begin = app.now
    for kilos in range(4, 12):  # some seconds of it, and each new weight is told
        scale.set_weight(Decimal(kilos))
        app.wait("chatter", begin, kg=f"{kilos}.000")
    reader.put_card(CARD)
    app.do("arm", name="quiet")
    app.wait("quiet", begin, card=CARD.number)
    assert app.do("memory")["kilobytes"] - before < 20_000
