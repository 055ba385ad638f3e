"""What a printer model can and cannot do, as data read from ``profiles.toml``.

Rules
- A profile never claims more than its printer proves: ``confirm`` names the strongest proof of printing that the model really gives.
- Values from memory are defaults here and may be changed by the technician's file; nothing of them is written into code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from drivers.errors import DriverFault

PROFILES_FILE = Path(__file__).with_name("profiles.toml")


class Confirm(StrEnum):
    """The strongest sign a model gives that the last dot is on paper."""

    PROCESS_ID = "gs_h"  # GS ( H: answered after the data before it has been printed
    FENCE = "gs_r"  # GS r: answered when the interpreter gets there
    IDLE = "idle"  # DLE EOT without fault after ``flush_bytes`` white bytes were pushed through the receive buffer
    STATUS = "status"  # TSPL: "printing" was seen after PRINT, then "ready"
    NONE = "none"  # the printer says nothing: a person is asked


class Language(StrEnum):
    """What the printer speaks."""

    ESCPOS = "escpos"
    TSPL = "tspl"


class Media(StrEnum):
    """How a label printer finds the beginning of a label (TSPL)."""

    GAP = "gap"
    MARK = "mark"
    CONTINUOUS = "continuous"


class Ending(StrEnum):
    """How a piece of paper ends."""

    CUT = "cut"  # GS V 66 0: feed to the cutter, cut
    GAP = "gap"  # GS FF: feed to the next label or mark
    FORM_FEED = "ff"  # FF: the same on clones that know no GS FF
    FEED = "feed"  # ESC d: feed to the tear bar


class Flow(StrEnum):
    """How a serial printer says that its buffer is full."""

    NONE = ""
    XON_XOFF = "xonxoff"
    RTS_CTS = "rtscts"
    DSR_DTR = "dsrdtr"


class Align(StrEnum):
    """Where a picture narrower than the head lies."""

    LEFT = "left"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """One printer model. Lengths in dots unless the name says otherwise, times in seconds."""

    name: str
    head_dots: int
    dpi: int = 203
    band_rows: int = 64
    align: Align = Align.LEFT
    left_dots: int = 0
    ending: Ending = Ending.CUT
    feed_lines: int = 6
    confirm: Confirm = Confirm.IDLE
    flush_bytes: int = 0
    asb: bool = False
    has_near_end: bool = True
    clears_on_request: bool = False  # ESC/POS: DLE DC4 8 with its answer; TSPL: ESC ! . drops the label under way
    recovers_on_request: bool = False  # DLE ENQ 2 frees a jammed cutter and clears the buffers
    baud: int = 115200  # of a serial one
    flow: Flow = Flow.XON_XOFF
    speed_mm_s: int = 100
    lead_rows: int = 128
    chunk_bytes: int = 4096
    reply_s: float = 0.2
    write_s: float = 0.5
    stall_s: float = 6.0
    settle_s: float = 3.0
    poll_s: float = 1.0
    language: Language = Language.ESCPOS
    media: Media = Media.GAP
    between_mm: float = 2.0  # TSPL: length of the gap or the mark
    density: int = 8  # TSPL: 0..15
    black_is_one: bool = False  # TSPL: clones that print ones
    spoiler: str = "X"  # TSPL: what makes a half line no command; empty for printers that complain about it

    def __post_init__(self) -> None:
        if self.head_dots < 8 or self.head_dots % 8:
            raise ValueError("a head has whole bytes of dots")
        if not 8 <= self.band_rows <= 256:
            raise ValueError("bands are 8 to 256 rows")
        if not 0 <= self.left_dots < self.head_dots:
            raise ValueError("the left edge lies on the head")
        if not 64 <= self.chunk_bytes <= 65536 or not 1 <= self.feed_lines <= 255:
            raise ValueError("chunk or feed out of range")
        if not 0 <= self.flush_bytes <= 1 << 20:
            raise ValueError("flush_bytes is out of range")
        if not 0 <= self.density <= 15 or not 0 <= self.between_mm <= 30:
            raise ValueError("density or gap out of range")
        if self.confirm is not Confirm.NONE and (self.language is Language.TSPL) != (self.confirm is Confirm.STATUS):
            raise ValueError("this language does not give that proof")
        if min(self.speed_mm_s, self.lead_rows, self.reply_s, self.write_s, self.stall_s, self.settle_s, self.poll_s) <= 0:
            raise ValueError("times, speed and lead are positive")

    @property
    def dots_per_mm(self) -> int:
        """The nominal whole number that heads are made for: 8 at 203 dpi, 12 at 300."""
        return round(self.dpi / 25.4)

    @property
    def rows_per_s(self) -> float:
        """How fast paper passes the head."""
        return self.speed_mm_s * self.dpi / 25.4


def load_profiles(path: Path = PROFILES_FILE) -> Mapping[str, PrinterProfile]:
    """All profiles of a file, by name.

    Raises:
        DriverFault: ``profileInvalid``, with the profile's name and the reason.
    """
    with path.open("rb") as file:
        tables = tomllib.load(file)
    profiles = {}
    for name, table in tables.items():
        try:
            words = {**table, **{key: kind(table[key]) for key, kind in _WORDS.items() if key in table}}
            profiles[name] = PrinterProfile(name=name, **words)
        except (TypeError, ValueError) as err:
            raise DriverFault("profileInvalid", profile=name, reason=str(err)) from err
    return profiles


@cache
def builtin_profiles() -> Mapping[str, PrinterProfile]:
    """The profiles delivered with the drivers."""
    return load_profiles()


def printer_profile(name: str) -> PrinterProfile:
    """One delivered profile.

    Raises:
        DriverFault: ``profileUnknown``.
    """
    try:
        return builtin_profiles()[name]
    except KeyError:
        raise DriverFault("profileUnknown", profile=name) from None


_WORDS = {"align": Align, "ending": Ending, "flow": Flow, "confirm": Confirm, "language": Language, "media": Media}
