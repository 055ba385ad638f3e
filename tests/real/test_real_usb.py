"""Reader, HID scale and printer through real pyusb, libusb and usbfs calls: claim, transfer, stall, time-out, pull in mid-transfer, replug."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from drivers.virtual.bus import Stall
from drivers.virtual.hid_scale import REPORT_DESCRIPTOR, VirtualHidScale
from drivers.virtual.load_cell import Fault, LoadCell
from drivers.virtual.printer import VirtualLabelPrinter, VirtualPrinter
from drivers.virtual.printer_engine import EngineProfile, PrinterEngine
from drivers.virtual.printer_paper import PageEnd
from drivers.virtual.reader import VirtualCard, VirtualReader
from drivers.virtual.scanner import REPORT_DESCRIPTOR as SCANNER_DESCRIPTOR
from drivers.virtual.scanner import VirtualHidPosScanner, wedge_events
from tests.real.rig import Client, RealUsb, why_not
from tests.real.usb_client import TSPL, a_job

pytestmark = pytest.mark.skipif(bool(why_not()), reason=f"umockdev is not installed: {why_not()}")

CARD = VirtualCard(name="王建国", number="142421196804123019", address="山西省晋中市太谷区明星镇南庄村")


@pytest.fixture
def usb() -> Iterator[RealUsb]:
    with RealUsb() as machine:
        yield machine


def a_scale(kg: str = "1.250") -> VirtualHidScale:
    scale = VirtualHidScale(LoadCell(ramp_s=0), period_s=0.05)
    scale.set_weight(Decimal(kg))
    return scale


def wait_until(is_true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def is_online(facts: dict) -> bool:
    return facts.get("state") == "online"


# ---- everything -------------------------------------------------------------------------------------------------------------


def test_all_devices_are_listed_by_what_they_are_and_where(usb):
    usb.plug(VirtualReader(pace=0), "1-1")
    usb.plug(a_scale(), "1-2", driver="usbhid", report_descriptor=REPORT_DESCRIPTOR)
    usb.plug(VirtualPrinter(), "1-3.4", driver="usblp")
    code, devices, complaints = usb.command("list")
    found = {item["port"]: (item["kind"], item["ids"], item["name"]) for item in devices if item["port"].startswith("usb:")}
    assert (code, complaints) == (0, "")
    assert found == {
        "usb:1-1": ("reader", "0400:c35a", "SDT ID card reader"),
        "usb:1-2": ("scale", "0922:8003", "Virtual HID scale"),
        "usb:1-3.4": ("printer", "0416:5011", "Virtual Receipt printer"),
    }


def test_a_keyboard_is_left_to_the_kernel(usb):
    keyboard = a_scale()
    usb.plug(keyboard, "1-1", driver="usbhid", report_descriptor=bytes.fromhex("05010906A101"))
    assert usb.command("read scale --timeout 1")[0] == 2
    assert usb.command("list")[1][0]["kind"] is None
    assert usb.owner(keyboard) == "usbhid"


# ---- the reader -------------------------------------------------------------------------------------------------------------


def test_a_card_is_read_over_real_libusb(usb):
    reader = VirtualReader(pace=0)
    reader.put_card(CARD)
    usb.plug(reader)
    code, (card,), _ = usb.command("read idcard --timeout 10")
    assert code == 0
    assert (card["name"], card["number"], card["valid_to"]) == (CARD.name, CARD.number, "长期")


def test_a_reader_pulled_in_the_middle_of_a_card_is_found_again_at_another_port(usb):
    reader = VirtualReader(pace=1)
    usb.plug(reader, "1-1")
    client = usb.client("reader")
    client.wait_for(is_online)
    client.say(op="arm")
    reader.put_card(CARD)
    wait_until(lambda: bytes([0x30, 0x01]) in reader.commands)
    usb.unplug(reader)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    assert not any("card" in facts for facts in client.lines.seen)
    reader.put_card(CARD)
    usb.plug(reader, "1-2")
    client.wait_for(lambda facts: is_online(facts) and facts["port"] == "usb:1-2")
    client.wait_for(lambda facts: facts.get("card") == CARD.name)
    assert client.end() == ""


def test_a_mute_reader_times_out_and_recovers(usb):
    reader = VirtualReader(pace=0)
    reader.faults.mute = True
    usb.plug(reader)
    client = usb.client("reader")
    client.wait_for(lambda facts: facts.get("error") == "timeOut", timeout_s=15)
    reader.faults.mute = False
    client.wait_for(is_online, timeout_s=15)
    assert client.end() == ""


# ---- the scale --------------------------------------------------------------------------------------------------------------


def test_a_hid_scale_is_taken_from_the_kernel_and_weighs(usb):
    scale = a_scale()
    usb.plug(scale, driver="usbhid", report_descriptor=REPORT_DESCRIPTOR)
    code, readings, _ = usb.command("read scale --count 3")
    assert code == 0
    assert usb.owner(scale) == ""
    assert readings == [{"weight_kg": "1.250", "status": "stable", "raw": "03 04 03 FD E2 04"}] * 3


def test_a_claimed_scale_is_in_use_for_another_program(usb):
    usb.plug(a_scale(), driver="usbhid", report_descriptor=REPORT_DESCRIPTOR)
    client = usb.client("scale")
    client.wait_for(lambda facts: facts.get("kg") == "1.250")
    code, _, complaint = usb.command("read scale --timeout 1")
    assert code == 2 and "in use by another program" in complaint
    assert client.end() == ""
    assert usb.command("read scale --timeout 5")[0] == 0


def test_a_silent_scale_times_out_without_a_number_left_standing(usb):
    scale = a_scale()
    usb.plug(scale)
    client = usb.client("scale")
    client.wait_for(lambda facts: facts.get("kg") == "1.250")
    scale.set_fault(Fault.MUTE)
    client.wait_for(lambda facts: facts.get("status") == "notReady" and facts["kg"] is None)
    client.wait_for(lambda facts: facts.get("error") == "timeOut")
    scale.set_fault(Fault.NONE)
    client.wait_for(lambda facts: facts.get("kg") == "1.250")
    assert client.end() == ""


def test_a_pulled_scale_loses_its_weight_and_comes_back_at_another_port(usb):
    scale = a_scale()
    usb.plug(scale, "1-1", driver="usbhid", report_descriptor=REPORT_DESCRIPTOR)
    client = usb.client("scale")
    client.wait_for(lambda facts: facts.get("kg") == "1.250")
    usb.unplug(scale)
    client.wait_for(lambda facts: facts.get("status") == "notReady")
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    scale.set_weight(Decimal("2.000"))
    usb.plug(scale, "1-4", driver="usbhid", report_descriptor=REPORT_DESCRIPTOR)
    client.wait_for(lambda facts: is_online(facts) and facts["port"] == "usb:1-4")
    client.wait_for(lambda facts: facts.get("kg") == "2.000")
    assert client.end() == ""


# ---- where they are ---------------------------------------------------------------------------------------------------------

SOCKET_1 = "path:pci-0000:00:14.0-usb-0:1"
PLACES = [("reader", VirtualReader, {}), ("scale", a_scale, {"driver": "usbhid", "report_descriptor": REPORT_DESCRIPTOR})]


@pytest.mark.parametrize(("family", "make", "how"), PLACES, ids=["reader", "scale"])
def test_a_device_is_known_by_its_socket_and_a_carried_one_is_told_as_moved(usb, family, make, how):
    device = make()
    usb.plug(device, "1-1", **how)
    client = usb.client(family, SOCKET_1)
    first = client.wait_for(is_online)
    assert (first["port"], first["moved_from"]) == ("usb:1-1", "")
    usb.unplug(device)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(device, "1-3", **how)
    assert client.wait_for(is_online)["moved_from"] == SOCKET_1
    usb.unplug(device)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(device, "1-1", **how)
    again = client.wait_for(is_online)
    assert (again["port"], again["moved_from"]) == ("usb:1-1", "")
    assert client.end() == ""


def test_of_two_readers_elsewhere_none_is_taken_and_the_one_at_the_socket_is(usb):
    usb.plug(VirtualReader(pace=0), "1-2")
    usb.plug(VirtualReader(pace=0), "1-3")
    client = usb.client("reader", SOCKET_1)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(VirtualReader(pace=0), "1-1")
    found = client.wait_for(is_online)
    assert (found["port"], found["moved_from"]) == ("usb:1-1", "")
    assert client.end() == ""


def test_without_a_place_the_first_socket_counts_as_its_own(usb):
    reader = VirtualReader(pace=0)
    usb.plug(reader, "1-1")
    client = usb.client("reader")
    client.wait_for(is_online)
    usb.unplug(reader)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(reader, "1-2")
    assert client.wait_for(is_online)["moved_from"] == "usb:1-1"
    assert client.end() == ""


# ---- the printer ------------------------------------------------------------------------------------------------------------


def complete_pages(printer: VirtualPrinter) -> list[bytes]:
    return [page.data for page in printer.engine.pages if page.ended_by is PageEnd.CUT]


def test_a_label_goes_through_libusb_dot_by_dot_and_is_confirmed(usb):
    printer = VirtualPrinter()
    usb.plug(printer, driver="usblp")
    client = usb.client("printer")
    client.wait_for(is_online)
    client.say(op="print", id="1", rows=640)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=20)
    assert (done["outcome"], done["sent"]) == ("confirmed", len(a_job("1", 640).data))
    (page,) = complete_pages(printer)
    assert page == b"".join(((row * 2654435761) % (1 << 64)).to_bytes(8, "big") * 9 for row in range(1, 641))
    assert client.end() == ""


def test_a_full_pipe_stops_the_transfer_where_it_stands(usb):
    """The printer takes nothing more: the URB ends by discard, with a count, and no byte is sent twice."""
    printer = VirtualPrinter(PrinterEngine(EngineProfile("small", buffer_bytes=8192)))
    usb.plug(printer)
    client = usb.client("printer")
    client.wait_for(is_online)
    printer.engine.set_stuck(True)
    client.say(op="print", id="1", rows=640)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=30)
    assert done["outcome"] != "confirmed" and 0 < done["sent"] < len(a_job("1", 640).data)
    assert complete_pages(printer) == []
    assert client.end() == ""


def test_a_printer_that_stalls_a_request_still_prints(usb):
    """SOFT_RESET and unknown class requests are refused with a stall (EPIPE) by clones."""
    printer = VirtualPrinter()
    refused = []
    answer = printer.control_in

    def stalls(request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        if request_type == 0xA1:
            refused.append(request)
            raise Stall
        return answer(request_type, request, value, index, length)

    printer.control_in = stalls  # type: ignore[method-assign]
    usb.plug(printer)
    client = usb.client("printer")
    client.wait_for(is_online)
    client.say(op="print", id="1", rows=320)
    assert client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=20)["outcome"] == "confirmed"
    assert refused
    assert client.end() == ""


def test_a_printer_pulled_in_mid_transfer_is_unknown_and_prints_the_next_one_once(usb):
    printer = VirtualPrinter(PrinterEngine(speed_mm_s=60))
    usb.plug(printer, "1-1")
    client = usb.client("printer")
    client.wait_for(is_online)
    client.say(op="print", id="1", rows=640)
    wait_until(lambda: (strip := printer.engine.strip) is not None and strip.height_dots >= 100)
    usb.unplug(printer)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=20)
    assert done["outcome"] == "unknown" and done["sent"] > 0
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(printer, "1-2")
    client.wait_for(lambda facts: is_online(facts) and facts["port"] == "usb:1-2")
    client.say(op="print", id="2", rows=320)
    assert client.wait_for(lambda facts: facts.get("job") == "2", timeout_s=20)["outcome"] == "confirmed"
    assert len([page for page in complete_pages(printer) if len(page) == 72 * 320]) == 1
    assert client.end() == ""


def test_paper_out_and_cover_reach_the_health_command(usb):
    printer = VirtualPrinter()
    usb.plug(printer, driver="usblp")
    assert usb.command("health printer")[1][0]["paper"] == "full"
    printer.engine.open_cover()
    code, (health,), _ = usb.command("health printer")
    assert (code, health["state"], health["cover"], health["error"]) == (1, "userError", "open", "coverOpen")


def labels_of(printer: VirtualLabelPrinter) -> list[int]:
    return [page.height_dots for page in printer.engine.pages if page.ended_by is PageEnd.GAP]


def test_a_label_printer_is_taken_from_the_kernel_and_confirms_a_label(usb):
    printer = VirtualLabelPrinter()
    usb.plug(printer, driver="usblp")
    client = usb.client("labels")
    client.wait_for(is_online)
    client.say(op="print", id="1", rows=160)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=20)
    assert (done["outcome"], labels_of(printer), printer.engine.errors) == ("confirmed", [160], [])
    assert client.end() == ""


def test_a_label_printer_pulled_in_a_band_has_failed_and_prints_the_next_one_at_another_port(usb):
    printer = VirtualLabelPrinter()
    printer.limit_transfers(700)
    usb.plug(printer, "1-1")
    client = usb.client("labels")
    client.wait_for(is_online)
    printer.vanish_after(9000)
    client.say(op="print", id="1", rows=640)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=20)
    usb.unplug(printer)
    assert done["outcome"] == "failed" and 0 < done["sent"] < len(a_job("1", 640, TSPL).data)
    client.wait_for(lambda facts: facts.get("state") == "noDevice")
    usb.plug(printer, "1-4")
    client.wait_for(lambda facts: is_online(facts) and facts["port"] == "usb:1-4")
    client.say(op="print", id="2", rows=160)
    assert client.wait_for(lambda facts: facts.get("job") == "2", timeout_s=20)["outcome"] == "confirmed"
    assert labels_of(printer) == [160]
    assert client.end() == ""


def test_a_label_printer_that_is_full_times_out_and_is_no_confirmed_label(usb):
    printer = VirtualLabelPrinter()
    usb.plug(printer)
    client = usb.client("labels")
    client.wait_for(is_online)
    printer.engine.set_stuck(True)
    client.say(op="print", id="1", rows=640)
    done = client.wait_for(lambda facts: facts.get("job") == "1", timeout_s=30)
    assert (done["outcome"], labels_of(printer)) == ("failed", [])
    printer.engine.set_stuck(False)
    client.say(op="print", id="2", rows=160)
    assert client.wait_for(lambda facts: facts.get("job") == "2", timeout_s=20)["outcome"] == "confirmed"
    assert labels_of(printer) == [160]
    assert client.end() == ""


# ---- the camera's light -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("control", "maximum", "orders"), [(0x009C0901, 2, [2, 0]), (0x00980925, 1, [1, 0]), (0x009C0901, 1, [])])
def test_a_cameras_light_is_found_and_switched_by_the_kernels_own_calls(usb, control, maximum, orders):
    """A flash that cannot be a torch (maximum 1) is none."""
    node = usb.add_camera(7, control, maximum)
    program = (
        "from pathlib import Path; from drivers.scanner.torch import torch_of; "
        f"torch = torch_of('', Path('{node}')); "
        "print(torch and (torch.switch(is_on=True), torch.switch(is_on=False)))"
    )
    assert usb.python(program) == ("(True, True)" if orders else "None")
    assert usb.light_orders(7) == orders


# ---- scanners ---------------------------------------------------------------------------------------------------------------


def test_a_hid_pos_scanner_is_taken_from_the_kernel_and_read(usb):
    scanner = VirtualHidPosScanner()
    usb.plug(scanner, driver="usbhid", report_descriptor=SCANNER_DESCRIPTOR)
    reading = usb.running_command("read scanner --count 2 --timeout 10")
    wait_until(lambda: usb.owner(scanner) == "")
    time.sleep(0.3)
    label = "https://hgz.cn/" + "1234567890" * 24
    scanner.scan(label.encode())
    assert reading.wait_for(lambda _: True) == {"text": label, "engine": "hid-pos"}
    scanner.scan("合格证".encode("gb18030"))
    assert reading.wait_for(lambda _: True)["text"] == "合格证"
    assert reading.end() == ""


def test_a_wedge_is_grabbed_so_that_nobody_else_hears_it_and_its_leaving_is_noticed(usb):
    path = usb.add_keyboard(5)
    reading = usb.running_command(f"read scanner --port {path} --count 3 --timeout 20")
    type_until_read(usb, reading, "first-1")
    code, _, complaint = usb.command(f"read scanner --port {path} --timeout 1")
    assert code == 2 and "in use by another program" in complaint
    usb.type_keys(5, wedge_events("合格证-2/x"))
    assert reading.wait_for(lambda facts: facts["text"] != "first-1") == {"text": "合格证-2/x", "engine": "wedge"}
    usb.remove_keyboard(5)
    assert "noDevice" in reading.end() and reading.process.returncode == 1


def type_until_read(usb: RealUsb, reading: Client, text: str) -> None:
    """Scan until the reader is up: what is typed before that goes to nobody."""
    for _ in range(40):
        usb.type_keys(5, wedge_events(text))
        time.sleep(0.25)
        if reading.lines.seen:
            return
    raise AssertionError("the scanner was never heard")
