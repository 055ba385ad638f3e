"""Structured log lines from one catalogue of events, with redaction in one place.

Rules: an event id must stand in ``data/log_events.toml`` with exactly the fields it may carry; a field that looks like an ID number or a
phone is replaced whoever wrote it. info: a person did something; warning: we coped; error: somebody must come.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

_CATALOGUE = Path(__file__).parent / "data" / "log_events.toml"
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])")
_LOGGER = logging.getLogger("kiosk")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


@lru_cache(maxsize=1)
def catalogue() -> dict[str, dict[str, object]]:
    """Event id -> {level, fields, meaning}."""
    return dict(tomllib.loads(_CATALOGUE.read_text(encoding="utf-8")))


def to_journal(form: str = "%(message)s") -> None:
    """Send our events and other people's warnings to standard error, each once: the journal of the process that calls this at its start."""
    logging.basicConfig(level=logging.WARNING, format=form, stream=sys.stderr)
    _LOGGER.setLevel(logging.INFO)


def redact(text: str) -> str:
    """Hide whatever looks like an ID number or a mobile phone."""
    return _PERSONAL.sub("[…]", text)


def event(name: str, /, **fields: object) -> None:
    """Write one catalogued event. Raises ``KeyError`` or ``ValueError`` for one that is not in the catalogue: our own mistake."""
    entry = catalogue()[name]
    allowed = entry["fields"]
    if not isinstance(allowed, list) or not set(fields) <= set(allowed):
        raise ValueError(f"{name} may only carry {allowed}")
    body = {"event": name, **{key: redact(str(value)) for key, value in fields.items()}}
    _LOGGER.log(_LEVELS[str(entry["level"])], "%s", json.dumps(body, ensure_ascii=False, separators=(",", ":")))
