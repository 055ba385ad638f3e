"""What the agent asks of the app: small files in two folders of the runtime directory, because the app has no network and needs none.

The agent renames ``orders/<id>.json`` (``Order``) into place; the app does it, writes ``answers/<id>.json`` (``Answer``) the same way and then removes the
order. ``standing.json`` (``Standing``) is what holds until it is replaced: the pause and the counter floor. Both sides write a temporary file
first and rename it. An order whose ``not_after`` has passed is removed unanswered.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from kiosk.wire.message import Count, Message, Moment
from kiosk.wire.uplink import Pause

ORDERS_FOLDER = "orders"
ANSWERS_FOLDER = "answers"
STANDING_FILE = "standing.json"


class OrderKind(StrEnum):
    """What the app does itself."""

    SELF_TEST = "selfTest"
    TEST_PRINT = "testPrint"
    SET_CONFIGURATION = "setConfiguration"
    DIRECTORY_CHANGED = "directoryChanged"
    KEYS_CHANGED = "keysChanged"


class Order(Message):
    """One order; ``args`` are those of the job of the same name."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    kind: OrderKind = Field(strict=False)
    args: dict[str, Any] = Field(default_factory=dict)
    not_after: Moment


class Answer(Message):
    """How it ended. ``code`` is "" when ``ok``; ``detail`` holds codes and numbers."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    ok: bool
    code: str = Field(default="", max_length=60)
    detail: dict[str, Any] = Field(default_factory=dict)


class Standing(Message):
    """Holds until replaced. ``counter_floor``: give no number at or below it (0: no floor known)."""

    pause: Pause = Pause()
    counter_floor: Count = 0
