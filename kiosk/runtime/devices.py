"""The one translator between driver records and domain values; it also owns the supervisors.

Rules: a record that cannot be translated is dropped and counted, never guessed; health goes to the session only when it changed; what a
listener gets from a device thread is queued at once, so that no device ever waits for us and we never wait for a device.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from drivers.device import HUNG, DeviceKind, DeviceState, DeviceStatus, Paper
from drivers.health import HealthChecked, HealthLevel
from drivers.idcard.record import CardFailed, CardRead, CardTrouble, IdCardRecord
from drivers.printer.record import JobDone, PrinterJob
from drivers.scale.record import ScaleReading
from drivers.scanner.record import CodeScanned, PreviewFrame
from drivers.transport.tap import Tap, Transfer
from kiosk import log
from kiosk.domain.identity import IdCard
from kiosk.domain.quantity import ScaleIdentity, Weight, WeightStatus
from kiosk.session import events as ev

_CARD_CODES = {
    CardTrouble.REMOVED: "cardRemoved",
    CardTrouble.NOT_ID_CARD: "notIdCard",
    CardTrouble.REFUSED: "cardRefused",
    CardTrouble.UNREADABLE: "cardUnreadable",
}


class Supervised(Protocol):
    """A supervisor of ``drivers.supervisor``."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Armable(Protocol):
    """A reader or camera that looks only while armed."""

    def arm(self) -> None: ...
    def disarm(self) -> None: ...


class Checkable(Protocol):
    """A supervisor that asks its device how it is; the answer is one ``HealthChecked`` record."""

    def check_health(self, level: HealthLevel) -> None: ...


class Together:
    """Several that look, armed and disarmed as one: a camera and a scanner in the hand."""

    def __init__(self, *lookers: Armable) -> None:
        self._lookers = lookers

    def arm(self) -> None:
        for looker in self._lookers:
            looker.arm()

    def disarm(self) -> None:
        for looker in self._lookers:
            looker.disarm()


class PrinterDriver(Protocol):
    """The printer's door for jobs."""

    def submit(self, job: PrinterJob) -> None: ...


class Translator:
    """``receive`` is given to every supervisor as its listener; it may be called from any thread."""

    def __init__(self, send: Callable[[ev.Event], None], job_done: Callable[[JobDone], None], scale: ScaleIdentity | None) -> None:
        self._send = send
        self._job_done = job_done
        self._scale = scale
        self._lock = threading.Lock()
        self._health = ev.Health()
        self._statuses: dict[DeviceKind, DeviceStatus] = {}
        self.on_checked: Callable[[HealthChecked], None] = lambda _: None
        """Takes how a check of a device ended, on the device's thread."""

    def receive(self, record: object) -> None:
        """Translate one record and queue it."""
        match record:
            case ScaleReading():
                self._send(ev.WeightSeen(Weight(record.weight_kg, WeightStatus(record.status.value), record.read_s)))
            case CardRead(card):
                self._send(ev.CardSeen(_id_card(card)))
            case CardFailed(trouble):
                self._send(ev.CardFailed(_CARD_CODES[trouble]))
            case CodeScanned(text=text):
                self._send(ev.CodeSeen(text))
            case PreviewFrame(width=width, height=height, rgb=rgb, hint=hint):
                self._send(ev.CameraFrame(width, height, rgb, hint.value))
            case JobDone():
                self._job_done(record)
            case DeviceStatus():
                self._status(record)
            case HealthChecked():
                self.on_checked(record)
            case _:
                log.event("device", kind="unknown", error=type(record).__name__)

    def statuses(self) -> tuple[DeviceStatus, ...]:
        """The latest status of each device, for health and the technician."""
        with self._lock:
            return tuple(self._statuses.values())

    def _status(self, status: DeviceStatus) -> None:
        with self._lock:
            before = self._statuses.get(status.kind)
            self._statuses[status.kind] = status
            health = _health(self._health, status, self._scale)
            changed, self._health = health != self._health, health
        if before is None or (before.state, before.error) != (status.state, status.error):
            log.event("device", kind=status.kind, state=status.state, error=status.error, port=status.port, model=status.model)
            if status.error == HUNG:
                log.event("device-hung", kind=status.kind, port=status.port, model=status.model)
        if changed:
            self._send(ev.HealthChanged(health))


def _id_card(card: IdCardRecord) -> IdCard:
    return IdCard(
        name=card.name,
        number=card.number,
        address=card.address,
        valid_from=card.valid_from,
        valid_to=card.valid_to,
        long_term=card.long_term,
    )


def _word(status: DeviceStatus) -> ev.DeviceWord:
    if status.is_ready or status.state is DeviceState.DEVICE_BUSY:
        return ev.DeviceWord.READY
    if status.state in (DeviceState.NO_DEVICE, DeviceState.STARTING, DeviceState.POWER_OFF):
        return ev.DeviceWord.MISSING
    return ev.DeviceWord.TROUBLE


def _health(health: ev.Health, status: DeviceStatus, scale: ScaleIdentity | None) -> ev.Health:
    word = _word(status)
    match status.kind:
        case DeviceKind.ID_READER:
            return replace(health, reader=word)
        case DeviceKind.SCALE:
            return replace(health, scale=word, scale_identity=scale if word is ev.DeviceWord.READY else health.scale_identity)
        case DeviceKind.SCANNER:
            return replace(health, camera=word)
        case DeviceKind.PRINTER:
            error = "hardwareError" if status.error == HUNG else status.error
            trouble = "" if word is ev.DeviceWord.READY else (error or _PRINTER_WORDS.get(status.state, "hardwareError"))
            return replace(health, printer=word, printer_trouble=trouble, paper_low=status.paper is Paper.LOW)


_PRINTER_WORDS = {DeviceState.NO_DEVICE: "noDevice", DeviceState.STARTING: "noDevice", DeviceState.OFFLINE: "offline"}


class DeviceFleet:
    """All supervisors of a terminal and what the sessions may ask of them."""

    def __init__(
        self,
        supervisors: Sequence[Supervised],
        reader: Armable,
        camera: Armable | None,
        printer: PrinterDriver,
        taps: Mapping[DeviceKind, Tap],
        checks: Mapping[DeviceKind, Checkable],
    ) -> None:
        self._supervisors = supervisors
        self._reader = reader
        self._camera = camera
        self._printer = printer
        self._taps = taps
        self._checks = checks

    def start(self) -> None:
        """Start looking for every device."""
        for supervisor in self._supervisors:
            supervisor.start()

    def stop(self) -> None:
        """Let every device go."""
        for supervisor in self._supervisors:
            supervisor.stop()

    def arm_reader(self) -> None:
        self._reader.arm()

    def disarm_reader(self) -> None:
        self._reader.disarm()

    def arm_camera(self) -> None:
        if self._camera is not None:
            self._camera.arm()

    def disarm_camera(self) -> None:
        if self._camera is not None:
            self._camera.disarm()

    def forget(self) -> None:
        """The visit is over: nothing looks any more."""
        self.disarm_reader()
        self.disarm_camera()
        self.stop_watching()

    def watch(self, kind: DeviceKind) -> None:
        """Keep the last transfers of this device's wire. Raises ``KeyError`` for one that is never watched."""
        self._taps[kind].start()

    def stop_watching(self) -> None:
        """Keep and remember none."""
        for tap in self._taps.values():
            tap.stop()

    def watched(self, kind: DeviceKind) -> tuple[tuple[Transfer, ...], int]:
        """The last transfers, oldest first, and how many there were since ``watch``."""
        return self._taps[kind].seen()

    def check_health(self) -> frozenset[DeviceKind]:
        """Ask every device how it is, without a person and without anybody's data; of which ones an answer will come."""
        for supervisor in self._checks.values():
            supervisor.check_health(HealthLevel.EXTERNAL)
        return frozenset(self._checks)

    def submit(self, job: PrinterJob) -> None:
        """Hand a finished job to the printer."""
        self._printer.submit(job)
