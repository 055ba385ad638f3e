"""States of the terminal to look at: every page with usual and with the longest data. Rooms register theirs with ``@sample``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from kiosk.session.pages import Page
from kiosk.session.terminal import Errand, Terminal
from kiosk.session.visit import Rules, Visit
from support import builders
from support.walk import READY

STATION = "太谷区明星镇农产品服务站"
LONGEST_STATION = "大同市云州区西坪镇黄花产业示范园区下榆涧村农产品质量安全公共服务总站第二"
LONGEST_SUBJECT = "大同市云州区𬭎㛃火山黄花种植加工农民专业合作社联合社"
LONGEST_PLACE = "大同市云州区西坪镇黄花产业示范园区下榆涧村民委员会二组"
ROOMS = (
    "support.states_identify",
    "support.states_goods",
    "support.states_paper",
    "support.states_clerk",
    "support.states_register",
    "support.states_upkeep",
    "support.states_pause",
)

Maker = Callable[[], Terminal]
_SAMPLES: dict[str, tuple[Page, Maker]] = {}


def sample(page: Page, name: str = "usual") -> Callable[[Maker], Maker]:
    """Register a function that makes a state on ``page``; names are unique within a page (usual, longest, ...)."""

    def register(make: Maker) -> Maker:
        key = f"{page.value}-{name}"
        if key in _SAMPLES:
            raise ValueError(f"{key} exists")
        _SAMPLES[key] = (page, make)
        return make

    return register


def samples(wanted: str = "") -> Iterator[tuple[str, Page, Terminal]]:
    """All registered states whose key begins with ``wanted``."""
    for room in ROOMS:
        importlib.import_module(room)
    for key, (page, make) in sorted(_SAMPLES.items()):
        if key.startswith(wanted):
            state = make()
            assert state.page is page, f"{key} is on {state.page}"
            yield key, page, state


def a_terminal(errand: Errand | None = None, **changes: object) -> Terminal:
    """A terminal of the demonstration with all devices well."""
    return replace(Terminal(STATION, True, Rules("140703"), health=READY, errand=errand), **changes)  # type: ignore[arg-type]


def a_visit(page: Page, **changes: object) -> Visit:
    """A visit on ``page``, with a known co-operative and nothing chosen yet."""
    visit = Visit(page=page, rules=Rules("140703"), health=READY)
    draft = replace(visit.draft, subject=builders.a_subject(), origin=builders.VILLAGE, phone="13800000417")
    return replace(replace(visit, draft=draft), **changes)  # type: ignore[arg-type]
