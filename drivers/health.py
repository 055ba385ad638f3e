"""How a device is when somebody asks: one check, three levels, in the words of UnifiedPOS ``CheckHealth``.

Source: UnifiedPOS ``CheckHealth`` and ``CheckHealthText`` (``Internal HCheck: Successful``, ``External HCheck: Not Responding``,
``Interactive HCheck: Complete``); error words are XFS4IoT's, as in ``drivers.device``.
Rules
- internal: what the driver knows already, no byte is sent. external: the device itself answers a question that changes nothing and shows
  nobody's data. interactive: a person does their part; whoever has the person leads it, from the records that the driver tells anyway.
- A check that was asked for ends in exactly one ``HealthChecked``, also when the device is away or leaves in the middle.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from drivers.device import DeviceKind, DeviceState, DeviceStatus


class HealthLevel(StrEnum):
    """Whom a check asks: the driver, the device, the device and a person."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    INTERACTIVE = "interactive"


class HealthResult(StrEnum):
    """How it ended. ``COMPLETE``: a person saw it and found it good."""

    SUCCESSFUL = "Successful"
    NOT_RESPONDING = "Not Responding"
    COMPLETE = "Complete"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class HealthChecked:
    """A check that ended. ``error`` is "" or why it is not good; ``facts`` are what was measured, never personal data."""

    kind: DeviceKind
    level: HealthLevel
    result: HealthResult
    error: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Nothing to mend."""
        return self.result in (HealthResult.SUCCESSFUL, HealthResult.COMPLETE)

    @property
    def text(self) -> str:
        """``CheckHealthText``."""
        text = f"{self.level.value.capitalize()} HCheck: {self.result.value}"
        return f"{text} ({self.error})" if self.error else text


@runtime_checkable
class ChecksHealth(Protocol):
    """A driver that can ask its device. Any thread may call; the answer is a ``HealthChecked`` told by the driver's own thread."""

    def check_health(self) -> None:
        """Make the external check at the next opportunity."""
        ...


class HealthDesk:
    """Where a check waits until the driver's thread has time for it."""

    def __init__(self) -> None:
        self._wanted = threading.Event()

    def ask(self) -> None:
        """Somebody wants a check."""
        self._wanted.set()

    def take(self) -> bool:
        """Whether a check is wanted; it is no longer waiting then."""
        if not self._wanted.is_set():
            return False
        self._wanted.clear()
        return True


def internal_check(status: DeviceStatus) -> HealthChecked:
    """What the driver knows by itself."""
    if status.is_ready or status.state is DeviceState.DEVICE_BUSY:
        return HealthChecked(status.kind, HealthLevel.INTERNAL, HealthResult.SUCCESSFUL)
    return replied(status.kind, HealthLevel.INTERNAL, status.error or status.state.value)


_SILENT = frozenset({"noDevice", "timeOut", "offline", "powerOff", "starting", "deviceBusy", "permissionDenied"})


def replied(kind: DeviceKind, level: HealthLevel, error: str = "", facts: Mapping[str, str] | None = None) -> HealthChecked:
    """A check's end by its error word: none is success, one of a device that says nothing is not responding."""
    result = HealthResult.NOT_RESPONDING if error in _SILENT else HealthResult.FAILED if error else HealthResult.SUCCESSFUL
    return HealthChecked(kind, level, result, error, facts or {})
