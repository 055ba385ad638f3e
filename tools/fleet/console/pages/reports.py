"""What shoppers say is wrong with a certificate, and what came of it."""

from __future__ import annotations

from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.fleet.console.desk import Desk, Form, page_number
from tools.fleet.console.door import Who
from tools.fleet.store.queries import note
from tools.fleet.store.queries_desk import PAGE, handle_report, list_reports

_MOST_WORDS = 500


class ReportsPage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [self._desk.look("/reports", self.show), self._desk.act("/reports/{number:int}", self.handle)]

    async def show(self, request: Request, who: Who) -> Response:
        is_open, page = request.query_params.get("closed") != "1", page_number(request)
        total, reports = await self._desk.read(lambda tx: list_reports(tx, who.area, is_open, page))
        pages = max(1, -(-total // PAGE))
        return self._desk.draw(request, who, "reports.html", reports=reports, is_open=is_open, total=total, page=page, pages=pages)

    async def handle(self, request: Request, who: Who, form: Form) -> Response:
        number, now, answer = request.path_params["number"], self._desk.clock(), form["answer"]
        if not 1 <= len(answer) <= _MOST_WORDS:
            raise HTTPException(400)

        def do(tx: Connection) -> None:
            if not handle_report(tx, who.area, number, who.login, now, answer):
                raise HTTPException(404)
            note(tx, now, who.login, "reportHandled", str(number))

        await self._desk.write(do)
        return self._desk.go("/reports")
