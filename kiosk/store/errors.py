"""What a store cannot do, told by what the caller can do about it.

``StoreError`` - nothing was written; a person must come. Its ``code`` is
``diskFull`` | ``readOnly`` (both may be repeated when the cause is gone) | ``storeBroken`` (all else), its ``reason`` is for the technician.
Source: SQLite result codes, https://sqlite.org/rescode.html. Rule: neither codes nor reasons ever hold values of rows.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_CODE_READONLY = 8
_CODE_IOERR = 10
_CODE_FULL = 13
_CODE_CANTOPEN = 14
_READONLY_DBMOVED = 1032
_REASONS = {
    5: "busy",
    6: "busy",
    11: "damaged",
    19: "constraint",
    26: "notADatabase",
    _CODE_IOERR: "ioError",
    _CODE_CANTOPEN: "cannotOpen",
    _READONLY_DBMOVED: "fileMoved",
}


class StoreError(Exception):
    """The store refused or failed; the file is as it was before.

    ``code``: diskFull | readOnly | storeBroken. ``reason`` for storeBroken: keyWrong | keyMissing | keyOpenToOthers | notEncrypted | pragma | damaged | lost | owned |
    newer | otherTerminal | busy | constraint | notADatabase | ioError | cannotOpen | fileMoved | sqlite.
    """

    def __init__(self, code: str, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code}:{reason}" if reason else code)


def store_error(err: BaseException, path: Path) -> StoreError:
    """Translate an error of SQLite on the file ``path``."""
    extended = int(getattr(err, "sqlite_errorcode", 0) or 0)
    primary = extended & 0xFF
    if primary == _CODE_FULL:
        return StoreError("diskFull")
    if primary == _CODE_READONLY and extended != _READONLY_DBMOVED:
        return StoreError("readOnly")
    if primary in (_CODE_IOERR, _CODE_CANTOPEN):
        # A full or read-only disk shows up as an I/O error when the -wal or -shm file cannot grow or be made.
        cause = _disk_cause(path)
        if cause:
            return StoreError(cause)
    return StoreError("storeBroken", _REASONS.get(extended) or _REASONS.get(primary) or "sqlite")


def disk_error(err: OSError) -> StoreError:
    """Translate an error of the operating system around the file."""
    match err.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return StoreError("diskFull")
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return StoreError("readOnly")
        case _:
            return StoreError("storeBroken", "cannotOpen")


def _disk_cause(path: Path) -> str:
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return ""
    if disk.f_flag & os.ST_RDONLY:
        return "readOnly"
    if disk.f_bavail == 0 or (disk.f_files and disk.f_favail == 0):
        return "diskFull"
    return ""
