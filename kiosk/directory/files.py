"""The files of a folder of directories: ``directory-N.db``, the highest N first.

A file with this name is complete; one in work ends in ``.part``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PART = ".part"
_NAME = re.compile(r"directory-([1-9][0-9]{0,8})\.db")


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """One complete directory."""

    number: int
    path: Path


def path_of(folder: Path, number: int) -> Path:
    """Where directory ``number`` stands when it is complete."""
    return folder / f"directory-{number}.db"


def snapshots(folder: Path) -> list[SnapshotFile]:
    """All complete directories, the newest first; none when there is no folder."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return []
    found = [SnapshotFile(int(match[1]), folder / match[0]) for name in names if (match := _NAME.fullmatch(name))]
    return sorted(found, key=lambda file: file.number, reverse=True)
