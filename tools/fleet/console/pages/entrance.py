"""Coming in, going out, and one's own password."""

from __future__ import annotations

import asyncio

from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tools.fleet.console.desk import Desk, Form, is_from_here, read_form
from tools.fleet.console.door import Locked, Who
from tools.fleet.store.accounts import WeakPassword, hash_password, password_fits
from tools.fleet.store.queries import note
from tools.fleet.store.queries_desk import change_account, find_account

_MOST_WAITING = 8


class Entrance:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turn = asyncio.Semaphore(_MOST_WAITING)

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            Route("/login", self.login_page, methods=["GET"]),
            Route("/login", self.login, methods=["POST"]),
            desk.act("/logout", self.logout, "viewer"),
            desk.look("/password", self.password_page),
            desk.act("/password", self.password, "viewer"),
        ]

    async def login_page(self, request: Request) -> Response:
        if await self._desk.who(request) is not None:
            return self._desk.go("/")
        return self._page(request, self._next(request.query_params.get("next", "")))

    async def login(self, request: Request) -> Response:
        form = await read_form(request)
        after = self._next(form["next"])
        if not is_from_here(request):
            raise HTTPException(400, "stale")
        if self._turn.locked():
            return self._page(request, after, "busy", 503)
        address = request.client.host if request.client is not None else ""
        async with self._turn:
            try:
                cookie = await run_in_threadpool(self._desk.door.enter, form["login"], form.raw("password"), address)
            except Locked:
                return self._page(request, after, "locked", 429)
        if cookie is None:
            return self._page(request, after, "wrong", 401)
        answer = RedirectResponse(self._desk.settings.prefix + after, 303)
        self._desk.set_cookie(answer, cookie)
        return answer

    async def logout(self, request: Request, who: Who, form: Form) -> Response:
        await run_in_threadpool(self._desk.door.leave, who)
        answer = self._desk.go("/login")
        self._desk.drop_cookie(answer)
        return answer

    async def password_page(self, request: Request, who: Who) -> Response:
        return self._desk.draw(request, who, "password.html", trouble="")

    async def password(self, request: Request, who: Who, form: Form) -> Response:
        desk = self._desk
        found = await desk.read(lambda tx: find_account(tx, who.login))
        if found is None or not await run_in_threadpool(password_fits, form.raw("old"), found.password):
            return desk.draw(request, who, "password.html", 400, trouble="wrong")
        if form.raw("new") != form.raw("again"):
            return desk.draw(request, who, "password.html", 400, trouble="differ")
        try:
            made = await run_in_threadpool(hash_password, form.raw("new"), who.login)
        except WeakPassword:
            return desk.draw(request, who, "password.html", 400, trouble="weak")

        now = desk.clock()

        def change(tx: Connection) -> None:
            change_account(tx, who.login, password=made)
            note(tx, now, who.login, "passwordChanged", who.login)

        await desk.write(change)
        return desk.go("/login")

    def _page(self, request: Request, after: str, trouble: str = "", status: int = 200) -> Response:
        return self._desk.draw(request, None, "login.html", status, after=after, trouble=trouble)

    @staticmethod
    def _next(path: str) -> str:
        """Only a path of the console: nobody is sent elsewhere after a login."""
        return path if path.startswith("/") and not path.startswith(("//", "/\\", "/login")) and "\n" not in path else "/"
