"""Scanners that decode by themselves (keyboard wedge, HID point-of-sale, serial) as a driver.

Rules
- The device is held all the time, so that a scan never types into the screen; codes are told as ``arming.py`` says.
- A check of health is what the way allows: a HID-POS scanner answers for its descriptor; a keyboard and a line can be asked nothing, there
  "held by us and not gone" is the answer.
- Reading is bounded (``_READS_PER_TICK`` in ``_TICK_S``, and the rest of its way after each), codes are at most 4296 characters: no scanner can flood or fill anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from drivers.device import DeviceKind
from drivers.driver import Emit
from drivers.health import HealthChecked, HealthLevel, replied
from drivers.scanner.arming import ArmedScanner
from drivers.scanner.hid_pos import HidPosAssembler, layout_of
from drivers.scanner.profile import ScannerProfile, Way
from drivers.scanner.record import CodeScanned
from drivers.scanner.serial_lines import SerialAssembler
from drivers.scanner.wedge import WedgeAssembler
from drivers.transport.base import Transport

DEBOUNCE_S = 1.5
PATIENCE_S = 5.0
_TICK_S = 0.03
_READS_PER_TICK = 32
_GET_DESCRIPTOR = (0x81, 0x06, 0x2200)
_MAX_DESCRIPTOR = 1024


class Assembler(Protocol):
    """Bytes of one scanner in, codes out. ``engine`` names the way, ``read_bytes`` is what to ask the transport for.

    ``rest_s`` lies between a read that brought something and the next one.
    """

    @property
    def engine(self) -> str: ...
    @property
    def read_bytes(self) -> int: ...
    @property
    def rest_s(self) -> float: ...
    def feed(self, data: bytes, now_s: float) -> list[str]: ...
    def tick(self, now_s: float) -> list[str]: ...


@runtime_checkable
class HasDescriptors(Protocol):
    """A transport that can be asked for its device's report descriptor."""

    @property
    def interface(self) -> int: ...

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int, timeout_s: float = 0.5) -> bytes: ...


class CodeScanner(ArmedScanner):
    """A ``Driver``. ``arm`` and ``disarm`` may be called from any thread; ``run`` belongs to one. ``clock`` is monotonic seconds."""

    def __init__(self, profile: ScannerProfile, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(profile.name, DEBOUNCE_S, clock)
        self._profile = profile

    @property
    def patience_s(self) -> float:
        """Reads of a few hundredths of a second; an opening may ask every HID device for its descriptor."""
        return PATIENCE_S

    def run(self, transport: Transport, emit: Emit, stop: threading.Event) -> None:
        """Serve the scanner until ``stop``. Raises ``DeviceGone``."""
        assembler = _assembler(self._profile, transport)
        emit(self._status(transport.port))
        tick_s, reads = self._clock(), 0
        while not stop.is_set():
            data = transport.read(assembler.read_bytes, _TICK_S)
            now = self._clock()
            if self._health.take():
                emit(self._checked(transport))
            codes = assembler.feed(data, now) if data else []
            for text in (*codes, *assembler.tick(now)):
                self._tell(CodeScanned(text, assembler.engine), emit)
            reads += 1
            if now - tick_s >= _TICK_S:
                tick_s, reads = now, 0
            elif reads >= _READS_PER_TICK:
                stop.wait(max(0.0, tick_s + _TICK_S - now))
            if data and assembler.rest_s:
                stop.wait(assembler.rest_s)

    def _checked(self, transport: Transport) -> HealthChecked:
        """After a read that did not find it gone."""
        facts = {"way": self._profile.way.value, "answers": "no"}
        if self._profile.way is Way.HID_POS and isinstance(transport, HasDescriptors):
            facts["answers"] = "yes"
            if not _descriptor_of(transport):
                return replied(DeviceKind.SCANNER, HealthLevel.EXTERNAL, "timeOut", facts | {"answers": "no"})
        return replied(DeviceKind.SCANNER, HealthLevel.EXTERNAL, facts=facts)


def _descriptor_of(transport: HasDescriptors) -> bytes:
    return transport.control_in(*_GET_DESCRIPTOR, transport.interface, _MAX_DESCRIPTOR)


def _assembler(profile: ScannerProfile, transport: Transport) -> Assembler:
    match profile.way:
        case Way.WEDGE:
            return WedgeAssembler()
        case Way.SERIAL:
            return SerialAssembler()
        case Way.HID_POS:
            return HidPosAssembler(layout_of(_descriptor_of(transport) if isinstance(transport, HasDescriptors) else b""))
