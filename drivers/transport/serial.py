"""A serial line over pyserial: exclusive, raw, with the settings of the device's profile."""

from __future__ import annotations

import errno
from dataclasses import dataclass

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
    """Open and drain. Raises ``NeedsPerson('permissionDenied')``, ``TryAgain('deviceBusy' | 'noDevice')``."""
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
    return SerialTransport(port, path)


class SerialTransport:
    """One open line. Owned by one thread."""

    def __init__(self, port: serial.Serial, path: str) -> None:
        self._serial = port
        self._path = path

    @property
    def port(self) -> str:
        return self._path

    def write(self, data: bytes, timeout_s: float) -> int:
        try:
            self._serial.write_timeout = timeout_s
            return int(self._serial.write(data) or 0)
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
            return first + (bytes(self._serial.read(waiting)) if waiting else b"")
        except (serial.SerialException, OSError, TypeError) as err:
            # TypeError: pyserial reads from a port that another thread closed.
            raise DeviceGone(errno=getattr(err, "errno", None)) from err

    def close(self) -> None:
        self._serial.close()
