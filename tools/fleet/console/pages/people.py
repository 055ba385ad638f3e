"""Accounts and the audit log: for administrators, of their own area."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.fleet.area import Area
from tools.fleet.console.desk import Desk, Form, page_number
from tools.fleet.console.door import Who
from tools.fleet.console.export import csv_response
from tools.fleet.console.pages.terminals import places_inside
from tools.fleet.console.speech import clock_text
from tools.fleet.console.words import load_words
from tools.fleet.store.accounts import ROLES, WeakPassword, hash_password
from tools.fleet.store.queries import note
from tools.fleet.store.queries_desk import (
    PAGE,
    Account,
    add_account,
    change_account,
    every_audit,
    find_account,
    list_accounts,
    list_audit,
)

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,39}", re.ASCII)


class PeoplePage:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Its addresses."""
        desk = self._desk
        return [
            desk.look("/accounts", self.accounts, "administrator"),
            desk.act("/accounts", self.create, "administrator"),
            desk.look("/accounts/{login}", self.account, "administrator"),
            desk.act("/accounts/{login}", self.change, "administrator"),
            desk.look("/audit", self.audit, "administrator"),
            desk.look("/audit.csv", self.export, "administrator"),
        ]

    async def accounts(self, request: Request, who: Who) -> Response:
        return await self._list(request, who)

    async def create(self, request: Request, who: Who, form: Form) -> Response:
        desk, now = self._desk, self._desk.clock()
        area = _area(who, form["area"])
        role = form["role"]
        if area is None or role not in ROLES:
            return await self._list(request, who, form, "area")
        if not _LOGIN.fullmatch(form["login"]):
            return await self._list(request, who, form, "login")
        try:
            password = await run_in_threadpool(hash_password, form.raw("password"), form["login"])
        except WeakPassword:
            return await self._list(request, who, form, "weak")
        made = Account(form["login"], form["name"][:40], role, area.prefix, password, now, None, 0)

        def do(tx: Connection) -> None:
            add_account(tx, made)
            note(tx, now, who.login, "accountCreated", made.login, {"role": role, "area": area.prefix})

        try:
            await desk.write(do)
        except IntegrityError:
            return await self._list(request, who, form, "taken")
        return desk.go("/accounts")

    async def account(self, request: Request, who: Who) -> Response:
        found = await self._inside(who, request.path_params["login"])
        return self._desk.draw(request, who, "account.html", account=found, places=places_inside(who.area), roles=ROLES, trouble="")

    async def change(self, request: Request, who: Who, form: Form) -> Response:
        """Role, area, name, a new password, in or out. Nobody changes his own account here: no one can lock himself out or lift himself up."""
        desk, now = self._desk, self._desk.clock()
        found = await self._inside(who, request.path_params["login"])
        area, role = _area(who, form["area"]), form["role"]
        if found.login == who.login or area is None or role not in ROLES:
            raise HTTPException(400)
        values: dict[str, object] = {"name": form["name"][:40], "role": role, "area": area.prefix}
        values["disabled_at"] = (found.disabled_at or now) if form["disabled"] == "1" else None
        if form.raw("password"):
            try:
                values["password"] = await run_in_threadpool(hash_password, form.raw("password"), found.login)
            except WeakPassword:
                facts: dict[str, Any] = {"account": found, "places": places_inside(who.area), "roles": ROLES, "trouble": "weak"}
                return desk.draw(request, who, "account.html", 400, **facts)
        told = {"role": role, "area": area.prefix, "disabled": form["disabled"] == "1", "password": "password" in values}

        def do(tx: Connection) -> None:
            change_account(tx, found.login, **values)
            note(tx, now, who.login, "accountChanged", found.login, told)

        await desk.write(do)
        return desk.go("/accounts")

    async def audit(self, request: Request, who: Who) -> Response:
        name, deed, page = request.query_params.get("who", "")[:40], request.query_params.get("deed", "")[:40], page_number(request)
        total, lines = await self._desk.read(lambda tx: list_audit(tx, who.area, name, deed, page))
        facts: dict[str, Any] = {
            "total": total,
            "page": page,
            "pages": max(1, -(-total // PAGE)),
            "deeds": load_words().codes("audit"),
        }
        return self._desk.draw(request, who, "audit.html", lines=lines, name=name, deed=deed, **facts)

    async def export(self, request: Request, who: Who) -> Response:
        name, deed = request.query_params.get("who", "")[:40], request.query_params.get("deed", "")[:40]
        await self._desk.audit(who, "export", "audit", {"who": name, "deed": deed})
        return csv_response("审计.csv", ("序号", "时间", "账号", "做了什么", "对象", "细节"), self._rows(who.area, name, deed))

    def _rows(self, area: Area, name: str, deed: str) -> Iterator[tuple[object, ...]]:
        words = load_words()
        with self._desk.store.reading() as tx:
            for line in every_audit(tx, area, name, deed):
                yield line.id, clock_text(line.at), line.who, words("audit", line.deed).text, line.object, line.detail

    async def _list(self, request: Request, who: Who, form: Form | None = None, trouble: str = "") -> Response:
        found = await self._desk.read(lambda tx: list_accounts(tx, who.area))
        status = 400 if trouble else 200
        facts: dict[str, Any] = {"accounts": found, "places": places_inside(who.area), "roles": ROLES, "form": form or Form({})}
        return self._desk.draw(request, who, "accounts.html", status, trouble=trouble, area_of=_name, **facts)

    async def _inside(self, who: Who, login: str) -> Account:
        found = await self._desk.read(lambda tx: find_account(tx, login[:40]))
        if found is None or not found.area.startswith(who.area.prefix):
            raise HTTPException(404)
        return found


def _area(who: Who, text: str) -> Area | None:
    try:
        area = Area(text)
    except ValueError:
        return None
    return area if who.area.contains(area) else None


def _name(prefix: str) -> str:
    try:
        return Area(prefix).name
    except ValueError:
        return prefix
