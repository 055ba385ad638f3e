"""A serial line over pyserial: exclusive, raw, with the settings of the device's profile.

Seven data bits with parity look on the wire like eight without, so an adapter that refuses 7E1 gets 8N1 and the parity bit is put and taken
off here. A pseudo-terminal has no wire and ignores seven bits, or refuses them the second time: there bit 7 is only taken off.

A paced line takes bytes no faster than the wire carries them: the kernel would keep kilobytes of a picture, behind which every question to the
printer would wait for seconds, and which would count as taken although the printer has not seen them.

XOFF: a UART's driver obeys it, and so do the chips in ``_OBEY``; the other USB drivers let the kernel swallow it and send on (seen with cdc_acm of
Linux 6.1, which has no stop; ch341 knows no CTS either). On such a line XON, XOFF and CTS are minded here.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import time
from dataclasses import dataclass, replace
from pathlib import Path

import serial

from drivers.errors import DeviceGone, NeedsPerson, TryAgain
from drivers.transport.id_path import SYSFS_ROOT
from drivers.transport.settling import is_settling

_AHEAD_S = 0.05
_STEP_S = 0.02
_XON, _XOFF = 0x11, 0x13
_OBEY = frozenset({"ftdi_sio", "cp210x", "pl2303"})
"""Linux 6.1: these hand IXON and CRTSCTS on to their chips (their ``set_termios``)."""
_CAREFUL_AHEAD_S, _CAREFUL_STEP_S = 0.02, 0.01
"""What is ahead when XOFF comes is lost if the printer keeps less room than that: some have 256 bytes."""
_MOST_HEARD = 4096


@dataclass(frozen=True, slots=True)
class LineSettings:
    """``parity`` is N, E or O; both 8N1 and 7E1 make ten bits a character. ``flow``: "", ``xonxoff``, ``rtscts``, ``dsrdtr``."""

    baud: int = 9600
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1
    flow: str = ""

    @property
    def frame(self) -> str:
        """As technicians write it: 8N1."""
        return f"{self.data_bits}{self.parity}{self.stop_bits}"

    def __str__(self) -> str:
        return f"{self.baud} {self.frame}"


def open_serial(path: str, line: LineSettings, *, is_paced: bool = False) -> SerialTransport:
    """Open and drain. ``is_paced``: take bytes at the speed of the wire. Raises ``NeedsPerson('permissionDenied')``, ``TryAgain('deviceBusy' | 'noDevice' | 'hardwareError')``."""
    if is_paced and line.flow in ("xonxoff", "rtscts") and _is_deaf(path):
        kernels = replace(line, flow="") if line.flow == "xonxoff" else line
        return SerialTransport(_opened(path, kernels), path, pace=line, is_deaf=True)
    if line.data_bits == 7 and _is_pseudo_terminal(path):
        return SerialTransport(_opened(path, LineSettings(line.baud)), path, _SevenBits(""))
    try:
        return SerialTransport(_opened(path, line), path, pace=line if is_paced else None)
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
            xonxoff=line.flow == "xonxoff",
            rtscts=line.flow == "rtscts",
            dsrdtr=line.flow == "dsrdtr",
        )
    except serial.SerialException as err:
        match err.errno:
            case errno.EACCES if not is_settling(Path(path)):
                raise NeedsPerson("permissionDenied", port=path) from err
            case errno.EBUSY | errno.EAGAIN | errno.EWOULDBLOCK:
                raise TryAgain("deviceBusy", port=path) from err
            case _:
                raise TryAgain("noDevice", port=path) from err
    port.reset_input_buffer()
    return port


def _is_pseudo_terminal(path: str) -> bool:
    return Path(path).resolve().is_relative_to("/dev/pts")


def _is_deaf(path: str, sysfs: Path = SYSFS_ROOT) -> bool:
    """Whether it is a USB line whose driver does not stop for XOFF or CTS."""
    device = sysfs / "class/tty" / Path(path).resolve().name / "device"
    if not device.exists():
        return False
    on_usb = any((parent / "bInterfaceClass").exists() for parent in (device.resolve(), *device.resolve().parents))
    return on_usb and (device / "driver").resolve().name not in _OBEY


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

    def __init__(
        self,
        port: serial.Serial,
        path: str,
        seven_bits: _SevenBits | None = None,
        pace: LineSettings | None = None,
        *,
        is_deaf: bool = False,
    ) -> None:
        self._serial = port
        self._path = path
        self._seven_bits = seven_bits
        self._is_paced = pace is not None
        self._waits_for_dsr = pace is not None and pace.flow == "dsrdtr"
        self._busy_until = 0.0
        self._is_deaf = is_deaf
        self._hears_xoff = is_deaf and pace is not None and pace.flow == "xonxoff"
        self._waits_for_cts = is_deaf and pace is not None and pace.flow == "rtscts"
        self._is_stopped = False
        self._heard = b""

    @property
    def port(self) -> str:
        return self._path

    @property
    def bytes_per_s(self) -> float:
        """What the wire carries: start, data, parity and stop bits make ten a character."""
        return float(self._serial.baudrate) / 10

    def write(self, data: bytes, timeout_s: float) -> int:
        """Returns what the wire took within the time; no byte of it needs to be said again."""
        data = self._seven_bits.put(data) if self._seven_bits else data
        deadline = time.monotonic() + timeout_s
        sent = 0
        try:
            while sent < len(data):
                sent += self._put(data[sent:])
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                if sent < len(data):
                    self._await_room(left)
        except (serial.SerialException, OSError, TypeError) as err:
            # TypeError: another thread closed the port.
            raise DeviceGone(errno=getattr(err, "errno", None)) from err
        return sent

    def _put(self, data: bytes) -> int:
        room = self._room() if self._is_paced else len(data)
        if room <= 0:
            return 0
        try:
            taken = os.write(self._serial.fileno(), data[:room])
        except BlockingIOError:
            return 0
        self._busy_until = max(self._busy_until, time.monotonic()) + taken / self.bytes_per_s
        return taken

    def _room(self) -> int:
        """How many bytes the wire has time for soon; none while the device holds it."""
        if (self._waits_for_dsr and not self._serial.dsr) or (self._waits_for_cts and not self._serial.cts):
            return 0
        if self._hears_xoff:
            waiting_bytes = self._serial.in_waiting
            said = self._without_handshake(bytes(self._serial.read(waiting_bytes))) if waiting_bytes else b""
            self._heard = (self._heard + said)[-_MOST_HEARD:]
            if self._is_stopped:
                return 0
        most = max(1.0, (_CAREFUL_AHEAD_S if self._is_deaf else _AHEAD_S) * self.bytes_per_s)
        waiting = max((self._busy_until - time.monotonic()) * self.bytes_per_s, float(self._serial.out_waiting))
        return int(most - max(0.0, waiting))

    def _await_room(self, left: float) -> None:
        select.select([], [self._serial.fileno()], [], left)
        if self._is_paced:
            time.sleep(min(_CAREFUL_STEP_S if self._is_deaf else _STEP_S, left))

    def _without_handshake(self, data: bytes) -> bytes:
        """What was said besides XON and XOFF; no answer of a printer has a byte like them."""
        last = max(data.rfind(_XON), data.rfind(_XOFF))
        if last >= 0:
            self._is_stopped = data[last] == _XOFF
        return data.translate(None, bytes((_XON, _XOFF)))

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        if self._heard:
            data, self._heard = self._heard[:max_bytes], self._heard[max_bytes:]
            return data
        try:
            self._serial.timeout = timeout_s
            first = bytes(self._serial.read(1))
            if not first:
                return b""
            waiting = min(max_bytes - 1, self._serial.in_waiting)
            data = first + (bytes(self._serial.read(waiting)) if waiting else b"")
            if self._hears_xoff:
                return self._without_handshake(data)
            return self._seven_bits.strip(data) if self._seven_bits else data
        except (serial.SerialException, OSError, TypeError) as err:
            # TypeError: pyserial reads from a port that another thread closed.
            raise DeviceGone(errno=getattr(err, "errno", None)) from err

    def close(self) -> None:
        self._serial.close()
