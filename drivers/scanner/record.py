"""What a scanner tells."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """A code was read. ``text`` may be hostile: at most 4296 characters, control characters stripped; ``engine`` says who read it."""

    text: str = field(repr=False)
    engine: str = ""


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """One picture for the person to aim by: 8-bit RGB, rows top down."""

    width: int
    height: int
    rgb: bytes = field(repr=False)
