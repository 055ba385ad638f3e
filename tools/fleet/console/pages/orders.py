"""Giving an order to one terminal: a page that says what it does and asks for what it needs, then the job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.wire.sync import FileKind
from tools.fleet.area import Area
from tools.fleet.console.desk import Desk, Form
from tools.fleet.console.door import Who
from tools.fleet.console.options import OPTIONS, BadOptions, read_options, shown
from tools.fleet.console.settings import JobRefused
from tools.fleet.store.queries import TerminalRow, jobs_of, note
from tools.fleet.store.queries_console import terminal_inside
from tools.fleet.store.queries_jobs import GROUPS, last_args
from tools.fleet.store.queries_release import HAS, Release, file_of, newest_for

KINDS: Mapping[str, str] = {
    "selfTest": "operator",
    "testPrint": "operator",
    "collectLogs": "operator",
    "restartApp": "operator",
    "reboot": "operator",
    "syncDirectory": "operator",
    "syncKeys": "operator",
    "pauseIssuing": "administrator",
    "resumeIssuing": "administrator",
    "setConfiguration": "administrator",
}
"""Jobs that a person sends, and who may."""
FILES = {"syncDirectory": FileKind.DIRECTORY, "syncKeys": FileKind.KEYS}
SURE = frozenset({"reboot", "pauseIssuing"})
"""Farmers are sent away meanwhile: it takes a tick besides the button."""


class OrdersPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/terminals/{code:terminal}/jobs/{kind}", self.ask, "operator"),
            desk.act("/terminals/{code:terminal}/jobs/{kind}", self.send),
        ]

    async def ask(self, request: Request, who: Who) -> Response:
        code, kind = request.path_params["code"], _kind(request, who)

        def look(tx: Connection) -> tuple[TerminalRow, Release | None, Mapping[str, str]]:
            terminal = _inside(tx, who.area, code)
            args = last_args(tx, code, kind) if kind == "setConfiguration" else None
            return terminal, _newer(tx, kind, terminal), shown(args["values"]) if args else {}

        terminal, newer, values = await self._desk.read(look)
        has = getattr(terminal, HAS[FILES[kind]]) if kind in FILES else 0
        facts: dict[str, Any] = {"newer": newer, "has": has, "options": OPTIONS, "values": values, "sure": kind in SURE}
        return self._desk.draw(request, who, "job_ask.html", terminal=terminal, kind=kind, **facts)

    async def send(self, request: Request, who: Who, form: Form) -> Response:
        desk = self._desk
        code, kind = request.path_params["code"], _kind(request, who)

        def look(tx: Connection) -> tuple[TerminalRow, bool, dict[str, object] | None]:
            terminal = _inside(tx, who.area, code)
            waiting = any(one.kind == kind and one.status in GROUPS["open"] for one in jobs_of(tx, code))
            return terminal, waiting, _file(tx, kind, terminal)

        terminal, is_waiting, file = await desk.read(look)
        if is_waiting:
            raise HTTPException(409, "duplicate")
        if kind in FILES and file is None:
            raise HTTPException(409, "nothingNewer")
        args = file if file is not None else job_args(kind, form, terminal)
        try:
            job = await run_in_threadpool(desk.jobs.send, code, kind, args, who.login)
        except JobRefused as err:
            raise HTTPException(409, err.code) from err
        now = desk.clock()
        told = {"version": terminal_version(args)} if kind in FILES else args
        await desk.write(lambda tx: note(tx, now, who.login, "jobSent", code, {"kind": kind, "job": job, "args": told}))
        return desk.go(f"/terminals/{code}#jobs")


def job_args(kind: str, form: Form, terminal: TerminalRow) -> dict[str, object]:
    """What a form says about a job. Raises ``HTTPException`` (badArguments)."""
    if kind in SURE and form["sure"] != "1":
        raise HTTPException(400, "notSure")
    match kind:
        case "collectLogs":
            hours = form["hours"] or "24"
            if not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= 24 * 14):
                raise HTTPException(400, "badArguments")
            return {"hours": int(hours)}
        case "selfTest":
            return {"level": "external" if form["level"] == "external" else "internal"}
        case "pauseIssuing":
            if not 2 <= len(form["reason"]) <= 120:
                raise HTTPException(400, "badArguments")
            return {"reason": form["reason"]}
        case "setConfiguration":
            try:
                return {"conf": max(terminal.conf, terminal.desired_conf) + 1, "values": read_options(form)}
            except BadOptions as err:
                raise HTTPException(400, "badArguments") from err
        case _:
            return {}


def makes_sense(kind: str, terminal: TerminalRow) -> bool:
    """Whether a button for it should be there."""
    if terminal.retired_at is not None:
        return False
    return {"pauseIssuing": not terminal.paused, "resumeIssuing": terminal.paused}.get(kind, True)


def terminal_version(args: Mapping[str, Any]) -> object:
    """The version that a sync brings: the audit log needs no signature."""
    return args["file"]["version"]


def _newer(tx: Connection, kind: str, terminal: TerminalRow) -> Release | None:
    """The release that a terminal should have and has not."""
    if kind not in FILES:
        return None
    found = newest_for(tx, FILES[kind], terminal.county, terminal.town)
    return found if found is not None and found.version > getattr(terminal, HAS[FILES[kind]]) else None


def _file(tx: Connection, kind: str, terminal: TerminalRow) -> dict[str, object] | None:
    newer = _newer(tx, kind, terminal)
    if newer is None:
        return None
    file = file_of(tx, newer.kind, newer.version, getattr(terminal, HAS[newer.kind]))
    return None if file is None else {"file": dict(file.announcement)}


def _inside(tx: Connection, area: Area, code: str) -> TerminalRow:
    found = terminal_inside(tx, area, code)
    if found is None:
        raise HTTPException(404)
    return found


def _kind(request: Request, who: Who) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise HTTPException(404)
    if not who.may(KINDS[kind]):
        raise HTTPException(403)
    return kind
