"""What a centre is told at its start: where its files, its database and its broker are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.fleet.store.database import default_url


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker listens and how the centre proves who it is. The password lies in a file: an argument would be seen by everybody.

    With ``ca`` the connection is TLS; ``certificate`` and ``key`` are the centre's own.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    user: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Delays:
    """Times in seconds of what the centre believes and when it speaks."""

    ask_after_s: float = 300  # quiet for so long: asked whether it is there
    silent_after_s: float = 750  # nothing heard: asked twice, no answer
    late_after_s: float = 360  # asked and no answer yet: no alarm, but it counts for the county
    device_silent_after_s: float = 1800
    offline_after_s: float = 90  # a connection that comes back sooner was never gone
    reorder_s: float = 5
    rebirth_every_s: float = 60
    opening_grace_s: float = 900
    cannot_issue_s: float = 600
    gap_s: float = 300
    job_grace_s: float = 300


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """The whole of it. ``database`` "" is the embedded one in ``folder``."""

    folder: Path
    database: str = ""
    broker: Broker = field(default_factory=Broker)
    collectors: int = 1
    shared: bool = True  # shared subscriptions, where the broker has them
    delays: Delays = field(default_factory=Delays)
    keep_months: Mapping[str, int] = field(default_factory=lambda: {"health_history": 6})
    """Whole months kept of a partitioned table; a table that is not named is kept for ever."""

    @property
    def url(self) -> str:
        """The database's address."""
        return self.database or default_url(self.folder)

    @property
    def keys(self) -> Path:
        """The trusted key list of the terminals."""
        return self.folder / "keys.json"

    @property
    def files(self) -> Path:
        """The files of releases, as terminals fetch them."""
        return self.folder / "files"

    @property
    def centre_key(self) -> Path:
        """The centre's own secret, which signs jobs and files."""
        return self.folder / "centre.key"

    @property
    def centre_public(self) -> Path:
        """Its public half, for the terminals: 64 hex digits."""
        return self.folder / "centre.pub"
