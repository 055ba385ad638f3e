"""What the agent asks of the app: small files in two folders of the runtime directory, because the app has no network and needs none.

The agent renames ``orders/<id>.json`` (``Order``) into place; the app renames it to ``orders/<id>.taken``, does it, writes ``answers/<id>.json``
(``Answer``) and then removes what it took: after a crash of either it can be told what was begun, what was done and what was not. An order whose
``not_after`` has passed is removed unanswered. ``standing.json`` (``Standing``) is what holds until it is replaced: the pause and the counter floor.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from kiosk.wire.message import Count, Message, Moment
from kiosk.wire.uplink import Pause

ORDERS_FOLDER = "orders"
ANSWERS_FOLDER = "answers"
TAKEN = ".taken"
"""Suffix of an order that the app has begun."""
STANDING_FILE = "standing.json"


class OrderKind(StrEnum):
    """What the app does itself."""

    SELF_TEST = "selfTest"
    TEST_PRINT = "testPrint"
    SET_CONFIGURATION = "setConfiguration"


class Order(Message):
    """One order; ``args`` are those of the job of the same name. ``not_after`` is by the machine's own clock, which the app reads too."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    kind: OrderKind = Field(strict=False)
    args: dict[str, Any] = Field(default_factory=dict)
    not_after: Moment


class Answer(Message):
    """How it ended. ``code`` is "" when ``ok``; ``detail`` holds codes and numbers; ``rejected``: the app did not even begin."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")
    ok: bool
    rejected: bool = False
    code: str = Field(default="", max_length=60)
    detail: dict[str, Any] = Field(default_factory=dict)


class Standing(Message):
    """Holds until replaced. ``counter_floor``: give no number at or below it (0: no floor known).

    ``floor_ledger`` is the generation of the ledger that the centre had heard of when it last said so, "" when it never did: a floor of before a
    ledger was lost says nothing about the numbers given since.
    """

    pause: Pause = Pause()
    counter_floor: Count = 0
    floor_ledger: str = Field(default="", max_length=64)
