"""How this terminal is: the app's snapshot and the machine itself, given to the Sparkplug edge.

Rules: a snapshot older than ``STALE_S``, unreadable or missing means that the app is gone; then nobody can tell how the devices are. Paths are
parameters: a test brings its own /proc and /sys.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.version import VERSION
from kiosk.wire.canonical import WireError
from kiosk.wire.health import ClockView, Host, Outbox, device_values, node_values
from kiosk.wire.snapshot import STALE_S, STATUS_FILE, DeviceName, Status
from kiosk.wire.sparkplug.edge import EdgeNode, Publish

_GONE = frozenset({"noDevice", "powerOff", "offline"})


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the machine tells about itself."""

    disk: Path
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    os_release: Path = Path("/etc/os-release")

    def read(self) -> Host:
        """Everything that can be read here; the rest is None or ""."""
        release = dict(line.split("=", 1) for line in _text(self.os_release).splitlines() if "=" in line)
        dmi = self.sys / "class/dmi/id"
        free, total = _disk(self.disk)
        return Host(
            make=_text(dmi / "sys_vendor").strip(),
            model=_text(dmi / "product_name").strip(),
            os=release.get("ID", "").strip('"'),
            os_version=release.get("VERSION_ID", "").strip('"'),
            disk_free=free,
            disk_total=total,
            memory_available=_kib(_text(self.proc / "meminfo"), "MemAvailable:"),
            cpu_celsius=_celsius(self.sys / "class/thermal/thermal_zone0/temp"),
            booted_at_ms=_number(_text(self.proc / "stat"), "btime", 1000),
            power=_power(self.sys / "class/power_supply"),
        )


class StatusReader:
    """Reads the app's snapshot; ``now`` is the machine's clock, the same that the app stamps with."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = folder / STATUS_FILE
        self._now = now

    def read(self) -> Status | None:
        """The snapshot, None when the app does not live."""
        try:
            status = Status.decode(self._path.read_bytes())
        except (OSError, WireError):
            return None
        # A clock that was set back must not make a living app look dead for ever: only the distance counts.
        return status if abs((self._now() - status.at).total_seconds()) <= STALE_S else None


def tell(edge: EdgeNode, status: Status | None, host: Host, outbox: Outbox | None, clock: ClockView, now_ms: int) -> list[Publish]:
    """Give the edge what is known now; what it wants published comes back."""
    said = list(edge.report_node(node_values(status, host, outbox, clock, VERSION), now_ms))
    for name in DeviceName:
        device = None if status is None else status.devices.get(name)
        if device is None:
            said += edge.forget_device(name.value, now_ms)
            continue
        labels = status.supplies.labels_remaining if status is not None and name is DeviceName.PRINTER else None
        said += edge.report_device(name.value, device_values(name, device, labels), now_ms, there=device.state not in _GONE)
    return said


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _disk(path: Path) -> tuple[int | None, int | None]:
    try:
        disk = os.statvfs(path)
    except OSError:
        return None, None
    return disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize


def _number(text: str, name: str, times: int) -> int | None:
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 2 and parts[0] == name and parts[1].isdigit():
            return int(parts[1]) * times
    return None


def _kib(text: str, name: str) -> int | None:
    return _number(text, name, 1024)


def _celsius(path: Path) -> float | None:
    text = _text(path).strip()
    return int(text) / 1000 if text.lstrip("-").isdigit() else None


def _power(folder: Path) -> str:
    """UnifiedPOS power state of the mains, where the machine can tell."""
    try:
        supplies = sorted(folder.iterdir())
    except OSError:
        return "unknown"
    mains = [_text(s / "online").strip() for s in supplies if _text(s / "type").strip() in ("Mains", "USB")]
    if not mains:
        return "unknown"
    return "online" if "1" in mains else "off"
