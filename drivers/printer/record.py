"""Print jobs and their outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class MonoBitmap:
    """A 1-bit picture at printer resolution: rows top down, MSB is the left dot, 1 is black, rows padded with white to whole bytes."""

    width_dots: int
    height_dots: int
    data: bytes

    def __post_init__(self) -> None:
        if self.width_dots < 1 or self.height_dots < 1:
            raise ValueError("a bitmap has at least one dot")
        if len(self.data) != self.stride_bytes * self.height_dots:
            raise ValueError("bitmap data does not fit its size")

    @property
    def stride_bytes(self) -> int:
        """Bytes per row."""
        return (self.width_dots + 7) // 8


@dataclass(frozen=True, slots=True)
class PrinterJob:
    """One piece of paper: the finished byte stream of one copy. ``job_id`` comes back in the outcome."""

    job_id: str
    data: bytes
    height_mm: float


class Outcome(StrEnum):
    """The truth about one piece of paper; never guessed."""

    CONFIRMED = "confirmed"  # the printer said so after the last dot
    FAILED = "failed"  # provably no complete paper
    UNKNOWN = "unknown"  # bytes left, proof did not come: a person must be asked


@dataclass(frozen=True, slots=True)
class JobDone:
    """The last word on a job. ``error`` is an XFS4IoT code or ""; ``bytes_sent`` of ``bytes_total`` were taken by the printer."""

    job_id: str
    outcome: Outcome
    error: str
    bytes_sent: int
    bytes_total: int
