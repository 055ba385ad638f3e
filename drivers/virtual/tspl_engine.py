"""A virtual label printer that speaks TSPL: bytes in, one status byte out, labels as pictures.

Source: TSC TTP-244 and Gprinter GP-2120T manuals (ESC ! ?, ESC ! S), the language's own command list; not our encoder.
Habits of real ones: commands are lines, BITMAP counts its bytes, nothing moves before PRINT; "printing" (20) while a label moves; a label
interrupted by missing paper or an open head is printed again in full after reload, or lost (``reprints``); PRINT without CLS repeats.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.virtual.printer_paper import Page, PageEnd

HEAD_OPEN, JAM, NO_PAPER, NO_RIBBON, PAUSED, PRINTING, COVER, HOT = (1 << bit for bit in range(8))
_BITMAP = re.compile(rb"BITMAP (\d+),(\d+),(\d+),(\d+),(\d),")
_COPIES = re.compile(rb"(\d*)(?:,\d*)?")
_LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class TsplProfile:
    """One kind of label printer."""

    name: str = "tspl"
    head_dots: int = 480
    dots_per_mm: int = 8
    answers: bool = True
    shows_printing: bool = True
    reprints: bool = True
    black_is_one: bool = False
    immediate_inside_data: bool = False
    stalls_on_soft_reset: bool = False
    starts_after_s: float = 0.02
    cancels: bool = False  # knows ESC ! .
    is_lenient: bool = False  # obeys a PRINT with rubbish behind its numbers


@dataclass
class _Moving:
    """The label under the head."""

    rows: bytes
    height: int
    raw: bytes
    began_s: float
    seconds: float
    done_share: float = 0.0


@dataclass
class _Canvas:
    """The page buffer: dots that will burn, 1 is black."""

    width: int
    height: int = 0
    rows: bytearray = field(default_factory=bytearray)

    def clear(self, height: int) -> None:
        self.height = height
        self.rows = bytearray(self.width // 8 * height)

    def put(self, left: int, top: int, stride: int, data: bytes, mode: int) -> None:
        """Only whole bytes of x, as drivers send."""
        line = self.width // 8
        for place in range(len(data) // stride):
            if top + place >= self.height:
                return
            start = (top + place) * line + left // 8
            part = data[place * stride : (place + 1) * stride][: line - left // 8]
            old = bytes(self.rows[start : start + len(part)])
            new = {0: part, 1: bytes(a | b for a, b in zip(old, part, strict=True))}.get(mode)
            self.rows[start : start + len(part)] = new or bytes(a ^ b for a, b in zip(old, part, strict=True))


class TsplEngine:
    """The printer behind the plug: give it to ``VirtualPrinter``. Time moves only in ``advance``. Safe to call from several threads."""

    def __init__(
        self, profile: TsplProfile | None = None, *, speed_mm_s: float = 76, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.profile = profile or TsplProfile()
        self.speed_mm_s = speed_mm_s
        self.errors: list[bytes] = []
        self.received = bytearray()
        self._clock = clock
        self._lock = threading.RLock()
        self._pages: list[Page] = []
        self._faults = 0
        self._is_stuck = False
        self._is_mute = False
        self._moving: _Moving | None = None
        self._bitmap: tuple[int, int, int, int] | None = None
        self._replies = b""
        self._line = bytearray()
        self._free_s = 0.0
        self._power_on()

    # ---- the wire ---------------------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> int:
        """Take bytes; return how many (0 while stuck)."""
        with self._lock:
            self.advance()
            if self._is_stuck:
                return 0
            self.received += data
            for byte in data:
                self._byte(byte)
            return len(data)

    def transmit(self, max_bytes: int) -> bytes:
        """What it has to say."""
        with self._lock:
            self.advance()
            said, self._replies = bytes(self._replies[:max_bytes]), self._replies[max_bytes:]
            return said

    def device_id(self) -> bytes:
        """IEEE 1284 text."""
        return b"MFG:Virtual;MDL:Label;CMD:TSPL;CLS:PRINTER;"

    def port_status(self) -> int:
        """Many always say the same."""
        return 0x18

    def soft_reset(self) -> None:
        """Forget what is half received."""
        with self._lock:
            self._line.clear()
            self._wanted = 0

    def power_cycle(self) -> None:
        """Off and on."""
        with self._lock:
            self._power_on()

    # ---- what happens to it -----------------------------------------------------------------------------------------------------

    def set_fault(self, bits: int) -> None:
        """Open the head, take the paper away, pause it; 0 mends everything. An interrupted label is printed again or lost."""
        with self._lock:
            self.advance()
            moving = self._moving
            self._faults = bits
            if moving is not None and bits:
                self._pages.append(self._page(moving, share=moving.done_share))
                if self.profile.reprints:
                    self._waiting.appendleft(moving)
                self._moving = None

    def set_stuck(self, is_stuck: bool) -> None:
        """Take no more bytes."""
        with self._lock:
            self._is_stuck = is_stuck

    def set_mute(self, is_mute: bool) -> None:
        """Say nothing."""
        with self._lock:
            self._is_mute = is_mute

    def advance(self) -> None:
        """Let time pass."""
        with self._lock:
            now = self._clock()
            while True:
                if self._moving is None:
                    if self._faults or not self._waiting or now < self._waiting[0].began_s:
                        return
                    self._moving = self._waiting.popleft()
                    self._moving.began_s = max(self._moving.began_s, self._free_s)
                moving = self._moving
                moving.done_share = min(1.0, (now - moving.began_s) / moving.seconds)
                if moving.done_share < 1.0:
                    return
                self._free_s = moving.began_s + moving.seconds
                self._pages.append(self._page(moving, share=1.0))
                self._moving = None

    @property
    def pages(self) -> list[Page]:
        """Labels so far; one that was interrupted ended by ``PAPER_END``."""
        with self._lock:
            self.advance()
            return list(self._pages)

    @property
    def is_idle(self) -> bool:
        """Nothing moves or waits, and no command is half received."""
        with self._lock:
            self.advance()
            return self._moving is None and not self._waiting and not self._wanted and not self._line

    # ---- inside -----------------------------------------------------------------------------------------------------------------

    def _power_on(self) -> None:
        self._replies = b""
        self._line = bytearray()
        self._escape = b""
        self._wanted = 0
        self._bitmap = None
        self._data = bytearray()
        self._canvas = _Canvas(self.profile.head_dots)
        self._label_mm = 80.0
        self._label_raw = bytearray()
        self._moving = None
        self._waiting: deque[_Moving] = deque()
        self._free_s = 0.0

    def _byte(self, byte: int) -> None:
        if self._wanted:
            if self.profile.immediate_inside_data:
                self._immediate(byte)
            self._data.append(byte)
            self._wanted -= 1
            if not self._wanted:
                self._draw()
            return
        if self._immediate(byte):
            return
        self._line.append(byte)
        found = _BITMAP.fullmatch(self._line)
        if found is not None:
            left, top, stride, rows, mode = (int(number) for number in found.groups())
            self._bitmap, self._wanted = (left, top, stride, mode), stride * rows
            self._data.clear()
            self._line.clear()
        elif self._line.endswith(b"\n") or len(self._line) > _LONGEST_LINE:
            line = bytes(self._line).strip()
            self._line.clear()
            if line:
                self._command(line)

    def _immediate(self, byte: int) -> bool:
        """ESC ! and a letter, at any place between lines."""
        self._escape = (self._escape + bytes([byte]))[-3:]
        if self._escape == b"\x1b!?":
            self._say(bytes([self._status()]))
        elif self._escape == b"\x1b!S":
            self._say(
                b"\x02"
                + (b"P" if self._status() & PRINTING else b"@")
                + b"@@"
                + (b"A" if self._faults & NO_PAPER else b"@")
                + b"\x03\r\n"
            )
        elif self._escape == b"\x1b!." and self.profile.cancels:
            self._waiting.clear()
            self._moving = None
        return byte == 0x1B or self._escape[-2:] == b"\x1b!" or self._escape[:2] == b"\x1b!"

    def _status(self) -> int:
        is_printing = self._moving is not None and self.profile.shows_printing
        return self._faults | (PRINTING if is_printing else 0)

    def _say(self, data: bytes) -> None:
        if self.profile.answers and not self._is_mute:
            self._replies = (self._replies + data)[-64:]

    def _draw(self) -> None:
        if self._bitmap is not None:
            left, top, stride, mode = self._bitmap
            data = bytes(self._data) if self.profile.black_is_one else bytes(~byte & 0xFF for byte in self._data)
            self._canvas.put(left, top, stride, data, mode)
            self._label_raw += self._data

    def _command(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        match word:
            case b"SIZE":
                sizes = re.findall(rb"([0-9.]+) mm", rest)
                self._label_mm = float(sizes[1]) if len(sizes) == 2 else self._label_mm
            case b"CLS":
                self._canvas.clear(round(self._label_mm * self.profile.dots_per_mm))
                self._label_raw.clear()
            case b"PRINT" if found := (_COPIES.match if self.profile.is_lenient else _COPIES.fullmatch)(rest):
                for _ in range(int(found[1] or b"1")):
                    self._start()
            case b"GAP" | b"BLINE" | b"DIRECTION" | b"REFERENCE" | b"DENSITY" | b"SPEED" | b"OFFSET" | b"SHIFT" | b"SET":
                pass
            case _:
                self.errors.append(line[:32])

    def _start(self) -> None:
        seconds = self._canvas.height / self.profile.dots_per_mm / self.speed_mm_s
        begin = self._clock() + self.profile.starts_after_s
        self._waiting.append(
            _Moving(bytes(self._canvas.rows), self._canvas.height, bytes(self._label_raw), begin, max(seconds, 1e-3))
        )

    def _page(self, moving: _Moving, *, share: float) -> Page:
        height = max(1, round(moving.height * share))
        rows = moving.rows[: height * (self.profile.head_dots // 8)].ljust(height * (self.profile.head_dots // 8), b"\0")
        return Page(self.profile.head_dots, height, rows, moving.raw, PageEnd.GAP if share >= 1 else PageEnd.PAPER_END, False)
