"""The virtual bench: reader, scale, printer and camera in one process, reached by the terminal over real bytes and by people over verbs.

    with Bench(run_folder()) as bench:            # usb.sock: VirtualBackend(RemoteBus(bench.usb_socket)); control.sock: the verbs
        bench.tap_card("王建国")
        bench.set_weight(Decimal("12.35"))
        bench.printer("paper-out")
        bench.labels()[-1].png

Rules: one bench a folder; every method may be called from any thread and raises ``BenchError`` for what cannot be; time on the bench is real.
"""

from __future__ import annotations

import fcntl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from drivers.virtual.bus import Bus, BusServer, PlugBoard
from drivers.virtual.usbip import KernelBus
from tools.bench.camera import CameraOnBench
from tools.bench.control import ControlServer
from tools.bench.errors import BenchError
from tools.bench.people import person
from tools.bench.printer import PrintedLabel, PrinterOnBench
from tools.bench.reader import ReaderOnBench
from tools.bench.scale import HidOnBench, ScaleOnBench, SerialOnBench, parse_kg, serial_profile, set_fault, shown

DEVICES = ("reader", "scale", "printer", "camera")
_HOME_PORT = {"reader": 1, "scale": 2, "printer": 3, "camera": 4}
_TICK_S = 0.05
_MAX_EVENTS = 60


class _Pluggable(Protocol):
    place: str

    def plug(self, port: int) -> None: ...
    def unplug(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened on the bench: ``what`` is a word for the page, ``facts`` fill its sentence."""

    number: int
    at: str
    what: str
    facts: dict[str, str]


class Bench:
    """See the module. ``serial_scale`` names a profile of the scale driver; ``tcp_port`` puts the printer on the network (0: any free port);

    ``in_kernel`` makes them USB devices of this machine's kernel (``usbip``) instead of ones that only a ``VirtualBackend`` sees.
    """

    def __init__(
        self, folder: Path, *, serial_scale: str = "", tcp_port: int | None = None, head_dots: int = 576, in_kernel: bool = False
    ) -> None:
        profile = serial_profile(serial_scale) if serial_scale else ""
        self.folder = folder
        self.usb_socket = folder / "usb.sock"
        self._lock = threading.RLock()
        self._log_lock = threading.Lock()  # its own: the printer tells of its paper while its engine is locked
        self._happenings: deque[Happening] = deque(maxlen=_MAX_EVENTS)
        self._happened = 0
        self._scale_fault = ""
        self._kg = Decimal(0)
        self._stop = threading.Event()
        self._stack = ExitStack()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._claim = self._take_folder()
        self._bus: PlugBoard = KernelBus() if in_kernel else Bus()
        self._reader = ReaderOnBench(self._bus)
        self._scale: ScaleOnBench = SerialOnBench(profile, folder / "scale-tty") if profile else HidOnBench(self._bus)
        self._printer = PrinterOnBench(self._bus, folder / "paper", self._printed, head_dots=head_dots, tcp_port=tcp_port)
        self._camera = CameraOnBench(folder / "camera")
        self._devices: dict[str, _Pluggable] = {
            "reader": self._reader,
            "scale": self._scale,
            "printer": self._printer,
            "camera": self._camera,
        }

    def __enter__(self) -> Bench:
        self._stack.callback(self._claim.close)
        try:
            self._stack.callback(self._bus.close)
            if isinstance(self._bus, Bus):
                self._stack.enter_context(BusServer(self._bus, self.usb_socket))
            for name, device in self._devices.items():
                device.plug(_HOME_PORT[name])
            self._stack.callback(self._unplug_all)
            self._stack.enter_context(ControlServer(self))
            ticking = threading.Thread(target=self._tick, name="virtual-bench", daemon=True)
            ticking.start()
            self._stack.callback(ticking.join, 5)
            self._stack.callback(self._stop.set)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    # ---- what people do -------------------------------------------------------------------------------------------------

    def tap_card(self, name: str) -> None:
        """Lay this person's card on the reader; it lies there until it is removed. Raises ``BenchError`` (no-such-person)."""
        who = person(name)
        self._reader.lay(who)
        self._note("card-laid", name=who.name)

    def remove_card(self) -> None:
        """Take the card away."""
        who = self._reader.person
        self._reader.take()
        if who is not None:
            self._note("card-removed", name=who.name)

    def reader_fault(self, name: str) -> None:
        """``mute``, ``bad-checksum``, ``refuse``, ``pull-early`` (once), or ``well``. Raises ``BenchError``."""
        self._reader.set_fault(name)
        self._note("reader", fault=name)

    def set_weight(self, kg: Decimal | str) -> None:
        """Put exactly this on the pan: the display swings and settles. Raises ``BenchError`` (not-a-weight)."""
        weight = parse_kg(str(kg))
        with self._lock:
            self._kg = weight
        self._scale.cell.set_weight(weight)
        self._note("weight", kg=f"{weight:f}")

    def scale_fault(self, name: str) -> None:
        """``frozen``, ``negative``, ``overload``, ``unstable``, ``mute``, ``garbage``, for HID ``calibrate``, ``rezero``, ``broken``; or ``well``.

        Raises ``BenchError``.
        """
        set_fault(self._scale, name)
        with self._lock:
            self._scale_fault = "" if name == "well" else name
        self._note("scale", fault=name)

    def printer(self, fault: str, number: int | None = None) -> None:
        """Do to the printer what ``printer.fault_names`` lists; ``number`` are rows or copies where the fault needs them.

        ``jam`` is a blade that sticks now, ``cutter-jam`` one that sticks at its next cut. Raises ``BenchError``.
        """
        self._printer.do(fault, number)
        self._note("printer", fault=fault, number="" if number is None else number)

    def unplug(self, kind: str) -> None:
        """Pull a device of ``DEVICES`` out. Raises ``BenchError``."""
        device = self._device(kind)
        with self._lock:
            if not device.place:
                raise BenchError("already-so", device=kind, how="unplugged")
            device.unplug()
        self._note("unplugged", device=kind)

    def plug(self, kind: str, port: int | None = None) -> None:
        """Plug it in again; a ``port`` (1 to 32) other than its own moves it there. Raises ``BenchError``."""
        device = self._device(kind)
        if port is not None and not 1 <= port <= 32:
            raise BenchError("not-a-number", name="port")
        with self._lock:
            if device.place:
                if port is None:
                    raise BenchError("already-so", device=kind, how="plugged in")
                device.unplug()
            device.plug(port or _HOME_PORT[kind])
        self._note("plugged", device=kind, place=device.place)

    def show_qr(self, what: Path | str) -> None:
        """Hold something before the camera: a ``Path`` is a picture as it is, a ``str`` becomes a code on a telephone. Raises ``BenchError``."""
        if isinstance(what, str):
            self._see(lambda: self._camera.show_code(what))
            self._note("shown", name=what)
            return
        try:
            data = what.read_bytes()
        except OSError as err:
            raise BenchError("no-such-file", name=what) from err
        self.show_picture(data, what.name)

    def show_label(self, number: int) -> None:
        """Hold printed label ``number`` before the camera. Raises ``BenchError`` (no-such-label)."""
        labels = self.labels()
        if not 1 <= number <= len(labels):
            raise BenchError("no-such-label", number=number, count=len(labels))
        self.show_picture(labels[number - 1].png.read_bytes(), f"label {number}")

    def show_picture(self, data: bytes, name: str) -> None:
        """Hold a picture file's bytes before the camera. Raises ``BenchError`` (not-a-picture)."""
        self._see(lambda: self._camera.show_picture(data, name))
        self._note("shown", name=name)

    def clear_camera(self) -> None:
        """Take away what the camera sees. Raises ``BenchError`` (unplugged)."""
        self._see(self._camera.clear)
        self._note("camera-cleared")

    # ---- what people see ------------------------------------------------------------------------------------------------

    def labels(self) -> list[PrintedLabel]:
        """All pieces of paper that came out so far, oldest first."""
        return self._printer.labels

    def strip_png(self) -> bytes | None:
        """The paper that hangs out of the printer, not cut yet."""
        return self._printer.strip_png()

    def camera_png(self) -> bytes | None:
        """What the camera sees."""
        return self._camera.view_png()

    def state(self) -> dict[str, object]:
        """Everything that can be seen, as JSON values."""
        who = self._reader.person
        with self._log_lock:
            happenings = [asdict(item) for item in self._happenings]
        with self._lock:
            kg, scale_fault = self._kg, self._scale_fault
        return {
            "reader": {
                "place": self._reader.place,
                "card": who.name if who is not None else "",
                "asking": self._reader.is_asking,
                "fault": self._reader.fault,
            },
            "scale": {
                "place": self._scale.place,
                "kind": self._scale.kind,
                "on_pan": f"{kg:f}",
                "fault": scale_fault,
                **shown(self._scale.cell.display()),
            },
            "printer": {"place": self._printer.place, **self._printer.state()},
            "camera": {"place": self._camera.place, "shows": self._camera.shows},
            "labels": [
                {
                    "number": label.number,
                    "width_dots": label.width_dots,
                    "height_dots": label.height_dots,
                    "bytes": len(label.data),
                    "ended_by": label.ended_by,
                }
                for label in self.labels()
            ],
            "happenings": happenings,
        }

    # ---- inside ---------------------------------------------------------------------------------------------------------

    def _take_folder(self) -> IO[bytes]:
        claim = (self.folder / "bench.lock").open("wb")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            claim.close()
            raise BenchError("bench-runs", folder=self.folder) from err
        return claim

    def _device(self, kind: str) -> _Pluggable:
        if kind not in self._devices:
            raise BenchError("no-such-device", name=kind, known=" ".join(DEVICES))
        return self._devices[kind]

    def _unplug_all(self) -> None:
        for device in self._devices.values():
            if device.place and device is not self._camera:
                device.unplug()

    def _see(self, show: Callable[[], None]) -> None:
        with self._lock:
            if not self._camera.place:
                raise BenchError("unplugged", device="camera")
            show()

    def _tick(self) -> None:
        """A printer prints and a reader is asked also while nobody looks."""
        while not self._stop.wait(_TICK_S):
            self._printer.engine.advance()
            for happened in self._reader.watch():
                self._note(happened)

    def _printed(self, label: PrintedLabel) -> None:
        self._note("printed", number=label.number, ended_by=label.ended_by)

    def _note(self, what: str, **facts: object) -> None:
        with self._log_lock:
            self._happened += 1
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._happenings.append(Happening(self._happened, at, what, {name: str(value) for name, value in facts.items()}))
