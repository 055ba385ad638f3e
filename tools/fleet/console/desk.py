"""What all pages of the console stand on: the database, the door, the templates, and the guard before every handler.

Rules: a handler gets a ``Who`` and, for a form, fields whose token was checked; whoever is not let in gets to the login page and comes back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from markupsafe import Markup
from sqlalchemy.engine import Connection, Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tools.fleet import area as area_names
from tools.fleet.console import speech
from tools.fleet.console.door import Door, Who
from tools.fleet.console.live import Pulse
from tools.fleet.console.settings import Clock, ConsoleSettings, JobSender
from tools.fleet.console.words import load_words
from tools.fleet.store.database import Store
from tools.fleet.store.queries import note
from tools.fleet.web import NO_STORE, templates

T = TypeVar("T")
COOKIE = "sxc_console"
TOKEN = "form_token"
_FOLDER = Path(__file__).parent
_MAX_FORM = 64 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; the last one of a name counts."""

    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def raw(self, name: str) -> str:
        """With its spaces: a password may have some."""
        return self.fields.get(name, "")


Look = Callable[[Request, Who], Awaitable[Response]]
Act = Callable[[Request, Who, Form], Awaitable[Response]]


class Desk:
    """See the module."""

    def __init__(self, engine: Engine, clock: Clock, jobs: JobSender, settings: ConsoleSettings) -> None:
        self.store = Store(engine)
        self.clock = clock
        self.jobs = jobs
        self.settings = settings
        self.door = Door(self.store, clock, settings)
        self.pulse = Pulse(settings.beat_s)
        self.environment = templates(_FOLDER / "templates")
        self.environment.globals.update(
            base=settings.prefix,
            word=load_words(),
            speech=speech,
            county_name=area_names.county_name,
            county_text=area_names.county_text,
            town_name=area_names.town_name,
            query=_query,
        )

    # ---- the database, away from the event loop --------------------------------------------------------------------------------

    async def read(self, ask: Callable[[Connection], T]) -> T:
        """Ask in one reading transaction."""

        def run() -> T:
            with self.store.reading() as tx:
                return ask(tx)

        return await run_in_threadpool(run)

    async def write(self, do: Callable[[Connection], T]) -> T:
        """Do in one writing transaction."""

        def run() -> T:
            with self.store.writing() as tx:
                return do(tx)

        return await run_in_threadpool(run)

    async def audit(self, who: Who, deed: str, about: str = "", detail: Mapping[str, object] | None = None) -> None:
        """A line of its own in the audit log."""
        at = self.clock()
        await self.write(lambda tx: note(tx, at, who.login, deed, about, dict(detail) if detail else None))

    # ---- drawing ---------------------------------------------------------------------------------------------------------------

    def draw(self, request: Request, who: Who | None, template: str, http_status: int = 200, **facts: object) -> HTMLResponse:
        """A whole page."""
        token = Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN, self.door.form_token(who.session)) if who else ""
        facts |= {"who": who, "token": token, "now": self.clock(), "path": self._path(request), "search": request.url.query}
        return HTMLResponse(self.environment.get_template(template).render(facts), http_status, NO_STORE)

    def part(self, name: str, now: datetime, **facts: object) -> Markup:
        """A part of a page; what the template escaped is safe."""
        return Markup(self.environment.get_template(name).render(now=now, **facts))

    def go(self, path: str, **query: str) -> RedirectResponse:
        """Elsewhere in the console, after a form."""
        return RedirectResponse(self.settings.prefix + path + ("?" + urlencode(query) if query else ""), 303)

    # ---- guards ----------------------------------------------------------------------------------------------------------------

    def look(self, path: str, handler: Look, role: str = "viewer") -> Route:
        """A page to look at."""

        async def endpoint(request: Request) -> Response:
            who = await self.who(request)
            if who is None:
                return self._to_login(request)
            if not who.may(role):
                raise HTTPException(403)
            return await handler(request, who)

        return Route(path, endpoint, methods=["GET"])

    def act(self, path: str, handler: Act, role: str = "operator") -> Route:
        """A form that does something."""

        async def endpoint(request: Request) -> Response:
            who = await self.who(request)
            if who is None:
                return self._to_login(request)
            form = await read_form(request)
            if not is_from_here(request) or not self.door.is_form_token(who.session, form[TOKEN]):
                raise HTTPException(400, "stale")
            if not who.may(role):
                raise HTTPException(403)
            return await handler(request, who, form)

        return Route(path, endpoint, methods=["POST"])

    async def who(self, request: Request) -> Who | None:
        """Who asks, by the cookie."""
        cookie = request.cookies.get(self.cookie_name)
        return None if not cookie else await run_in_threadpool(self.door.recognise, cookie)

    @property
    def cookie_name(self) -> str:
        """``__Host-`` binds it to this host and to HTTPS."""
        return f"__Host-{COOKIE}" if self.settings.secure_cookie else COOKIE

    def set_cookie(self, answer: Response, value: str) -> None:
        """Give the cookie; scripts cannot read it, other sites cannot send it with a form."""
        seconds = int(self.settings.session.total_seconds())
        answer.set_cookie(
            self.cookie_name, value, seconds, path="/", secure=self.settings.secure_cookie, httponly=True, samesite="lax"
        )

    def drop_cookie(self, answer: Response) -> None:
        """Take it back."""
        answer.delete_cookie(self.cookie_name, path="/", secure=self.settings.secure_cookie, httponly=True, samesite="lax")

    def _path(self, request: Request) -> str:
        return request.url.path.removeprefix(self.settings.prefix)

    def _to_login(self, request: Request) -> Response:
        """Back to where one wanted to go, after a look; a form is not kept."""
        path = self._path(request) + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "/"
        return RedirectResponse(f"{self.settings.prefix}/login?next={quote(path)}", 303)


async def read_form(request: Request) -> Form:
    """The fields of a plain form. Raises ``HTTPException`` 413 or 415."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM:
            raise HTTPException(413)
    try:
        return Form(dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)))
    except ValueError as err:
        raise HTTPException(400) from err


def is_from_here(request: Request) -> bool:
    """Whether the browser says that the form came from a page of this host. Browsers that say nothing are judged by the token."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def page_number(request: Request) -> int:
    """``page`` of the address; 1 for nonsense."""
    text = request.query_params.get("page", "1")
    return min(100_000, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def _query(request_query: str, **changes: object) -> str:
    """The query string with some names changed; None takes one away."""
    kept = [(name, value) for name, value in parse_qsl(request_query) if name not in changes]
    return urlencode(kept + [(name, str(value)) for name, value in changes.items() if value is not None])
