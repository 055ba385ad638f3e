"""What the technician's room asks of the outside world."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.session.effects import Effect
from kiosk.upkeep.health import CheckHealth, Part


class UpkeepEffect(Effect):
    """Base of all of them."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CheckTechnicianPin(UpkeepEffect):
    """-> PinChecked | ServiceRefused('pinLocked' | 'technicianPinMissing')."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookAtDevices(UpkeepEffect):
    """-> DevicesSeen."""


@dataclass(frozen=True, slots=True)
class WatchBytes(UpkeepEffect):
    """Keep the last transfers of this device's wire from now on."""

    part: Part


@dataclass(frozen=True, slots=True)
class StopWatching(UpkeepEffect):
    """Keep no transfer of any device, and forget those that were kept."""


@dataclass(frozen=True, slots=True)
class LookAtBytes(UpkeepEffect):
    """-> BytesSeen."""

    part: Part


@dataclass(frozen=True, slots=True)
class PrintTrial(UpkeepEffect):
    """Print the test label -> TrialDrawn, then exactly one TrialPrinted."""


@dataclass(frozen=True, slots=True)
class LookAtMachine(UpkeepEffect):
    """-> MachineSeen."""


@dataclass(frozen=True, slots=True)
class CheckLedger(UpkeepEffect):
    """Read the whole ledger -> LedgerChecked."""


@dataclass(frozen=True, slots=True)
class KeepCheck(UpkeepEffect):
    """Write a check's result into the legal log; ``facts`` are what was measured, never personal."""

    check: CheckHealth
    facts: tuple[tuple[str, str], ...] = ()
