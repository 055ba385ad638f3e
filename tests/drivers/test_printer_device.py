"""The truth about each piece of paper, through pyusb and the virtual bus, and over TCP."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from drivers.device import Cover, DeviceState, DeviceStatus, ErrorLevel, Paper
from drivers.errors import DeviceGone, DriverError
from drivers.health import HealthChecked
from drivers.printer.encode import encode_label
from drivers.printer.escpos_device import EscPosPrinter
from drivers.printer.profile import Ending, PrinterProfile, printer_profile
from drivers.printer.readback import read_back
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.transport.base import Transport
from drivers.transport.tcp import open_tcp
from drivers.transport.usb import UsbMatch, find_usb
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.printer_engine import PROFILES, AfterReload, EngineProfile, Extension, PrinterEngine
from drivers.virtual.printer_paper import PageEnd
from drivers.virtual.printer_tcp import TcpPrinter

FAST = {"speed_mm_s": 1000, "write_s": 0.05, "stall_s": 0.6, "settle_s": 0.8, "poll_s": 0.05, "reply_s": 0.1}
EPSON = replace(printer_profile("epson-80"), **FAST)
CLONE = replace(printer_profile("clone-80"), **FAST)
PUSHED = replace(printer_profile("clone-80-idle"), **FAST)


def a_label(seed: int = 1, height: int = 640) -> MonoBitmap:
    return MonoBitmap(480, height, random.Random(seed).randbytes(60 * height).replace(b"\x10", b"\x11"))


def a_job(profile: PrinterProfile, job_id: str = "1", seed: int = 1, height: int = 640) -> PrinterJob:
    return PrinterJob(job_id, encode_label(a_label(seed, height), profile), height / 8)


class Rig:
    """A driver on its thread, a virtual printer behind a real transport."""

    def __init__(self, profile: PrinterProfile, engine: PrinterEngine, transport: Transport, cable: VirtualPrinter | None) -> None:
        self.engine = engine
        self.cable = cable
        self.driver = EscPosPrinter(profile)
        self.profile = profile
        self.statuses: list[DeviceStatus] = []
        self.raised: list[DriverError] = []
        self._done: queue.Queue[JobDone] = queue.Queue()
        self._stop = threading.Event()
        self.connect(transport)

    def connect(self, transport: Transport) -> None:
        self.transport = transport
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait_for(lambda: bool(self.statuses) or bool(self.raised))

    def _run(self) -> None:
        try:
            self.driver.run(self.transport, self._hear, self._stop)
        except DriverError as err:
            self.raised.append(err)

    def _hear(self, record: object) -> None:
        if isinstance(record, JobDone):
            self._done.put(record)
        else:
            assert isinstance(record, DeviceStatus)
            self.statuses.append(record)

    def print(self, job: PrinterJob | None = None, timeout_s: float = 10) -> JobDone:
        self.driver.submit(job or a_job(self.profile))
        return self.outcome(timeout_s)

    def outcome(self, timeout_s: float = 10) -> JobDone:
        return self._done.get(timeout=timeout_s)

    def has_more(self) -> bool:
        return not self._done.empty()

    def wait_for(self, is_so: Callable[[], bool], seconds: float = 5) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.005)

    def wait_rows(self, rows: int) -> None:
        self.wait_for(lambda: (strip := self.engine.strip) is not None and strip.height_dots >= rows)

    def wait_error(self, error: str) -> None:
        self.wait_for(lambda: self.statuses[-1].error == error)

    def wait_ended(self) -> None:
        self._thread.join(5)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.transport.close()
        assert not self._thread.is_alive()


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []
    buses: list[Bus] = []

    def make(profile: PrinterProfile = EPSON, engine: EngineProfile | str = "epson", speed: float = 1000) -> Rig:
        printer = VirtualPrinter(PrinterEngine(engine, speed_mm_s=speed))
        bus = Bus()
        bus.plug(printer)
        buses.append(bus)
        transport = find_usb(UsbMatch(interface_class=7), backend=VirtualBackend(bus))
        assert transport is not None
        rigs.append(Rig(profile, printer.engine, transport, printer))
        rigs[-1].bus = bus  # type: ignore[attr-defined]
        return rigs[-1]

    yield make
    for one in rigs:
        one.close()
    for bus in buses:
        bus.close()


def complete_pages(rig: Rig) -> list[bytes]:
    return [page.raw for page in rig.engine.pages if page.ended_by is PageEnd.CUT and page.height_dots >= 640]


@pytest.mark.parametrize(
    ("profile", "engine"),
    [
        (EPSON, "epson"),
        (CLONE, "clone_80"),
        (PUSHED, "clone_80"),
        (CLONE, "liar"),
    ],
)
def test_a_label_is_confirmed_and_burns_dot_by_dot(rig: Callable[..., Rig], profile: PrinterProfile, engine: str) -> None:
    bench = rig(profile, engine)
    job = a_job(profile)
    assert bench.print(job) == JobDone("1", Outcome.CONFIRMED, "", len(job.data), len(job.data))
    (page,) = bench.engine.pages
    assert page.raw == job.data
    assert page.image().crop((0, 0, 480, 640)).tobytes("raw", "1;I") == read_back(job.data).data
    assert not page.has_text
    assert bench.statuses[-1].state in (DeviceState.ONLINE, DeviceState.DEVICE_BUSY)


def test_confirmation_comes_after_the_last_dot_never_before(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, settle_s=5.0), "epson", speed=120)
    assert bench.print().outcome is Outcome.CONFIRMED
    assert len(complete_pages(bench)) == 1


def test_a_slower_head_than_modelled_is_not_confirmed_by_time_alone(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(PUSHED, settle_s=5.0, lead_rows=640), EngineProfile("slow", process_id=Extension.SKIPPED), speed=120)
    assert bench.print().outcome is Outcome.CONFIRMED
    assert len(complete_pages(bench)) == 1


def test_eight_copies_come_out_in_order_and_each_once(rig: Callable[..., Rig]) -> None:
    bench = rig()
    jobs = [a_job(EPSON, str(copy), seed=copy) for copy in range(8)]
    for job in jobs:
        bench.driver.submit(job)
    assert [bench.outcome().job_id for _ in jobs] == [job.job_id for job in jobs]
    assert complete_pages(bench) == [job.data for job in jobs]
    bench.wait_for(lambda: bench.statuses[-1].statistics["PaperCutCount"] == 8)


@pytest.mark.parametrize(
    ("break_it", "error", "paper", "cover"),
    [
        (lambda engine: engine.remove_paper(), "paperOut", Paper.OUT, Cover.CLOSED),
        (lambda engine: engine.open_cover(), "coverOpen", Paper.FULL, Cover.OPEN),
        (lambda engine: engine.jam_cutter(), "cutterJam", Paper.FULL, Cover.CLOSED),
        (lambda engine: engine.set_head_hot(True), "headHot", Paper.FULL, Cover.CLOSED),
        (lambda engine: engine.set_fatal(True), "hardwareError", Paper.FULL, Cover.CLOSED),
    ],
)
def test_a_fault_before_the_job_sends_nothing_and_is_told(
    rig: Callable[..., Rig], break_it: Callable[[PrinterEngine], None], error: str, paper: Paper, cover: Cover
) -> None:
    bench = rig(replace(EPSON, recovers_on_request=False))
    break_it(bench.engine)
    done = bench.print()
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.FAILED, error, 0)
    bench.wait_error(error)
    status = bench.statuses[-1]
    assert (status.paper, status.cover, status.is_ready) == (paper, cover, False)
    assert b"\x1d\x76\x30" not in bytes(bench.engine.received)


def test_after_new_paper_the_state_says_so_and_the_next_job_prints(rig: Callable[..., Rig]) -> None:
    bench = rig()
    bench.engine.remove_paper()
    assert bench.print().outcome is Outcome.FAILED
    bench.wait_error("paperOut")
    bench.engine.insert_paper()
    bench.wait_error("")
    assert bench.print(a_job(EPSON, "2")).outcome is Outcome.CONFIRMED
    assert len(bench.engine.pages) == 1


@pytest.mark.parametrize("profile_engine", [(EPSON, "epson"), (CLONE, "clone_80")])
@pytest.mark.parametrize("after", list(AfterReload))
def test_paper_out_in_mid_job_fails_and_no_twin_ever_comes(
    rig: Callable[..., Rig], profile_engine: tuple[PrinterProfile, str], after: AfterReload
) -> None:
    profile, name = profile_engine
    bench = rig(profile, replace(PROFILES[name], after_reload=after))
    bench.engine.paper_out_after_rows(200)
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.FAILED, "paperOut")
    assert 0 < done.bytes_sent < done.bytes_total
    bench.wait_error("paperOut")
    assert bench.print(a_job(profile, "again")).bytes_sent == 0
    bench.engine.insert_paper()
    bench.wait_error("")
    second = a_job(profile, "2", seed=2)
    assert bench.print(second).outcome is Outcome.CONFIRMED
    assert complete_pages(bench) == [second.data]
    assert not any(page.has_text for page in bench.engine.pages)


def test_cover_opened_in_mid_job_fails_and_the_fragment_is_cut_off(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(CLONE, speed_mm_s=400), "clone_80", speed=400)
    bench.driver.submit(a_job(CLONE))
    bench.wait_rows(150)
    bench.engine.open_cover()
    done = bench.outcome()
    assert (done.outcome, done.error) == (Outcome.FAILED, "coverOpen")
    bench.engine.close_cover()
    bench.wait_for(lambda: len(bench.engine.pages) == 1)
    assert bench.engine.pages[0].height_dots < 640
    second = a_job(CLONE, "2", seed=2)
    assert bench.print(second).outcome is Outcome.CONFIRMED
    assert bench.engine.pages[1].raw == second.data


def test_a_printer_that_stops_taking_bytes_inside_a_band_is_judged_by_its_port(rig: Callable[..., Rig]) -> None:
    bench = rig(CLONE, EngineProfile("tiny", buffer_bytes=2048, init_clears_asb=True), speed=200)
    bench.driver.submit(a_job(CLONE))
    bench.wait_rows(150)
    bench.engine.open_cover()
    done = bench.outcome()
    assert done.outcome is Outcome.FAILED and done.error in ("offline", "coverOpen")
    bench.engine.close_cover()
    second = a_job(CLONE, "2", seed=2)
    bench.wait_error("")
    assert bench.print(second).outcome is Outcome.CONFIRMED
    assert complete_pages(bench) == [second.data]


def test_paper_out_with_all_bytes_sent_is_unknown(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, lead_rows=640), "epson", speed=200)
    bench.engine.paper_out_after_rows(620)
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "paperOut")
    assert done.bytes_sent == done.bytes_total


def test_the_rest_of_an_unknown_label_does_not_come_later_where_the_printer_can_forget(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, lead_rows=640, speed_mm_s=200, settle_s=1.0), "epson", speed=200)
    bench.engine.paper_out_after_rows(300)
    assert bench.print().outcome is Outcome.UNKNOWN
    bench.engine.insert_paper()
    bench.wait_error("")
    second = a_job(EPSON, "2", seed=2)
    assert bench.print(second).outcome is Outcome.CONFIRMED
    assert [page.raw for page in bench.engine.pages[1:]] == [second.data]


def test_a_cutter_jam_leaves_the_question_open(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, recovers_on_request=False))
    bench.engine.jam_cutter(at_next_cut=True)
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "cutterJam")
    bench.engine.power_cycle()
    bench.wait_error("")
    second = a_job(EPSON, "2", seed=2)
    assert bench.print(second).outcome is Outcome.CONFIRMED
    # The jammed label hung uncut: the next one is a piece of its own.
    assert complete_pages(bench)[-1] == second.data


def test_a_cutter_that_waits_for_a_word_gets_it_with_the_cover_closed_and_nothing_stale_comes(rig: Callable[..., Rig]) -> None:
    bench = rig()
    bench.engine.open_cover()
    bench.engine.jam_cutter()
    bench.wait_error("coverOpen")
    time.sleep(0.2)
    assert b"\x10\x05" not in bench.engine.received
    bench.engine.close_cover()
    bench.wait_error("")
    assert bytes(bench.engine.received).count(b"\x10\x05\x02") == 1
    job = a_job(EPSON)
    assert bench.print(job).outcome is Outcome.CONFIRMED
    assert complete_pages(bench) == [job.data]


@pytest.mark.parametrize(("ending", "separates"), [(Ending.GAP, b"\x1d\x0c"), (Ending.FORM_FEED, b"\x0c")])
def test_labels_and_marks_end_as_the_profile_says_and_a_fragment_is_fed_away(
    rig: Callable[..., Rig], ending: Ending, separates: bytes
) -> None:
    profile = replace(printer_profile("epson-80-mark"), **FAST, ending=ending)
    bench = rig(replace(profile, speed_mm_s=200, lead_rows=64), speed=200)
    bench.driver.submit(a_job(profile))
    bench.wait_rows(100)
    bench.engine.open_cover()
    assert bench.outcome().outcome is Outcome.FAILED
    bench.engine.close_cover()
    bench.wait_error("")
    job = a_job(profile, "2", seed=2)
    assert bench.print(job).outcome is Outcome.CONFIRMED
    *fragments, label = [page for page in bench.engine.pages if page.ended_by is PageEnd.GAP]
    assert label.data.startswith(read_back_wide(job.data)) and label.raw.endswith(separates)
    assert fragments and all(page.height_dots < 640 for page in fragments)
    bench.driver.submit(a_job(profile, "3"))
    bench.wait_for(lambda: bench.statuses[-1].statistics["LabelPrintedCount"] == 1)


def read_back_wide(stream: bytes) -> bytes:
    """The rows of a label as a head of 576 dots burns them."""
    picture = read_back(stream)
    rows = (picture.data[top : top + picture.stride_bytes] for top in range(0, len(picture.data), picture.stride_bytes))
    return b"".join(row.ljust(72, b"\0") for row in rows)


def test_a_label_moves_without_a_pause_between_its_bands(rig: Callable[..., Rig]) -> None:
    """A head that has to wait leaves a white line between two bands."""
    bench = rig(replace(EPSON, speed_mm_s=150), "epson", speed=150)
    bench.driver.submit(a_job(EPSON))
    bench.wait_rows(1)
    began = time.monotonic()
    bench.wait_rows(630)
    assert time.monotonic() - began < 1.25 * 630 / (150 * 8)
    assert bench.outcome().outcome is Outcome.CONFIRMED


def test_an_unplugged_printer_in_mid_job_is_unknown_and_the_driver_ends(rig: Callable[..., Rig]) -> None:
    bench = rig()
    assert bench.cable is not None
    bench.cable.vanish_after(20_000)
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "noDevice")
    assert 0 < done.bytes_sent < done.bytes_total
    bench.wait_ended()
    assert isinstance(bench.raised[0], DeviceGone)
    assert bench.print(a_job(EPSON, "later")) == JobDone("later", Outcome.FAILED, "noDevice", 0, done.bytes_total)


def test_an_unplugged_printer_before_the_first_byte_is_failed(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, poll_s=30.0))
    bench.bus.unplug(bench.cable)  # type: ignore[attr-defined]
    done = bench.print()
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.FAILED, "noDevice", 0)


def test_after_a_new_plug_the_next_job_prints_once(rig: Callable[..., Rig]) -> None:
    bench = rig()
    assert bench.cable is not None
    bench.cable.vanish_after(20_000)
    assert bench.print().outcome is Outcome.UNKNOWN
    bench.wait_ended()
    bench.bus.unplug(bench.cable)  # type: ignore[attr-defined]
    bench.bus.plug(bench.cable)  # type: ignore[attr-defined]
    transport = find_usb(UsbMatch(interface_class=7), backend=VirtualBackend(bench.bus))  # type: ignore[attr-defined]
    assert transport is not None
    bench.transport.close()
    bench.connect(transport)
    second = a_job(EPSON, "2", seed=2)
    assert bench.print(second).outcome is Outcome.CONFIRMED
    assert complete_pages(bench) == [second.data]


def test_a_mute_printer_prints_and_the_outcome_is_unknown(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, settle_s=0.3))
    bench.engine.set_mute(True)
    done = bench.print()
    assert done.outcome is Outcome.UNKNOWN
    assert len(complete_pages(bench)) == 1
    assert bench.statuses[-1].is_ready or bench.statuses[-1].state is DeviceState.DEVICE_BUSY


def test_a_58mm_printer_that_never_answers_is_asked_of_the_person(rig: Callable[..., Rig]) -> None:
    profile = replace(printer_profile("clone-58"), **FAST)
    bench = rig(profile, "clone_58")
    bitmap = MonoBitmap(384, 400, random.Random(5).randbytes(48 * 400).replace(b"\x10", b"\x11"))
    done = bench.print(PrinterJob("1", encode_label(bitmap, profile), 50))
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.UNKNOWN, "", done.bytes_total)
    bench.wait_for(lambda: bench.engine.is_idle)
    page = bench.engine.tear()
    assert page is not None and page.data[: 48 * 400] == bitmap.data


def test_a_hung_printer_ends_in_time_and_asks_for_its_switch(rig: Callable[..., Rig]) -> None:
    bench = rig(CLONE, EngineProfile("hung", buffer_bytes=8192, process_id=Extension.SKIPPED))
    bench.engine.set_stuck(True)
    began = time.monotonic()
    done = bench.print()
    assert time.monotonic() - began < 6
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "timeOut")
    bench.wait_for(lambda: bench.statuses[-1].level is ErrorLevel.FATAL)
    refused = bench.print(a_job(CLONE, "2"))
    assert (refused.outcome, refused.bytes_sent) == (Outcome.FAILED, 0)
    bench.engine.set_stuck(False)
    bench.wait_for(lambda: bench.statuses[-1].is_ready)
    third = a_job(CLONE, "3", seed=3)
    assert bench.print(third).outcome is Outcome.CONFIRMED
    assert complete_pages(bench)[-1] == third.data


def test_a_hung_printer_that_took_the_whole_job_is_never_confirmed(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, settle_s=0.3))
    bench.engine.set_stuck(True)
    done = bench.print()
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.UNKNOWN, "timeOut", done.bytes_total)


def test_short_counts_lose_and_double_nothing(rig: Callable[..., Rig]) -> None:
    bench = rig()
    assert bench.cable is not None
    bench.cable.limit_transfers(61)
    job = a_job(EPSON, height=200)
    assert bench.print(job).outcome is Outcome.CONFIRMED
    assert bench.engine.pages[0].raw == job.data


def test_a_slow_printer_with_a_small_buffer_gets_every_byte(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, settle_s=3.0, stall_s=3.0), EngineProfile("small", buffer_bytes=3000), speed=150)
    job = a_job(EPSON)
    assert bench.print(job, 20).outcome is Outcome.CONFIRMED
    assert bench.engine.pages[0].raw == job.data


def test_pictures_that_spell_questions_do_not_disturb_the_job(rig: Callable[..., Rig]) -> None:
    profile = replace(EPSON, head_dots=480)
    bench = rig(profile, EngineProfile("narrow", head_dots=480, clears_on_request=True))
    rows = (b"\x10\x04\x01\x10\x04\x04\x10\x04\x02\x55\x10\x04\x03\x00\xff" * 4) * 640
    job = PrinterJob("1", encode_label(MonoBitmap(480, 640, rows), profile), 80)
    assert bench.print(job).outcome is Outcome.CONFIRMED
    assert bench.engine.pages[0].data == rows


def test_a_waiting_job_can_be_cancelled_and_a_running_one_stops_between_bands(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, speed_mm_s=200, lead_rows=64), "epson", speed=200)
    bench.driver.submit(a_job(EPSON, "1"))
    bench.driver.submit(a_job(EPSON, "2"))
    bench.driver.cancel("2")
    bench.wait_rows(100)
    bench.driver.cancel("1")
    first, second = bench.outcome(), bench.outcome()
    assert (first.job_id, first.outcome, first.error) == ("1", Outcome.UNKNOWN, "cancelled")
    assert (second.job_id, second.outcome, second.bytes_sent) == ("2", Outcome.FAILED, 0)
    bench.wait_for(lambda: len(bench.engine.pages) == 1)
    assert bench.engine.pages[0].height_dots < 640


def test_stopping_in_mid_job_ends_it_with_the_truth(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, speed_mm_s=100), "epson", speed=100)
    bench.driver.submit(a_job(EPSON))
    bench.wait_rows(50)
    bench.close()
    assert bench.outcome().outcome is Outcome.UNKNOWN


def test_paper_low_is_told_and_does_not_stop_printing(rig: Callable[..., Rig]) -> None:
    bench = rig()
    bench.engine.set_paper_low(True)
    bench.wait_for(lambda: bench.statuses[-1].paper is Paper.LOW)
    assert bench.statuses[-1].is_ready
    assert bench.print().outcome is Outcome.CONFIRMED


def test_paper_out_after_two_copies_refuses_the_third(rig: Callable[..., Rig]) -> None:
    bench = rig()
    bench.engine.paper_out_after_copies(2)
    outcomes = [bench.print(a_job(EPSON, str(copy))).outcome for copy in range(3)]
    assert outcomes[0] is Outcome.CONFIRMED
    # The second label is complete, but the roll ended before the printer could say so.
    assert outcomes[1:] == [Outcome.UNKNOWN, Outcome.FAILED]
    assert len(complete_pages(bench)) == 2


def test_a_check_of_health_asks_everything_and_prints_nothing(rig: Callable[..., Rig]) -> None:
    bench = rig(replace(EPSON, poll_s=60))
    checks: list[HealthChecked] = []
    heard = bench._hear
    bench._hear = lambda record: checks.append(record) if isinstance(record, HealthChecked) else heard(record)  # type: ignore[method-assign]
    bench.close()
    bench._stop.clear()
    transport = find_usb(UsbMatch(interface_class=7), backend=VirtualBackend(bench.bus))  # type: ignore[attr-defined]
    assert transport is not None
    bench.connect(transport)

    def check() -> HealthChecked:
        count = len(checks)
        bench.driver.check_health()
        bench.wait_for(lambda: len(checks) > count)
        return checks[-1]

    assert (check().text, checks[-1].facts) == ("External HCheck: Successful", {"paper": "full", "cover": "closed"})
    bench.engine.remove_paper()
    assert check().text == "External HCheck: Failed (paperOut)"
    bench.engine.insert_paper()
    assert check().is_good
    bench.engine.set_mute(True)
    assert check().text == "External HCheck: Not Responding (timeOut)"
    assert bench.engine.strip is None and bench.engine.pages == []


def test_a_job_before_any_printer_fails_instead_of_printing_late() -> None:
    told: list[object] = []
    driver = EscPosPrinter(EPSON, emit=told.append)
    driver.submit(a_job(EPSON))
    assert isinstance(told[0], JobDone) and (told[0].outcome, told[0].error) == (Outcome.FAILED, "noDevice")


def test_a_tcp_printer_prints_and_confirms() -> None:
    with TcpPrinter(PrinterEngine("epson", speed_mm_s=1000)) as server:
        bench = Rig(EPSON, server.engine, open_tcp("127.0.0.1", server.port), None)
        try:
            job = a_job(EPSON)
            assert bench.print(job).outcome is Outcome.CONFIRMED
            assert bench.engine.pages[0].raw == job.data
            bench.engine.remove_paper()
            bench.wait_error("paperOut")
        finally:
            bench.close()


def test_a_tcp_connection_cut_in_mid_job_is_unknown() -> None:
    with TcpPrinter(PrinterEngine("clone_80", speed_mm_s=200)) as server:
        bench = Rig(replace(CLONE, speed_mm_s=200), server.engine, open_tcp("127.0.0.1", server.port), None)
        try:
            bench.driver.submit(a_job(CLONE))
            bench.wait_rows(100)
            server.hang_up()
            done = bench.outcome()
            assert (done.outcome, done.error) == (Outcome.UNKNOWN, "noDevice")
            bench.wait_ended()
        finally:
            bench.close()


def test_a_printer_that_loses_what_overflows_is_paced_so_that_nothing_is_lost() -> None:
    profile = replace(CLONE, lead_rows=64, speed_mm_s=150)
    with TcpPrinter(PrinterEngine("drop", speed_mm_s=400)) as server:
        bench = Rig(profile, server.engine, open_tcp("127.0.0.1", server.port), None)
        try:
            job = a_job(profile)
            assert bench.print(job).outcome is Outcome.CONFIRMED
            assert bench.engine.pages[0].raw == job.data
            assert not [event for event in bench.engine.events if event.startswith("overflow")]
        finally:
            bench.close()
