"""The command interpreter of the virtual printer: takes bytes off the receive buffer, gives work for the motor.

Source: ESC/POS command tables of the makers' manuals. An unknown ESC, GS or FS pair is swallowed and noted; an unknown function of a command
with a length is skipped by its length; a truncated command waits for its rest, even into the next job, as real printers do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import qrcode
from PIL import Image

from drivers.virtual.printer_paper import CELL_ROWS, character_cell, rows_of

MAX_RASTER_ROWS = 4607
_DEFAULT_LINE_ROWS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One row of dots to burn."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Feed:
    """White rows."""

    rows: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the cutter and cut."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Feed to the next label."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the engine must know: a question, a mode, an oddity."""

    what: str
    value: bytes = b""


Work = Row | Feed | Cut | Gap | Notice


@dataclass(frozen=True, slots=True)
class Step:
    """What one step took off the buffer and what came of it. ``restarts`` marks ESC @."""

    raw: bytes
    work: tuple[Work, ...] = ()
    has_text: bool = False
    restarts: bool = False


@dataclass(slots=True)
class _Raster:
    """A raster command whose rows are still arriving."""

    stride: int
    rows: int
    wide: bool
    tall: bool


@dataclass(slots=True)
class _Modes:
    """What ESC @ resets."""

    line_rows: int = _DEFAULT_LINE_ROWS
    align: int = 0
    scale_x: int = 1
    scale_y: int = 1
    chinese_x: int = 1
    chinese_y: int = 1
    bold: bool = False
    double_byte: bool = True
    qr_module: int = 3
    qr_level: int = 0x30
    cells: list[Image.Image] = field(default_factory=list)


# Argument bytes of commands that only have to be stepped over.
_ESC_SKIP = dict.fromkeys(b"-GMRV{t u=%r9 Tf", 1) | {0x5C: 2, 0x24: 2, 0x63: 2, 0x70: 3, 0x76: 0, 0x4C: 0, 0x53: 0}
_GS_SKIP = dict.fromkeys(b"BHhwfb", 1) | dict.fromkeys(b"LWP$\\", 2) | {0x3A: 0}
_FS_SKIP = {0x2D: 1, 0x43: 1, 0x57: 1, 0x53: 2, 0x70: 2}
_QR_LEVELS = {
    0x30: qrcode.ERROR_CORRECT_L,
    0x31: qrcode.ERROR_CORRECT_M,
    0x32: qrcode.ERROR_CORRECT_Q,
    0x33: qrcode.ERROR_CORRECT_H,
}


class Interpreter:
    """Keeps the modes and the line under construction. Owned by its engine."""

    def __init__(self, head_dots: int, *, prints_process_id: bool = False) -> None:
        self._head_dots = head_dots
        self._prints_process_id = prints_process_id
        self._modes = _Modes()
        self._raster: _Raster | None = None
        self._stored_qr = b""
        self._stored_graphics: list[bytes] = []

    @property
    def is_inside_command(self) -> bool:
        """True when raster rows are still owed."""
        return self._raster is not None

    def step(self, buffer: bytearray) -> Step | None:
        """Take one command (or one raster row) off ``buffer``; None when its bytes are not all there."""
        if self._raster is not None:
            return self._raster_row(buffer, self._raster)
        if not buffer:
            return None
        lead = buffer[0]
        table: dict[int, Callable[[bytearray], Step | None]] = {
            0x10: self._real_time,
            0x1B: self._esc,
            0x1C: self._fs,
            0x1D: self._gs,
        }
        handler = table.get(lead)
        return handler(buffer) if handler else self._text(buffer)

    # ---- helpers of every command -----------------------------------------------------------------------------------------

    @staticmethod
    def _take(buffer: bytearray, length: int) -> bytes | None:
        if len(buffer) < length:
            return None
        raw = bytes(buffer[:length])
        del buffer[:length]
        return raw

    def _plain(self, buffer: bytearray, length: int, *work: Work) -> Step | None:
        raw = self._take(buffer, length)
        return None if raw is None else Step(raw, work)

    @staticmethod
    def _real_time(buffer: bytearray) -> Step | None:
        """Real-time commands were obeyed on arrival; here they only go away, and leave no trace in the print data."""
        if len(buffer) < 2:
            return None
        if buffer[1] == 0x14:
            if len(buffer) < 3:
                return None
            length = {1: 5, 2: 5, 8: 10}.get(buffer[2], 3)
        else:
            length = 3 if buffer[1] in (0x04, 0x05) else 1
        if len(buffer) < length:
            return None
        del buffer[:length]
        return Step(b"")

    # ---- text -------------------------------------------------------------------------------------------------------------

    def _text(self, buffer: bytearray) -> Step | None:
        byte = buffer[0]
        modes = self._modes
        if byte == 0x0A:
            raw = self._take(buffer, 1)
            return Step(raw or b"", self._flush_line())
        if byte == 0x0C:
            return self._plain(buffer, 1, *self._flush_line(), Gap())
        if byte < 0x20 or byte == 0x7F:
            return self._plain(buffer, 1)
        if byte >= 0x81 and modes.double_byte:
            raw = self._take(buffer, 2)
            if raw is None:
                return None
            character = raw.decode("gbk", "replace")[:1]
            cell = character_cell(character if ord(character) >= 0x100 else "□", modes.chinese_x, modes.chinese_y, modes.bold)
        else:
            raw = self._take(buffer, 1) or b""
            cell = character_cell(raw.decode("cp437"), modes.scale_x, modes.scale_y, modes.bold)
        work: tuple[Work, ...] = ()
        if sum(one.width for one in modes.cells) + cell.width > self._head_dots:
            work = self._flush_line()
        modes.cells.append(cell)
        return Step(raw, (*work, Notice("text", raw)), has_text=True)

    def _flush_line(self) -> tuple[Work, ...]:
        modes = self._modes
        if not modes.cells:
            return (Feed(modes.line_rows),)
        height = max(cell.height for cell in modes.cells)
        line = Image.new("L", (sum(cell.width for cell in modes.cells), height), 0)
        x = 0
        for cell in modes.cells:
            line.paste(cell, (x, height - cell.height))
            x += cell.width
        modes.cells = []
        rows = self._rows(line)
        return (*rows, Feed(modes.line_rows - height)) if modes.line_rows > height else rows

    def _rows(self, picture: Image.Image) -> tuple[Work, ...]:
        left = self._left(picture.width)
        return tuple(Row(row) for row in rows_of(picture, self._head_dots, left))

    def _left(self, width: int) -> int:
        room = max(0, self._head_dots - width)
        return {0: 0, 1: room // 2, 2: room}[self._modes.align]

    # ---- ESC --------------------------------------------------------------------------------------------------------------

    def _esc(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 2:
            return None
        code = buffer[1]
        if code == 0x40:
            self._modes = _Modes()
            raw = self._take(buffer, 2)
            return Step(raw or b"", (Notice("init"),), restarts=True)
        if code == 0x2A:
            return self._columns(buffer)
        if code in b"im":
            return self._plain(buffer, 2, Cut())
        if code == 0x32:
            self._modes.line_rows = _DEFAULT_LINE_ROWS
            return self._plain(buffer, 2)
        if code in b"3JdaE!":
            return self._esc_with_one_argument(buffer, code)
        if code in _ESC_SKIP:
            return self._plain(buffer, 2 + _ESC_SKIP[code])
        return self._plain(buffer, 2, Notice("unknown", bytes(buffer[:2])))

    def _esc_with_one_argument(self, buffer: bytearray, code: int) -> Step | None:
        raw = self._take(buffer, 3)
        if raw is None:
            return None
        n, modes = raw[2], self._modes
        work: tuple[Work, ...] = ()
        match chr(code):
            case "3":
                modes.line_rows = n
            case "J":
                work = (*(self._flush_line() if modes.cells else ()), Feed(n))
            case "d":
                work = (*(self._flush_line() if modes.cells else ()), Feed(n * modes.line_rows))
            case "a":
                modes.align = n % 48 if n % 48 in (0, 1, 2) else 0
            case "E":
                modes.bold = bool(n & 1)
            case _:
                modes.bold = bool(n & 0x08)
                modes.scale_y = 2 if n & 0x10 else 1
                modes.scale_x = 2 if n & 0x20 else 1
        return Step(raw, work)

    def _columns(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 5:
            return None
        per_column = 3 if buffer[2] in (32, 33) else 1
        count = buffer[3] + 256 * buffer[4]
        raw = self._take(buffer, 5 + per_column * count)
        if raw is None:
            return None
        if count:
            standing = Image.frombytes("1", (per_column * 8, count), raw[5:]).convert("L")
            cell = standing.transpose(Image.Transpose.TRANSPOSE)
            stretch_x = 2 if raw[2] in (0, 32) else 1
            stretch_y = 1 if per_column == 3 else CELL_ROWS // 8
            self._modes.cells.append(cell.resize((cell.width * stretch_x, cell.height * stretch_y), Image.Resampling.NEAREST))
        return Step(raw)

    # ---- FS ---------------------------------------------------------------------------------------------------------------

    def _fs(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 2:
            return None
        code = buffer[1]
        if code in (0x26, 0x2E):
            self._modes.double_byte = code == 0x26
            return self._plain(buffer, 2)
        if code == 0x21:
            raw = self._take(buffer, 3)
            if raw is not None:
                self._modes.chinese_x = 2 if raw[2] & 0x04 else 1
                self._modes.chinese_y = 2 if raw[2] & 0x08 else 1
            return None if raw is None else Step(raw)
        if code == 0x28:
            return self._skip_counted(buffer)
        if code in _FS_SKIP:
            return self._plain(buffer, 2 + _FS_SKIP[code])
        return self._plain(buffer, 2, Notice("unknown", bytes(buffer[:2])))

    def _skip_counted(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 5:
            return None
        return self._plain(buffer, 5 + buffer[3] + 256 * buffer[4])

    # ---- GS ---------------------------------------------------------------------------------------------------------------

    def _gs(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 2:
            return None
        code = buffer[1]
        match chr(code):
            case "v":
                return self._raster_head(buffer)
            case "V":
                return self._cut(buffer)
            case "\x0c":
                return self._plain(buffer, 2, Gap())
            case "(":
                return self._gs_counted(buffer)
            case "8":
                return self._gs_8(buffer)
            case "a" | "r" | "I" | "!":
                return self._gs_with_one_argument(buffer, code)
            case "k":
                return self._barcode(buffer)
        if code in _GS_SKIP:
            return self._plain(buffer, 2 + _GS_SKIP[code])
        return self._plain(buffer, 2, Notice("unknown", bytes(buffer[:2])))

    def _gs_with_one_argument(self, buffer: bytearray, code: int) -> Step | None:
        raw = self._take(buffer, 3)
        if raw is None:
            return None
        n = raw[2]
        match chr(code):
            case "a":
                return Step(raw, (Notice("asb", bytes([n])),))
            case "r" if n in (1, 49):
                return Step(raw, (Notice("queued-paper"),))
            case "r" if n in (2, 50):
                return Step(raw, (Notice("queued-drawer"),))
            case "I" if n >= 65:
                return Step(raw, (Notice("identity"),))
            case "!":
                self._modes.scale_x = self._modes.chinese_x = (n >> 4 & 7) + 1
                self._modes.scale_y = self._modes.chinese_y = (n & 7) + 1
        return Step(raw)

    def _cut(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 3:
            return None
        if buffer[2] in (65, 66):
            if len(buffer) < 4:
                return None
            feed = (Feed(buffer[3]),) if buffer[3] else ()
            return self._plain(buffer, 4, *feed, Cut())
        if buffer[2] in (0, 1, 48, 49):
            return self._plain(buffer, 3, Cut())
        return self._plain(buffer, 3, Notice("unknown", bytes(buffer[:3])))

    def _raster_head(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 8:
            return None
        mode, stride, rows = buffer[3] % 48, buffer[4] + 256 * buffer[5], buffer[6] + 256 * buffer[7]
        is_sound = buffer[2] == 0x30 and mode < 4 and stride and 0 < rows <= MAX_RASTER_ROWS
        raw = self._take(buffer, 8) or b""
        if not is_sound:
            return Step(raw, (Notice("unknown", raw),))
        self._raster = _Raster(stride, rows, wide=bool(mode & 1), tall=bool(mode & 2))
        return Step(raw, self._flush_line() if self._modes.cells else ())

    def _raster_row(self, buffer: bytearray, raster: _Raster) -> Step | None:
        raw = self._take(buffer, raster.stride)
        if raw is None:
            return None
        raster.rows -= 1
        if raster.rows == 0:
            self._raster = None
        if self._modes.align == 0 and not raster.wide:
            row: tuple[Work, ...] = (Row(raw[: self._head_dots // 8]),)
        else:
            picture = Image.frombytes("1", (raster.stride * 8, 1), raw).convert("L")
            if raster.wide:
                picture = picture.resize((picture.width * 2, 1), Image.Resampling.NEAREST)
            row = self._rows(picture)
        return Step(raw, row * 2 if raster.tall else row)

    def _gs_counted(self, buffer: bytearray) -> Step | None:
        """GS ( x pL pH ..."""
        if len(buffer) < 3:
            return None
        if buffer[2] == 0x48 and self._prints_process_id:
            return self._plain(buffer, 1, Notice("unknown", bytes(buffer[:3])))
        if len(buffer) < 5:
            return None
        raw = self._take(buffer, 5 + buffer[3] + 256 * buffer[4])
        if raw is None:
            return None
        body = raw[5:]
        match chr(raw[2]):
            case "H" if body[:2] == b"00" and len(body) == 6:
                return Step(raw, (Notice("process-id", body[2:]),))
            case "L":
                return Step(raw, self._graphics(body))
            case "k" if body[:1] == b"1":
                return Step(raw, self._qr(body[1:]))
        return Step(raw)

    def _gs_8(self, buffer: bytearray) -> Step | None:
        if len(buffer) < 7:
            return None
        raw = self._take(buffer, 7 + int.from_bytes(buffer[3:7], "little"))
        return None if raw is None else Step(raw, self._graphics(raw[7:]))

    def _graphics(self, body: bytes) -> tuple[Work, ...]:
        if body[1:2] in (b"\x02", b"2"):
            rows = tuple(Row(row) for row in self._stored_graphics)
            self._stored_graphics = []
            return rows
        if body[1:2] == b"p" and len(body) >= 10:
            width, height = body[6] + 256 * body[7], body[8] + 256 * body[9]
            data = body[10:]
            if width and height and len(data) == (width + 7) // 8 * height:
                picture = Image.frombytes("1", (width, height), data).convert("L")
                picture = picture.resize((width * max(1, body[3]), height * max(1, body[4])), Image.Resampling.NEAREST)
                self._stored_graphics = rows_of(picture, self._head_dots, self._left(picture.width))
        return ()

    def _qr(self, body: bytes) -> tuple[Work, ...]:
        function, argument = body[:1], body[1:]
        match function:
            case b"C" if argument:
                self._modes.qr_module = max(1, min(16, argument[0]))
            case b"E" if argument:
                self._modes.qr_level = argument[0]
            case b"P":
                self._stored_qr = argument[1:]
            case b"Q" if self._stored_qr:
                return self._draw_qr()
        return ()

    def _draw_qr(self) -> tuple[Work, ...]:
        level = _QR_LEVELS.get(self._modes.qr_level, qrcode.ERROR_CORRECT_L)
        code = qrcode.QRCode(error_correction=level, border=0)
        code.add_data(self._stored_qr, optimize=0)
        code.make(fit=True)
        modules = code.get_matrix()
        size = self._modes.qr_module
        if len(modules) * size > self._head_dots:
            return ()  # too wide for the head: printers then print nothing and say nothing
        picture = Image.new("L", (len(modules), len(modules)), 0)
        picture.putdata([255 if dark else 0 for row in modules for dark in row])
        return self._rows(picture.resize((picture.width * size, picture.height * size), Image.Resampling.NEAREST))

    def _barcode(self, buffer: bytearray) -> Step | None:
        """Linear codes are swallowed, not drawn."""
        if len(buffer) < 4:
            return None
        if buffer[2] >= 65:
            return self._plain(buffer, 4 + buffer[3], Notice("unknown", bytes(buffer[:3])))
        end = buffer.find(0, 3)
        return None if end < 0 else self._plain(buffer, end + 1, Notice("unknown", bytes(buffer[:3])))
