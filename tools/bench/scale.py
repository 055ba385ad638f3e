"""The scale on the bench: on USB as a HID scale, or on a pseudo-terminal as one of the serial ones, with the same pan under both."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from select import select
from typing import Protocol

from drivers.scale.profile import scale_profile
from drivers.virtual.bus import PlugBoard
from drivers.virtual.hid_scale import Status, VirtualHidScale
from drivers.virtual.load_cell import Display, Fault, LoadCell
from drivers.virtual.serial_scale import (
    Answering,
    Streaming,
    ToledoContinuous,
    VirtualSerialScale,
    YaohuaCommand,
    YaohuaEquals,
    YaohuaStx,
)
from drivers.virtual.serial_scale_asked import AndLine, Cas22Line, CasClone, CasEcr, ExcellLine, MtSics, Toledo8217
from tools.bench.errors import BenchError

CAPACITY_KG = Decimal(150)
DIVISION_KG = Decimal("0.01")
LIMIT_KG = Decimal(1000)

TALKERS: dict[str, Callable[[], Streaming | Answering]] = {
    "toledo_continuous": ToledoContinuous,
    "toledo_continuous_8n1": ToledoContinuous,
    "toledo_continuous_plain": lambda: ToledoContinuous(checksum=False),
    "xk3190_stx": YaohuaStx,
    "xk3190_equals": lambda: YaohuaEquals(reversed_digits=False),
    "xk3190_equals_reversed": lambda: YaohuaEquals(reversed_digits=True),
    "xk3190_command": YaohuaCommand,
    "mt_sics": MtSics,
    "cas": CasEcr,
    "cas_stream": CasClone,
    "dahua": CasClone,
    "cas_22": Cas22Line,
    "toledo_8217": Toledo8217,
    "and_standard": AndLine,
    "excell": ExcellLine,
}
"""Profile of the scale driver -> the voice of its twin."""

_HID_ONLY = {"calibrate": Status.CALIBRATE, "rezero": Status.REZERO, "broken": Status.FAULT}
FAULTS = (*(fault.value for fault in Fault if fault is not Fault.NONE), *_HID_ONLY, "well")


class ScaleOnBench(Protocol):
    """A scale that can be pulled and put back."""

    cell: LoadCell

    @property
    def kind(self) -> str:
        """``hid`` or the profile of a serial scale."""
        ...

    @property
    def place(self) -> str:
        """Where it is plugged; "" when it is not."""
        ...

    def plug(self, port: int) -> None: ...
    def unplug(self) -> None: ...
    def force(self, status: Status | None) -> None:
        """Make it say this, whatever lies on it; None lets it speak the truth again."""
        ...


def serial_profile(name: str) -> str:
    """The profile's name for what a person calls a protocol. Raises ``BenchError`` (no-such-protocol)."""
    profile = name.replace("-", "_")
    if profile not in TALKERS:
        raise BenchError("no-such-protocol", name=name, known=" ".join(TALKERS))
    return profile


def parse_kg(text: str) -> Decimal:
    """Kilograms as typed. Raises ``BenchError`` (not-a-weight)."""
    try:
        kg = Decimal(text)
    except ArithmeticError as err:
        raise BenchError("not-a-weight", name=text) from err
    if not kg.is_finite() or abs(kg) > LIMIT_KG:
        raise BenchError("not-a-weight", name=text)
    return kg


def set_fault(scale: ScaleOnBench, name: str) -> None:
    """Break the scale in the way of ``FAULTS``, or mend it with ``well``. Raises ``BenchError``."""
    if name not in FAULTS:
        raise BenchError("no-such-fault", device="the scale", name=name, known=" ".join(FAULTS))
    if name in _HID_ONLY and scale.kind != "hid":
        raise BenchError("only-hid", name=name)
    scale.force(_HID_ONLY.get(name))
    scale.cell.set_fault(Fault.NONE if name in _HID_ONLY or name == "well" else Fault(name))


def shown(display: Display) -> dict[str, object]:
    """The display for people: ``kg`` None when it shows no number."""
    return {"kg": None if display.over else f"{display.kg:f}", "moving": display.moving, "over": display.over}


def new_cell() -> LoadCell:
    """The pan of a platform scale for 150 kg."""
    return LoadCell(capacity_kg=CAPACITY_KG, division_kg=DIVISION_KG)


class HidOnBench:
    """A HID scale on the bus."""

    kind = "hid"

    def __init__(self, bus: PlugBoard) -> None:
        self.cell = new_cell()
        self._bus = bus
        self._scale = VirtualHidScale(self.cell)
        self.place = ""

    def plug(self, port: int) -> None:
        """Into that port of the bus."""
        self._bus.plug(self._scale, port)
        self.place = f"usb:1-{port}"

    def unplug(self) -> None:
        """Out."""
        self._bus.unplug(self._scale)
        self.place = ""

    def force(self, status: Status | None) -> None:
        """See ``ScaleOnBench``."""
        self._scale.force_status(status)


class SerialOnBench:
    """A serial scale whose adapter is a pseudo-terminal: ``link`` stands for /dev/ttyUSB0 and is there while it is plugged."""

    def __init__(self, profile: str, link: Path) -> None:
        line = scale_profile(profile).line
        assert line is not None
        self.kind = profile
        self.cell = new_cell()
        self._link = link
        self._scale = VirtualSerialScale(TALKERS[profile](), self.cell, baud=line.baud)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ends: tuple[int, int] | None = None
        self.place = ""

    def plug(self, port: int) -> None:
        """Make a new line; the port does not matter."""
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._ends = (ours, theirs)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(theirs))
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._scale.serve, args=(_PtyLine(ours), self._stop), name="virtual-serial-scale", daemon=True
        )
        self._thread.start()
        self.place = str(self._link)

    def unplug(self) -> None:
        """Pull the adapter: whoever has the line open loses it."""
        self._link.unlink(missing_ok=True)
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        for end in self._ends or ():
            os.close(end)
        self._ends, self._thread, self.place = None, None, ""

    def force(self, status: Status | None) -> None:
        """These scales have no such words."""


class _PtyLine:
    """The scale's end; what nobody reads is lost, as on a real wire."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        os.set_blocking(fd, False)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        ready, _, _ = select([self._fd], [], [], timeout_s)
        try:
            return os.read(self._fd, max_bytes) if ready else b""
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        with suppress(BlockingIOError):
            os.write(self._fd, data)
