"""Profiles of ID-card readers, from ``profiles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

_FILE = Path(__file__).with_name("profiles.toml")


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """How to talk to one kind of reader. Times in seconds; ``usb_ids`` are VID:PID pairs, ``baud`` is for serial readers."""

    name: str
    transport: str
    poll_s: float
    command_timeout_s: float
    read_timeout_s: float
    reset_after_failures: int
    usb_ids: frozenset[tuple[int, int]] = frozenset()
    baud: int = 115200


@cache
def reader_profiles() -> Mapping[str, ReaderProfile]:
    """All delivered profiles by name."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType({name: _profile(name, dict(table)) for name, table in tables.items()})


def reader_profile(name: str) -> ReaderProfile:
    """The profile of that name. Raises ``KeyError``."""
    return reader_profiles()[name]


def _profile(name: str, table: dict[str, Any]) -> ReaderProfile:
    ids = frozenset((int(pair[:4], 16), int(pair[5:], 16)) for pair in table.pop("usb_ids", ()))
    return ReaderProfile(name=name, usb_ids=ids, **table)
