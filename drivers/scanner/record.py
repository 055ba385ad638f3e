"""What a scanner tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """A code was read. ``text`` may be hostile: at most 4296 characters, control characters stripped; ``engine`` says who read it."""

    text: str = field(repr=False)
    engine: str = ""


class Hint(StrEnum):
    """What to do so that a code can be read."""

    NONE = ""
    CLOSER = "closer"
    FARTHER = "farther"
    DARK = "dark"
    GLARE = "glare"
    LEVEL = "level"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """One picture for the person to aim by: 8-bit RGB, rows top down. ``hint`` is what may help."""

    width: int
    height: int
    rgb: bytes = field(repr=False)
    hint: Hint = Hint.NONE
