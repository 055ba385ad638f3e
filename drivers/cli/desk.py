"""What every command needs: where to write, where to look, and how to run one driver for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any, TextIO

from serial.tools import list_ports

from drivers.device import DeviceKind, DeviceStatus
from drivers.driver import Driver
from drivers.errors import DriverError, NeedsPerson
from drivers.health import HealthLevel, HealthResult, replied
from drivers.recording import record
from drivers.transport.base import Transport
from drivers.transport.hid import SYSFS

_WHY = {
    "permissionDenied": "no permission for {place}; the user must be in the group that owns it",
    "deviceBusy": "{place} is in use by another program",
    "noDevice": "{place} is not there",
}


class Refused(Exception):
    """The command cannot be carried out as given: one line for the person, exit 2."""


class NotFound(Refused):
    """Nothing of that kind is plugged in, and no place was named."""


class Failed(Exception):
    """The device did not do it: one line for the person, exit 1."""


def system_serial_ports() -> Sequence[str]:
    """Serial ports that have hardware behind them."""
    return sorted(port.device for port in list_ports.comports())


@dataclass(frozen=True)
class Desk:
    """Streams and places. ``backend`` None is libusb; ``serial_ports`` names the ports that may be listened to.

    ``recording`` is a file for everything that crosses the wire of the device that is read, or "".
    """

    out: TextIO
    err: TextIO
    answers: TextIO
    as_json: bool = False
    backend: Any = None
    sysfs: Path = SYSFS
    serial_ports: Callable[[], Sequence[str]] = system_serial_ports
    recording: str = ""

    def tell(self, facts: Mapping[str, object]) -> None:
        """One object, one line, at once."""
        if self.as_json:
            line = json.dumps(facts, ensure_ascii=False)
        else:
            line = "  ".join(f"{key}={'-' if value is None else value}" for key, value in facts.items())
        self.out.write(line + "\n")
        self.out.flush()

    def remark(self, text: str) -> None:
        """A line for the person, beside the data."""
        self.err.write(f"drivers: {text}\n")
        self.err.flush()

    def confirm(self, question: str) -> bool:
        """Ask the person; only a clear yes counts."""
        self.err.write(f"{question} [y/n] ")
        self.err.flush()
        return self.answers.readline().strip().lower() in ("y", "yes", "j", "是")

    @contextmanager
    def opened(self, find: Callable[[], Transport | None], place: str, kind: DeviceKind) -> Iterator[Transport]:
        """The device's transport, closed in the end. Raises ``Refused``, with the reason in one line."""
        try:
            transport = find()
        except DriverError as err:
            raise Refused(reason_of(err, place)) from err
        if transport is None:
            raise Refused(f"{place} is not there" if place else "no device found")
        if self.recording:
            try:
                transport = record(transport, kind, Path(self.recording))
            except OSError as err:
                transport.close()
                raise Refused(f"{self.recording} cannot be written: {err.strerror}") from err
        try:
            yield transport
        finally:
            transport.close()


def reason_of(err: DriverError, place: str) -> str:
    """One line about a device that could not be opened."""
    known = _WHY.get(err.code)
    if known is not None:
        return known.format(place=place or "the device")
    return f"{place or 'the device'}: {err}" if isinstance(err, NeedsPerson) else f"{place or 'the device'} cannot be opened: {err}"


def tell_health(desk: Desk, level: str, status: DeviceStatus, facts: Mapping[str, str | None]) -> int:
    """How a device is, with UnifiedPOS ``CheckHealthText``; returns the exit code."""
    check = replied(status.kind, HealthLevel(level), status.error)
    if check.is_good and check.level is HealthLevel.INTERACTIVE:
        check = replace(check, result=HealthResult.COMPLETE)
    words = {"kind": status.kind.value, "state": status.state.value, "error": status.error, "check": check.text}
    desk.tell({**words, **facts, **({"port": status.port} if status.port else {})})
    return 0 if check.is_good else 1


class Heard(Enum):
    """What a record means to the command."""

    NOTHING = auto()
    GO_ON = auto()
    ENOUGH = auto()


def serve(driver: Driver, transport: Transport, hear: Callable[[object], Heard], patience_s: float) -> bool:
    """Run a driver here until a record is enough (True), or until none has counted for ``patience_s`` (False).

    Raises ``Failed`` when the device ends it.
    """
    stop = threading.Event()
    is_enough = False
    heard_s = time.monotonic()

    def emit(record: object) -> None:
        nonlocal is_enough, heard_s
        if is_enough:
            return
        heard = hear(record)
        if heard is not Heard.NOTHING:
            heard_s = time.monotonic()
        if heard is Heard.ENOUGH:
            is_enough = True
            stop.set()

    def watch() -> None:
        while not stop.wait(0.05):
            if time.monotonic() - heard_s > patience_s:
                stop.set()

    watcher = threading.Thread(target=watch, name="patience", daemon=True)
    watcher.start()
    try:
        driver.run(transport, emit, stop)
    except DriverError as err:
        if not is_enough:
            raise Failed(f"{transport.port}: {err}") from err
    finally:
        stop.set()
        watcher.join()
    return is_enough
