"""The one table of what is reported about a terminal and its devices: names, datatypes, units, and which words a text may be.

``NODE`` and ``DEVICES[kind]`` are tuples of ``MetricRow``; ``node_values`` and ``device_values`` fill them from a status snapshot and from what the
agent sees itself (``Host``, ``Outbox``). Values travel verbatim; the console translates.

Source of words: XFS4IoT (``common.device``, ``printer.paper``, error codes) and UnifiedPOS (error levels, power, names of statistics), as in
``drivers/device.py``. Names that the Sparkplug specification proposes are used where it has one (``Properties/...``, ``Node Control/...``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kiosk.domain.certificate import beijing_date
from kiosk.wire.snapshot import DeviceName, DeviceStatus, Status
from kiosk.wire.sparkplug.edge import MetricRow
from kiosk.wire.sparkplug.payload import DataType, Value

STATES = ("online", "offline", "powerOff", "noDevice", "hardwareError", "userError", "deviceBusy", "starting")
LEVELS = ("none", "recoverable", "fatal")
PAPERS = ("unknown", "full", "low", "out", "jammed")
COVERS = ("unknown", "closed", "open")
POWERS = ("unknown", "online", "off", "offline")


class Can(StrEnum):
    """What the farmer can do at this terminal, as the terminal itself sees it."""

    ISSUING = "issuing"
    DEGRADED = "degraded"
    CANNOT_ISSUE = "cannotIssue"


_T, _I, _L, _B, _F = DataType.STRING, DataType.UINT32, DataType.INT64, DataType.BOOLEAN, DataType.DOUBLE
NODE: tuple[MetricRow, ...] = (
    MetricRow("Properties/Hardware Make", _T),
    MetricRow("Properties/Hardware Model", _T),
    MetricRow("Properties/OS", _T),
    MetricRow("Properties/OS Version", _T),
    MetricRow("Properties/FW", _T),
    MetricRow("Issuing/state", _T, words=tuple(c.value for c in Can)),
    MetricRow("Issuing/paused", _B),
    MetricRow("Issuing/pause_reason", _T),
    MetricRow("Issuing/last_counter", DataType.UINT64),
    MetricRow("Issuing/today", _I, "certificates"),
    MetricRow("Issuing/last_at", DataType.DATETIME),
    MetricRow("App/alive", _B),
    MetricRow("App/page", _T),
    MetricRow("App/in_visit", _B),
    MetricRow("App/demo", _B),
    MetricRow("Alarm/codes", _T),
    MetricRow("Store/error", _T),
    MetricRow("Configuration/version", DataType.UINT64),
    MetricRow("Directory/version", DataType.UINT64),
    MetricRow("Keys/version", DataType.UINT64),
    MetricRow("Keys/days_left", _L, "d"),
    MetricRow("Scale/verification_days_left", _L, "d"),
    MetricRow("Outbox/pending", DataType.UINT64, "events"),
    MetricRow("Outbox/oldest_age", DataType.UINT64, "s", step=60),
    MetricRow("Disk/free", DataType.UINT64, "B", step=64 << 20),
    MetricRow("Disk/total", DataType.UINT64, "B"),
    MetricRow("Memory/available", DataType.UINT64, "B", step=64 << 20),
    MetricRow("Temperature/cpu", _F, "Cel", step=2),
    MetricRow("Clock/offset", _L, "ms", step=1000),
    MetricRow("Clock/source", _T),
    MetricRow("Clock/problem", _T),
    MetricRow("Power/state", _T, words=POWERS),
    MetricRow("Host/booted_at", DataType.DATETIME),
)
_ANY_DEVICE: tuple[MetricRow, ...] = (
    MetricRow("state", _T, words=STATES),
    MetricRow("error/code", _T),
    MetricRow("error/level", _T, words=LEVELS),
    MetricRow("model", _T),
    MetricRow("port", _T),
)


def _statistics(*names: str) -> tuple[MetricRow, ...]:
    return tuple(MetricRow(f"Stat/{name}", DataType.UINT64) for name in ("CommunicationErrorCount", "ReconnectCount", *names))


DEVICES: dict[DeviceName, tuple[MetricRow, ...]] = {
    DeviceName.PRINTER: (
        *_ANY_DEVICE,
        MetricRow("supply/paper", _T, words=PAPERS),
        MetricRow("cover", _T, words=COVERS),
        MetricRow("supply/labels_remaining", _I, "labels"),
        *_statistics("PaperCutCount", "LabelPrintedCount", "PrinterFaultCount", "ReceiptCoverOpenCount"),
    ),
    DeviceName.SCALE: (*_ANY_DEVICE, *_statistics("GoodWeightReadCount", "FailedReadCount")),
    DeviceName.READER: (*_ANY_DEVICE, *_statistics("GoodReadCount", "FailedReadCount")),
    DeviceName.CAMERA: (*_ANY_DEVICE, *_statistics("GoodScanCount")),
}


@dataclass(frozen=True, slots=True)
class Host:
    """What the agent reads from the machine itself. None: cannot be read here."""

    make: str = ""
    model: str = ""
    os: str = ""
    os_version: str = ""
    disk_free: int | None = None
    disk_total: int | None = None
    memory_available: int | None = None
    cpu_celsius: float | None = None
    booted_at_ms: int | None = None
    power: str = "unknown"


@dataclass(frozen=True, slots=True)
class Outbox:
    """What waits for a receipt; ``oldest_age_s`` None when nothing waits."""

    pending: int = 0
    oldest_age_s: int | None = None


@dataclass(frozen=True, slots=True)
class ClockView:
    """``offset_ms``: this terminal's clock minus the centre's, None before the first welcome."""

    source: str
    offset_ms: int | None = None


def can_issue(status: Status | None) -> Can:
    """``degraded``: can issue, but something needs a hand soon."""
    if status is None or not status.can_issue or status.paused:
        return Can.CANNOT_ISSUE
    unwell = any(d.level != "none" or d.state not in ("online", "deviceBusy") or d.paper == "low" for d in status.devices.values())
    return Can.DEGRADED if unwell or status.alarms else Can.ISSUING


def node_values(status: Status | None, host: Host, outbox: Outbox | None, clock: ClockView, software: str) -> dict[str, Value]:
    """A value for each row of ``NODE``; None where nobody knows. ``status`` None: the app is gone or hangs; ``outbox`` None: the issuer does not answer."""
    values: dict[str, Value] = {
        "Properties/Hardware Make": host.make,
        "Properties/Hardware Model": host.model,
        "Properties/OS": host.os,
        "Properties/OS Version": host.os_version,
        "Properties/FW": software,
        "Issuing/state": can_issue(status).value,
        "App/alive": status is not None,
        "Outbox/pending": None if outbox is None else outbox.pending,
        "Outbox/oldest_age": None if outbox is None else outbox.oldest_age_s or 0,
        "Disk/free": host.disk_free,
        "Disk/total": host.disk_total,
        "Memory/available": host.memory_available,
        "Temperature/cpu": host.cpu_celsius,
        "Clock/offset": clock.offset_ms,
        "Clock/source": clock.source,
        "Power/state": host.power,
        "Host/booted_at": host.booted_at_ms,
    }
    if status is not None:
        values |= {
            "Issuing/paused": status.paused,
            "Issuing/pause_reason": status.pause_reason,
            "Issuing/last_counter": status.ledger.last_counter,
            "Issuing/today": status.ledger.issued_today,
            "Issuing/last_at": _milliseconds(status.ledger.last_issued_at),
            "App/page": status.page,
            "App/in_visit": status.in_visit,
            "App/demo": status.demo,
            "Alarm/codes": ",".join(status.alarms),
            "Store/error": status.ledger.store_error,
            "Configuration/version": status.versions.configuration,
            "Directory/version": status.versions.directory,
            "Keys/version": status.versions.keys,
            "Keys/days_left": _days_left(status.deadlines.signing_key, status.at),
            "Scale/verification_days_left": _days_left(status.deadlines.scale_verification, status.at),
            "Clock/problem": status.clock.problem,
        }
    return {row.name: values.get(row.name) for row in NODE}


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _days_left(last: date | None, at: datetime) -> int | None:
    """0 on the last day, negative after it."""
    return None if last is None else (last - beijing_date(at)).days


def device_values(name: DeviceName, device: DeviceStatus, labels_remaining: int | None = None) -> dict[str, Value]:
    """A value for each row of ``DEVICES[name]``."""
    values: dict[str, Value] = {
        "state": device.state,
        "error/code": device.error,
        "error/level": device.level,
        "model": device.model,
        "port": device.port,
        "supply/paper": device.paper,
        "cover": device.cover,
        "supply/labels_remaining": labels_remaining,
        **{f"Stat/{key}": count for key, count in device.statistics.items()},
    }
    return {row.name: values.get(row.name) for row in DEVICES[name]}
