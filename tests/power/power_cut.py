"""A disk that loses power: the log of ``disklog.c`` is played back up to any moment, and what was not synced survives only by luck.

Model: every write since the file's last sync is kept, lost or torn at a sector of 512 bytes, each for itself; an answered sync is kept. New and
removed names are taken as kept. The shared-memory file is gone: it never was on the disk.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.power.ledger_truth import Line

_HEAD = struct.Struct("<cHQI")
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the process did."""

    op: str
    path: str
    number: int
    data: bytes = field(repr=False)


def build(folder: Path) -> Path:
    """Compile the recorder."""
    library = folder / "disklog.so"
    source = Path(__file__).with_name("disklog.c")
    subprocess.run(["cc", "-O1", "-Wall", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl", "-lpthread"], check=True)
    return library


def steps(log: Path) -> list[Step]:
    """All whole records of a log."""
    raw, at, found = log.read_bytes(), 0, []
    while at + _HEAD.size <= len(raw):
        op, path_length, number, length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        end = at + path_length + length
        if end > len(raw):
            break
        found.append(Step(op.decode(), raw[at : at + path_length].decode(), number, raw[at + path_length : end]))
        at = end
    return found


def said(done: list[Step]) -> list[Line]:
    """What the process had told by then."""
    text = b"".join(step.data for step in done if step.op == "A").decode()
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def after_the_cut(done: list[Step], dice: random.Random) -> dict[str, bytes]:
    """The files as the disk has them when power is back."""
    safe: dict[str, bytearray] = {}
    unsafe: dict[str, list[Step]] = {}
    for step in done:
        if step.op in "WT":
            safe.setdefault(step.path, bytearray())
            unsafe.setdefault(step.path, []).append(step)
        elif step.op == "S":
            for kept in unsafe.pop(step.path, []):
                _apply(safe[step.path], kept, len(kept.data))
        elif step.op == "U":
            safe.pop(step.path, None)
            unsafe.pop(step.path, None)
    for path, waiting in unsafe.items():
        for step in waiting:
            if dice.random() < 0.5:
                torn = dice.random() < 0.3
                _apply(safe[path], step, dice.randrange(0, len(step.data) + 1, _SECTOR) if torn else len(step.data))
    return {path: bytes(content) for path, content in safe.items() if not path.endswith("-shm")}


def _apply(content: bytearray, step: Step, length: int) -> None:
    if step.op == "T":
        del content[step.number :]
        content.extend(bytes(step.number - len(content)))
        return
    content.extend(bytes(max(0, step.number - len(content))))
    content[step.number : step.number + length] = step.data[:length]
