"""How each device is, and how a check of it ended, in words that any technician's tool knows.

Source: state and error words are XFS4IoT's, levels and results of a check are UnifiedPOS's (``CheckHealth``, ``CheckHealthText``:
``Internal HCheck: Successful``, ``External HCheck: Not Responding``, ``Interactive HCheck: Complete``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What can be checked. The first four are devices."""

    READER = "reader"
    SCALE = "scale"
    PRINTER = "printer"
    CAMERA = "camera"
    TOUCH = "touch"
    VOICE = "voice"


DEVICES = (Part.READER, Part.SCALE, Part.PRINTER, Part.CAMERA)
_WITH_BYTES = frozenset({Part.SCALE, Part.PRINTER})
_PICTURES = "camera"
"""The model of a camera, as its driver says it."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One device right now. ``state`` XFS4IoT ``common.device``; ``error`` its code or ""; ``level`` none | recoverable | fatal;
    ``paper`` and ``cover`` are a printer's, else "unknown"; ``counters`` are (UnifiedPOS name, count)."""

    part: Part
    state: str
    error: str = ""
    level: str = "none"
    paper: str = "unknown"
    cover: str = "unknown"
    model: str = ""
    port: str = ""
    counters: tuple[tuple[str, int], ...] = ()

    @property
    def is_there(self) -> bool:
        """Plugged in, well or not."""
        return self.state not in ("noDevice", "starting", "powerOff")

    @property
    def is_well(self) -> bool:
        """It can do its work."""
        return self.state in ("online", "deviceBusy") and self.level == "none"


def has_bytes(part: Part | None, report: DeviceReport | None) -> bool:
    """Whose wire may be looked at. The reader's bytes are somebody's card; a camera has pictures, a scanner in its place has bytes."""
    if part is Part.CAMERA:
        return report is not None and report.is_there and report.model not in ("", _PICTURES)
    return part in _WITH_BYTES


class CheckLevel(StrEnum):
    """UnifiedPOS CheckHealth: asked of the driver alone, of the device, of the device and a person."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    INTERACTIVE = "interactive"


class CheckResult(StrEnum):
    """How a check ended. ``COMPLETE``: a person saw it and found it good."""

    SUCCESSFUL = "Successful"
    NOT_RESPONDING = "Not Responding"
    COMPLETE = "Complete"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """One check. ``error`` is an XFS4IoT code or our own word for why it failed, "" when it did not."""

    part: Part
    level: CheckLevel
    result: CheckResult
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Nothing to mend."""
        return self.result in (CheckResult.SUCCESSFUL, CheckResult.COMPLETE)

    @property
    def text(self) -> str:
        """UnifiedPOS ``CheckHealthText``."""
        text = f"{self.level.value.capitalize()} HCheck: {self.result.value}"
        return f"{text} ({self.error})" if self.error else text


def internal_check(report: DeviceReport) -> CheckHealth:
    """What the driver knows by itself."""
    if report.is_well:
        return CheckHealth(report.part, CheckLevel.INTERNAL, CheckResult.SUCCESSFUL)
    result = CheckResult.FAILED if report.is_there else CheckResult.NOT_RESPONDING
    return CheckHealth(report.part, CheckLevel.INTERNAL, result, report.error or report.state)


def latest(checks: Iterable[CheckHealth], part: Part) -> CheckHealth | None:
    """The last check of a part, None when there was none."""
    found = None
    for check in checks:
        if check.part is part:
            found = check
    return found
