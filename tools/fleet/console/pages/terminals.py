"""The list of terminals: search, filters, saved filters, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.directory.divisions import load_divisions
from kiosk.directory.townships import load_townships
from tools.fleet.area import Area, AreaLevel, county_text, town_name
from tools.fleet.console.desk import Desk, Form, page_number
from tools.fleet.console.devices import ORDER
from tools.fleet.console.door import Who
from tools.fleet.console.export import csv_response
from tools.fleet.console.speech import clock_text
from tools.fleet.console.words import load_words
from tools.fleet.store.queries import note
from tools.fleet.store.queries_console import (
    PAGE,
    SORTS,
    TerminalFilter,
    TerminalPage,
    every_terminal,
    list_terminals,
    software_versions,
)
from tools.fleet.store.queries_desk import delete_filter, save_filter, saved_filters
from tools.fleet.store.states import State

_NAMES = ("q", "state", "place", "device", "software", "behind", "sort")
_MOST_SAVED = 20


class TerminalsPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/terminals", self.show),
            desk.look("/terminals.csv", self.export),
            desk.act("/filters", self.save, "viewer"),
            desk.act("/filters/delete", self.forget, "viewer"),
        ]

    async def show(self, request: Request, who: Who) -> Response:
        wanted, sort, page = wanted_terminals(request), _sort(request), page_number(request)

        def ask(tx: Connection) -> tuple[TerminalPage, list[tuple[str, int]], list[tuple[str, str]]]:
            found = list_terminals(tx, who.area, wanted, sort, page)
            return found, software_versions(tx, who.area), saved_filters(tx, who.login)

        found, versions, saved = await self._desk.read(ask)
        return self._desk.draw(
            request,
            who,
            "terminals.html",
            wanted=wanted,
            sort=sort,
            page=page,
            pages=max(1, -(-found.total // PAGE)),
            found=found,
            versions=versions,
            saved=saved,
            places=places_inside(who.area),
            states=tuple(State),
            devices=ORDER,
            kept=_kept(request.url.query),
        )

    async def export(self, request: Request, who: Who) -> Response:
        wanted = wanted_terminals(request)
        await self._desk.audit(who, "export", "terminals", {"query": _kept(request.url.query)})
        head = ("终端号", "市县", "乡镇", "站点", "状态", "从何时起", "原因", "最后音讯", "软件版本")
        return csv_response("终端.csv", head, self._rows(who.area, wanted))

    def _rows(self, area: Area, wanted: TerminalFilter) -> Iterator[tuple[object, ...]]:
        words = load_words()
        with self._desk.store.reading() as tx:
            for line in every_terminal(tx, area, wanted):
                yield (
                    line.code,
                    county_text(line.county),
                    town_name(line.town),
                    line.station,
                    words("state", line.state).text,
                    clock_text(line.state_since),
                    words("cause", line.reason).text if line.reason else "",
                    clock_text(line.last_seen_at),
                    line.software,
                )

    async def save(self, request: Request, who: Who, form: Form) -> Response:
        name, query = form["name"][:40], _kept(form["query"][:1000])
        now = self._desk.clock()

        def keep(tx: Connection) -> None:
            if len(saved_filters(tx, who.login)) < _MOST_SAVED:
                save_filter(tx, who.login, name, query)
                note(tx, now, who.login, "filterSaved", name, {"query": query})

        if name:
            await self._desk.write(keep)
        return self._desk.go("/terminals" + (f"?{query}" if query else ""))

    async def forget(self, request: Request, who: Who, form: Form) -> Response:
        now = self._desk.clock()

        def drop(tx: Connection) -> None:
            delete_filter(tx, who.login, form["name"])
            note(tx, now, who.login, "filterDeleted", form["name"])

        await self._desk.write(drop)
        return self._desk.go("/terminals")


def wanted_terminals(request: Request) -> TerminalFilter:
    """The filter that an address means; what means nothing is left out."""
    given = request.query_params
    states = tuple(State(word) for word in given.getlist("state") if word in frozenset(State))
    return TerminalFilter(
        given.get("q", "").strip()[:60],
        states,
        place_of(given.get("place", "")),
        given.get("device", "") if given.get("device", "") in ORDER else "",
        given.get("software", "")[:40],
        given.get("behind") == "1",
    )


def places_inside(area: Area) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What can be chosen: (code, name, [(code, name) inside]); cities with counties, or a county with its townships."""
    divisions = load_divisions()
    match area.level:
        case AreaLevel.PROVINCE | AreaLevel.CITY:
            cities = [city for city in divisions.cities() if city.code.startswith(area.prefix)]
            return [
                (city.code[:4], city.name, [(county.code, county.name) for county in divisions.counties(city.code)])
                for city in cities
            ]
        case AreaLevel.COUNTY:
            return [(area.prefix, area.name, [(town.code, town.name) for town in load_townships().towns(area.prefix)])]
        case AreaLevel.TOWN:
            return []


def place_of(text: str) -> str:
    """The code of a place that is there, "" for anything else."""
    try:
        return Area(text).prefix
    except ValueError:
        return ""


def _sort(request: Request) -> str:
    asked = request.query_params.get("sort", "urgency")
    return asked if asked in SORTS else "urgency"


def _kept(query: str) -> str:
    """Of a query string what is a filter."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name in _NAMES and value])
