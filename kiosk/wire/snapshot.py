"""What the app tells about itself: one small file under the runtime directory, replaced as a whole, read by the agent.

The app writes ``status.json`` (``STATUS_FILE``) with ``Status(...).encode()`` into a temporary file beside it and renames it, at every change and at
least every ``BEAT_S``; the agent reads it with ``Status.decode``. An older ``at`` than ``STALE_S`` means that the app hangs or is gone.
No personal data: pages and codes only.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from kiosk.wire.message import Count, Day, Message, Moment, Part, Terminal

STATUS_FILE = "status.json"
BEAT_S = 10
STALE_S = 45


class DeviceName(StrEnum):
    """Devices of a terminal; also the device ids on the health plane."""

    PRINTER = "printer"
    SCALE = "scale"
    READER = "reader"
    CAMERA = "camera"


class DeviceStatus(Part):
    """One device in the words of ``drivers/device.py`` (XFS4IoT state, error, paper; UnifiedPOS level and statistics)."""

    state: str = Field(max_length=24)
    error: str = Field(default="", max_length=40)
    level: str = Field(default="none", max_length=16)
    paper: str = Field(default="unknown", max_length=16)
    cover: str = Field(default="unknown", max_length=16)
    model: str = Field(default="", max_length=80)
    port: str = Field(default="", max_length=80)
    statistics: dict[str, Count] = Field(default_factory=dict)


class Supplies(Part):
    """What runs out. ``labels_remaining`` None: nobody counted."""

    labels_remaining: Count | None = None
    labels_printed: Count = 0


class Versions(Part):
    """What is in use; 0 and "" for none."""

    software: str = Field(max_length=64)
    configuration: Count = 0
    directory: Count = 0
    keys: Count = 0


class ClockStatus(Part):
    """Whether the app may date certificates. ``problem``: "" or clockUntrusted."""

    source: str = Field(max_length=16)
    problem: str = Field(default="", max_length=40)


class Ledger(Part):
    """What the app knows of its ledger. ``last_issued_at`` None: it has issued nothing yet, or does not know."""

    last_counter: Count = 0
    issued_today: Count = 0
    last_issued_at: Moment | None = None
    store_error: str = Field(default="", max_length=60)


class Deadlines(Part):
    """Last days of what must be renewed by hand. None: nobody set one."""

    signing_key: Day | None = None
    scale_verification: Day | None = None


class Status(Message):
    """The whole snapshot. ``can_issue`` False comes with at least one code in ``alarms`` or a pause.

    ``pause_reason`` is what the public reads; ``in_visit``: somebody is being served, so nothing of theirs may be disturbed.
    """

    at: Moment
    terminal: Terminal
    boot: str = Field(max_length=64)
    page: str = Field(max_length=40)
    can_issue: bool
    paused: bool = False
    pause_reason: str = Field(default="", max_length=120)
    in_visit: bool = False
    demo: bool = False
    devices: dict[Annotated[DeviceName, Field(strict=False)], DeviceStatus] = Field(default_factory=dict)
    supplies: Supplies = Supplies()
    deadlines: Deadlines = Deadlines()
    clock: ClockStatus
    versions: Versions
    ledger: Ledger = Ledger()
    alarms: tuple[str, ...] = Field(default=(), strict=False)
