"""The centre's standing word, read where certificates are made: no screen and no agent has to be trusted to obey it.

Rules
- The agent's file in the runtime directory counts. When it is gone (after a reboot, before the agent is up) or unreadable, the last one holds: a
  copy is kept.
- A counter floor never comes down again.
- A ledger that has given no number yet may give one only when the centre has spoken since it was made: before, nobody here knows which numbers an
  earlier disk of this terminal gave.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from kiosk import log
from kiosk.store.whole_file import file_identity, write_whole
from kiosk.wire.canonical import WireError
from kiosk.wire.order import STANDING_FILE, Standing


class StandingWord(Protocol):
    """What holds until the centre says otherwise."""

    def read(self) -> Standing: ...

    def knows_numbers(self, generation: str) -> bool:
        """Whether a first number of the ledger ``generation`` would surely be new."""
        ...


class NoCentre:
    """A terminal that works alone: never paused, no floor."""

    def read(self) -> Standing:
        """Nothing holds."""
        return Standing()

    def knows_numbers(self, generation: str) -> bool:
        """There is nobody to ask."""
        return True


class StandingFile:
    """Reads the agent's file, again whenever it changed. The copy is in ``keep``: app and issuer each have their own, so both know it after a start."""

    def __init__(self, runtime: Path, keep: Path) -> None:
        self._path = runtime / STANDING_FILE
        self._copy = keep / STANDING_FILE
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._now = _decoded(self._copy) or Standing()
        self._failure = ""

    def read(self) -> Standing:
        """What holds now. Never fails: what cannot be read leaves the last word standing."""
        with self._lock:
            identity = file_identity(self._path)
            if identity is not None and identity != self._seen:
                fresh = _decoded(self._path)
                if fresh is not None:
                    self._take(fresh)
                    self._seen = identity
            return self._now

    def knows_numbers(self, generation: str) -> bool:
        """Whether the centre has heard of this ledger and told its floor."""
        return self.read().floor_ledger == generation

    def _take(self, fresh: Standing) -> None:
        floor = max(fresh.counter_floor, self._now.counter_floor)
        told_of = fresh.floor_ledger or self._now.floor_ledger
        after = fresh.model_copy(update={"counter_floor": floor, "floor_ledger": told_of})
        if after != self._now:
            try:
                write_whole(self._copy, after.encode())
                self._failure = ""
            except OSError as err:  # it holds all the same, only not over a reboot without the agent
                if self._failure != (failure := type(err).__name__):
                    self._failure = failure
                    log.event("standing-not-kept", error=failure)
        self._now = after


def _decoded(path: Path) -> Standing | None:
    try:
        return Standing.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, WireError) as err:
        log.event("standing-unreadable", error=type(err).__name__)
        return None
