"""A USB serial adapter of the communication class (CDC-ACM): the kernel's ``cdc_acm`` makes ``/dev/ttyACMn`` of it.

Source: USB CDC 1.2 and PSTN 1.2: SET_LINE_CODING (21 20: baud, stop, parity, data bits), GET_LINE_CODING (A1 21), SET_CONTROL_LINE_STATE
(21 22: bit 0 DTR, bit 1 RTS), SEND_BREAK (21 23); SERIAL_STATE notification (A1 20: bit 0 carrier, bit 1 DSR). Functional descriptors: header,
call management, ACM, union. There is no CTS in it: a device that is full takes no more from the pipe.
It is a ``Line`` for a serial scale, reader or printer: ``serve`` runs the thing at its far end while it has power::

    adapter = VirtualCdcLine(VirtualSerialScale(ToledoContinuous(), LoadCell()).serve, wire=Coding(9600, 7, "E"))

Rules: what the far end says is heard as the host has set its end (``drivers.virtual.uart``); nobody hears it while DTR is off, as no program has
the line open then.
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable

from drivers.virtual.bus import Unplugged, VirtualUsbDevice
from drivers.virtual.descriptors import (
    INTERRUPT,
    ConfigurationDescriptor,
    DeviceDescriptor,
    EndpointDescriptor,
    InterfaceDescriptor,
)
from drivers.virtual.uart import Coding, heard

VENDOR, PRODUCT = 0x1A86, 0x55D4
NOTIFY, OUT, IN = 0x83, 0x02, 0x81
_CLASS_DESCRIPTORS = bytes.fromhex("05240010 01 05240100 01 04240202 05240600 01")
_SET_CODING, _GET_CODING, _SET_LINES, _BREAK, _SERIAL_STATE = 0x20, 0x21, 0x22, 0x23, 0x20
_PARITIES = "NOEMS"
_MOST_IN_A_PACKET = 63
"""One less than the pipe's packet: a full one would need an empty one after it to end the host's transfer."""
_STEP_S = 0.002
_JOIN_S = 5.0

Serve = Callable[["VirtualCdcLine", threading.Event], None]


class VirtualCdcLine(VirtualUsbDevice):
    """The adapter and its wire. ``wire`` is how the far end is set (None: as the host is, whatever that is); ``room`` is what it takes ahead."""

    def __init__(
        self, serve: Serve | None = None, *, wire: Coding | None = None, room: int = 4096, product: str = "Serial"
    ) -> None:
        control = InterfaceDescriptor(
            [EndpointDescriptor(NOTIFY, bmAttributes=INTERRUPT, wMaxPacketSize=16, bInterval=10)],
            bInterfaceClass=2,
            bInterfaceSubClass=2,
            bInterfaceProtocol=1,
            extra_descriptors=list(_CLASS_DESCRIPTORS),
        )
        data = InterfaceDescriptor([EndpointDescriptor(OUT), EndpointDescriptor(IN)], bInterfaceNumber=1, bInterfaceClass=10)
        names = {1: "Virtual", 2: product}
        super().__init__(DeviceDescriptor(VENDOR, PRODUCT, ConfigurationDescriptor([control, data]), names, bDeviceClass=2))
        self.codings: list[Coding] = []
        """Every setting that the host made, in order."""
        self.lines: list[tuple[bool, bool]] = []
        """Every (DTR, RTS) that the host set, in order."""
        self._serve = serve
        self._wire = wire
        self._room = room
        self._raw_coding = struct.pack("<IBBB", 9600, 0, 0, 8)
        self._received = bytearray()
        self._arrived = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # ---- the far end of the wire --------------------------------------------------------------------------------------------

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """What the host has said."""
        with self._arrived:
            self._arrived.wait_for(lambda: bool(self._received), timeout_s)
            data = bytes(self._received[:max_bytes])
            del self._received[:max_bytes]
        return data if self._wire is None else heard(data, self.coding, self._wire)

    def write(self, data: bytes) -> None:
        """Say it to the host."""
        if not self.is_open:
            return
        data = data if self._wire is None else heard(data, self._wire, self.coding)
        for start in range(0, len(data), _MOST_IN_A_PACKET):
            self.push_in(IN, data[start : start + _MOST_IN_A_PACKET])

    def say_state(self, *, carrier: bool, dsr: bool) -> None:
        """Raise or drop the modem's lines."""
        state = carrier | dsr << 1
        self.push_in(NOTIFY, bytes([0xA1, _SERIAL_STATE]) + struct.pack("<HHHH", 0, 0, 2, state))

    @property
    def coding(self) -> Coding:
        """How the host has set its end."""
        baud, _, parity, bits = struct.unpack("<IBBB", self._raw_coding)
        return Coding(baud, bits, _PARITIES[parity])

    @property
    def is_open(self) -> bool:
        """Whether a program holds the line (DTR)."""
        return bool(self.lines) and self.lines[-1][0]

    # ---- the bus's side -----------------------------------------------------------------------------------------------------

    def plugged(self) -> None:
        """Power: what was on the wire is gone, the thing at its end begins."""
        super().plugged()
        self.lines.clear()
        with self._arrived:
            self._received.clear()
        if self._serve is not None:
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._serve, args=(self, self._stop), name="virtual-line", daemon=True)
            self._thread.start()

    def unplugged(self) -> None:
        """No power: the thing at its end stops."""
        super().unplugged()
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
            self._thread = None

    def transfer_out(self, endpoint: int, data: bytes, timeout_s: float) -> int:
        """As much as there is room for."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._arrived:
                taken = min(len(data), self._room - len(self._received))
                self._received += data[:taken]
                self._arrived.notify_all()
            left = deadline - time.monotonic()
            if taken or left <= 0:
                return taken
            if self.wait_gone(min(_STEP_S, left)):
                raise Unplugged

    def control_in(self, request_type: int, request: int, value: int, index: int, length: int) -> bytes:
        """GET_LINE_CODING besides the strings."""
        if (request_type, request) == (0xA1, _GET_CODING):
            return self._raw_coding[:length]
        return super().control_in(request_type, request, value, index, length)

    def control_out(self, request_type: int, request: int, value: int, index: int, data: bytes) -> int:
        """The three settings of a line."""
        match request_type, request:
            case 0x21, 0x20 if len(data) == len(self._raw_coding):
                self._raw_coding = bytes(data)
                self.codings.append(self.coding)
            case 0x21, 0x22:
                self.lines.append((bool(value & 1), bool(value & 2)))
                if not value & 1:
                    self.clear_in(IN)
            case 0x21, 0x23:
                pass
            case _:
                return super().control_out(request_type, request, value, index, data)
        return len(data)
