"""What the farmer can do at a terminal: one word each."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Ordered from well to gone."""

    ISSUING = "issuing"
    DEGRADED = "degraded"  # issues, but somebody should come
    CANNOT_ISSUE = "cannotIssue"
    OFFLINE = "offline"  # said good-bye or its connection fell; may well issue without us
    SILENT = "silent"  # nothing heard for too long, nobody knows
    UPDATING = "updating"
    NOT_COMMISSIONED = "notCommissioned"
    RETIRED = "retired"


CAN_ISSUE = frozenset({State.ISSUING, State.DEGRADED})
COUNTED = frozenset(State) - {State.NOT_COMMISSIONED, State.RETIRED}
"""States of terminals that should be at work: the whole of "1,812 of 1,846"."""


class Severity(StrEnum):
    """How soon somebody must move."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"
