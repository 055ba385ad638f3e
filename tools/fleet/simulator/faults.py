"""Faults of terminals, and how often: ``offline:0.1,duplicates:0.05,paperOut:0.02,outage:140703``.

A number is the share of terminals (or of messages, for duplicates and reorder). ``outage`` names a county whose connections fall half-way through.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

_COUNTIES = "outage"


@dataclass(frozen=True, slots=True)
class Faults:
    """All zero: a fleet in perfect health."""

    offline: float = 0  # away for a third of the time, the backlog follows
    duplicates: float = 0
    reorder: float = 0
    rollback: float = 0  # the disk goes back in time, once
    clone: float = 0  # a second machine with the same disk
    paperOut: float = 0
    silence: float = 0  # connected, and says nothing any more
    outage: str = ""

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Read the words of the command line. Raises ``ValueError``."""
        known = {one.name for one in fields(cls)}
        values: dict[str, float | str] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition(":")
            if name not in known:
                raise ValueError(f"no such fault: {name}; there are {', '.join(sorted(known))}")
            values[name] = value if name == _COUNTIES else float(value or 1)
        return cls(**values)  # type: ignore[arg-type]
