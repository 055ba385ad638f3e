"""Profiles of scanners that decode by themselves, from ``profiles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).with_name("profiles.toml")


class Way(StrEnum):
    """How codes come in."""

    WEDGE = "wedge"
    HID_POS = "hid-pos"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class ScannerProfile:
    """One kind of scanner; ``baud`` is for serial ones (a USB-CDC scanner takes any)."""

    name: str
    way: Way
    baud: int = 9600


@cache
def scanner_profiles() -> Mapping[str, ScannerProfile]:
    """All delivered profiles by name."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {name: ScannerProfile(name=name, way=Way(table["way"]), baud=table.get("baud", 9600)) for name, table in tables.items()}
    )
