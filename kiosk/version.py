"""Which software this is, and when it was made: a clock before that day cannot be right."""

from __future__ import annotations

from datetime import UTC, datetime

VERSION = "0.1.0"
BUILT_AT = datetime(2026, 11, 1, tzinfo=UTC)
