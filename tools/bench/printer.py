"""The printer on the bench: one engine with an 80 mm head, behind a USB plug or a network socket; its paper is kept as it comes out.

Rules: a piece of paper is ``NNN.bin`` (the bytes that made it) and ``NNN.png`` (what the engine burnt from them, one pixel a dot).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from drivers.virtual.bus import PlugBoard
from drivers.virtual.printer import VirtualPrinter
from drivers.virtual.printer_engine import PROFILES, PrinterEngine
from drivers.virtual.printer_paper import Page
from drivers.virtual.printer_tcp import TcpPrinter
from tools.bench.errors import BenchError

TCP_PORT = 9100
_SPEED_MM_S = 150
_WITH_NUMBER = ("paper-out-after-rows", "paper-out-after-copies")


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """One piece of paper. ``data`` are the received bytes that made it, ``ended_by`` what separated it."""

    number: int
    png: Path
    bin: Path
    data: bytes
    width_dots: int
    height_dots: int
    ended_by: str


class PrinterOnBench:
    """``on_label`` is called for each piece of paper, with the engine's lock held: it must not wait."""

    def __init__(
        self,
        bus: PlugBoard,
        paper: Path,
        on_label: Callable[[PrintedLabel], None],
        *,
        head_dots: int = 576,
        tcp_port: int | None = None,
    ) -> None:
        self._bus = bus
        self._paper = paper
        self._on_label = on_label
        self._tcp_port = tcp_port
        self._tcp: TcpPrinter | None = None
        self._lock = threading.Lock()
        self._labels: list[PrintedLabel] = []
        self._clear_tray()
        model = replace(PROFILES["epson"], head_dots=head_dots)
        self.engine = PrinterEngine(model, speed_mm_s=_SPEED_MM_S, on_page=self._keep)
        self._usb = VirtualPrinter(self.engine)
        self._faults = self._table()
        self.place = ""

    @property
    def labels(self) -> list[PrintedLabel]:
        """All paper since the bench was set up, oldest first."""
        with self._lock:
            return list(self._labels)

    def plug(self, port: int) -> None:
        """Onto the bus, or onto the network."""
        if self._tcp_port is None:
            self._bus.plug(self._usb, port)
            self.place = f"usb:1-{port}"
            return
        try:
            self._tcp = TcpPrinter(self.engine, self._tcp_port)
        except OSError as err:
            raise BenchError("port-taken", port=self._tcp_port) from err
        self._tcp_port = self._tcp.port
        self.place = f"tcp:127.0.0.1:{self._tcp_port}"

    def unplug(self) -> None:
        """Pull the cable."""
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None
        else:
            self._bus.unplug(self._usb)
        self.place = ""

    def do(self, name: str, number: int | None = None) -> None:
        """Do to it what ``fault_names`` lists; ``number`` are rows or copies. Raises ``BenchError``."""
        if name in _WITH_NUMBER:
            if number is None or number < 1:
                raise BenchError("not-a-number", name=name)
            (self.engine.paper_out_after_rows if name == _WITH_NUMBER[0] else self.engine.paper_out_after_copies)(number)
        elif name in self._faults:
            self._faults[name]()
        else:
            raise BenchError("no-such-fault", device="the printer", name=name, known=" ".join(fault_names()))

    def state(self) -> dict[str, object]:
        """Its condition, what hangs out of it and what still waits in it."""
        strip = self.engine.strip
        return {
            **asdict(self.engine.condition),
            "pending_bytes": self.engine.pending_bytes,
            "strip_rows": strip.height_dots if strip is not None else 0,
            "head_dots": self.engine.profile.head_dots,
        }

    def strip_png(self) -> bytes | None:
        """What hangs out of it, not separated yet."""
        strip = self.engine.strip
        return strip.png() if strip is not None else None

    def _table(self) -> dict[str, Callable[[], object]]:
        engine = self.engine
        return {
            "paper-out": engine.remove_paper,
            "paper-in": engine.insert_paper,
            "paper-low": lambda: engine.set_paper_low(True),
            "paper-enough": lambda: engine.set_paper_low(False),
            "cover-open": engine.open_cover,
            "cover-closed": engine.close_cover,
            "jam": engine.jam_cutter,
            "cutter-jam": lambda: engine.jam_cutter(at_next_cut=True),
            "hot": lambda: engine.set_head_hot(True),
            "cool": lambda: engine.set_head_hot(False),
            "broken": lambda: engine.set_fatal(True),
            "mute": lambda: engine.set_mute(True),
            "stuck": lambda: engine.set_stuck(True),
            "tear": engine.tear,
            "power-cycle": self._power_cycle,
            "well": self._mend,
        }

    def _mend(self) -> None:
        """Everything as it should be; only a stuck blade or a hung printer costs a power cycle, which loses what was received."""
        before = self.engine.condition
        self.engine.set_mute(False)
        self.engine.set_stuck(False)
        self.engine.set_fatal(False)
        self.engine.set_head_hot(False)
        self.engine.set_paper_low(False)
        if before.is_cutter_jammed or before.is_stuck:
            self._power_cycle()
        if not before.is_paper_in or before.is_cover_open:
            self.engine.insert_paper()

    def _power_cycle(self) -> None:
        """Off and on: the host sees it leave and come back."""
        if not self.place:
            self.engine.power_cycle()
        elif self._tcp is not None:
            self._tcp.hang_up()
            self.engine.power_cycle()
        else:
            port = int(self.place.rpartition("-")[2])
            self._bus.unplug(self._usb)
            self._bus.plug(self._usb, port)

    def _keep(self, page: Page) -> None:
        with self._lock:
            number = len(self._labels) + 1
            stem = self._paper / f"{number:03d}"
            png, raw = stem.with_suffix(".png"), stem.with_suffix(".bin")
            png.write_bytes(page.png())
            raw.write_bytes(page.raw)
            label = PrintedLabel(number, png, raw, page.raw, page.width_dots, page.height_dots, page.ended_by.value)
            self._labels.append(label)
        self._on_label(label)

    def _clear_tray(self) -> None:
        self._paper.mkdir(parents=True, exist_ok=True)
        for old in self._paper.glob("[0-9]*.*"):
            old.unlink()


def fault_names() -> tuple[str, ...]:
    """What ``PrinterOnBench.do`` can do."""
    return (
        *("paper-out", "paper-in", "paper-low", "paper-enough", *_WITH_NUMBER, "cover-open", "cover-closed", "jam", "cutter-jam"),
        *("hot", "cool", "broken", "mute", "stuck", "tear", "power-cycle", "well"),
    )
