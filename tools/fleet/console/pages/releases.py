"""What is given out: releases of the directory and the key list, which terminals have which, giving one out, stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.wire.sync import FileKind
from tools.fleet.area import Area
from tools.fleet.console.desk import Desk, Form
from tools.fleet.console.door import Who
from tools.fleet.console.pages.terminals import places_inside
from tools.fleet.releases import rollout
from tools.fleet.store.queries import note
from tools.fleet.store.queries_release import Release, ReleaseFile, files_of, find_release, list_releases, versions_inside
from tools.fleet.store.queries_rollout import Progress, RolloutRow, failures, find_rollout, list_rollouts, progress

_SHOWN = 12
_MOST_PILOT = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: what was released, and what is in the field."""

    kind: FileKind
    releases: list[Release]
    versions: list[tuple[int, int]]

    @property
    def total(self) -> int:
        """Terminals at work."""
        return sum(count for _, count in self.versions)


class ReleasesPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/releases", self.show),
            desk.look("/releases/{kind}/{version:int}", self.show_release),
            desk.act("/releases/{kind}/{version:int}/start", self.start, "administrator"),
            desk.look("/rollouts/{number:int}", self.show_rollout),
            desk.act("/rollouts/{number:int}/stop", self.stop, "administrator"),
            desk.act("/rollouts/{number:int}/resume", self.resume, "administrator"),
        ]

    async def show(self, request: Request, who: Who) -> Response:
        def look(tx: Connection) -> tuple[list[Kind], list[tuple[RolloutRow, Progress]]]:
            kinds = [
                Kind(kind, list_releases(tx, who.area, kind, _SHOWN), versions_inside(tx, who.area, kind)) for kind in FileKind
            ]
            return kinds, [(one, progress(tx, who.area, one)) for one in list_rollouts(tx, who.area, _SHOWN)]

        kinds, rollouts = await self._desk.read(look)
        return self._desk.draw(request, who, "releases.html", kinds=kinds, rollouts=rollouts, stage_of=stage_of, area_of=Area)

    async def show_release(self, request: Request, who: Who) -> Response:
        def look(tx: Connection) -> tuple[Release, list[ReleaseFile]]:
            found = _release(tx, request, who)
            return found, files_of(tx, found.kind, found.version)

        found, files = await self._desk.read(look)
        area = Area(found.area)
        inside = who.area if area.contains(who.area) else area
        facts: dict[str, Any] = {"places": places_inside(inside), "inside": inside, "pilot": rollout.PILOT, "most": _MOST_PILOT}
        return self._desk.draw(request, who, "release.html", release=found, files=files, area=area, **facts)

    async def start(self, request: Request, who: Who, form: Form) -> Response:
        """Only inside one's own area, and inside the area that the content is for."""
        now, pilot = self._desk.clock(), form["pilot"]
        try:
            area = Area(form["area"])
        except ValueError as err:
            raise HTTPException(400, "badArguments") from err
        if not who.area.contains(area) or not (pilot.isascii() and pilot.isdigit() and 1 <= int(pilot) <= _MOST_PILOT):
            raise HTTPException(400, "badArguments")

        def do(tx: Connection) -> int:
            found = _release(tx, request, who)
            if not Area(found.area).contains(area):
                raise HTTPException(400, "badArguments")
            number = rollout.start(tx, found.kind, found.version, area, int(pilot), who.login, now)
            facts = {"kind": found.kind.value, "version": found.version, "area": area.prefix, "pilot": int(pilot)}
            note(tx, now, who.login, "rolloutStarted", str(number), facts)
            return number

        return self._desk.go(f"/rollouts/{await self._desk.write(do)}")

    async def show_rollout(self, request: Request, who: Who) -> Response:
        number = request.path_params["number"]

        def look(tx: Connection) -> tuple[RolloutRow, Progress, Any]:
            found = _rollout(tx, request, who)
            return found, progress(tx, who.area, found), failures(tx, who.area, number)

        found, done, failed = await self._desk.read(look)
        may_steer = who.may("administrator") and who.area.contains(Area(found.area))
        facts: dict[str, Any] = {"stage": stage_of(found, done), "area": Area(found.area), "may_steer": may_steer}
        return self._desk.draw(request, who, "rollout.html", rollout=found, done=done, failures=failed, **facts)

    async def stop(self, request: Request, who: Who, form: Form) -> Response:
        return await self._steer(request, who, "rolloutStopped")

    async def resume(self, request: Request, who: Who, form: Form) -> Response:
        return await self._steer(request, who, "rolloutResumed")

    async def _steer(self, request: Request, who: Who, deed: str) -> Response:
        number, now = request.path_params["number"], self._desk.clock()

        def do(tx: Connection) -> None:
            found = _rollout(tx, request, who)
            if not who.area.contains(Area(found.area)):
                raise HTTPException(403)
            if deed == "rolloutStopped" and found.stage in rollout.GOING:
                rollout.end(tx, number, rollout.Stage.STOPPED, "byHand", who.login, now)
            elif deed == "rolloutStopped" or not rollout.go_on(tx, number):
                raise HTTPException(409)
            note(tx, now, who.login, deed, str(number))

        await self._desk.write(do)
        return self._desk.go(f"/rollouts/{number}")


def stage_of(one: RolloutRow, done: Progress) -> str:
    """``wide`` is ``done`` when everybody has it; it stays open for whoever comes later."""
    return "done" if one.stage == rollout.Stage.WIDE and done.total == done.have else one.stage


def _release(tx: Connection, request: Request, who: Who) -> Release:
    kind = request.path_params["kind"]
    if kind not in frozenset(FileKind):
        raise HTTPException(404)
    found = find_release(tx, FileKind(kind), request.path_params["version"])
    if found is None or not (Area(found.area).contains(who.area) or who.area.contains(Area(found.area))):
        raise HTTPException(404)
    return found


def _rollout(tx: Connection, request: Request, who: Who) -> RolloutRow:
    found = find_rollout(tx, who.area, request.path_params["number"])
    if found is None:
        raise HTTPException(404)
    return found
