"""A serial line over pyserial: exclusive, raw, with the settings of the device's profile.

Seven data bits with parity look on the wire like eight without, so an adapter that refuses 7E1 gets 8N1 and the parity bit is put and taken
off here. A pseudo-terminal has no wire and ignores seven bits, or refuses them the second time: there bit 7 is only taken off.
"""

from __future__ import annotations

import errno
import termios
from dataclasses import dataclass
from pathlib import Path

import serial

from drivers.errors import DeviceGone, NeedsPerson, TryAgain


@dataclass(frozen=True, slots=True)
class LineSettings:
    """``parity`` is N, E or O; both 8N1 and 7E1 make ten bits a character."""

    baud: int = 9600
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1


def open_serial(path: str, line: LineSettings) -> SerialTransport:
    """Open and drain. Raises ``NeedsPerson('permissionDenied')``, ``TryAgain('deviceBusy' | 'noDevice' | 'hardwareError')``."""
    if line.data_bits == 7 and _is_pseudo_terminal(path):
        return SerialTransport(_opened(path, LineSettings(line.baud)), path, _SevenBits(""))
    try:
        return SerialTransport(_opened(path, line), path)
    except termios.error as err:
        if line.data_bits != 7:
            raise TryAgain("hardwareError", port=path) from err
    return SerialTransport(_opened(path, LineSettings(line.baud, stop_bits=line.stop_bits)), path, _SevenBits(line.parity))


def _opened(path: str, line: LineSettings) -> serial.Serial:
    try:
        port = serial.Serial(
            path,
            line.baud,
            bytesize=line.data_bits,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except serial.SerialException as err:
        match err.errno:
            case errno.EACCES:
                raise NeedsPerson("permissionDenied", port=path) from err
            case errno.EBUSY | errno.EAGAIN | errno.EWOULDBLOCK:
                raise TryAgain("deviceBusy", port=path) from err
            case _:
                raise TryAgain("noDevice", port=path) from err
    port.reset_input_buffer()
    return port


def _is_pseudo_terminal(path: str) -> bool:
    return Path(path).resolve().is_relative_to("/dev/pts")


class _SevenBits:
    """Puts the parity bit on (``E``, ``O``, none with "") and takes it off."""

    _STRIP = bytes(byte & 0x7F for byte in range(256))

    def __init__(self, parity: str) -> None:
        odd = {"E": 1, "O": 0}.get(parity)
        self._put = bytes(
            (byte & 0x7F) | (0x80 if odd is not None and (byte & 0x7F).bit_count() % 2 == odd else 0) for byte in range(256)
        )

    def put(self, data: bytes) -> bytes:
        return data.translate(self._put)

    def strip(self, data: bytes) -> bytes:
        return data.translate(self._STRIP)


class SerialTransport:
    """One open line. Owned by one thread."""

    def __init__(self, port: serial.Serial, path: str, seven_bits: _SevenBits | None = None) -> None:
        self._serial = port
        self._path = path
        self._seven_bits = seven_bits

    @property
    def port(self) -> str:
        return self._path

    def write(self, data: bytes, timeout_s: float) -> int:
        try:
            self._serial.write_timeout = timeout_s
            return int(self._serial.write(self._seven_bits.put(data) if self._seven_bits else data) or 0)
        except serial.SerialTimeoutException:
            return 0
        except (serial.SerialException, OSError) as err:
            raise DeviceGone(errno=getattr(err, "errno", None)) from err

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        try:
            self._serial.timeout = timeout_s
            first = bytes(self._serial.read(1))
            if not first:
                return b""
            waiting = min(max_bytes - 1, self._serial.in_waiting)
            data = first + (bytes(self._serial.read(waiting)) if waiting else b"")
            return self._seven_bits.strip(data) if self._seven_bits else data
        except (serial.SerialException, OSError, TypeError) as err:
            # TypeError: pyserial reads from a port that another thread closed.
            raise DeviceGone(errno=getattr(err, "errno", None)) from err

    def close(self) -> None:
        self._serial.close()
