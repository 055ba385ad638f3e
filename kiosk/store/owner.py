"""One owner per file: a lock that a second process, or a second opening in the same process, does not get.

The lock is an ``flock`` on a side file; the kernel drops it with the process, so a crash leaves no stale lock.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from kiosk.store.errors import StoreError


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
            raise _open_error(err) from err
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            os.close(descriptor)
            raise StoreError("storeBroken", "owned") from err
        return cls(descriptor)

    def release(self) -> None:
        """Let go; a second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open_error(err: OSError) -> StoreError:
    match err.errno:
        case 28 | 122:  # ENOSPC, EDQUOT
            return StoreError("diskFull")
        case 30 | 13 | 1:  # EROFS, EACCES, EPERM
            return StoreError("readOnly")
        case _:
            return StoreError("storeBroken", "cannotOpen")
