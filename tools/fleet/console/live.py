"""Pages that change by themselves: parts of a page drawn once for all who look at the same, sent only where they changed.

Rules: what is asked for twice within a beat is asked of the database once; a stream ends when its session does; nobody looking costs nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

Parts = Mapping[str, Markup]
"""The parts of a page by their names in ``data-live``."""
_ALIVE_BEATS = 7
_KEPT_S = 60.0


@dataclass(slots=True)
class _Drawn:
    at_s: float
    parts: Parts


class Pulse:
    """Draws the parts of each page at most once a beat. Lives on the event loop."""

    def __init__(self, beat_s: float) -> None:
        self._beat_s = beat_s
        self._drawn: dict[Hashable, _Drawn] = {}
        self._locks: dict[Hashable, asyncio.Lock] = {}

    async def parts(self, what: Hashable, draw: Callable[[], Awaitable[Parts]]) -> Parts:
        """The parts, not older than most of a beat."""
        async with self._locks.setdefault(what, asyncio.Lock()):
            known = self._drawn.get(what)
            now_s = time.monotonic()
            if known is not None and now_s - known.at_s < self._beat_s * 0.9:
                return known.parts
            self._forget(now_s)
            parts = await draw()
            self._drawn[what] = _Drawn(time.monotonic(), parts)
            return parts

    def _forget(self, now_s: float) -> None:
        for what in [what for what, drawn in self._drawn.items() if now_s - drawn.at_s > _KEPT_S]:
            del self._drawn[what]
            if not self._locks[what].locked():
                del self._locks[what]

    async def stream(
        self, what: Hashable, draw: Callable[[], Awaitable[Parts]], is_welcome: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        """Server-sent events: first all parts, then every beat those that changed. Ends when no longer welcome."""
        sent: dict[str, Markup] = {}
        beat = 0
        while await is_welcome():
            parts = await self.parts(what, draw)
            changed = {name: part for name, part in parts.items() if sent.get(name) != part}
            if changed:
                sent.update(changed)
                yield f"data: {json.dumps(changed, ensure_ascii=False)}\n\n"
            elif beat % _ALIVE_BEATS == 0:
                yield ": still here\n\n"
            beat += 1
            await asyncio.sleep(self._beat_s)
