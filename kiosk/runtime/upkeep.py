"""What the technician's room asks for: statuses in plain words, bytes of a wire, the test print, the machine's own facts, the ledger's health.

Rules: everything that is not the technician's goes on to the terminal's services; a check that cannot be kept is logged and said.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.device import DeviceKind, DeviceStatus
from drivers.transport.tap import Transfer
from kiosk import log
from kiosk.config import StationConfig
from kiosk.domain.certificate import BEIJING
from kiosk.issuing.issuer import Clock, IssuerError, TerminalIssuer
from kiosk.issuing.opening import TECHNICIAN
from kiosk.label.trial import TrialContent
from kiosk.runtime.devices import DeviceFleet, Translator
from kiosk.runtime.trial_print import TrialPrinter
from kiosk.runtime.workers import Desk, Workers
from kiosk.session import events as ev
from kiosk.session import upkeep_effects as fx
from kiosk.session import upkeep_events as uev
from kiosk.session.effects import Effect
from kiosk.upkeep.health import DEVICES, CheckHealth, DeviceReport, Part
from kiosk.version import BUILT_AT, VERSION

_BY = "technician"
KINDS = {
    Part.READER: DeviceKind.ID_READER,
    Part.SCALE: DeviceKind.SCALE,
    Part.PRINTER: DeviceKind.PRINTER,
    Part.CAMERA: DeviceKind.SCANNER,
}


class OtherServices(Protocol):
    """Where everybody else's effects go."""

    def carry_out(self, effect: Effect) -> None: ...


@dataclass(frozen=True)
class Reach:
    """What the room reaches."""

    config: StationConfig
    issuer: TerminalIssuer
    fleet: DeviceFleet
    translator: Translator
    trial: TrialPrinter
    workers: Workers
    clock: Clock
    voice: str


class UpkeepServices:
    """Carries out the technician's effects and passes all others on. ``send`` queues the answering event."""

    def __init__(self, reach: Reach, others: OtherServices, send: Callable[[ev.Event], None]) -> None:
        self._reach = reach
        self._others = others
        self._send = send

    def carry_out(self, effect: Effect) -> None:
        """Answer at once what is in memory; post the rest to its desk."""
        reach = self._reach
        match effect:
            case fx.LookAtDevices():
                self._send(
                    uev.DevicesSeen(
                        reports(
                            reach.translator.statuses(), has_camera=bool(reach.config.camera.source or reach.config.scanner.profile)
                        )
                    )
                )
            case fx.WatchBytes(part):
                reach.fleet.watch(KINDS[part])
            case fx.StopWatching():
                reach.fleet.stop_watching()
            case fx.LookAtBytes(part):
                transfers, total = reach.fleet.watched(KINDS[part])
                self._send(uev.BytesSeen(tuple(byte_line(transfer) for transfer in transfers), total))
            case fx.PrintTrial():
                reach.trial.begin(self.trial_content())
            case fx.LookAtMachine():
                self._post(Desk.LOOKUP, lambda: self._send(uev.MachineSeen(self._machine())))
            case fx.CheckTechnicianPin(pin):
                self._post(Desk.LEDGER, lambda: self._check_pin(pin))
            case fx.CheckLedger():
                self._post(Desk.LEDGER, lambda: self._send(uev.LedgerChecked(self._ledger())))
            case fx.KeepCheck(check, facts):
                self._post(Desk.LEDGER, lambda: self._keep(check, facts))
            case _:
                self._others.carry_out(effect)

    def _post(self, desk: Desk, work: Callable[[], None]) -> None:
        self._reach.workers.post(desk, work, lambda: self._send(ev.ServiceRefused("internalError")))

    def _check_pin(self, pin: str) -> None:
        if not self._reach.config.station.technician_pin:
            self._send(ev.ServiceRefused("technicianPinMissing"))
            return
        try:
            self._send(ev.PinChecked(self._reach.issuer.check_pin(TECHNICIAN, pin)))
        except IssuerError as err:
            log.event("issue-refused", code=err.code)
            wait = err.facts.get("wait_s", 0)
            self._send(ev.ServiceRefused(err.code, int(wait) if isinstance(wait, (int, float)) else 0))

    def _keep(self, check: CheckHealth, facts: tuple[tuple[str, str], ...]) -> None:
        log.event("device-checked", part=check.part, check=check.text)
        try:
            self._reach.issuer.keep_check({"part": check.part.value, "check": check.text, **dict(facts)}, _BY)
        except IssuerError as err:
            log.event("service-failed", service="keep-check", code=err.code)
            self._send(ev.ServiceRefused("upkeep.notKept"))

    def _ledger(self) -> uev.LedgerHealth:
        try:
            self._reach.issuer.check_whole()
            return uev.LedgerHealth(broken_row=self._reach.issuer.broken_audit_row())
        except IssuerError as err:
            log.event("service-failed", service="check-ledger", code=err.code)
            return uev.LedgerHealth(problem=err.code)

    def trial_content(self) -> TrialContent:
        """What a test label says now."""
        reach = self._reach
        printer = next((report for report in reports(reach.translator.statuses()) if report.part is Part.PRINTER), None)
        return TrialContent(
            terminal=reach.config.station.terminal,
            station=reach.config.station.name,
            moment=reach.clock.read().now.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            printer=f"{printer.model} {printer.port}".strip() if printer is not None else "",
        )

    def _machine(self) -> uev.MachineFacts:
        config, read = self._reach.config, self._reach.clock.read()
        disk = shutil.disk_usage(config.paths.state)
        return uev.MachineFacts(
            version=VERSION,
            built=BUILT_AT.date().isoformat(),
            system=f"{_distribution()}, Linux {platform.release()}, Python {platform.python_version()}",
            terminal=config.station.terminal,
            station=config.station.name,
            paths=tuple((name, str(getattr(config.paths, name))) for name in type(config.paths).model_fields),
            disk_free=disk.free,
            disk_total=disk.total,
            ledger_bytes=self._ledger_bytes(),
            clock=f"{read.now.astimezone(BEIJING):%Y-%m-%d %H:%M:%S} {read.quality.value}",
            voice=self._reach.voice,
        )

    def _ledger_bytes(self) -> int:
        try:
            return self._reach.issuer.ledger_bytes()
        except IssuerError as err:
            log.event("service-failed", service="ledger-bytes", code=err.code)
            return 0  # the ledger's check beside it says what is wrong


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()  # a system without os-release is no reason for an empty page


def reports(statuses: tuple[DeviceStatus, ...], *, has_camera: bool = True) -> tuple[DeviceReport, ...]:
    """Every device of the terminal in plain words; one that was never heard of is starting, a camera (or a scanner in its place) that is not set up is none."""
    by_kind = {status.kind: status for status in statuses}
    return tuple(_report(part, by_kind.get(KINDS[part])) for part in DEVICES if has_camera or part is not Part.CAMERA)


def _report(part: Part, status: DeviceStatus | None) -> DeviceReport:
    if status is None:
        return DeviceReport(part, "starting")
    return DeviceReport(
        part=part,
        state=status.state.value,
        error=status.error,
        level=status.level.value,
        paper=status.paper.value,
        cover=status.cover.value,
        model=status.model,
        port=f"{status.port} < {status.moved_from}" if status.moved_from else status.port,
        counters=tuple(sorted(status.statistics.items())),
    )


def byte_line(transfer: Transfer) -> uev.ByteLine:
    """One transfer as a technician reads it."""
    request = " ".join(f"{number:02x}" for number in transfer.request)
    parts = [f"[{request}]" if request else "", transfer.head.hex(" "), "…" if transfer.size > len(transfer.head) else ""]
    text = transfer.error or " ".join(part for part in parts if part)
    return uev.ByteLine(round(transfer.at_s, 3), "in" if transfer.inwards else "out", text, transfer.size)
