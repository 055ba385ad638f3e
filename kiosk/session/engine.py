"""The engine of every errand: a table from (page, event type) to a handler.

Rules
- A handler is a pure function ``(state, event, now) -> (state, effects)``.
- An event without a row changes nothing and is reported as an ``Unexpected`` effect: never silently dropped, never a crash.
- Rows in ``ignored`` are events that are known to arrive late or early on that page (a weight after the goods were chosen).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from kiosk.session.effects import Effect, Unexpected
from kiosk.session.events import Event
from kiosk.session.pages import Page


class HasPage(Protocol):
    """Any errand: it is on one page at a time."""

    @property
    def page(self) -> Page: ...


S = TypeVar("S", bound=HasPage)
Effects = tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Now:
    """What the outside world knows at the moment of an event: time (UTC), Beijing date, a fresh unguessable id, and the monotonic clock."""

    at: datetime
    today: date
    fresh_id: str
    monotonic_s: float = 0.0


Handler = Callable[[S, Any, Now], tuple[S, Effects]]
Table = Mapping[tuple[Page, type[Event]], Handler[S]]


class Machine(Generic[S]):
    """One errand's table. ``ignored`` holds event types that may arrive on any page and mean nothing there."""

    def __init__(self, table: Table[S], ignored: frozenset[type[Event]] = frozenset()) -> None:
        self.table = table
        self.ignored = ignored

    def step(self, state: S, event: Event, now: Now) -> tuple[S, Effects]:
        """Apply one event."""
        handler = self.table.get((state.page, type(event)))
        if handler is not None:
            return handler(state, event, now)
        if type(event) in self.ignored:
            return state, ()
        return state, (Unexpected(page=state.page, event=type(event).__name__),)
