"""A virtual ESC/POS printer: bytes in, status out, paper as pictures. USB and TCP wrap it.

Source: the behaviour that printer manuals describe, not our codecs. Two independent paths: a real-time scanner that looks at every byte on
arrival, also inside image data, and a receive buffer -> interpreter -> motor with a clock.

Rules
- Time moves only in ``advance`` (every public call does it first), so a test may own the clock. Safe to call from several threads.
- The interpreter runs ahead of the motor by at most ``AHEAD_ROWS``: GS r tells "interpreted up to here", GS ( H tells "printed".
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from drivers.virtual.printer_commands import Cut, Feed, Gap, Interpreter, Notice, Row, Work
from drivers.virtual.printer_paper import Page, PageEnd, Strip

AHEAD_ROWS = 48
REPLY_QUEUE_BYTES = 256
DOTS_PER_MM = 8
CUT_S = 0.2


class AfterReload(StrEnum):
    """What becomes of an interrupted job when paper is back or the cover closed."""

    RESUME = "resume"
    DROP_ROWS = "drop"  # the rows already in the print buffer are lost
    CLEAR = "clear"  # everything received is lost


class Extension(StrEnum):
    """What a model makes of a command it was asked for."""

    WORKS = "works"
    SKIPPED = "skipped"
    AS_TEXT = "text"


@dataclass(frozen=True, slots=True)
class EngineProfile:
    """One kind of virtual printer."""

    name: str
    head_dots: int = 576
    buffer_bytes: int = 65536
    reserve_bytes: int = 0  # real-time commands still seen when the buffer is full
    has_cutter: bool = True
    has_near_end: bool = True
    answers: bool = True
    process_id: Extension = Extension.WORKS
    identity: bytes = b"TM-T20III"
    clears_on_request: bool = False
    constant_port_status: bool = False
    stalls_on_soft_reset: bool = False
    overflow_vanishes: bool = False
    init_clears_asb: bool = False
    after_reload: AfterReload = AfterReload.RESUME


PROFILES = {
    profile.name: profile
    for profile in (
        EngineProfile("epson", reserve_bytes=128, clears_on_request=True),
        EngineProfile(
            "clone_80",
            buffer_bytes=16384,
            has_near_end=False,
            process_id=Extension.SKIPPED,
            identity=b"",
            stalls_on_soft_reset=True,
            init_clears_asb=True,
        ),
        EngineProfile(
            "clone_58",
            head_dots=384,
            buffer_bytes=4096,
            has_cutter=False,
            has_near_end=False,
            answers=False,
            process_id=Extension.AS_TEXT,
            identity=b"",
            constant_port_status=True,
            stalls_on_soft_reset=True,
        ),
        EngineProfile("liar", buffer_bytes=16384, process_id=Extension.AS_TEXT, identity=b"TM-T88V", init_clears_asb=True),
        EngineProfile(
            "drop", buffer_bytes=8192, has_near_end=False, process_id=Extension.SKIPPED, identity=b"", overflow_vanishes=True
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What somebody sees who opens the printer: the truth behind the status bytes."""

    is_paper_in: bool
    is_paper_low: bool
    is_cover_open: bool
    is_cutter_jammed: bool
    is_head_hot: bool
    is_fatal: bool
    is_mute: bool
    is_stuck: bool


class PrinterEngine:
    """The printer behind the plug. ``out_dir`` gets ``page-NNN.png`` and ``page-NNN.bin`` for each piece of paper."""

    def __init__(
        self,
        profile: EngineProfile | str = "epson",
        *,
        speed_mm_s: float = 100,
        clock: Callable[[], float] = time.monotonic,
        out_dir: Path | None = None,
        on_page: Callable[[Page], None] | None = None,
    ) -> None:
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        self.speed_mm_s = speed_mm_s
        self._pages: list[Page] = []
        self.events: list[str] = []
        self.received = bytearray()
        self._clock = clock
        self._out_dir = out_dir
        self._on_page = on_page
        self._lock = threading.RLock()
        self._strip = Strip(self.profile.head_dots)
        self._is_paper_in = True
        self._is_paper_low = False
        self._is_cover_open = False
        self._is_cutter_jammed = False
        self._jams_at_next_cut = False
        self._is_head_hot = False
        self._is_fatal = False
        self._is_mute = False
        self._is_stuck = False
        self._rows_left: int | None = None
        self._copies_left: int | None = None
        self._power_on()

    # ---- the wire -------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> int:
        """Take what fits; returns how many bytes were taken."""
        with self._lock:
            self.advance()
            free = self.profile.buffer_bytes - len(self._buffer)
            taken = data[: max(0, free)]
            if self.profile.overflow_vanishes:
                if len(data) > len(taken):
                    self._note(f"overflow {len(data) - len(taken)}")
                self._take(taken)
                self._scan(data[len(taken) :])
                self.advance()
                return len(data)
            self._take(taken)
            if not taken and len(data) <= self.profile.reserve_bytes and data[:1] == b"\x10":
                self._scan(data)
                return len(data)
            self.advance()
            return len(taken)

    def transmit(self, max_bytes: int) -> bytes:
        """The replies that wait, oldest first."""
        with self._lock:
            self.advance()
            replies = bytes(self._replies[:max_bytes])
            del self._replies[:max_bytes]
            return replies

    def port_status(self) -> int:
        """The byte of GET_PORT_STATUS: 20 paper empty, 10 selected, 08 no error."""
        with self._lock:
            self.advance()
            if self.profile.constant_port_status:
                return 0x18
            status = 0x10 if self._is_online else 0
            if not self._is_paper_in:
                return status | 0x30 | (0 if self._has_error else 0x08)
            return status | (0x08 if self._is_online else 0)

    def device_id(self) -> bytes:
        """The IEEE 1284 text, without its length."""
        model = self.profile.identity.decode("ascii") or "POS-80"
        return f"MFG:Virtual;MDL:{model};CMD:ESC/POS;CLS:PRINTER;".encode("ascii")

    def soft_reset(self) -> None:
        """Forget what was received; the paper stays as it is."""
        with self._lock:
            self.advance()
            self._clear_buffers()

    # ---- people ---------------------------------------------------------------------------------------------------------

    def remove_paper(self) -> None:
        """The roll ends now."""
        with self._lock:
            self.advance()
            self._paper_end()
            self._announce()

    def paper_out_after_rows(self, rows: int) -> None:
        """The roll ends when ``rows`` more rows have passed the head."""
        with self._lock:
            self.advance()
            self._rows_left = rows

    def paper_out_after_copies(self, copies: int) -> None:
        """The roll ends after ``copies`` more pieces."""
        with self._lock:
            self.advance()
            self._copies_left = copies

    def insert_paper(self) -> None:
        """Open, put in a new roll, close."""
        with self._lock:
            self.advance()
            self._is_paper_in = True
            self._is_paper_low = False
            self._is_cover_open = False
            self._rows_left = self._copies_left = None
            self._reloaded()

    def set_paper_low(self, is_low: bool) -> None:
        """Whether the near-end sensor sees the core."""
        with self._lock:
            self.advance()
            self._is_paper_low = is_low
            self._announce()

    def open_cover(self) -> None:
        """The head lifts; what is under way stops."""
        with self._lock:
            self.advance()
            self._is_cover_open = True
            self._announce()

    def close_cover(self) -> None:
        """And the printer goes on, as its model does."""
        with self._lock:
            self.advance()
            self._is_cover_open = False
            self._reloaded()

    def jam_cutter(self, *, at_next_cut: bool = False) -> None:
        """The blade sticks, now or when it moves next."""
        with self._lock:
            self.advance()
            self._jams_at_next_cut = at_next_cut
            self._is_cutter_jammed = not at_next_cut
            self._announce()

    def set_head_hot(self, is_hot: bool) -> None:
        """The head stops until it has cooled down."""
        with self._lock:
            self.advance()
            self._is_head_hot = is_hot
            self._announce()

    def set_fatal(self, is_fatal: bool) -> None:
        """An error that only service mends."""
        with self._lock:
            self.advance()
            self._is_fatal = is_fatal
            self._announce()

    def set_mute(self, is_mute: bool) -> None:
        """Print, but answer nothing."""
        with self._lock:
            self.advance()
            self._is_mute = is_mute
            self._replies.clear()

    def set_stuck(self, is_stuck: bool) -> None:
        """Hang: take bytes until the buffer is full, print nothing, still answer real-time questions."""
        with self._lock:
            self.advance()
            self._is_stuck = is_stuck

    def set_speed(self, speed_mm_s: float) -> None:
        """How fast paper moves from now on."""
        with self._lock:
            self.advance()
            self.speed_mm_s = speed_mm_s

    def tear(self) -> Page | None:
        """A person takes what hangs out of the printer."""
        with self._lock:
            self.advance()
            return self._separate(PageEnd.TORN)

    def power_cycle(self) -> None:
        """Off and on: buffers and modes are gone, the paper stays."""
        with self._lock:
            self.advance()
            self._is_cutter_jammed = False
            self._power_on()

    # ---- observation ----------------------------------------------------------------------------------------------------

    @property
    def pages(self) -> list[Page]:
        """The pieces of paper so far, oldest first."""
        with self._lock:
            self.advance()
            return list(self._pages)

    @property
    def condition(self) -> Condition:
        """How the printer is at this moment."""
        with self._lock:
            self.advance()
            return Condition(
                self._is_paper_in,
                self._is_paper_low,
                self._is_cover_open,
                self._is_cutter_jammed,
                self._is_head_hot,
                self._is_fatal,
                self._is_mute,
                self._is_stuck,
            )

    @property
    def is_idle(self) -> bool:
        """True when everything received has become paper."""
        with self._lock:
            self.advance()
            return not self._buffer and not self._work and not self._interpreter.is_inside_command

    @property
    def pending_bytes(self) -> int:
        """Bytes that wait in the receive buffer."""
        with self._lock:
            self.advance()
            return len(self._buffer)

    @property
    def strip(self) -> Page | None:
        """What stands on the paper that is not separated yet."""
        with self._lock:
            self.advance()
            strip = self._strip
            if not strip.height_dots:
                return None
            return Page(strip.width_dots, strip.height_dots, bytes(strip.rows), bytes(strip.raw), PageEnd.TORN, strip.has_text)

    def advance(self) -> None:
        """Let the printer do what it has done by now."""
        with self._lock:
            now = self._clock()
            while self._is_online and not self._is_stuck:
                self._interpret()
                if not self._work:
                    self._motor_at = now
                    return
                done_at = self._motor_at + self._seconds(self._work[0])
                if done_at > now:
                    return
                self._motor_at = done_at
                self._do(self._work.popleft())
            self._motor_at = now

    # ---- inside ---------------------------------------------------------------------------------------------------------

    @property
    def _has_error(self) -> bool:
        return self._is_cutter_jammed or self._is_head_hot or self._is_fatal

    @property
    def _is_online(self) -> bool:
        return self._is_paper_in and not self._is_cover_open and not self._has_error

    def _power_on(self) -> None:
        self._buffer = bytearray()
        self._replies = bytearray()
        self._work: deque[Work] = deque()
        self._ahead_rows = 0
        self._real_time = bytearray()
        self._asb_mask = 0
        self._asb_last = b""
        self._interpreter = self._new_interpreter()
        self._motor_at = self._clock()

    def _new_interpreter(self) -> Interpreter:
        return Interpreter(self.profile.head_dots, prints_process_id=self.profile.process_id == Extension.AS_TEXT)

    def _clear_buffers(self) -> None:
        self._buffer.clear()
        self._work.clear()
        self._ahead_rows = 0
        self._interpreter = self._new_interpreter()

    def _take(self, data: bytes) -> None:
        self.received += data
        self._buffer += data
        self._scan(data)

    def _interpret(self) -> None:
        while self._buffer and self._ahead_rows < AHEAD_ROWS and not (self._work and isinstance(self._work[-1], Cut | Gap)):
            step = self._interpreter.step(self._buffer)
            if step is None:
                return
            if step.restarts and not self._strip.height_dots and all(isinstance(work, Notice) for work in self._work):
                self._strip.raw.clear()
            self._strip.raw += step.raw
            self._strip.has_text = self._strip.has_text or step.has_text
            for work in step.work:
                if isinstance(work, Notice):
                    self._notice(work)
                else:
                    self._ahead_rows += isinstance(work, Row)
                    self._work.append(work)

    def _notice(self, notice: Notice) -> None:
        """Commands that are not paper."""
        match notice.what:
            case "init" if self.profile.init_clears_asb:
                self._asb_mask = 0
            case "asb":
                self._asb_mask = notice.value[0]
                self._asb_last = b""
                self._announce()
            case "queued-paper":
                near = 0x03 if self._is_paper_low and self.profile.has_near_end else 0
                self._reply(bytes([near]))
            case "queued-drawer":
                self._reply(b"\x00")
            case "identity" if self.profile.identity:
                self._reply(b"\x5f" + self.profile.identity + b"\0")
            case "process-id" if self.profile.process_id is Extension.WORKS:
                self._work.append(notice)
            case "unknown" | "text":
                self._note(f"{notice.what} {notice.value.hex()}")
            case _:
                pass

    def _seconds(self, work: Work) -> float:
        rows = {Row: 1, Feed: work.rows if isinstance(work, Feed) else 0}.get(type(work), 0)
        seconds = rows / (self.speed_mm_s * DOTS_PER_MM)
        return seconds + (CUT_S * 100 / max(self.speed_mm_s, 100) if isinstance(work, Cut) else 0)

    def _do(self, work: Work) -> None:
        match work:
            case Row(data):
                self._ahead_rows -= 1
                self._strip.burn(data)
                self._row_passed()
            case Feed(rows):
                for done in range(rows):
                    self._strip.burn(b"")
                    self._row_passed()
                    if not self._is_paper_in:
                        if done + 1 < rows:
                            self._work.appendleft(Feed(rows - done - 1))
                        return
            case Cut():
                self._cut()
            case Gap():
                self._separate(PageEnd.GAP)
                self._copy_left()
            case Notice(_, value):
                self._reply(b"\x37\x22" + value + b"\0")

    def _cut(self) -> None:
        if self._jams_at_next_cut:
            self._jams_at_next_cut = False
            self._is_cutter_jammed = True
            self._work.appendleft(Cut())
            self._announce()
        elif self.profile.has_cutter:
            self._separate(PageEnd.CUT)
            self._copy_left()

    def _row_passed(self) -> None:
        if self._rows_left is not None:
            self._rows_left -= 1
            if self._rows_left <= 0:
                self._paper_end()
                self._announce()

    def _copy_left(self) -> None:
        if self._copies_left is not None:
            self._copies_left -= 1
            if self._copies_left <= 0:
                self._paper_end()
                self._announce()

    def _paper_end(self) -> None:
        self._is_paper_in = False
        self._rows_left = self._copies_left = None
        self._separate(PageEnd.PAPER_END)

    def _reloaded(self) -> None:
        if self._is_online:
            if self.profile.after_reload is AfterReload.CLEAR:
                self._clear_buffers()
            elif self.profile.after_reload is AfterReload.DROP_ROWS:
                self._work = deque(work for work in self._work if not isinstance(work, Row))
                self._ahead_rows = 0
        self._motor_at = self._clock()
        self._announce()

    def _separate(self, ended_by: PageEnd) -> Page | None:
        page = self._strip.separate(ended_by)
        if page is not None:
            self._pages.append(page)
            self._note(f"page {len(self._pages)} {page.width_dots}x{page.height_dots} {ended_by}")
            if self._out_dir is not None:
                self._out_dir.mkdir(parents=True, exist_ok=True)
                stem = f"page-{len(self._pages):03d}"
                (self._out_dir / f"{stem}.png").write_bytes(page.png())
                (self._out_dir / f"{stem}.bin").write_bytes(page.raw)
            if self._on_page is not None:
                self._on_page(page)
        return page

    # ---- status ---------------------------------------------------------------------------------------------------------

    def _scan(self, data: bytes) -> None:
        """The real-time path: sees every byte, whatever it belongs to."""
        start = 0
        while start < len(data):
            if not self._real_time:
                start = data.find(0x10, start)
                if start < 0:
                    return
            self._real_time.append(data[start])
            start += 1
            self._real_time_step()

    def _real_time_step(self) -> None:
        seen = bytes(self._real_time)
        if len(seen) == 1:
            return
        length = {0x04: 3, 0x05: 3, 0x14: 0}.get(seen[1])
        if length is None:
            self._real_time = bytearray(seen[-1:] if seen[-1] == 0x10 else b"")
            return
        if length == 0:
            if len(seen) == 2:
                return
            length = {1: 5, 2: 5, 8: 10}.get(seen[2], 3)
        if len(seen) < length:
            return
        self._real_time.clear()
        self._real_time_command(seen)

    def _real_time_command(self, command: bytes) -> None:
        if command[1] == 0x04 and 1 <= command[2] <= 4:
            self._reply(bytes([self._answer(command[2])]))
        elif command[1] == 0x05 and command[2] in (1, 2) and self._is_cutter_jammed:
            self._is_cutter_jammed = False
            if command[2] == 2:
                self._clear_buffers()
            self._motor_at = self._clock()
            self._announce()
        elif command == bytes.fromhex("10140801031401060208") and self.profile.clears_on_request:
            self._clear_buffers()
            self._reply(b"\x37\x25\x00")
        elif command == bytes.fromhex("1014020108"):
            self._note("power-off requested")
        elif command[1:3] == b"\x14\x01":
            self._note("drawer pulse")

    def _answer(self, n: int) -> int:
        value = 0x12
        match n:
            case 1:
                value |= 0 if self._is_online else 0x08
            case 2:
                value |= 0x04 if self._is_cover_open else 0
                value |= 0 if self._is_paper_in else 0x20
                value |= 0x40 if self._has_error else 0
            case 3:
                value |= 0x08 if self._is_cutter_jammed else 0
                value |= 0x20 if self._is_fatal else 0
                value |= 0x40 if self._is_head_hot or (self._is_cover_open and self._work) else 0
            case _:
                near = self._is_paper_low and self.profile.has_near_end
                value |= (0x0C if near else 0) | (0 if self._is_paper_in else 0x60)
        return value

    def _asb_block(self) -> bytes:
        first = 0x10 | (0 if self._is_online else 0x08) | (0x20 if self._is_cover_open else 0)
        second = (0x08 if self._is_cutter_jammed else 0) | (0x20 if self._is_fatal else 0) | (0x40 if self._is_head_hot else 0)
        near = self._is_paper_low and self.profile.has_near_end
        third = (0x03 if near else 0) | (0 if self._is_paper_in else 0x0C)
        return bytes([first, second, third, 0])

    def _announce(self) -> None:
        """Automatic status back, when it is on and something it watches changed."""
        if not self._asb_mask:
            return
        block = self._asb_block()
        watched = bytes(
            [
                block[0] if self._asb_mask & 0x02 else block[0] & 0x04,
                block[1] if self._asb_mask & 0x04 else 0,
                block[2] if self._asb_mask & 0x0A else 0,
            ]
        )
        if watched != self._asb_last:
            self._asb_last = watched
            self._reply(block)

    def _reply(self, data: bytes) -> None:
        if self.profile.answers and not self._is_mute and len(self._replies) + len(data) <= REPLY_QUEUE_BYTES:
            self._replies += data

    def _note(self, event: str) -> None:
        self.events.append(event)
