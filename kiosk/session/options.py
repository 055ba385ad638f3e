"""What the centre may set from afar, as the sessions need it. Units, bounds and names of the options: ``kiosk.config.RulesSection``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """``idle_s``: seconds without a touch before 您还在吗 (twice as long for elders); ``elder_first``: 大字 from the start of each visit;
    ``slogans`` are told on the attract page before everything else."""

    signature_required: bool = True
    max_copies: int = 50
    unit_shown: str = "公斤"
    idle_s: int = 40
    elder_first: bool = False
    slogans: tuple[str, ...] = ()
