"""All jobs of an area: who ordered what, what became of it, taking one back, what a terminal sent."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.wire.job import JobStatus
from tools.fleet.area import Area, county_text
from tools.fleet.collector.jobs import cancel
from tools.fleet.console.desk import Desk, Form, page_number
from tools.fleet.console.door import Who
from tools.fleet.console.export import csv_response
from tools.fleet.console.pages.orders import KINDS
from tools.fleet.console.speech import clock_text
from tools.fleet.console.words import load_words
from tools.fleet.store.queries import JobRow, TerminalRow, note
from tools.fleet.store.queries_console import terminal_inside
from tools.fleet.store.queries_jobs import GROUPS, PAGE, JobFilter, every_job, find_job, list_jobs, rollout_of
from tools.fleet.web import NO_STORE

_MOST_LOG = 32 << 20


class JobsPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/jobs", self.show),
            desk.look("/jobs.csv", self.export),
            desk.look("/jobs/{job:uuid}", self.show_one),
            desk.look("/jobs/{job:uuid}/log.txt", self.log, "operator"),
            desk.act("/jobs/{job:uuid}/cancel", self.cancel),
        ]

    async def show(self, request: Request, who: Who) -> Response:
        wanted, page = _wanted(request), page_number(request)
        total, jobs = await self._desk.read(lambda tx: list_jobs(tx, who.area, wanted, page))
        facts: dict[str, Any] = {"total": total, "page": page, "pages": max(1, -(-total // PAGE)), "kinds": tuple(KINDS)}
        return self._desk.draw(request, who, "jobs.html", wanted=wanted, jobs=jobs, **facts)

    async def export(self, request: Request, who: Who) -> Response:
        await self._desk.audit(who, "export", "jobs", {"query": request.url.query[:500]})
        head = ("时间", "市县", "终端号", "命令", "谁下的", "结果", "原因", "最后变化")
        return csv_response("命令.csv", head, self._rows(who.area, _wanted(request)))

    def _rows(self, area: Area, wanted: JobFilter) -> Iterator[tuple[object, ...]]:
        words = load_words()
        with self._desk.store.reading() as tx:
            for one in every_job(tx, area, wanted):
                yield (
                    clock_text(one.created_at),
                    county_text(one.terminal[:6]),
                    one.terminal,
                    words("job", one.kind).text,
                    one.created_by,
                    words("jobState", one.status).text,
                    words("jobCode", code_of(one)).text,
                    clock_text(one.updated_at),
                )

    async def show_one(self, request: Request, who: Who) -> Response:
        job_id = str(request.path_params["job"])

        def look(tx: Connection) -> tuple[JobRow, TerminalRow, int | None]:
            found = _found(tx, who.area, job_id)
            terminal = terminal_inside(tx, who.area, found.terminal)
            if terminal is None:
                raise HTTPException(404)
            return found, terminal, rollout_of(tx, job_id)

        job, terminal, rollout = await self._desk.read(look)
        facts: dict[str, Any] = {"code": code_of(job), "told": told(job), "parts": parts_of(job), "args": args_of(job)}
        can_cancel = job.status == JobStatus.QUEUED and who.may(KINDS.get(job.kind, "administrator"))
        return self._desk.draw(
            request,
            who,
            "job.html",
            job=job,
            terminal=terminal,
            rollout=rollout,
            can_cancel=can_cancel,
            has_log=_has_log(job),
            **facts,
        )

    async def log(self, request: Request, who: Who) -> Response:
        """What the terminal packed, as text. Looked at only with a line in the audit log."""
        job_id = str(request.path_params["job"])
        found = await self._desk.read(lambda tx: _found(tx, who.area, job_id))
        if not _has_log(found):
            raise HTTPException(404)
        await self._desk.audit(who, "export", f"log {found.terminal}", {"job": job_id})
        name = f"{found.terminal}-{found.updated_at:%Y%m%d-%H%M}.txt"
        return Response(
            _unpacked(found.detail["gzip"]),
            media_type="text/plain; charset=utf-8",
            headers={**NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def cancel(self, request: Request, who: Who, form: Form) -> Response:
        job_id, now = str(request.path_params["job"]), self._desk.clock()

        def do(tx: Connection) -> None:
            found = _found(tx, who.area, job_id)
            if not who.may(KINDS.get(found.kind, "administrator")):
                raise HTTPException(403)
            if not cancel(tx, job_id, now):
                raise HTTPException(409, "begun")
            note(tx, now, who.login, "jobCanceled", found.terminal, {"kind": found.kind, "job": job_id})

        await self._desk.write(do)
        return self._desk.go(f"/jobs/{job_id}")


def code_of(job: JobRow) -> str:
    """Why it went wrong, "" when it did not."""
    return str(job.detail.get("code", "")) if isinstance(job.detail, dict) else ""


def told(job: JobRow) -> list[tuple[str, object]]:
    """What else the terminal told, without the bytes of logs and what has a table of its own."""
    if not isinstance(job.detail, dict):
        return []
    return [
        (name, value)
        for name, value in job.detail.items()
        if isinstance(value, str | int | float | bool) and name not in ("code", "gzip")
    ]


def parts_of(job: JobRow) -> list[dict[str, Any]]:
    """The results of a self-test, device by device."""
    if not isinstance(job.detail, dict):
        return []
    return [row for value in job.detail.values() if isinstance(value, list) for row in value if isinstance(row, dict)]


def args_of(job: JobRow) -> list[tuple[str, object]]:
    """What was ordered, as people read it."""
    if not isinstance(job.args, dict):
        return []
    if "file" in job.args:
        file = job.args["file"]
        way = f"在第 {file['base']} 版上改" if file["base"] else "完整的"
        return [("version", f"第 {file['version']} 版"), ("base", way), ("size", f"{file['size']:,} 字节")]
    flat = {**{name: value for name, value in job.args.items() if name != "values"}, **job.args.get("values", {})}
    return list(flat.items())


def _found(tx: Connection, area: Area, job_id: str) -> JobRow:
    found = find_job(tx, area, job_id)
    if found is None:
        raise HTTPException(404)
    return found


def _has_log(job: JobRow) -> bool:
    return isinstance(job.detail, dict) and isinstance(job.detail.get("gzip"), str)


def _unpacked(text: str) -> bytes:
    """A terminal's bytes are believed in nothing: what does not unpack is told, what never ends is cut."""
    try:
        return zlib.decompressobj(wbits=31).decompress(base64.b64decode(text, validate=True), _MOST_LOG)
    except (binascii.Error, ValueError, zlib.error) as err:
        raise HTTPException(404) from err


def _wanted(request: Request) -> JobFilter:
    given = request.query_params
    group, kind, terminal = given.get("group", ""), given.get("kind", ""), given.get("terminal", "")
    return JobFilter(
        group if group in GROUPS else "",
        kind if kind in KINDS else "",
        given.get("who", "").strip()[:40],
        terminal if terminal.isascii() and terminal.isdigit() and len(terminal) == 10 else "",
    )
