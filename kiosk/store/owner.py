"""One owner per file: a lock that a second process, or a second opening in the same process, does not get.

The lock is an ``flock`` on a side file; the kernel drops it with the process, so a crash leaves no stale lock. The side file also remembers
that a ledger was begun: an emptied file must not become a new ledger that gives the same numbers again.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from kiosk.store.errors import StoreError, disk_error

_BEGUN = b"begun\n"


class Ownership:
    """Held from ``take`` to ``release``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Ownership:
        """Own ``path``. Raises ``StoreError`` (storeBroken/owned) when somebody else does."""
        side = path.with_name(path.name + ".owner")
        try:
            descriptor = os.open(side, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as err:
            raise disk_error(err) from err
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            os.close(descriptor)
            raise StoreError("storeBroken", "owned") from err
        return cls(descriptor)

    @property
    def has_begun(self) -> bool:
        """Whether a ledger was ever begun here; then an empty or missing file is a loss, not a beginning."""
        return self._descriptor is not None and os.fstat(self._descriptor).st_size > 0

    def mark_begun(self) -> None:
        """Remember durably that there is a ledger. Raises ``StoreError``."""
        if self._descriptor is None or self.has_begun:
            return
        try:
            os.pwrite(self._descriptor, _BEGUN, 0)
            os.fsync(self._descriptor)
        except OSError as err:
            raise disk_error(err) from err

    def release(self) -> None:
        """Let go; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
