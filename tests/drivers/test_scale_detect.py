"""Finding out what talks on a line: virtual scales on a pty that garbles what is heard at another speed, with parity as an 8N1 ear hears it."""

import os
import random
import termios
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from select import select

import pytest

from drivers.errors import TryAgain
from drivers.scale.detect import LIMIT_S, Detection, detect_scale
from drivers.scale.profile import load_profiles
from drivers.scale.xk3190 import digits_are_reversed
from drivers.transport.base import Transport
from drivers.transport.serial import LineSettings, open_serial
from drivers.virtual.load_cell import Fault, LoadCell
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
from drivers.virtual.serial_scale_lines import A12Line, Nci, OhausAsked, OhausLine

PROFILES = load_profiles().values()
SPEEDS = {1200: termios.B1200, 2400: termios.B2400, 4800: termios.B4800, 9600: termios.B9600}


class SpeedyLine:
    """The scale's end of a pty: a host at another speed hears rubbish; ``parity`` adds the even parity bit that a pty cannot strip."""

    def __init__(self, fd: int, baud: int, parity: bool) -> None:
        self._fd = fd
        self._speed = SPEEDS[baud]
        self._parity = parity
        self._random = random.Random(3)

    @property
    def _is_heard(self) -> bool:
        return termios.tcgetattr(self._fd)[5] == self._speed

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        ready, _, _ = select([self._fd], [], [], timeout_s)
        data = os.read(self._fd, max_bytes) if ready else b""
        return data if self._is_heard else self._random.randbytes(len(data))

    def write(self, data: bytes) -> None:
        if self._parity:
            data = bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in data)
        os.write(self._fd, data if self._is_heard else self._random.randbytes(len(data)))


@contextmanager
def a_line(talker: Streaming | Answering | None, kg: str = "1.253", *, baud: int = 9600, parity: bool = False) -> Iterator[str]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    stop = threading.Event()
    serving = None
    if talker is not None:
        cell = LoadCell(ramp_s=0)
        cell.set_weight(Decimal(kg))
        scale = VirtualSerialScale(talker, cell, baud=baud)
        serving = threading.Thread(target=scale.serve, args=(SpeedyLine(ours, baud, parity), stop))
        serving.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        if serving is not None:
            serving.join(5)
        os.close(ours)
        os.close(theirs)


def detect(path: str, **choices: bool) -> Detection:
    began = time.monotonic()
    found = detect_scale(lambda line: open_serial(path, line), PROFILES, **choices)
    assert time.monotonic() - began < LIMIT_S + 0.5
    return found


def name_and_line(found: Detection) -> tuple[str, LineSettings | None]:
    assert found.profile is not None, found
    return found.profile.name, found.profile.line


@pytest.mark.parametrize(
    ("talker", "baud", "parity", "name"),
    [
        (ToledoContinuous(), 9600, True, "toledo_continuous"),
        (ToledoContinuous(checksum=False), 4800, False, "toledo_continuous_plain"),
        (YaohuaStx(), 9600, False, "xk3190_stx"),
        (YaohuaStx(), 1200, False, "xk3190_stx"),
        (YaohuaEquals(reversed_digits=True), 2400, False, "xk3190_equals_reversed"),
        (YaohuaEquals(reversed_digits=False), 9600, False, "xk3190_equals"),
        (AndLine(), 2400, True, "and_standard"),
        (ExcellLine(), 9600, False, "excell"),
        (CasClone(), 9600, False, "cas_stream"),
        (A12Line(), 9600, False, "xk3190_a12"),
        (A12Line(checked=False), 9600, False, "xk3190_a12_plain"),
        (OhausLine(), 9600, False, "ohaus"),
        (Cas22Line(), 9600, False, "cas_22"),
    ],
)
def test_a_talking_scale_is_found_by_listening(talker, baud, parity, name):
    with a_line(talker, baud=baud, parity=parity) as path:
        found = detect(path, may_ask=False)
    line = LineSettings(baud, 7, "E", 1) if parity else LineSettings(baud)
    assert name_and_line(found) == (name, line)
    winner = next(evidence for evidence in found.evidence if evidence.profile == name)
    assert winner.good >= 3 and winner.bad == 0 and winner.sample and not winner.was_asked


@pytest.mark.parametrize(
    ("talker", "name"),
    [
        (MtSics(), "mt_sics"),
        (CasEcr(), "cas"),
        (YaohuaCommand(), "xk3190_command"),
        (Toledo8217(), "toledo_8217"),
        (Nci(), "nci"),
        (OhausAsked(), "ohaus_asked"),
    ],
)
def test_a_silent_scale_is_found_by_asking(talker, name):
    with a_line(talker) as path:
        found = detect(path)
    assert name_and_line(found)[0] == name
    assert all(evidence.was_asked for evidence in found.evidence)


def test_a_silent_line_is_not_asked_without_permission():
    heard = []

    class Spy:
        port = "spy"

        def write(self, data: bytes, timeout_s: float) -> int:
            heard.append(data)
            return len(data)

        def read(self, max_bytes: int, timeout_s: float) -> bytes:
            time.sleep(timeout_s)
            return b""

        def close(self) -> None:
            pass

    def spy(line: LineSettings) -> Transport:
        return Spy()

    found = detect_scale(spy, PROFILES, may_ask=False)
    assert (found.profile, found.reason, found.heard, heard) == (None, "silent", 0, [])


def test_noise_is_no_scale_at_any_speed():
    cell_noise = LoadCell()
    cell_noise.set_fault(Fault.GARBAGE)
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    stop = threading.Event()
    scale = VirtualSerialScale(YaohuaStx(), cell_noise)
    serving = threading.Thread(target=scale.serve, args=(SpeedyLine(ours, 9600, False), stop))
    serving.start()
    try:
        found = detect(os.ttyname(theirs))
    finally:
        stop.set()
        serving.join(5)
        os.close(ours)
        os.close(theirs)
    assert found.profile is None and found.reason == "noise" and found.heard > 0


def test_the_direction_of_equals_frames_is_never_guessed():
    with a_line(YaohuaEquals(reversed_digits=True), kg="1.250") as path:
        found = detect(path, may_ask=False)
    assert found.profile is None and found.reason == "ambiguous"
    assert {evidence.profile for evidence in found.evidence} == {"xk3190_equals", "xk3190_equals_reversed"}


@pytest.mark.parametrize(
    ("frame", "reversed_digits"),
    [
        (b"=352.1000", True),
        (b"=0001.253", False),
        (b"=052.1000", None),
        (b"=00.1000-", True),
        (b"=-0001.00", False),
        (b"=00.00010", True),
        (b"=01000.00", False),
        (b"=000.0000", None),
    ],
)
def test_what_an_equals_frame_says_about_its_direction(frame, reversed_digits):
    assert digits_are_reversed(frame) is reversed_digits


def test_a_line_in_use_or_gone_is_told_by_its_own_error(tmp_path):
    with pytest.raises(TryAgain) as err:
        detect_scale(lambda line: open_serial(str(tmp_path / "ttyUSB9"), line), PROFILES)
    assert err.value.code == "noDevice"
