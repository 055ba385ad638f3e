"""The words in which every device tells how it is: one table for drivers, health and console.

Source: state, supply and error words are XFS4IoT's (``common.device``, ``printer.paper``), scale status and statistics
names are UnifiedPOS's. Values travel verbatim on the wire; screens translate them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HUNG = "hung"
"""Our own error word, with ``DeviceState.HARDWARE_ERROR``: a transfer does not come back although its time is over."""


class DeviceKind(StrEnum):
    """The device families of a terminal."""

    ID_READER = "reader"
    SCALE = "scale"
    PRINTER = "printer"
    SCANNER = "scanner"


class DeviceState(StrEnum):
    """XFS4IoT ``common.device``."""

    ONLINE = "online"
    OFFLINE = "offline"
    POWER_OFF = "powerOff"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    DEVICE_BUSY = "deviceBusy"
    STARTING = "starting"


class Paper(StrEnum):
    """XFS4IoT ``printer.paper.*``."""

    UNKNOWN = "unknown"
    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"


class Cover(StrEnum):
    """Whether the printer is closed."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"


class ErrorLevel(StrEnum):
    """UnifiedPOS error levels: who has to act."""

    NONE = "none"
    RECOVERABLE = "recoverable"
    FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How one device is right now.

    ``error`` is an XFS4IoT camelCase code or "" (printer: paperOut, paperJammed, coverOpen, cutterJam, headHot; any: noDevice,
    hardwareError, timeOut, permissionDenied), or ``HUNG``. ``statistics`` carries UnifiedPOS counter names. ``moved_from`` is the port where it was
    before, or should be, "" while it is where it was.
    """

    kind: DeviceKind
    state: DeviceState
    error: str = ""
    level: ErrorLevel = ErrorLevel.NONE
    paper: Paper = Paper.UNKNOWN
    cover: Cover = Cover.UNKNOWN
    model: str = ""
    port: str = ""
    moved_from: str = ""
    statistics: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """True when the device can do its work now."""
        return self.state is DeviceState.ONLINE and self.level is ErrorLevel.NONE
