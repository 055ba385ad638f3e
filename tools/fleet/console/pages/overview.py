"""The first page: one sentence, the counties, the worst, today's certificates, whose alerts are open. Live."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kiosk.directory.divisions import County
from tools.fleet.area import Area
from tools.fleet.console.charts import hour_bars
from tools.fleet.console.desk import Desk
from tools.fleet.console.door import Who
from tools.fleet.console.live import Parts
from tools.fleet.console.speech import WEEKDAYS
from tools.fleet.console.summary import CountyTile, Overview, Slow, gather, gather_slow
from tools.fleet.console.tiles import cartogram, short_name
from tools.fleet.web import NO_STORE, beijing

_SLOW_S = 120.0
_MOST_TILES = 5000
_WELCOME_BEATS = 5


@dataclass(slots=True)
class _Remembered:
    at_s: float
    day: str
    slow: Slow


class OverviewPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._slow: dict[Area, _Remembered] = {}
        self._tiles: dict[CountyTile, Markup] = {}
        self._macro: Callable[[CountyTile, str, str], str] = vars(desk.environment.get_template("part_tile.html").module)["tile"]

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [self._desk.look("/", self.show), self._desk.look("/live", self.live)]

    async def show(self, request: Request, who: Who) -> Response:
        parts = await self._desk.pulse.parts(("overview", who.area), lambda: self._draw(who.area))
        return self._desk.draw(request, who, "overview.html", parts=parts, bands=cartogram(who.area))

    async def live(self, request: Request, who: Who) -> Response:
        return stream(self._desk, request, ("overview", who.area), lambda: self._draw(who.area))

    async def _draw(self, area: Area) -> Parts:
        desk = self._desk
        now = desk.clock()
        slow = await self._remembered(area)
        seen = await desk.read(lambda tx: gather(tx, area, now, slow))
        parts = {
            "sentence": desk.part("part_sentence.html", now, seen=seen, area=area),
            "worst": desk.part("part_worst.html", now, worst=seen.worst),
            "issuance": desk.part(
                "part_issuance.html", now, issuance=seen.issuance, chart=_chart(seen), weekday=WEEKDAYS[beijing(now).weekday()]
            ),
            "owners": desk.part("part_owners.html", now, loads=seen.loads),
            "moment": Markup("{:%H:%M:%S}").format(beijing(now)),
        }
        for band in cartogram(area):
            for block in band:
                for county in block.counties:
                    parts[f"tile-{county.code}"] = self._tile(
                        seen.tiles.get(county.code, CountyTile(county.code, 0, 0, 0, 0.0)), county
                    )
        return parts

    def _tile(self, tile: CountyTile, county: County) -> Markup:
        """Most squares look as they did a beat ago."""
        drawn = self._tiles.get(tile)
        if drawn is None:
            if len(self._tiles) >= _MOST_TILES:
                self._tiles.clear()
            drawn = self._tiles[tile] = Markup(self._macro(tile, short_name(county), county.text))
        return drawn

    async def _remembered(self, area: Area) -> Slow:
        now, now_s = self._desk.clock(), time.monotonic()
        day = f"{beijing(now):%F}"
        known = self._slow.get(area)
        if known is None or now_s - known.at_s > _SLOW_S or known.day != day:
            known = _Remembered(now_s, day, await self._desk.read(lambda tx: gather_slow(tx, area, now)))
            self._slow[area] = known
        return known.slow


def stream(desk: Desk, request: Request, what: tuple[object, ...], draw: Callable[[], Awaitable[Parts]]) -> StreamingResponse:
    """Server-sent events of a page; the cookie is looked at again every few beats."""
    asked_s = time.monotonic()

    async def is_welcome() -> bool:
        nonlocal asked_s
        if desk.settings.closing.is_set() or await request.is_disconnected():
            return False
        if time.monotonic() - asked_s > _WELCOME_BEATS * desk.settings.beat_s:
            asked_s = time.monotonic()
            return await desk.who(request) is not None
        return True

    events = desk.pulse.stream(what, draw, is_welcome)
    return StreamingResponse(events, media_type="text/event-stream", headers={**NO_STORE, "X-Accel-Buffering": "no"})


def _chart(seen: Overview) -> Markup:
    return hour_bars(seen.issuance.today, seen.issuance.before, "今天每小时的开证数，和上周同一天对照")
