"""Alerts: who takes them, who owns them, what was written; and the bytes that could not be accepted."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.fleet.area import Area, county_text
from tools.fleet.collector.alerts import close_alert
from tools.fleet.collector.health import OWN_CODES
from tools.fleet.collector.standing import CODES as STANDING_CODES
from tools.fleet.console.desk import Desk, Form, page_number
from tools.fleet.console.door import Who
from tools.fleet.console.export import csv_response
from tools.fleet.console.pages.terminals import place_of, places_inside
from tools.fleet.console.speech import clock_text
from tools.fleet.console.words import load_words
from tools.fleet.store.queries import AlertRow, find_certificate, note
from tools.fleet.store.queries_desk import (
    PAGE,
    AlertFilter,
    acknowledge,
    add_note,
    alert_codes,
    assign,
    conflict_bodies,
    every_alert,
    find_alert,
    list_alerts,
    list_conflicts,
    notes_of,
    owners,
    resolve_conflict,
)
from tools.fleet.store.states import Severity

BY_ITSELF = OWN_CODES | STANDING_CODES | {"brokerLost"}
"""Alerts that open and close with their cause."""
_MOST_WORDS = 1000
_MOST_BYTES = 4096


class AlertsPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/alerts", self.show),
            desk.look("/alerts.csv", self.export),
            desk.look("/alerts/{number:int}", self.show_one),
            desk.act("/alerts/{number:int}/take", self.take),
            desk.act("/alerts/{number:int}/assign", self.give),
            desk.act("/alerts/{number:int}/note", self.write),
            desk.act("/alerts/{number:int}/close", self.close),
            desk.look("/conflicts", self.conflicts),
            desk.look("/conflicts/{number:int}", self.conflict),
            desk.act("/conflicts/{number:int}/resolve", self.resolve),
        ]

    async def show(self, request: Request, who: Who) -> Response:
        wanted, page = _wanted(request), page_number(request)

        def look(tx: Connection) -> tuple[tuple[int, list[AlertRow]], list[tuple[str, int]]]:
            return list_alerts(tx, who.area, wanted, page), alert_codes(tx, who.area, is_open=wanted.is_open)

        (total, alerts), codes = await self._desk.read(look)
        return self._desk.draw(
            request,
            who,
            "alerts.html",
            wanted=wanted,
            alerts=alerts,
            total=total,
            page=page,
            pages=max(1, -(-total // PAGE)),
            codes=codes,
            places=places_inside(who.area),
        )

    async def export(self, request: Request, who: Who) -> Response:
        await self._desk.audit(who, "export", "alerts", {"query": request.url.query[:500]})
        head = ("编号", "市县", "终端号", "告警", "缓急", "从何时起", "谁认领", "负责人", "何时解除")
        return csv_response("告警.csv", head, self._rows(who.area, _wanted(request)))

    def _rows(self, area: Area, wanted: AlertFilter) -> Iterator[tuple[object, ...]]:
        words = load_words()
        with self._desk.store.reading() as tx:
            for one in every_alert(tx, area, wanted):
                cause, severity = words("cause", one.code).text, words("severity", one.severity).text
                times = clock_text(one.since), clock_text(one.closed_at) if one.closed_at else ""
                yield (
                    one.id,
                    county_text(one.county),
                    one.terminal,
                    cause,
                    severity,
                    times[0],
                    one.acknowledged_by,
                    one.owner,
                    times[1],
                )

    async def show_one(self, request: Request, who: Who) -> Response:
        number = request.path_params["number"]
        found, notes, people = await self._desk.read(
            lambda tx: (find_alert(tx, who.area, number), notes_of(tx, number), owners(tx, who.area))
        )
        if found is None:
            raise HTTPException(404)
        return self._desk.draw(
            request, who, "alert.html", alert=found, notes=notes, people=people, by_itself=found.code in BY_ITSELF
        )

    async def take(self, request: Request, who: Who, form: Form) -> Response:
        """Seen, and mine when it is nobody's."""
        number, now = request.path_params["number"], self._desk.clock()

        def do(tx: Connection) -> bool:
            found = _open(tx, who.area, number)
            acknowledge(tx, who.area, number, who.login, now)
            if not found.owner:
                assign(tx, who.area, number, who.login)
            note(tx, now, who.login, "alertTaken", str(number))
            return True

        await self._desk.write(do)
        return self._desk.go(f"/alerts/{number}")

    async def give(self, request: Request, who: Who, form: Form) -> Response:
        number, now, owner = request.path_params["number"], self._desk.clock(), form["owner"]

        def do(tx: Connection) -> None:
            _open(tx, who.area, number)
            if owner and owner not in {one.login for one in owners(tx, who.area)}:
                raise HTTPException(400)
            assign(tx, who.area, number, owner)
            note(tx, now, who.login, "alertAssigned", str(number), {"owner": owner})

        await self._desk.write(do)
        return self._desk.go(f"/alerts/{number}")

    async def write(self, request: Request, who: Who, form: Form) -> Response:
        number, now, words = request.path_params["number"], self._desk.clock(), form["words"]
        if not 1 <= len(words) <= _MOST_WORDS:
            raise HTTPException(400)

        def do(tx: Connection) -> None:
            if find_alert(tx, who.area, number) is None:
                raise HTTPException(404)
            add_note(tx, number, who.login, now, words)
            note(tx, now, who.login, "alertNoted", str(number))

        await self._desk.write(do)
        return self._desk.go(f"/alerts/{number}#notes")

    async def close(self, request: Request, who: Who, form: Form) -> Response:
        """Only what a person must judge; the rest ends by itself when its cause does. What was found is written down with it."""
        number, now, words = request.path_params["number"], self._desk.clock(), form["words"]
        if not 1 <= len(words) <= _MOST_WORDS:
            raise HTTPException(400)

        def do(tx: Connection) -> None:
            found = _open(tx, who.area, number)
            if found.code in BY_ITSELF:
                raise HTTPException(409, "notByHand")
            add_note(tx, number, who.login, now, words)
            close_alert(tx, (found.county, found.terminal, found.device, found.code), now, who.login)
            note(tx, now, who.login, "alertClosed", str(number), {"code": found.code})

        await self._desk.write(do)
        return self._desk.go(f"/alerts/{number}")

    async def conflicts(self, request: Request, who: Who) -> Response:
        page = page_number(request)
        total, rows = await self._desk.read(lambda tx: list_conflicts(tx, who.area, page))
        return self._desk.draw(
            request, who, "conflicts.html", conflicts=rows, total=total, page=page, pages=max(1, -(-total // PAGE))
        )

    async def conflict(self, request: Request, who: Who) -> Response:
        """Both sides: what is kept under the number, and what came later. Looked at only with a line in the audit log: it may hold names."""
        number = request.path_params["number"]
        found = await self._desk.read(lambda tx: conflict_bodies(tx, who.area, number))
        if found is None:
            raise HTTPException(404)
        row, body = found
        held = await self._desk.read(lambda tx: find_certificate(tx, row.number) if row.number else None)
        await self._desk.audit(who, "lookup", f"conflict {number}")
        kept = held.record if held is not None else b""
        return self._desk.draw(request, who, "conflict.html", conflict=row, came=_shown(body), kept=_shown(kept), held=held)

    async def resolve(self, request: Request, who: Who, form: Form) -> Response:
        """Looked into: its alarm may end. The bytes stay."""
        number, now = request.path_params["number"], self._desk.clock()

        def do(tx: Connection) -> None:
            if conflict_bodies(tx, who.area, number) is None:
                raise HTTPException(404)
            if resolve_conflict(tx, who.area, number, who.login, now):
                note(tx, now, who.login, "conflictResolved", str(number))

        await self._desk.write(do)
        return self._desk.go("/conflicts")


def _open(tx: Connection, area: Area, number: int) -> AlertRow:
    found = find_alert(tx, area, number)
    if found is None:
        raise HTTPException(404)
    if found.closed_at is not None:
        raise HTTPException(409, "closed")
    return found


def _wanted(request: Request) -> AlertFilter:
    given = request.query_params
    owner = given.get("owner")
    return AlertFilter(
        given.get("closed") != "1",
        given.get("severity", "") if given.get("severity", "") in frozenset(Severity) else "",
        None if owner in (None, "") else "" if owner == "-" else owner[:40],
        given.get("code", "")[:40],
        place_of(given.get("place", "")),
    )


def _shown(body: bytes) -> str:
    """Bytes as people can compare them: one field a line, odd bytes visible, cut where it is long."""
    text = body[:_MOST_BYTES].decode("utf-8", "backslashreplace")
    return text.replace(',"', ',\n"') + (" …" if len(body) > _MOST_BYTES else "")
