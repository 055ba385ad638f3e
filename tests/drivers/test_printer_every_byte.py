"""A job interrupted at each of its bytes, in each way: what the driver said of it is true for ever, and the next label is whole and its own."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from drivers.errors import DeviceGone
from drivers.printer.device import PrinterDriver
from drivers.printer.driver import printer_driver
from drivers.printer.encode import encode_label
from drivers.printer.profile import PrinterProfile, printer_profile
from drivers.printer.record import JobDone, MonoBitmap, Outcome, PrinterJob
from drivers.virtual.printer_engine import PROFILES, AfterReload, PrinterEngine
from drivers.virtual.printer_paper import PageEnd
from drivers.virtual.tspl_engine import HEAD_OPEN, NO_PAPER, TsplEngine, TsplProfile

ROWS, WIDTH = 200, 16
TSPL = replace(printer_profile("tspl-60"), band_rows=50, chunk_bytes=64)
EPSON = replace(printer_profile("epson-80"), band_rows=50, chunk_bytes=64, head_dots=WIDTH)
CLONE = replace(printer_profile("clone-80"), band_rows=50, chunk_bytes=64, head_dots=WIDTH)
Engine = PrinterEngine | TsplEngine


class Clock:
    """Time passes where somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Wire:
    """The engine at the end of a wire on which something ``happens`` at byte ``at`` of ``job``, or so many bytes after its end."""

    engine: Engine
    clock: Clock
    happens: Callable[[Wire], None]
    job: bytes
    at: int | None
    port: str = "wire"
    is_gone: bool = False
    takes_nothing: bool = False
    passed: int = 0

    def write(self, data: bytes, timeout_s: float) -> int:
        self._raise_if_gone()
        self.clock.now += 0.0005
        is_job = self.passed >= len(self.job) or (self.job.startswith(data, self.passed) and (self.passed > 0 or len(data) > 4))
        if is_job and self.at is not None:
            data = data[: self.at - self.passed]
            if self.at == self.passed:
                self.at = None
                self.happens(self)
                self._raise_if_gone()
        taken = 0 if self.takes_nothing else self.engine.receive(data)
        if is_job:
            self.passed += taken
        if not taken:
            self.clock.now += timeout_s
        return taken

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        self._raise_if_gone()
        said = self.engine.transmit(max_bytes)
        if not said:
            self.clock.now += timeout_s
            said = self.engine.transmit(max_bytes)
        return said

    def close(self) -> None:
        """Nothing is held."""

    def _raise_if_gone(self) -> None:
        if self.is_gone:
            raise DeviceGone


class UsbWire(Wire):
    """The same with the printer class' question."""

    interface = 0

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes:
        self._raise_if_gone()
        return bytes([self.engine.port_status()])


def picture(seed: int) -> MonoBitmap:
    return MonoBitmap(
        WIDTH, ROWS, random.Random(seed).randbytes(WIDTH // 8 * ROWS).replace(b"\x10", b"\x11").replace(b"\x1b", b"\x1c")
    )


FIRST, SECOND = picture(1), picture(2)


class Story:
    """One job interrupted after ``at`` bytes, everything mended, time to let stale paper come, and a second job."""

    def __init__(self, profile: PrinterProfile, make: Callable[[Clock], Engine], at: int, event: str, *, is_usb: bool) -> None:
        self.clock = Clock()
        self.engine = make(self.clock)
        self.profile, self.event, self.at = profile, event, at
        self.wire_type = UsbWire if is_usb else Wire
        self.driver: PrinterDriver = printer_driver(profile)  # type: ignore[type-arg]
        self.driver._clock = self.clock
        self.dones: list[JobDone] = []
        self.stop = threading.Event()

    def tell(self) -> list[JobDone]:
        for _ in range(3):
            job, at = encode_label(FIRST, self.profile), None if self.dones else self.at
            self.wire = self.wire_type(self.engine, self.clock, self._happens, job, at)
            self.has_job = False
            try:
                self.driver.run(self.wire, self._hear, self.stop)
                return self.dones
            except DeviceGone:
                self._mend()
        raise AssertionError("the connection never held")

    def _hear(self, record: object) -> None:
        if isinstance(record, JobDone):
            self.dones.append(record)
            self.has_job = False
            if record.job_id == "2":
                self.stop.set()
                return
            if self.wire.is_gone:
                return
            self._mend()
        if not self.has_job:
            self.has_job = True
            seed = 2 if self.dones else 1
            self.driver.submit(PrinterJob(str(seed), encode_label(picture(seed), self.profile), ROWS / 8))

    def _happens(self, wire: Wire) -> None:
        match self.event:
            case "gone" | "gone with power":
                wire.is_gone = True
            case "sticks":
                wire.takes_nothing = True
            case "cancelled":
                self.driver.cancel("1")
            case "head opens":
                self.engine.open_cover() if isinstance(self.engine, PrinterEngine) else self.engine.set_fault(HEAD_OPEN)
            case "no paper":
                self.engine.remove_paper() if isinstance(self.engine, PrinterEngine) else self.engine.set_fault(NO_PAPER)

    def _mend(self) -> None:
        self.wire.takes_nothing = False
        self.wire.at = None
        if self.event == "gone with power":
            self.engine.power_cycle()
        if isinstance(self.engine, PrinterEngine):
            self.engine.close_cover()
            self.engine.insert_paper()
        else:
            self.engine.set_fault(0)
        for _ in range(40):
            self.clock.now += 0.5
            self.engine.advance()


def whole(engine: Engine, seed: int) -> int:
    """How many complete pieces of paper carry this picture."""
    wanted = picture(seed).data
    head = engine.profile.head_dots // 8
    found = 0
    for page in engine.pages:
        if page.ended_by is PageEnd.PAPER_END:
            continue
        rows = b"".join(page.data[top : top + WIDTH // 8] for top in range(0, len(page.data), head))
        found += wanted in rows
    return found


def offsets(profile: PrinterProfile) -> Iterator[int]:
    """Each byte of what is no picture and of the first and last rows of a band, and some of the others, and after the last."""
    job = encode_label(FIRST, profile)
    commands = (b"BITMAP", b"PRINT", b"\x1dv0", b"\x1dV")
    near = {0, len(job)}
    for command in commands:
        at = job.find(command)
        while at >= 0:
            near.add(at)
            at = job.find(command, at + 1)
    for at in range(len(job) + 12):
        if at < 20 or at % 23 == 0 or any(-6 <= at - place <= 24 for place in near):
            yield at


EVENTS = ("gone", "gone with power", "sticks", "cancelled", "head opens", "no paper")


def check(profile: PrinterProfile, make: Callable[[Clock], Engine], event: str, *, is_usb: bool) -> dict[Outcome, int]:
    said: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
    for at in offsets(profile):
        story = Story(profile, make, at, event, is_usb=is_usb)
        first, second = story.tell()
        printed = whole(story.engine, 1)
        where = f"{event} after {at} bytes: {first}, {printed} printed"
        said[first.outcome] += 1
        match first.outcome:
            case Outcome.CONFIRMED:
                assert printed == 1, where
            case Outcome.FAILED:
                assert printed == 0, where
            case Outcome.UNKNOWN:
                assert printed <= 1, where
        assert (second.outcome, whole(story.engine, 2)) == (Outcome.CONFIRMED, 1), f"{where}, then {second}"
        assert not any(picture(1).data[:40] in page.data and picture(2).data[-40:] in page.data for page in story.engine.pages), (
            where
        )
    return said


@pytest.mark.parametrize(
    "habit", [TsplProfile(), TsplProfile(reprints=False), TsplProfile(is_lenient=True)], ids=["plain", "loses", "lenient"]
)
@pytest.mark.parametrize("is_usb", [True, False], ids=["usb", "line"])
@pytest.mark.parametrize("event", EVENTS)
def test_a_tspl_label_interrupted_at_any_byte_is_told_truly(event, is_usb, habit):
    said = check(TSPL, lambda clock: TsplEngine(habit, clock=clock), event, is_usb=is_usb)
    assert said[Outcome.FAILED] > 0


@pytest.mark.parametrize("event", ["head opens", "no paper"])
def test_about_a_label_interrupted_early_a_tspl_printer_that_drops_it_leaves_no_question(event):
    profile = replace(TSPL, clears_on_request=True)
    said = check(profile, lambda clock: TsplEngine(TsplProfile(cancels=True), clock=clock), event, is_usb=True)
    without = check(TSPL, lambda clock: TsplEngine(TsplProfile(), clock=clock), event, is_usb=True)
    # What is interrupted late, when the label may be out already, stays a question.
    assert 0 < said[Outcome.UNKNOWN] <= without[Outcome.UNKNOWN] - 8


@pytest.mark.parametrize("after", AfterReload)
@pytest.mark.parametrize("is_usb", [True, False], ids=["usb", "line"])
@pytest.mark.parametrize("event", EVENTS)
def test_an_esc_pos_label_interrupted_at_any_byte_is_told_truly(event, is_usb, after):
    engine = replace(PROFILES["epson"], head_dots=WIDTH, after_reload=after)
    said = check(EPSON, lambda clock: PrinterEngine(engine, clock=clock), event, is_usb=is_usb)
    assert said[Outcome.UNKNOWN] > 0


@pytest.mark.parametrize("event", EVENTS)
def test_a_clone_without_process_id_interrupted_at_any_byte_is_told_truly(event):
    engine = replace(PROFILES["clone_80"], head_dots=WIDTH)
    said = check(CLONE, lambda clock: PrinterEngine(engine, clock=clock), event, is_usb=True)
    assert sum(said.values()) > 100 and said[Outcome.UNKNOWN] > 0
