"""The console as Starlette routes: ``routes(engine, clock, jobs, settings)``.

Rules: an unknown page, a refusal, a fault and a database that is gone are each a page in plain words, never a stack trace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from tools.fleet.console.desk import Desk
from tools.fleet.console.pages.alerts import AlertsPage
from tools.fleet.console.pages.entrance import Entrance
from tools.fleet.console.pages.jobs import JobsPage
from tools.fleet.console.pages.lookup import LookupPage
from tools.fleet.console.pages.orders import OrdersPage
from tools.fleet.console.pages.overview import OverviewPage
from tools.fleet.console.pages.people import PeoplePage
from tools.fleet.console.pages.releases import ReleasesPage
from tools.fleet.console.pages.reports import ReportsPage
from tools.fleet.console.pages.terminal import TerminalPage
from tools.fleet.console.pages.terminals import TerminalsPage
from tools.fleet.console.settings import Clock, ConsoleSettings, JobSender
from tools.fleet.console.words import load_words
from tools.fleet.store.schema_desk import make_desk_tables
from tools.fleet.web import SecurityHeaders

_STATIC = Path(__file__).with_name("static")


class _TerminalCode(Convertor[str]):
    """Ten digits in an address; anything else is no page."""

    regex = "[0-9]{10}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("terminal", _TerminalCode())


def routes(engine: Engine, clock: Clock, jobs: JobSender, settings: ConsoleSettings) -> list[BaseRoute]:
    """What to mount. Makes the console's own tables when they are missing."""
    make_desk_tables(engine)
    desk = Desk(engine, clock, jobs, settings)
    pages = (
        Entrance(desk),
        OverviewPage(desk),
        TerminalsPage(desk),
        TerminalPage(desk),
        OrdersPage(desk),
        JobsPage(desk),
        ReleasesPage(desk),
        AlertsPage(desk),
        ReportsPage(desk),
        LookupPage(desk),
        PeoplePage(desk),
    )
    app = Starlette(
        routes=[*(route for one in pages for route in one.routes()), Mount("/static", StaticFiles(directory=_STATIC))],
        middleware=[Middleware(SecurityHeaders), Middleware(GZipMiddleware, minimum_size=2000, compresslevel=5)],
        exception_handlers={Exception: _told(desk), HTTPException: _told(desk), OperationalError: _told(desk)},
    )
    return [Mount(settings.prefix, app)]


def _told(desk: Desk) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Draws the page of a refusal or a fault."""
    known = frozenset(load_words().codes("error"))

    async def tell(request: Request, error: Exception) -> Response:
        who = None
        match error:
            case HTTPException():
                status, code = error.status_code, error.detail if error.detail in known else str(error.status_code)
                who = await desk.who(request)
            case OperationalError():
                status, code = 503, "503"
            case _:
                status, code = 500, "500"
        return desk.draw(request, who, "error.html", status, code=code if code in known else "400")

    return tell
