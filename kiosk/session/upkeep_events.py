"""What can happen in the technician's room beside what happens everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from kiosk.domain.certificate import PaperOutcome
from kiosk.session.events import Event, Picture
from kiosk.upkeep.health import DeviceReport, Part


@dataclass(frozen=True, slots=True)
class PartChosen(Event):
    """A tile of the overview."""

    part: Part


@dataclass(frozen=True, slots=True)
class MachineChosen(Event):
    """The tile of the machine itself."""


@dataclass(frozen=True, slots=True)
class ReferenceChosen(Event):
    """The weight that the technician puts on the pan, in kilograms."""

    kg: Decimal


@dataclass(frozen=True, slots=True)
class TargetTouched(Event):
    """One of the targets of the touch check."""

    target: str


@dataclass(frozen=True, slots=True)
class DevicesSeen(Event):
    """Answer to LookAtDevices."""

    reports: tuple[DeviceReport, ...]


@dataclass(frozen=True, slots=True)
class ByteLine:
    """One transfer: seconds since watching began, ``in`` from the device or ``out`` to it, spaced hex (shortened), and how many bytes it was."""

    at_s: float
    way: str
    text: str
    size: int


@dataclass(frozen=True, slots=True)
class BytesSeen(Event):
    """Answer to LookAtBytes: the newest transfers, oldest first; ``total`` counts all since watching began."""

    lines: tuple[ByteLine, ...]
    total: int


@dataclass(frozen=True, slots=True)
class TrialDrawn(Event):
    """The test label as it prints."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class TrialPrinted(Event):
    """The test label's fate. ``error`` is "" or a code of the printer, or why nothing was sent."""

    outcome: PaperOutcome
    error: str = ""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """The machine itself. Bytes of the disk that holds the ledger; ``paths`` are (name, where). ``voice`` is "" where there is none."""

    version: str
    built: str
    system: str
    terminal: str
    station: str
    paths: tuple[tuple[str, str], ...]
    disk_free: int
    disk_total: int
    ledger_bytes: int
    clock: str
    voice: str


@dataclass(frozen=True, slots=True)
class MachineSeen(Event):
    """Answer to LookAtMachine."""

    facts: MachineFacts


@dataclass(frozen=True, slots=True)
class LedgerHealth:
    """``problem`` is "" or a code of the store; ``broken_row`` the first row of the legal log that does not fit, None when all do."""

    problem: str = ""
    broken_row: int | None = None

    @property
    def is_whole(self) -> bool:
        """File and chain are what they were written as."""
        return not self.problem and self.broken_row is None


@dataclass(frozen=True, slots=True)
class LedgerChecked(Event):
    """Answer to CheckLedger."""

    health: LedgerHealth = field(default_factory=LedgerHealth)
