"""The virtual ID-card reader on a serial line: the same frames, at the pace of the wire."""

from __future__ import annotations

import threading

from drivers.virtual.reader import VirtualReader
from drivers.virtual.serial_scale import Line

_ENDPOINT_OUT, _ENDPOINT_IN = 0x02, 0x81
_BITS = 10


def serve_reader(reader: VirtualReader, line: Line, stop: threading.Event, *, baud: int = 115200) -> None:
    """Carry bytes between a line and the reader until ``stop``. The reader must not be on a bus at the same time."""
    reader.plugged()
    while not stop.is_set():
        heard = line.read(64, 0.01)
        if heard:
            reader.transfer_out(_ENDPOINT_OUT, heard, 0.0)
        while said := reader.transfer_in(_ENDPOINT_IN, 64, 0.0):
            line.write(said)
            if stop.wait(len(said) * _BITS / baud):
                return
