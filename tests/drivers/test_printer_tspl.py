"""TSPL label printers: the stream, its second reader, and the driver against a virtual printer that knows no code of ours."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.device import Cover, DeviceStatus, Paper
from drivers.errors import DeviceGone, DriverError, DriverFault
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.finder import printer_finder
from drivers.printer.profile import Confirm, PrinterProfile, printer_profile
from drivers.printer.readback import read_back
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.printer.streams import ReadBackError
from drivers.printer.tspl_device import TsplPrinter
from drivers.printer.tspl_readback import read_back_tspl
from drivers.printer.tspl_wire import condition_of
from drivers.virtual.backend import VirtualBackend
from drivers.virtual.bus import Bus
from drivers.virtual.printer import VirtualLabelPrinter
from drivers.virtual.printer_paper import PageEnd
from drivers.virtual.tspl_engine import HEAD_OPEN, HOT, JAM, NO_PAPER, PAUSED, TsplEngine, TsplProfile

FAST = {"speed_mm_s": 800, "write_s": 0.05, "stall_s": 0.6, "settle_s": 0.8, "poll_s": 0.05, "reply_s": 0.1}
LABEL = replace(printer_profile("tspl-60"), **FAST)


def a_label(seed: int = 1, width: int = 480, height: int = 640) -> MonoBitmap:
    return MonoBitmap(width, height, random.Random(seed).randbytes((width + 7) // 8 * height))


# ---- the stream -------------------------------------------------------------------------------------------------------------


def test_the_worked_stream_is_written_and_read():
    stream = encode_label(MonoBitmap(16, 2, bytes.fromhex("80000001")), printer_profile("tspl-60"))
    assert stream == (
        b"\r\nSIZE 2 mm,0.25 mm\r\nGAP 2 mm,0 mm\r\nDIRECTION 1,0\r\nREFERENCE 0,0\r\nDENSITY 8\r\nSPEED 3\r\nCLS\r\n"
        b"BITMAP 0,0,2,2,0,\x7f\xff\xff\xfe\r\nPRINT 1,1\r\n"
    )
    assert read_back(stream) == MonoBitmap(16, 2, bytes.fromhex("80000001"))


def test_a_label_of_60_by_80_is_said_in_millimetres_and_marks_have_their_own_word():
    stream = encode_label(a_label(), printer_profile("tspl-104-mark"))
    assert stream.startswith(b"\r\nSIZE 60 mm,80 mm\r\nBLINE 3 mm,0 mm\r\n")
    assert stream.count(b"BITMAP ") == 10 and stream.count(b"PRINT") == 1


@given(st.integers(1, 60), st.integers(1, 200), st.integers(0, 1 << 32))
def test_every_picture_comes_back_dot_by_dot(stride, height, seed):
    picture = MonoBitmap(stride * 8, height, random.Random(seed).randbytes(stride * height).replace(b"\x1b", b"\x1a"))
    assert read_back(encode_label(picture, printer_profile("tspl-60"))) == picture


def test_padding_is_white_and_the_left_edge_too():
    profile = replace(printer_profile("tspl-60"), left_dots=5)
    back = read_back(encode_label(MonoBitmap(3, 1, b"\xe0"), profile))
    assert back == MonoBitmap(8, 1, b"\x07")


def test_printers_that_burn_ones_get_ones():
    profile = replace(printer_profile("tspl-60"), black_is_one=True)
    stream = encode_label(MonoBitmap(16, 1, b"\x80\x01"), profile)
    assert b",0,\x80\x01\r\n" in stream
    assert read_back_tspl(stream, black_is_one=True) == MonoBitmap(16, 1, b"\x80\x01")


def test_a_picture_that_spells_reset_is_moved_away():
    evil = MonoBitmap(64, 2, bytes(byte ^ 0xFF for byte in b"\x1b!R\x00\x1b!.\x00") + bytes(8))
    stream = encode_label(evil, printer_profile("tspl-60"))
    assert b"\x1b!" not in stream
    assert encode_label(evil, printer_profile("tspl-60")) == stream
    assert bytes(read_back(stream).data).count(0) > 0


def test_a_picture_wider_than_the_head_is_an_error():
    with pytest.raises(DriverFault):
        encode_label(a_label(width=488), LABEL)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: s[:-1],
        lambda s: s + b"x",
        lambda s: s.replace(b"PRINT 1,1", b"PRINT 2,1"),
        lambda s: s.replace(b"CLS\r\n", b""),
        lambda s: s.replace(b"BITMAP 0,8,", b"BITMAP 0,9,"),
        lambda s: s.replace(b",0,", b",1,", 1),
        lambda s: s[: len(s) // 2],
        lambda s: b"\r\nSIZE " + s,
        lambda s: s.replace(b"SPEED 3", b"SPEED 3\r\nSELFTEST"),
    ],
)
def test_a_stream_that_is_not_one_label_is_refused(spoil):
    stream = encode_label(a_label(height=16), replace(printer_profile("tspl-60"), band_rows=8))
    with pytest.raises(ReadBackError):
        read_back(spoil(stream))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_second_reader(data):
    for stream in (data, b"\r\nSIZE " + data):
        with pytest.raises(ReadBackError):
            read_back(stream)


@given(st.integers(0, 255))
def test_every_status_byte_has_a_meaning(value):
    condition = condition_of(value)
    assert condition.is_known
    assert bool(condition.faults) == bool(value & 0xDF)
    assert (condition.error == "") == (value & 0xDF == 0)


# ---- the driver -------------------------------------------------------------------------------------------------------------


class Rig:
    def __init__(self, profile: PrinterProfile, engine: TsplEngine) -> None:
        self.engine, self.profile = engine, profile
        self.cable, self.bus = VirtualLabelPrinter(engine), Bus()
        self.driver = printer_driver(profile)
        self.statuses: list[DeviceStatus] = []
        self.dones: list[JobDone] = []
        self.raised: list[DriverError] = []
        self._stop = threading.Event()
        self.connect()

    def connect(self) -> None:
        self.bus.plug(self.cable)
        transport = printer_finder(backend=VirtualBackend(self.bus))()
        assert transport is not None
        self.transport = transport
        before = len(self.statuses)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait_for(lambda: len(self.statuses) > before)

    def _run(self) -> None:
        try:
            self.driver.run(self.transport, self._hear, self._stop)
        except DriverError as err:
            self.raised.append(err)

    def _hear(self, record: object) -> None:
        (self.dones if isinstance(record, JobDone) else self.statuses).append(record)  # type: ignore[arg-type]

    def submit(self, job_id: str = "1", seed: int = 1) -> MonoBitmap:
        picture = a_label(seed)
        self.driver.submit(PrinterJob(job_id, encode_label(picture, self.profile), 80))
        return picture

    def print(self, job_id: str = "1", seed: int = 1) -> JobDone:
        self.submit(job_id, seed)
        return self.outcome(job_id)

    def outcome(self, job_id: str = "1") -> JobDone:
        self.wait_for(lambda: any(done.job_id == job_id for done in self.dones), 15)
        (done,) = [done for done in self.dones if done.job_id == job_id]
        return done

    def wait_for(self, is_so: Callable[[], bool], seconds: float = 5) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, "did not happen in time"
            time.sleep(0.005)

    @property
    def labels(self) -> list[bytes]:
        return [page.data for page in self.engine.pages if page.ended_by is PageEnd.GAP]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self.transport.close()
        self.bus.close()


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def make(profile: PrinterProfile = LABEL, engine: TsplProfile | None = None, speed: float = 400) -> Rig:
        rigs.append(Rig(profile, TsplEngine(engine, speed_mm_s=speed)))
        return rigs[-1]

    yield make
    for one in rigs:
        one.close()


def test_a_label_is_confirmed_and_burns_dot_by_dot_once(rig):
    bench = rig()
    picture = bench.submit()
    done = bench.outcome()
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.CONFIRMED, "", done.bytes_total)
    assert bench.labels == [picture.data]
    assert bench.engine.errors == []


def test_confirmation_comes_after_the_label_has_moved(rig):
    bench = rig(replace(LABEL, settle_s=5.0), speed=80)
    began = time.monotonic()
    assert bench.print().outcome is Outcome.CONFIRMED
    assert time.monotonic() - began > 0.95 and len(bench.labels) == 1


def test_a_printer_that_never_shows_printing_is_asked_of_the_person(rig):
    bench = rig(LABEL, TsplProfile(shows_printing=False))
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "timeOut")
    assert len(bench.labels) == 1


@pytest.mark.parametrize(
    ("fault", "error", "paper", "cover"),
    [
        (NO_PAPER, "paperOut", Paper.OUT, Cover.CLOSED),
        (HEAD_OPEN, "coverOpen", Paper.FULL, Cover.OPEN),
        (JAM, "paperJammed", Paper.JAMMED, Cover.CLOSED),
        (HOT, "headHot", Paper.FULL, Cover.CLOSED),
        (PAUSED, "offline", Paper.FULL, Cover.CLOSED),
    ],
)
def test_a_faulty_printer_gets_no_byte_of_a_job(rig, fault, error, paper, cover):
    bench = rig()
    bench.engine.set_fault(fault)
    bench.wait_for(lambda: bench.statuses[-1].error == error)
    assert (bench.statuses[-1].paper, bench.statuses[-1].cover) == (paper, cover)
    done = bench.print()
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.FAILED, error, 0)
    bench.engine.set_fault(0)
    bench.wait_for(lambda: bench.statuses[-1].error == "")
    assert bench.print("2").outcome is Outcome.CONFIRMED
    assert len(bench.labels) == 1


@pytest.mark.parametrize("reprints", [True, False])
def test_paper_out_in_a_label_leaves_the_question_open(rig, reprints):
    bench = rig(LABEL, TsplProfile(reprints=reprints), speed=100)
    picture = bench.submit()
    bench.wait_for(lambda: b"PRINT" in bench.engine.received and not bench.engine.is_idle)
    time.sleep(0.2)
    bench.engine.set_fault(NO_PAPER)
    done = bench.outcome()
    assert (done.outcome, done.error) == (Outcome.UNKNOWN, "paperOut")
    bench.engine.set_fault(0)
    bench.wait_for(lambda: bench.statuses[-1].error == "" and bench.engine.is_idle)
    # The printer prints the label again by itself, or never: the driver sends nothing of it.
    assert bench.labels == ([picture.data] if reprints else [])
    assert bench.print("2", seed=2).outcome is Outcome.CONFIRMED
    assert bench.labels[-1] == a_label(2).data


def test_a_fault_between_bands_fails_for_certain_and_leaves_nothing_behind(rig):
    bench = rig(replace(LABEL, chunk_bytes=512))
    seen = bench.engine.receive

    def opens_in_the_middle(data: bytes) -> int:
        if bench.engine.received.count(b"BITMAP ") == 4:
            bench.engine.set_fault(HEAD_OPEN)
        return seen(data)

    bench.engine.receive = opens_in_the_middle
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.FAILED, "coverOpen")
    assert 0 < done.bytes_sent < done.bytes_total and b"PRINT" not in bench.engine.received
    bench.engine.receive = seen
    bench.engine.set_fault(0)
    bench.wait_for(lambda: bench.statuses[-1].error == "")
    assert bench.print("2", seed=2).outcome is Outcome.CONFIRMED
    assert bench.labels == [a_label(2).data]


def test_a_printer_that_stops_taking_bytes_inside_a_band_fails_and_is_cleared(rig):
    bench = rig(replace(LABEL, chunk_bytes=512))
    seen = bench.engine.receive

    def sticks(data: bytes) -> int:
        if len(bench.engine.received) > 10_000:
            bench.engine.set_stuck(True)
        return seen(data)

    bench.engine.receive = sticks
    done = bench.print()
    assert (done.outcome, done.error) == (Outcome.FAILED, "timeOut")
    assert bench.print("2").error == "hardwareError"
    bench.engine.receive = seen
    bench.engine.set_stuck(False)
    bench.wait_for(lambda: bench.statuses[-1].is_ready)
    assert bench.print("3", seed=3).outcome is Outcome.CONFIRMED
    assert bench.labels == [a_label(3).data]


def test_a_mute_printer_prints_and_the_outcome_is_unknown(rig):
    bench = rig(replace(LABEL, confirm=Confirm.NONE), TsplProfile(answers=False))
    done = bench.print()
    assert (done.outcome, done.bytes_sent) == (Outcome.UNKNOWN, done.bytes_total)
    bench.wait_for(lambda: len(bench.labels) == 1)


def test_pulled_before_print_it_has_failed_and_the_next_label_is_whole(rig):
    bench = rig(replace(LABEL, chunk_bytes=512))
    bench.cable.vanish_after(20_000)
    done = bench.print()
    assert done.outcome is Outcome.FAILED and 0 < done.bytes_sent < done.bytes_total
    bench.wait_for(lambda: bool(bench.raised))
    assert isinstance(bench.raised[0], DeviceGone)
    bench.bus.unplug(bench.cable)
    bench.connect()
    assert bench.print("2", seed=2).outcome is Outcome.CONFIRMED
    assert bench.labels == [a_label(2).data]


def test_a_new_connection_ends_what_an_unknown_one_left_inside_a_band(rig):
    """The program was killed in a band; the printer kept its power."""
    bench = rig()
    bench.close()
    bench.engine.receive(encode_label(a_label(9), LABEL)[:9_000])
    again = Rig(LABEL, bench.engine)
    try:
        assert again.print("2", seed=2).outcome is Outcome.CONFIRMED
        assert again.labels == [a_label(2).data]
    finally:
        again.close()


def test_a_cancelled_label_does_not_come(rig):
    bench = rig(replace(LABEL, chunk_bytes=64, write_s=0.01))
    assert isinstance(bench.driver, TsplPrinter)
    bench.submit()
    bench.driver.cancel("1")
    done = bench.outcome()
    assert (done.outcome, done.error) == (Outcome.FAILED, "cancelled")
    assert bench.print("2", seed=2).outcome is Outcome.CONFIRMED
    assert bench.labels == [a_label(2).data]


def test_a_stream_that_is_no_label_is_not_sent(rig):
    bench = rig()
    bench.driver.submit(PrinterJob("x", b"SELFTEST\r\n", 10))
    done = bench.outcome("x")
    assert (done.outcome, done.error, done.bytes_sent) == (Outcome.FAILED, "streamInvalid", 0)
    assert b"SELFTEST" not in bench.engine.received
